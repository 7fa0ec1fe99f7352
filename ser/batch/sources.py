"""A folder, a pattern, or a list, on this machine or in a store → the recordings it names, one after the other."""

from __future__ import annotations

import glob
import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO

from ser.audio import AUDIO_SUFFIXES
from ser.errors import ArchiveError, ToolMissingError

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

FILE_COLUMNS = ("file", "path", "url", "uri")
LENGTH_COLUMN = "duration_s"
LISTS = (".csv", ".parquet", ".txt")
ROWS_AT_ONCE = 10_000


@dataclass(frozen=True)
class Source:
    """A recording somewhere.

    Attributes:
        file: where it is, as the tables name it: a path, or an address such as ``abfs://calls/2026/a.wav``.
        size_bytes, duration_s: where the listing tells them.
    """

    file: str
    size_bytes: int | None = None
    duration_s: float | None = None

    @property
    def kind(self) -> str:
        """Its suffix, in small letters."""
        return PurePosixPath(self.file).suffix.lower()


@dataclass(frozen=True)
class Store:
    """How to reach addresses: what fsspec's file systems take, such as ``account_name``. Never written anywhere."""

    options: Mapping[str, str] = field(default_factory=dict, repr=False)

    def open(self, address: str) -> tuple[AbstractFileSystem, str]:
        """The file system of an address, and the address's path in it.

        Raises:
            ToolMissingError: the package for that kind of store is not installed.
            ArchiveError: there is no such kind of store, or it refuses what it was given.
        """
        try:
            from fsspec.core import url_to_fs
            from fsspec.registry import known_implementations
        except ImportError as error:
            raise ToolMissingError(
                "Archives are read by the package fsspec, which is not installed. Run: pip install fsspec"
            ) from error

        try:
            fs, path = url_to_fs(address, **self.options)
        except ImportError as error:
            known = known_implementations.get(address.split("://", maxsplit=1)[0], {}).get("err", str(error))
            raise ToolMissingError(f"'{address}' can't be reached: {known}.") from error
        except (ValueError, TypeError) as error:
            raise ArchiveError(
                f"'{address}' can't be reached: {error}. Check the address and --storage-option."
            ) from error
        return fs, str(path)

    def named(self, fs: AbstractFileSystem, path: str, like: str) -> str:
        """A path of a file system as the tables name it: an address if the input was one, else relative as it was."""
        if "://" in like:
            return str(fs.unstrip_protocol(path))
        return path if like.startswith("/") else os.path.relpath(path)


def sources(address: str, store: Store, column: str | None = None) -> Iterator[Source]:
    """The recordings that an input names.

    Args:
        address: a folder, searched at any depth for files called as recordings are; a pattern with ``*``; a single
            recording; or a list: CSV or Parquet with a column of files, or text with one a line. A path, or an address
            that fsspec knows (``abfs://``, ``s3://``, ``gs://``, ``https://``, …).
        store: how to reach it.
        column: of the list; by default the first of :data:`FILE_COLUMNS` that is there.

    Raises:
        ArchiveError: there is nothing of that name, or it names no recording.
        ToolMissingError: the package for that kind of store is not installed.
    """
    fs, path = store.open(address)
    found = False
    try:
        for one in _found(fs, path, address, store, column):
            found = True
            yield one
    except (OSError, ValueError) as error:
        raise ArchiveError(f"'{address}' can't be read: {error}. Check the address and your access to it.") from error
    if not found:
        kinds = ", ".join(AUDIO_SUFFIXES)
        raise ArchiveError(f"'{address}' names no recording ({kinds}). Name a folder, a pattern or a list that does.")


def _found(fs: AbstractFileSystem, path: str, address: str, store: Store, column: str | None) -> Iterator[Source]:
    if glob.has_magic(path) and not fs.exists(path):
        for name, about in sorted(fs.glob(path, detail=True).items()):
            if about["type"] == "file" and not _hidden(name, path):
                yield _source(store.named(fs, name, address), about)
    elif fs.isdir(path):
        yield from _in_folder(fs, path, address, store)
    elif PurePosixPath(path).suffix.lower() in LISTS:
        yield from _in_list(fs, path, address, column)
    else:
        yield _source(address, fs.info(path))


def _hidden(name: str, pattern: str) -> bool:
    """Whether a name has a part that begins with a dot, where the pattern has none: shells leave those out."""
    return "/." in name and "/." not in pattern


def _source(file: str, about: Mapping[str, Any]) -> Source:
    size = about.get("size")
    return Source(file, None if size is None else int(size))


def _in_folder(fs: AbstractFileSystem, path: str, address: str, store: Store) -> Iterator[Source]:
    """A folder after the other, so that a million files need no more memory than their largest folder."""

    def refuse(error: Exception) -> None:
        raise error

    for _, folders, files in fs.walk(path, detail=True, on_error=refuse):
        for name in [name for name in folders if name.startswith(".")]:
            del folders[name]
        for name, about in sorted(files.items()):
            if not name.startswith(".") and PurePosixPath(name).suffix.lower() in AUDIO_SUFFIXES:
                yield _source(store.named(fs, about["name"], address), about)


def _in_list(fs: AbstractFileSystem, path: str, address: str, column: str | None) -> Iterator[Source]:
    """A list's files; those that are neither addresses nor absolute are taken from the list's own folder."""
    base = address[: -len(PurePosixPath(path).name)]
    with fs.open(path, "rb") as file:
        for row in _rows(file, PurePosixPath(path).suffix.lower(), address, column):
            name, duration_s = row
            whole = name if "://" in name or name.startswith("/") else base + name
            yield Source(whole, None, duration_s if duration_s and math.isfinite(duration_s) else None)


def _rows(file: BinaryIO, kind: str, address: str, column: str | None) -> Iterator[tuple[str, float | None]]:
    import pandas as pd

    if kind == ".txt":
        yield from ((word, None) for line in file if (word := line.decode("utf-8").strip()))
        return
    if kind == ".csv":
        tables = pd.read_csv(file, dtype=str, keep_default_na=False, chunksize=ROWS_AT_ONCE)
    else:
        import pyarrow.parquet

        batches = pyarrow.parquet.ParquetFile(file).iter_batches(ROWS_AT_ONCE)
        tables = (batch.to_pandas() for batch in batches)
    for table in tables:
        name = _column(list(table.columns), address, column)
        lengths = pd.to_numeric(table.get(LENGTH_COLUMN, pd.Series(math.nan, table.index)), errors="coerce")
        yield from zip(table[name].astype(str), (float(one) for one in lengths), strict=True)


def _column(columns: list[str], address: str, wanted: str | None) -> str:
    found = next((name for name in ((wanted,) if wanted else FILE_COLUMNS) if name in columns), None)
    if found is None:
        looked_for = f"'{wanted}'" if wanted else " or ".join(FILE_COLUMNS)
        raise ArchiveError(
            f"The list '{address}' has no column {looked_for}; it has {', '.join(columns[:10])}. Name it with --column."
        )
    return found
