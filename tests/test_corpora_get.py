"""Corpora are fetched from a server on loopback: no test asks the Internet."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ser.cli import main
from ser.commands import corpora as command
from ser.corpora import CORPORA, fetch, find_clips
from ser.corpora.download import RECEIPT
from ser.corpora.sources import SOURCES, DataverseSet, Part, Source, ZenodoRecord
from ser.corpora.unpack import unpack
from ser.errors import CorpusError, DownloadError
from tests.corpus_trees import OFFICIAL
from tests.file_server import Files, serving


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Files]:
    monkeypatch.setattr(fetch, "WAIT_S", 0.0)
    monkeypatch.setattr(fetch, "PIECE_BYTES", 500)  # what is not yet a whole piece is lost when the line goes dead
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with serving() as files:
        yield files


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


@pytest.fixture
def emodb(server: Files, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """EmoDB's archive on the server, with its checksum."""
    data = packed(OFFICIAL["emodb"], content=b"RIFF" + bytes(3000))
    server.content["/emodb.zip"] = data
    part = Part("emodb.zip", f"{server.address}/emodb.zip", checksum=md5(data), size_bytes=len(data))
    offer(server, monkeypatch, "emodb", Source((part,), clips=3, about_mb=1, checked_by="MD5"))
    return data


def get(name: str, folder: Path, *more: str) -> int:
    return main(["corpora", "get", name, str(folder), "--accept-licence", *more])


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


def test_a_transfer_that_breaks_off_goes_on_where_it_was(server: Files, emodb: bytes, tmp_path: Path) -> None:
    server.breaks_off_after["/emodb.zip"] = [1000, 2000]
    assert get("emodb", tmp_path) == 0
    assert [asked for _, asked in server.asked] == ["", "bytes=1000-", "bytes=3000-"]
    assert len(find_clips([tmp_path])) == 3


