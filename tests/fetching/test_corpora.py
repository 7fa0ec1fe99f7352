"""``ser corpora``: how each corpus is had, by archive or by list, and its licence."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from ser.cli import main
from ser.corpora import CORPORA, find_clips
from ser.corpora.download import RECEIPT
from ser.corpora.sources import SOURCES, Source, ZenodoRecord
from ser.errors import CorpusError, DownloadError
from tests.corpus_trees import OFFICIAL
from tests.fetching.offers import dataverse, get, md5, offer, packed
from tests.file_server import Files


def test_every_corpus_says_how_it_is_had() -> None:
    assert set(SOURCES) == {corpus.name for corpus in CORPORA}
    for name, source in SOURCES.items():
        assert bool(source.ask) != bool(source.parts or source.listing), name
        assert bool(source.ask) == (source.clips == 0), name


def test_the_list_names_licence_checksum_and_way(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    assert main(["corpora", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    rows = {corpus.name: next(line for line in lines if f" {corpus.name} " in line) for corpus in CORPORA}
    assert "CC BY-NC-SA 4.0" in rows["ravdess"]
    assert "MD5 by Zenodo" in rows["ravdess"]
    assert "none published" in rows["crema-d"]
    assert "register" in rows["savee"]
    assert "http://kahlan.eps.surrey.ac.uk/savee/" in rows["savee"]


def test_ravdess_has_the_two_archives_of_its_record() -> None:
    speech, song = SOURCES["ravdess"].parts
    assert (speech.size_bytes, song.size_bytes) == (208_468_073, 225_505_317)
    assert all(part.url.startswith("https://zenodo.org/records/1188976/files/") for part in (speech, song))
    assert all(len(part.checksum) == len("md5:") + 32 for part in (speech, song))


@pytest.mark.parametrize("corpus", [name for name, source in SOURCES.items() if source.parts])
def test_each_archive_becomes_what_prepare_reads(
    corpus: str, server: Files, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    parts = []
    for part in SOURCES[corpus].parts:
        mine = tuple(name for name in OFFICIAL[corpus] if not part.folder or name.startswith(part.folder + "/"))
        names = tuple(name.removeprefix(part.folder + "/") for name in mine)
        data = packed(names, top="repository-main/" * part.strip) if part.is_archive else b"ActorID,Age,Sex\n1,51,M\n"
        server.content[f"/{part.name}"] = data
        parts.append(replace(part, url=f"{server.address}/{part.name}", checksum=md5(data), size_bytes=len(data)))
    offer(server, monkeypatch, corpus, replace(SOURCES[corpus], parts=tuple(parts), clips=len(OFFICIAL[corpus])))
    assert get(corpus, tmp_path) == 0
    found = find_clips([tmp_path])
    assert sorted(clip.path for clip in found) == sorted(f"{corpus}/{name}" for name in OFFICIAL[corpus])
    assert {clip.corpus for clip in found} == {corpus}


def test_zenodo_is_asked_for_address_and_checksum(
    server: Files, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = packed(OFFICIAL["cafe"], top="CaFE_48k/")
    stated = {"files": [{"key": "CaFE_48k.zip", "size": len(data), "checksum": md5(data)}]}
    server.content["/api/records/7"] = json.dumps(stated).encode()
    server.content["/records/7/files/CaFE_48k.zip?download=1"] = data
    record = ZenodoRecord(7, ("CaFE_48k.zip",), server.address)
    offer(server, monkeypatch, "cafe", Source(listing=record, clips=4))
    assert get("cafe", tmp_path) == 0
    output = capsys.readouterr().out
    assert f"{md5(data)} as published" in output
    assert hashlib.sha256(data).hexdigest() in output
    assert "3 of 4 recordings" in output
    stated["files"][0] = {"filename": "other.zip", "checksum": "0"}
    server.content["/api/records/7"] = json.dumps(stated).encode()
    shutil.rmtree(tmp_path / "cafe")
    assert get("cafe", tmp_path) == DownloadError.exit_code
    assert "has no file CaFE_48k.zip (it has other.zip)" in capsys.readouterr().err


def test_a_dataverse_set_comes_file_by_file_and_only_what_is_missing(
    server: Files, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    names = (*OFFICIAL["tess"], "YAF_sad/YAF_cat_sad.wav", "YAF_sad/YAF_rat_sad.wav")
    offer(server, monkeypatch, "tess", dataverse(server, names))
    server.statuses["/api/access/datafile/5"] = [404]
    assert get("tess", tmp_path) == DownloadError.exit_code
    server.asked.clear()
    assert get("tess", tmp_path) == 0
    assert sorted(clip.path for clip in find_clips([tmp_path])) == sorted(f"tess/{name}" for name in names)
    assert "/api/access/datafile/5" in [path for path, _ in server.asked]
    assert "/api/access/datafile/0" not in [path for path, _ in server.asked]


def test_a_list_of_files_can_not_reach_outside(
    server: Files, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    offer(server, monkeypatch, "tess", dataverse(server, ("../../evil/OAF_back_fear.wav",)))
    assert get("tess", tmp_path / "data") == DownloadError.exit_code
    assert "a place outside" in capsys.readouterr().err
    assert list(tmp_path.rglob("*.wav")) == []


def test_a_list_that_is_none_is_said(
    server: Files, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = ZenodoRecord(7, ("a.zip",), server.address)
    offer(server, monkeypatch, "cafe", Source(listing=record, clips=1))
    for content, words in ((b"<html>", "no JSON"), (b'{"files": 3}', "a form that is not known"), (b"[]", "not known")):
        server.content["/api/records/7"] = content
        assert get("cafe", tmp_path) == DownloadError.exit_code
        assert words in capsys.readouterr().err
    del server.content["/api/records/7"]
    assert get("cafe", tmp_path) == DownloadError.exit_code
    assert "it answers 404" in capsys.readouterr().err


def test_what_is_there_is_not_fetched_again(
    server: Files, emodb: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert get("emodb", tmp_path) == 0
    first = capsys.readouterr().out
    assert "3 recordings in" in first
    receipt = json.loads((tmp_path / "emodb" / RECEIPT).read_text(encoding="utf-8"))
    assert receipt["files"][0]["sha256"] == hashlib.sha256(emodb).hexdigest()
    server.asked.clear()
    assert main(["corpora", "get", "emodb", str(tmp_path)]) == 0
    assert server.asked == []
    assert capsys.readouterr().out == first


def test_a_licence_must_be_accepted(
    server: Files, emodb: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert main(["corpora", "get", "emodb", str(tmp_path)]) == DownloadError.exit_code
    error = capsys.readouterr().err
    assert "Licence: unclear: CC0" in error
    assert "--accept-licence" in error
    monkeypatch.setattr("sys.stdin", Terminal("n\n"))
    assert main(["corpora", "get", "emodb", str(tmp_path)]) == DownloadError.exit_code
    assert "nothing was fetched" in capsys.readouterr().err
    assert server.asked == []
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    assert main(["corpora", "get", "emodb", str(tmp_path)]) == 0


def test_what_may_not_be_fetched_says_where_to_ask(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert get("savee", tmp_path) == CorpusError.exit_code
    assert "register with its authors, who then send a password. See http://kahlan" in capsys.readouterr().err
