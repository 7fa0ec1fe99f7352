"""What may break under a running server: each fault is a sentence, and the server lives on."""

from __future__ import annotations

import asyncio
import functools
import logging
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from ser import cli, ffmpeg, load, recognizer
from ser.api import ApiSettings, create_api
from ser.catalogue import DEFAULT_MODEL, MODEL_FOLDER
from ser.errors import ModelError, ToolFailedError
from ser.telemetry import REGISTRY
from ser.turns import QUEUE, SHORT
from tests.conftest import wav_bytes

cached_load = functools.cache(load)
ROUTE = "/api/v1/predict"


def app_for(found: Callable[[str], Any] = cached_load) -> Starlette:
    return Starlette(routes=[Mount("/api", app=create_api(found, ApiSettings()))])


@pytest.fixture(scope="module")
def wav(voice: np.ndarray) -> bytes:
    return wav_bytes(voice, 16_000)


def assert_lives(client: TestClient, wav: bytes) -> None:
    assert client.post(ROUTE, content=wav).status_code == 200
    assert QUEUE.waiting(SHORT) == 0
    assert QUEUE._heard[SHORT] == 0


@pytest.fixture
def models(tmp_path: Path) -> Path:
    for name in (DEFAULT_MODEL, "encoder"):
        shutil.copytree(
            MODEL_FOLDER / name, tmp_path / name, ignore=shutil.ignore_patterns("*.keras", "*.npz", "*.png")
        )
    return tmp_path


def weights_of(models: Path, which: str) -> Path:
    manifest = recognizer.read_json(models / DEFAULT_MODEL / "manifest.json")
    return (
        models / "encoder" / manifest["encoder"]["file"]
        if which == "encoder"
        else models / DEFAULT_MODEL / manifest["file"]
    )


@pytest.mark.parametrize("which", ["head", "encoder"])
def test_a_model_file_that_is_altered_or_missing_is_a_sentence(which: str, models: Path, wav: bytes) -> None:
    path = weights_of(models, which)
    whole = path.read_bytes()
    client = TestClient(app_for(lambda name: load(name, models)))
    path.write_bytes(whole[:-1] + b"x")
    answer = client.post(ROUTE, content=wav)
    assert (answer.status_code, answer.json()["type"]) == (500, "urn:ser:Model")
    assert "does not belong to its manifest: SHA-256" in answer.json()["detail"]
    with pytest.raises(ModelError, match="SHA-256"):
        recognizer.require_whole(DEFAULT_MODEL, models)
    path.unlink()
    assert "is missing. Restore the model folder" in client.post(ROUTE, content=wav).json()["detail"]
    path.write_bytes(whole)
    recognizer.require_whole(DEFAULT_MODEL, models)
    assert_lives(client, wav)


def test_the_server_does_not_start_with_an_altered_model(
    models: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    weights_of(models, "head").write_bytes(b"altered")
    monkeypatch.setattr(recognizer.require_whole, "__defaults__", (DEFAULT_MODEL, models))
    assert cli.main(["app"]) == ModelError.exit_code
    said = capsys.readouterr().err
    assert "does not belong to its manifest" in said
    assert said.count("\n") == 1


def scripted_ffmpeg(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    program = folder / "ffmpeg"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setattr(ffmpeg, "ffmpeg_path", functools.cache(lambda: str(program)))


# As ffmpeg says it where /tmp is full and the file's index comes last.
FULL = """cat >/dev/null
echo "[cache @ 0x55a8] write in cache failed" >&2
echo "[in#0 @ 0x55a8] Error opening input: Invalid data found when processing input" >&2
exit 183"""


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (FULL, "There is no room left in "),
        ("kill -9 $$", "ended from outside (signal 9)"),
        ("kill -15 $$", "ended from outside (signal 15)"),
    ],
)
def test_a_full_disk_or_a_killed_worker_is_not_the_file_s_fault(
    script: str,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    make_encoded: Callable[..., bytes],
    wav: bytes,
) -> None:
    data = make_encoded("m4a")
    client = TestClient(app_for())
    with monkeypatch.context() as patch:
        scripted_ffmpeg(tmp_path, patch, script)
        answer = client.post(ROUTE, content=data)
        assert (answer.status_code, answer.json()["type"]) == (503, "urn:ser:ToolFailed")
        assert answer.headers["Retry-After"] == "30"
        assert words in answer.json()["detail"]
        assert_lives(client, wav)
    assert client.post(ROUTE, content=data).status_code == 200


