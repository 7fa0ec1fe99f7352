"""Archives: nothing reaches outside, and damage, links, locks and full disks are said."""

from __future__ import annotations

import io
import shutil
import zipfile
from pathlib import Path

import pytest

from ser.corpora.sources import Part, Source
from ser.corpora.unpack import unpack
from ser.errors import DownloadError
from tests.corpus_trees import OFFICIAL
from tests.fetching.offers import get, offer, packed
from tests.file_server import Files


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
