"""Recordings in a ZIP archive, one after the other, in memory; what is too much, hidden or nested is refused."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from ser.constants import UPLOAD_MAX_MB
from ser.errors import DecodeError, SerError, TooLongError
from ser.uploads import UPLOAD_MAX_BYTES

FILES_MAX = 200
# Notes that operating systems leave in archives.
IGNORED = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")


@dataclass(frozen=True)
class Packed:
    """A file of an archive: its name without folders, and its bytes, or why they can't be had."""

    name: str
    data: bytes = field(repr=False, default=b"")
    error: SerError | None = None


def is_zip(data: bytes) -> bool:
    """Whether bytes are a ZIP archive, by their content."""
    return data[:4] in (b"PK\x03\x04", b"PK\x05\x06") and zipfile.is_zipfile(io.BytesIO(data))


def unpacked(data: bytes, name: str) -> Iterator[Packed]:
    """The files of an archive in order, each read when it is asked for.

    Names are for showing only: nothing is written anywhere.

    Raises:
        TooLongError: more files, or more bytes unpacked, than allowed.
        DecodeError: the archive is damaged.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except zipfile.BadZipFile as error:
        raise DecodeError("'{name}' is a damaged ZIP archive. Pack the recordings again.", name=name) from error
    entries = [one for one in archive.infolist() if not one.is_dir() and not _is_ignored(one.filename)]
    if len(entries) > FILES_MAX:
        raise TooLongError(
            "'{name}' holds {seen} files; at most {limit} are heard at once. Split it.",
            name=name,
            seen=len(entries),
            limit=FILES_MAX,
        )
    if sum(one.file_size for one in entries) > UPLOAD_MAX_BYTES:
        raise TooLongError(
            "'{name}' unpacks to more than {limit_mb} MB, which is the limit. Split it.",
            name=name,
            limit_mb=UPLOAD_MAX_MB,
        )
    for entry in entries:
        yield _read(archive, entry)


def _is_ignored(path: str) -> bool:
    return path.startswith(IGNORED[0]) or PurePosixPath(path).name in IGNORED


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Packed:
    name = PurePosixPath(entry.filename.replace("\\", "/")).name or "unnamed"
    if entry.flag_bits & 1:
        return Packed(name, error=DecodeError("'{name}' is locked by a password. Pack it without one.", name=name))
    try:
        with archive.open(entry) as file:
            data = file.read(entry.file_size + 1)  # no more than it says, whatever it unpacks to
    except (zipfile.BadZipFile, NotImplementedError, OSError, EOFError, ValueError, RuntimeError) as error:
        why = type(error).__name__
        return Packed(name, error=DecodeError("'{name}' can't be unpacked ({why}). Pack it again.", name=name, why=why))
    if len(data) > entry.file_size:
        return Packed(name, error=DecodeError("'{name}' is larger than its archive says. Pack it again.", name=name))
    return Packed(name, data)
