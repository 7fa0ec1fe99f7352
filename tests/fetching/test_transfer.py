"""Transfers that break off, go on, change meanwhile, or are not what was promised."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from ser.commands import corpora as command
from ser.corpora import find_clips
from ser.corpora.sources import SOURCES, Source
from ser.errors import DownloadError
from tests.fetching.offers import get, md5, offer
from tests.file_server import Files


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


def test_progress_without_a_terminal_is_lines(
    server: Files, emodb: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "LINE_EVERY_BYTES", 1000)
    assert get("emodb", tmp_path) == 0
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("emodb.zip: ")]
    assert len(lines) == len(emodb) // 1000
