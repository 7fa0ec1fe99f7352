"""The server, and what it offers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ser.corpora import fetch
from ser.corpora.sources import Part, Source
from tests.corpus_trees import OFFICIAL
from tests.fetching.offers import md5, offer, packed
from tests.file_server import Files, serving


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Files]:
    monkeypatch.setattr(fetch, "WAIT_S", 0.0)
    monkeypatch.setattr(fetch, "PIECE_BYTES", 500)  # what is not yet a whole piece is lost when the line goes dead
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with serving() as files:
        yield files


@pytest.fixture
def emodb(server: Files, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """EmoDB's archive on the server, with its checksum."""
    data = packed(OFFICIAL["emodb"], content=b"RIFF" + bytes(3000))
    server.content["/emodb.zip"] = data
    part = Part("emodb.zip", f"{server.address}/emodb.zip", checksum=md5(data), size_bytes=len(data))
    offer(server, monkeypatch, "emodb", Source((part,), clips=3, about_mb=1, checked_by="MD5"))
    return data