def test_a_worker_killed_halfway_gives_no_answer_for_half_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    au = ffmpeg.AU_HEADER.pack(b".snd", 24, 0xFFFFFFFF, 5, 16_000, 1) + bytes(64_000)
    (tmp_path / "half").write_bytes(au)
    scripted_ffmpeg(tmp_path, monkeypatch, f"cat {tmp_path / 'half'}; kill -9 $$")
    with pytest.raises(ToolFailedError, match="signal 9"):
        list(ffmpeg.decode(b"x", ffmpeg.Probe("mp3", "mp3", 16_000, None), "a", at_most_s=10))


def test_a_full_disk_where_the_link_is_made_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ffmpeg.shutil, "which", lambda _: None)
    monkeypatch.setattr(ffmpeg.tempfile, "mkdtemp", full)
    ffmpeg.ffmpeg_path.cache_clear()
    try:
        with pytest.raises(ToolFailedError, match="No space left on device. Free some space there"):
            ffmpeg.ffmpeg_path()
    finally:
        ffmpeg.ffmpeg_path.cache_clear()


def test_an_ffmpeg_whose_link_was_cleaned_away_is_looked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_encoded: Callable[..., bytes]
) -> None:
    data, found = make_encoded("mp3"), [str(tmp_path / "gone"), ffmpeg.ffmpeg_path()]
    monkeypatch.setattr(ffmpeg, "ffmpeg_path", functools.cache(lambda: found.pop(0)))
    assert ffmpeg.probe(data, "a").codec.startswith("mp3")
    monkeypatch.setattr(ffmpeg, "ffmpeg_path", functools.cache(lambda: str(tmp_path / "gone")))
    with pytest.raises(ToolFailedError, match="ffmpeg can't be started: No such file or directory. Try again"):
        ffmpeg.probe(data, "a")


def test_without_ffmpeg_wav_is_heard_and_the_rest_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, make_encoded: Callable[..., bytes], wav: bytes
) -> None:
    data = make_encoded("mp3")
    client = TestClient(app_for())
    ffmpeg.ffmpeg_path.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(ffmpeg.shutil, "which", lambda _: None)
        patch.setitem(sys.modules, "imageio_ffmpeg", None)
        answer = client.post(ROUTE, content=data)
        assert (answer.status_code, answer.json()["type"]) == (500, "urn:ser:ToolMissing")
        assert "ffmpeg is needed for anything but WAV" in answer.json()["detail"]
        assert_lives(client, wav)
    assert client.post(ROUTE, content=data).status_code == 200


@pytest.mark.parametrize("form", [True, False])
def test_a_client_that_leaves_during_an_upload_is_no_failure(
    form: bool, caplog: pytest.LogCaptureFixture, wav: bytes
) -> None:
    kind = b"multipart/form-data; boundary=x" if form else b"audio/wav"
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n' if form else b""
    messages: list[dict[str, Any]] = [
        {"type": "http.request", "body": part + wav[:1000], "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return messages.pop(0) if len(messages) > 1 else messages[0]

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "http_version": "1.1", "method": "POST", "path": ROUTE, "raw_path": ROUTE.encode(),
        "root_path": "", "scheme": "http", "query_string": b"", "headers": [(b"content-type", kind)],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    app = app_for()
    before = REGISTRY.get_sample_value("ser_requests_total", {"route": ROUTE, "status": "499"}) or 0
    with caplog.at_level(logging.DEBUG):
        asyncio.run(app(scope, receive, send))
    assert sent == []
    assert REGISTRY.get_sample_value("ser_requests_total", {"route": ROUTE, "status": "499"}) == before + 1
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert_lives(TestClient(app), wav)