def test_a_later_run_goes_on_too(
    server: Files, emodb: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.breaks_off_after["/emodb.zip"] = [1000, 1000, 1000, 1000]
    assert get("emodb", tmp_path) == DownloadError.exit_code
    error = capsys.readouterr().err
    assert "Run the same command again" in error
    assert "Traceback" not in error
    assert get("emodb", tmp_path) == 0
    assert server.asked[-1] == ("/emodb.zip", "bytes=4000-")
    assert not list(tmp_path.rglob("*.part"))
    assert not (tmp_path / "emodb" / ".fetched").exists()


def test_a_part_that_is_whole_is_only_checked(server: Files, emodb: bytes, tmp_path: Path) -> None:
    folder = tmp_path / "emodb" / ".fetched"
    folder.mkdir(parents=True)
    (folder / ".emodb.zip.part").write_bytes(emodb)
    assert get("emodb", tmp_path) == 0
    assert server.asked == [("/emodb.zip", f"bytes={len(emodb)}-")]


@pytest.mark.parametrize("ranges", [True, False])
def test_a_file_that_changed_meanwhile_comes_anew(server: Files, emodb: bytes, tmp_path: Path, ranges: bool) -> None:
    server.ranges = ranges
    folder = tmp_path / "emodb" / ".fetched"
    folder.mkdir(parents=True)
    (folder / ".emodb.zip.part").write_bytes(b"of another file")
    (folder / ".emodb.zip.tag").write_text('"another"')
    assert get("emodb", tmp_path) == 0
    assert len(find_clips([tmp_path])) == 3


def test_a_wrong_checksum_is_refused_and_deleted(
    server: Files, emodb: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.content["/emodb.zip"] = emodb[:-1] + b"?"
    assert get("emodb", tmp_path) == DownloadError.exit_code
    error = capsys.readouterr().err
    assert f"published is {md5(emodb)[4:]}" in error
    assert md5(emodb[:-1] + b"?")[4:] in error
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_without_a_checksum_the_size_is_compared(
    server: Files, emodb: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    part = replace(SOURCES["emodb"].parts[0], checksum="", size_bytes=5)
    offer(server, monkeypatch, "emodb", Source((part,), clips=3))
    assert get("emodb", tmp_path) == DownloadError.exit_code
    assert f"{len(emodb)} bytes, published are 5" in capsys.readouterr().err


def test_errors_of_the_server_are_one_sentence(
    server: Files, emodb: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.statuses["/emodb.zip"] = [503, 429]
    assert get("emodb", tmp_path) == 0
    shutil.rmtree(tmp_path / "emodb")
    server.statuses["/emodb.zip"] = [403]
    assert get("emodb", tmp_path) == DownloadError.exit_code
    assert "refuses 'emodb.zip': it answers 403 Forbidden" in capsys.readouterr().err


def test_no_connection_is_said(
    server: Files, emodb: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    part = replace(SOURCES["emodb"].parts[0], url="http://127.0.0.1:9/emodb.zip")
    offer(server, monkeypatch, "emodb", Source((part,), clips=3))
    assert get("emodb", tmp_path) == DownloadError.exit_code
    assert "(no connection)" in capsys.readouterr().err


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


@pytest.mark.parametrize("name", ["../evil.wav", "a/../../evil.wav", "/tmp/evil.wav", "c:\\evil.wav", "..\\evil.wav"])
def test_an_archive_can_not_reach_outside(
    name: str, server: Files, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.content["/emodb.zip"] = packed(("wav/03a01Fa.wav", name))
    offer(server, monkeypatch, "emodb", Source((Part("emodb.zip", f"{server.address}/emodb.zip"),), clips=1))
    assert get("emodb", tmp_path / "data") == DownloadError.exit_code
    assert "Nothing was unpacked" in capsys.readouterr().err
    assert not list(tmp_path.rglob("*.wav"))


def test_links_locks_and_damage_are_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("wav/03a01Fa.wav")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "link.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(DownloadError, match="or a link"):
        unpack(tmp_path / "link.zip", tmp_path / "out")
    data = bytearray(packed(("a.wav",)))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "locked.zip").write_bytes(data)
    with pytest.raises(DownloadError, match="locked by a password"):
        unpack(tmp_path / "locked.zip", tmp_path / "out")
    (tmp_path / "cut.zip").write_bytes(packed(("a.wav",))[:-20])
    with pytest.raises(DownloadError, match="damaged ZIP"):
        unpack(tmp_path / "cut.zip", tmp_path / "out")


def test_notes_about_large_files_are_no_recordings(
    server: Files, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.content["/a.zip"] = packed(OFFICIAL["emodb"], content=b"version https://git-lfs.github.com/spec/v1\n")
    offer(server, monkeypatch, "emodb", Source((Part("a.zip", f"{server.address}/a.zip"),), clips=3))
    assert get("emodb", tmp_path) == DownloadError.exit_code
    assert "notes about large files (Git LFS)" in capsys.readouterr().err


@pytest.mark.parametrize("when", ["before", "unpacking"])
def test_a_full_disk_is_said_before_it_is_full(
    when: str, server: Files, emodb: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    free = 10 if when == "before" else len(emodb) * 2 + 50_000_100
    if when == "unpacking":
        large = io.BytesIO()
        with zipfile.ZipFile(large, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("wav/03a01Fa.wav", bytes(10 * len(emodb)))
        part = Part("emodb.zip", f"{server.address}/emodb.zip", size_bytes=len(large.getvalue()))
        server.content["/emodb.zip"] = large.getvalue()
        offer(server, monkeypatch, "emodb", Source((part,), clips=1))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(free, 0, free))
    assert get("emodb", tmp_path) == DownloadError.exit_code
    assert "MB are needed. Free some space" in capsys.readouterr().err
    assert bool(server.asked) == (when == "unpacking")


def test_a_folder_that_can_not_be_written_is_said(
    server: Files, emodb: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert get("emodb", tmp_path / "file") == DownloadError.exit_code
    assert "can't be written to: Not a directory" in capsys.readouterr().err


def test_progress_without_a_terminal_is_lines(
    server: Files, emodb: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "LINE_EVERY_BYTES", 1000)
    assert get("emodb", tmp_path) == 0
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("emodb.zip: ")]
    assert len(lines) == len(emodb) // 1000
