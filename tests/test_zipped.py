"""ZIP archives: what is in them comes out in order, and what is too much, locked or damaged is said."""

from __future__ import annotations

import io
import zipfile

import pytest

from ser import zipped
from ser.errors import DecodeError, TooLongError
from ser.zipped import is_zip, unpacked


def archive(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return file.getvalue()


def test_files_in_order_without_folders_and_notes() -> None:
    data = archive({"a/b/one.wav": b"1", "../../etc/two.mp3": b"22", "__MACOSX/a/._one.wav": b"x", "a/.DS_Store": b"x"})
    assert is_zip(data)
    assert [(one.name, one.data) for one in unpacked(data, "x.zip")] == [("one.wav", b"1"), ("two.mp3", b"22")]


@pytest.mark.parametrize("data", [b"", b"PK", b"PK\x03\x04 not really", b"RIFF" + bytes(100)])
def test_what_is_no_archive(data: bytes) -> None:
    assert not is_zip(data)


def test_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TooLongError, match="'x.zip' holds 201 files; at most 200"):
        list(unpacked(archive({f"{i}.wav": b"" for i in range(201)}), "x.zip"))
    monkeypatch.setattr(zipped, "UPLOAD_MAX_BYTES", 1000)
    bomb = archive({"bomb.wav": bytes(10_000)})
    assert len(bomb) < 1000
    with pytest.raises(TooLongError, match="unpacks to more than 200 MB"):
        list(unpacked(bomb, "x.zip"))


def test_damage_is_one_files_own() -> None:
    data = bytearray(archive({"good.wav": b"good", "bad.wav": bytes(range(256)) * 4}, zipfile.ZIP_STORED))
    data[data.index(bytes(range(256))) + 5] ^= 0xFF
    good, bad = unpacked(bytes(data), "x.zip")
    assert good.data == b"good"
    assert isinstance(bad.error, DecodeError)
    assert "'bad.wav' can't be unpacked" in str(bad.error)


def test_a_locked_file_is_said() -> None:
    data = bytearray(archive({"secret.wav": b"1234"}, zipfile.ZIP_STORED))
    central = data.index(b"PK\x01\x02")
    data[central + 8] |= 1
    (found,) = unpacked(bytes(data), "x.zip")
    assert "locked by a password" in str(found.error)


def test_an_archive_cut_short_is_no_archive() -> None:
    data = archive({"a.wav": bytes(1000)})
    with pytest.raises(DecodeError, match="damaged ZIP"):
        list(unpacked(data[:-30], "x.zip"))
