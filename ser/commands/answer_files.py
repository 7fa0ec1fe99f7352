"""Answers → a table on a terminal, CSV, JSON, JSON lines, Parquet or audformat; each row is written as it comes.

What is written as it comes is whole up to the last answer, also where a run is broken off.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Protocol, Self, TextIO

from ser.cells import harmless
from ser.constants import EMOTIONS
from ser.errors import SerError, ToolMissingError
from ser.language import emotion_word, tr
from ser.outcome import Outcome, in_words, schema

ROWS_A_GROUP: Final = 1000
SUFFIXES: Final = {".csv": "csv", ".json": "json", ".jsonl": "jsonl", ".parquet": "parquet", ".txt": "table"}


class Writer(Protocol):
    """Takes answers one after the other; used in a ``with`` block, whose end completes what is written."""

    def write(self, answer: Outcome) -> None:
        """One more answer."""

    def __enter__(self) -> Self:
        """Begins."""

    def __exit__(self, kind: type[BaseException] | None, error: object, where: TracebackType | None) -> None:
        """Completes."""


@contextmanager
def opened(path: Path | None) -> Iterator[TextIO]:
    """A text file to write, or standard output.

    Raises:
        SerError: it can't be written.
    """
    if path is None:
        yield sys.stdout
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            yield file
    except OSError as error:
        raise not_written(path, error) from error


def not_written(path: Path, error: OSError) -> SerError:
    """The sentence for a file that can't be written."""
    return SerError(f"'{path}' can't be written: {error.strerror or error}. Name another file with --output.")


class _Base:
    """What all writers share."""

    def __init__(self, path: Path | None, top: int | None) -> None:
        self.path, self.top = path, top

    def __enter__(self) -> Self:
        self._opened = opened(self.path)
        self.file = self._opened.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: Any, where: TracebackType | None) -> None:
        self.finish()
        self._opened.__exit__(kind, error, where)

    def finish(self) -> None:
        """What comes after the last answer."""


class JsonLines(_Base):
    """One JSON object a line."""

    def write(self, answer: Outcome) -> None:
        print(answer.to_json(self.top), file=self.file, flush=True)


class Json(_Base):
    """An array of objects, one a line."""

    count = 0

    def write(self, answer: Outcome) -> None:
        print("," if self.count else "[", file=self.file)
        print(answer.to_json(self.top), end="", file=self.file, flush=True)
        self.count += 1

    def finish(self) -> None:
        print("\n]" if self.count else "[]", file=self.file)


class Csv(_Base):
    """A row an answer, in UTF-8."""

    rows: Any = None

    def write(self, answer: Outcome) -> None:
        row = {name: _cell(value) for name, value in answer.to_row(self.top).items()}
        if self.rows is None:
            self.rows = csv.DictWriter(self.file, tuple(row), lineterminator="\n")
            self.rows.writeheader()
        self.rows.writerow(row)
        self.file.flush()


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    return harmless(value) if isinstance(value, str) else value


class Table(_Base):
    """A table for people; it is drawn when all is heard."""

    def __enter__(self) -> Self:
        self.answers: list[Outcome] = []
        return super().__enter__()

    def write(self, answer: Outcome) -> None:
        self.answers.append(answer.without_sound())

    def finish(self) -> None:
        """What is wrong with a recording's sound stands below the table."""
        from rich.console import Console
        from rich.text import Text

        console = Console(file=self.file)
        console.print(self._drawn())
        for answer in self.answers:
            for remark in answer.prediction.remarks if answer.prediction else ():
                said = tr(remark.template, **remark.values)
                console.print(Text(f"{answer.file}: {said}", style="yellow"))

    def _drawn(self) -> Any:
        from rich.table import Table as Drawn
        from rich.text import Text

        table = Drawn(tr("file"))
        table.add_column(tr("emotion"), min_width=max(len(emotion_word(emotion)) for emotion in EMOTIONS))
        table.add_column(tr("probability"), no_wrap=True)
        table.add_column(tr("next"))
        table.add_column(tr("length"), no_wrap=True)
        for answer in self.answers:
            name = Text(answer.file, overflow="fold")
            if answer.prediction is None:
                table.add_row(name, "–", "", Text(answer.error or "", style="red"), "")
                continue
            emotion, probability, following = in_words(answer.prediction, 2 if self.top is None else self.top)
            style = "bold" if answer.prediction.is_sure else ""
            length = tr("{n:.1f} s", n=answer.prediction.recording.source.duration_s)
            table.add_row(name, Text(emotion, style=style), probability, following, length)
        return table


