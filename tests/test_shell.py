"""What a browser gets before any script has come, and that no answer waits for an acknowledgement."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ser.language import LANGUAGES
from ser.ui import server, shell

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(Starlette(routes=shell.routes()))


def test_every_page_has_its_name_at_once(client: TestClient) -> None:
    app = (ROOT / "app.py").read_text(encoding="utf-8")
    assert set(shell.ADDRESSES) == {"", *re.findall(r'url_path="(\w+)"', app)}
    for address in shell.ADDRESSES:
        answer = client.get(f"/{address}")
        assert answer.headers["content-type"].startswith("text/html")
        assert answer.headers["cache-control"] == "no-cache"
        assert "<h1>SER · the emotion in a voice</h1>" in answer.text
        assert "Loading …" in answer.text
    assert client.get("/other").status_code == 404


def test_the_name_is_in_the_visitors_language(client: TestClient) -> None:
    german = client.get("/many?lang=de", headers={"accept-language": "fr"}).text
    assert '<html lang="de" dir="ltr">' in german
    assert "<h1>SER · die Emotion in einer Stimme</h1>" in german
    persian = client.get("/", headers={"accept-language": "fa-IR,en;q=0.5"}).text
    assert '<html lang="fa" dir="rtl">' in persian
    assert "<h1>SER · the emotion" in client.get("/?lang=klingon", headers={"accept-language": "nl"}).text
    assert len({shell.document(code) for code in LANGUAGES}) == len(LANGUAGES)


def test_streamlits_own_document_is_whole(client: TestClient) -> None:
    own, ours = shell.DOCUMENT.read_text(encoding="utf-8"), client.get("/").text
    assert re.findall(r'(?:src|href)="\./[^"]*"', ours) == re.findall(r'(?:src|href)="\./[^"]*"', own)
    assert ours.count('id="root"') == 1
    assert "<title>SER" in ours


def test_another_streamlit_is_told_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "index.html"
    path.write_text("<html><body><main></main></body></html>")
    monkeypatch.setattr(shell, "DOCUMENT", path)
    with pytest.raises(RuntimeError, match="does not hold"):
        shell.document.__wrapped__("en")


def no_delay(listening: socket.socket) -> int:
    """What the next connection is set to."""
    with socket.create_connection(listening.getsockname()) as client, listening.accept()[0] as accepted:
        assert client
        return accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_answers_are_sent_at_once() -> None:
    with socket.socket() as listening, socket.socket() as other:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        assert not no_delay(listening)
        server.answer_at_once()
        assert no_delay(listening)
        assert not other.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
