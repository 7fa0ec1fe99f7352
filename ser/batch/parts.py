"""The tables of answers and rejects: Parquet in parts, which a run that was broken off finds again.

::

    OUTPUT/
      answers/part-00000.parquet, …    a row for every recording that was heard
      rejects/part-00000.parquet, …    a row for every recording that could not be, with the reason
      segments/part-00000.parquet, …   what was heard when, if that was asked for
      report.json

A part of ``answers`` is written last, also if it has no row, and makes the other tables' parts of its number count.
What stands without it is of a run that was ended in between, and is taken away.
"""

from __future__ import annotations

import io
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

from ser.batch.sources import Store
from ser.batch.work import Heard, ModelKey, Told
from ser.errors import ArchiveError
from ser.outcome import schema

ANSWERS, REJECTS, SEGMENTS, REPORT = "answers", "rejects", "segments", "report.json"
MARK = b"ser"
_ANSWERS = (*schema(None),)
_WHOLE, _NUMBER, _WORDS = pyarrow.int64(), pyarrow.float64(), pyarrow.string()
_SCHEMAS = {
    ANSWERS: pyarrow.schema(
        [
            *(one for one in _ANSWERS if one.name not in ("error", "model")),
            *(("size_bytes", _WHOLE), ("sha256", _WORDS), ("same_as", _WORDS)),
        ]
    ),
    REJECTS: pyarrow.schema([("file", _WORDS), ("reason", _WORDS), ("exit_code", _WHOLE), ("size_bytes", _WHOLE)]),
    SEGMENTS: pyarrow.schema(
        [("file", _WORDS), ("start_s", _NUMBER), ("stop_s", _NUMBER), ("emotion", _WORDS), ("probability", _NUMBER)]
    ),
}
ROW = tuple(one.name for one in _ANSWERS if one.name not in ("file", "error", "model"))


@dataclass(frozen=True)
class Made:
    """What the tables were made with; a run that goes on must be made with the same."""

    model: str
    model_sha256: str
    version: str
    segments: bool

    @classmethod
    def by(cls, model: ModelKey, segments: bool) -> Made:
        """A model's."""
        return cls(model.name, model.sha256, model.version, segments)


@dataclass(frozen=True)
class Earlier:
    """An answer that a run before this one wrote; ``told`` where a model heard it, None where it was a copy."""

    file: str
    told: Told | None