class Parquet:
    """Rows as in CSV, with types; a group of :data:`ROWS_A_GROUP` at a time."""

    def __init__(self, path: Path, top: int | None) -> None:
        self.path, self.top = path, top
        self.rows: list[dict[str, Any]] = []
        self._writer: Any = None

    def __enter__(self) -> Self:
        import pyarrow.parquet

        self._schema = schema(self.top)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = pyarrow.parquet.ParquetWriter(self.path, self._schema)
        except OSError as error:
            raise not_written(self.path, error) from error
        return self

    def write(self, answer: Outcome) -> None:
        self.rows.append(answer.to_row(self.top))
        if len(self.rows) >= ROWS_A_GROUP:
            self._flush()

    def _flush(self) -> None:
        import pyarrow

        self._writer.write_table(pyarrow.Table.from_pylist(self.rows, self._schema))
        self.rows.clear()

    def __exit__(self, *_: object) -> None:
        try:
            if self.rows:
                self._flush()
            self._writer.close()
        except OSError as error:
            raise not_written(self.path, error) from error


class Audformat:
    """A folder in audEERING's format for databases: a table of files, and one of segments."""

    def __init__(self, path: Path, top: int | None) -> None:
        self.path, self.top = path, top
        self.rows: list[dict[str, Any]] = []
        self.segments: list[tuple[Any, ...]] = []

    def __enter__(self) -> Self:
        try:
            import audformat  # noqa: F401
        except ImportError as error:
            raise ToolMissingError(
                "The format audformat needs the package audformat, which is not installed. Run: pip install audformat"
            ) from error
        if self.path.exists() and not self.path.is_dir():
            raise SerError(f"'{self.path}' is a file; audformat writes a folder. Name another with --output.")
        return self

    def write(self, answer: Outcome) -> None:
        self.rows.append(answer.to_row(self.top))
        found = ((answer.file, one.start_s, one.stop_s, one.emotion, one.probability) for one in answer.segments())
        self.segments.extend(found)

    def __exit__(self, *_: object) -> None:
        from ser.commands.audformat_files import database

        try:
            database(self.rows, self.segments).save(str(self.path), storage_format="csv")
        except OSError as error:
            raise not_written(self.path, error) from error


TO_TERMINAL: Final[dict[str, Callable[[Path | None, int | None], Writer]]] = {
    "table": Table,
    "csv": Csv,
    "json": Json,
    "jsonl": JsonLines,
}
TO_FILE: Final[dict[str, Callable[[Path, int | None], Writer]]] = {"parquet": Parquet, "audformat": Audformat}
FORMATS: Final = (*TO_TERMINAL, *TO_FILE)


def writer(form: str | None, path: Path | None, top: int | None) -> Writer:
    """What writes answers in a form; without one, in that of the file's suffix, else as a table.

    Raises:
        SerError: the form needs a file, or the suffix says nothing.
    """
    if form is None and path is not None and path.suffix.lower() not in SUFFIXES:
        raise SerError(f"'{path.name}' does not tell the format: name it with --format {', '.join(FORMATS)}.")
    form = form or (SUFFIXES[path.suffix.lower()] if path else "table")
    if form in TO_TERMINAL:
        return TO_TERMINAL[form](path, top)
    if path is None:
        what = "a folder" if form == "audformat" else "a file"
        raise SerError(f"The format {form} can't be written to the terminal: name {what} with --output.")
    return TO_FILE[form](path, top)
