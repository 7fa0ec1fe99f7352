"""``ser prepare DIR…``: corpora → the tables in ``processed_data/``."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from ser import measure, processed
from ser.commands.workers import add_engine_arguments, engine_of
from ser.constants import DATA_VARIABLE

ROOT = Path(__file__).resolve().parent.parent.parent
# Where there is no terminal for a bar, a line is written every so many files.
LINE_EVERY_FILES = 500
UNRECOGNISED_SHOWN = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares what ``ser prepare`` takes."""
    parser.add_argument(
        "folders",
        nargs="*",
        type=Path,
        metavar="DIR",
        help=f"a folder that holds corpora at any depth, or is one (default: ${DATA_VARIABLE})",
    )
    parser.add_argument(
        "--out", type=Path, default=ROOT / "processed_data", help="where the tables go (default: %(default)s)"
    )
    add_engine_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Makes the tables and prints what is in them.

    Raises:
        CorpusError, ToolMissingError: as for :func:`ser.processed.prepare`.
    """
    roots = options.folders or [Path(part) for part in os.environ.get(DATA_VARIABLE, "").split(os.pathsep) if part]
    console = Console(file=sys.stderr)
    with _progress(console) as report:
        rows = processed.prepare(roots, options.out, engine_of(options), report)
    _print_summary(Console(), rows)
    _warn_of_unrecognised(console, rows)
    Console().print(f"Written to {options.out}: {processed.RECORDINGS}, {processed.CLIPS}, {processed.FEATURES}")
    return 0


@contextmanager
def _progress(console: Console) -> Iterator[measure.Progress]:
    if not console.is_terminal:
        yield _LineReport(console)
        return
    columns = (
        TextColumn("Measuring"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("measuring", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


class _LineReport:
    """Progress as lines, for logs."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.next = 0

    def __call__(self, done: int, total: int) -> None:
        if done >= self.next or done == total:
            self.console.print(f"{done} of {total} files", highlight=False)
            self.next = done - done % LINE_EVERY_FILES + LINE_EVERY_FILES


def _print_summary(console: Console, rows: Sequence[processed.Row]) -> None:
    """A line a corpus: files, kept, dropped; and a line a reason."""
    table = Table("corpus")
    for name in ("speakers", "files", "kept", "dropped"):
        table.add_column(name, justify="right")
    by_corpus: dict[str, list[processed.Row]] = {}
    for row in rows:
        if row.file.clip:
            by_corpus.setdefault(row.file.clip.corpus, []).append(row)
    for corpus, members in sorted(by_corpus.items()):
        speakers = {row.file.clip.speaker for row in members if row.file.clip}
        kept = sum(row.kept for row in members)
        numbers = (len(speakers), len(members), kept, len(members) - kept)
        table.add_row(corpus, *(str(number) for number in numbers))
    console.print(table)
    dropped = Counter(_kind(row.reason) for row in rows if row.file.clip and not row.kept)
    for reason, count in sorted(dropped.items()):
        console.print(f"dropped, {reason}: {count}", highlight=False)


def _kind(reason: str) -> str:
    """A reason without the file that it names."""
    if reason.startswith("same sound as "):
        return "same sound as another, labelled otherwise" if reason.endswith("otherwise") else "same sound as another"
    return reason.partition(":")[0]


def _warn_of_unrecognised(console: Console, rows: Sequence[processed.Row]) -> None:
    paths = [row.file.path for row in rows if row.file.clip is None]
    if paths:
        console.print(
            f"{len(paths)} audio files are {processed.UNRECOGNISED}, and were left out: "
            + ", ".join(paths[:UNRECOGNISED_SHOWN])
            + (" …" if len(paths) > UNRECOGNISED_SHOWN else ""),
            style="yellow",
            highlight=False,
            markup=False,
        )
