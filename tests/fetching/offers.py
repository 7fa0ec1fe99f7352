"""Corpora as a server of this machine offers them."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path

import pytest

from ser.cli import main
from ser.corpora.sources import SOURCES, DataverseSet, Source
from tests.file_server import Files


def packed(names: tuple[str, ...], top: str = "", content: bytes = b"RIFF sound") -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name in names:
            archive.writestr(top + name, content + name.encode())
    return data.getvalue()


def md5(data: bytes) -> str:
    return f"md5:{hashlib.md5(data).hexdigest()}"


def offer(server: Files, monkeypatch: pytest.MonkeyPatch, corpus: str, source: Source) -> None:
    monkeypatch.setitem(SOURCES, corpus, source)


def dataverse(server: Files, names: tuple[str, ...]) -> Source:
    files = []
    for number, name in enumerate(names):
        folder, _, file = name.rpartition("/")
        data = b"RIFF" + name.encode()
        server.content[f"/api/access/datafile/{number}"] = data
        files.append({
            "directoryLabel": folder,
            "dataFile": {"id": number, "filename": file, "filesize": len(data), "md5": md5(data)[4:]},
        })  # fmt: skip
    stated = {"data": {"latestVersion": {"files": files}}}
    server.content["/api/datasets/:persistentId/?persistentId=doi:1/2"] = json.dumps(stated).encode()
    return Source(listing=DataverseSet("doi:1/2", server.address), clips=len(names))


def get(name: str, folder: Path, *more: str) -> int:
    return main(["corpora", "get", name, str(folder), "--accept-licence", *more])