class Parts:
    """Where the answers of a run go."""

    def __init__(self, address: str, store: Store, made: Made) -> None:
        """Opens the folder, made where it is missing, and clears away what a broken-off run left half written.

        Raises:
            ArchiveError: it can't be written, or holds the answers of another model or version.
        """
        self.address, self.made = address, made
        self._fs, self._path = store.open(address)
        self._rows: dict[str, list[dict[str, Any]]] = {name: [] for name in _SCHEMAS}
        try:
            numbers = self._tidy()
        except OSError as error:
            raise self._unwritable(error) from error
        self.numbers = numbers
        if numbers:
            self._require_same(numbers[0])

    @property
    def pending(self) -> int:
        """Rows of answers and rejects that are not written yet."""
        return len(self._rows[ANSWERS]) + len(self._rows[REJECTS])

    def answer(self, heard: Heard, told: Told, same_as: str | None = None) -> None:
        """A row for a recording that a model heard, or that sounds as one it heard."""
        row = {"file": heard.source.file, **told.row, "size_bytes": heard.size_bytes}
        self._rows[ANSWERS].append(row | {"sha256": told.sha256, "same_as": same_as})
        names = _SCHEMAS[SEGMENTS].names
        self._rows[SEGMENTS] += [
            dict(zip(names, (heard.source.file, *one), strict=True)) for one in told.segments if self.made.segments
        ]

    def reject(self, heard: Heard) -> None:
        """A row for a recording that could not be heard."""
        row = {"file": heard.source.file, "reason": heard.reason, "exit_code": heard.exit_code}
        self._rows[REJECTS].append(row | {"size_bytes": heard.size_bytes})

    def commit(self) -> None:
        """Writes what has come since the last time.

        Raises:
            ArchiveError: it can't be written.
        """
        if not self.pending:
            return
        number = self.numbers[-1] + 1 if self.numbers else 0
        try:
            for name in (SEGMENTS, REJECTS, ANSWERS):  # see above: the last one makes the others count
                if self._rows[name] or name == ANSWERS:
                    self._write(f"{name}/part-{number:05d}.parquet", self._parquet(name))
        except OSError as error:
            raise self._unwritable(error) from error
        self.numbers.append(number)
        for rows in self._rows.values():
            rows.clear()

    def report(self, content: dict[str, Any]) -> None:
        """Writes the report of a run.

        Raises:
            ArchiveError: it can't be written.
        """
        try:
            self._write(REPORT, json.dumps(content, indent=1, ensure_ascii=False).encode() + b"\n")
        except OSError as error:
            raise self._unwritable(error) from error

    def last_report(self) -> dict[str, Any]:
        """What the run before this one reported; nothing if it did not come so far."""
        path = f"{self._path}/{REPORT}"
        return dict(json.loads(self._fs.cat_file(path))) if self._fs.exists(path) else {}

    def earlier(self) -> Iterator[Earlier]:
        """Every answer written before."""
        for number in self.numbers:
            segments = self._segments(number)
            for row in self._read(ANSWERS, number):
                told = Told(row["sha256"], {name: row[name] for name in ROW}, tuple(segments[row["file"]]))
                yield Earlier(row["file"], None if row["same_as"] else told)

    def _segments(self, number: int) -> dict[str, list[tuple[float, float, str, float]]]:
        found: dict[str, list[tuple[float, float, str, float]]] = defaultdict(list)
        if self._fs.exists(self._part(SEGMENTS, number)):
            for file, *one in (tuple(row.values()) for row in self._read(SEGMENTS, number)):
                found[file].append((one[0], one[1], one[2], one[3]))
        return found

    def rejected(self) -> Iterator[str]:
        """Every file rejected before."""
        for number in self.numbers:
            if self._fs.exists(self._part(REJECTS, number)):
                yield from (row["file"] for row in self._read(REJECTS, number))

    def forget_rejects(self) -> None:
        """Takes the rejects away, so that their files are tried again."""
        for number in self.numbers:
            if self._fs.exists(self._part(REJECTS, number)):
                self._fs.rm_file(self._part(REJECTS, number))

    def _part(self, name: str, number: int) -> str:
        return f"{self._path}/{name}/part-{number:05d}.parquet"

    def _tidy(self) -> list[int]:
        """Numbers of the parts that count; those that don't are removed."""
        self._fs.makedirs(self._path, exist_ok=True)
        found = {name: self._numbers(name) for name in _SCHEMAS}
        for name in (SEGMENTS, REJECTS):
            for number in set(found[name]) - set(found[ANSWERS]):
                self._fs.rm_file(self._part(name, number))
        return sorted(found[ANSWERS])

    def _numbers(self, name: str) -> list[int]:
        self._fs.invalidate_cache()
        paths = self._fs.glob(f"{self._path}/{name}/part-*.parquet")
        return [int(Path(path).stem.removeprefix("part-")) for path in paths]

    def _require_same(self, number: int) -> None:
        with self._fs.open(self._part(ANSWERS, number), "rb") as file:
            metadata = pyarrow.parquet.read_schema(file).metadata or {}
        seen, wanted = json.loads(metadata.get(MARK, b"{}")), asdict(self.made)
        if seen != wanted:
            differing = ", ".join(f"{k} {seen.get(k)}, now {wanted[k]}" for k in wanted if seen.get(k) != wanted[k])
            raise ArchiveError(
                f"'{self.address}' holds answers that were made otherwise ({differing}). Name another folder, or go on "
                "with what it was begun with."
            )

    def _read(self, name: str, number: int) -> list[dict[str, Any]]:
        with self._fs.open(self._part(name, number), "rb") as file:
            return list(pyarrow.parquet.read_table(file).to_pylist())

    def _parquet(self, name: str) -> bytes:
        described = _SCHEMAS[name].with_metadata({MARK: json.dumps(asdict(self.made)).encode()})
        sink = io.BytesIO()
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(self._rows[name], described), sink, compression="zstd")
        return sink.getvalue()

    def _write(self, name: str, data: bytes) -> None:
        """Whole or not at all: a store takes an object whole; on a disk it gets its name when it is there."""
        path = f"{self._path}/{name}"
        self._fs.makedirs(path.rpartition("/")[0], exist_ok=True)
        if "file" not in _protocols(self._fs):
            self._fs.pipe_file(path, data)
            return
        draft = Path(path).with_name(f".{Path(path).name}.part")
        draft.write_bytes(data)
        draft.replace(path)

    def _unwritable(self, error: OSError) -> ArchiveError:
        words = error.strerror or str(error)
        return ArchiveError(f"'{self.address}' can't be written: {words}. Name another folder, or make room there.")


def _protocols(fs: Any) -> Sequence[str]:
    return (fs.protocol,) if isinstance(fs.protocol, str) else tuple(fs.protocol)
