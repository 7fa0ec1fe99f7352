"""``ser batch INPUT OUTPUT``: an archive of recordings → tables of answers, on this machine's cores or a cluster's."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bar
from rich.table import Table

from ser.batch.run import BatchSettings, Counted, Report, failed
from ser.batch.run import run as run_batch
from ser.batch.sources import FILE_COLUMNS, Store
from ser.batch.tally import Progress
from ser.commands.predict import add_model
from ser.commands.workers import add_engine_arguments, engine_of
from ser.errors import ArchiveError

LINE_EVERY_S = 10.0  # where there is no terminal for a bar
EPILOG = """Started again after it was ended, a run goes on where it was. The tables: OUTPUT/answers, OUTPUT/rejects
and, with --segments, OUTPUT/segments, as Parquet; OUTPUT/report.json tells of the runs.
exit codes: 0 all heard; a kind of error's own, as of 'ser predict', if only that kind occurred; 1 for several kinds;
50 input or output can't be used; 51 workers can't be reached; 2 wrong command line"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of ``ser batch``."""
    parser.add_argument(
        "input", metavar="INPUT",
        help="a folder, a pattern such as 'calls/**/*.mp3', or a list (CSV, Parquet, or text with one a line); a path "
        "or an address such as abfs://, s3://, gs:// or https://",
    )  # fmt: skip
    parser.add_argument("output", metavar="OUTPUT", help="folder or address for the tables; made where it is missing")
    parser.add_argument("--segments", action="store_true", help="write what is heard when, too")
    parser.add_argument("--retry", action="store_true", help="try again what an earlier run rejected")
    parser.add_argument(
        "--column", metavar="NAME", help=f"of a list, that names the files (default: {', '.join(FILE_COLUMNS)})"
    )
    parser.add_argument(
        "--storage-option", action="append", default=[], metavar="NAME=VALUE",
        help="for the store, such as account_name=calls; secrets are better left to its environment variables",
    )  # fmt: skip
    add_engine_arguments(parser)
    add_model(parser)
    parser.epilog = EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter


def run(options: argparse.Namespace) -> int:
    """Hears the archive and prints what came of it.

    Raises:
        SerError: as for :func:`ser.batch.run.run`.
    """
    settings = BatchSettings(
        options.input, options.output, options.model, options.segments, options.retry, options.column,
        _store(options.storage_option), engine_of(options),
    )  # fmt: skip
    console = Console(file=sys.stderr, highlight=False)
    with _told(console) as (told, counted):
        report = run_batch(settings, told, counted)
    if report["recordings"]:
        Console().print(_summary(report))
    else:
        print(f"All {report['done_by_earlier_runs']:,} recordings have their row by earlier runs.")
    print(f"Written to {options.output}")
    return failed(report)


def _store(words: list[str]) -> Store:
    for word in words:
        if "=" not in word:
            raise ArchiveError(f"--storage-option is '{word}'; it must be NAME=VALUE, such as account_name=calls.")
    return Store(dict(word.split("=", maxsplit=1) for word in words))


@contextmanager
def _told(console: Console) -> Iterator[tuple[Report, Counted]]:
    if not console.is_terminal:
        lines = _Lines(console)
        yield lines, lambda number: console.print(f"{number:,} recordings found", soft_wrap=True)
        return
    with Bar(TextColumn("{task.description}"), BarColumn(), console=console, transient=True) as bar:
        task = bar.add_task("Looking for recordings …", total=None)

        def told(now: Progress) -> None:
            bar.update(task, description=in_words(now), completed=now.files, total=now.of)

        yield told, lambda number: bar.update(task, description=f"{number:,} recordings found …")


class _Lines:
    """Progress as lines, for logs."""

    def __init__(self, console: Console) -> None:
        self.console, self.next_s = console, 0.0

    def __call__(self, now: Progress) -> None:
        if now.elapsed_s >= self.next_s or now.files == now.of:
            self.console.print(in_words(now), soft_wrap=True)
            self.next_s = now.elapsed_s + LINE_EVERY_S


def in_words(now: Progress) -> str:
    """One line: how many, how fast, how long still, and where to look closer."""
    words = [f"{now.files:,} of {now.of:,} recordings", f"{now.hours_an_hour:,.0f} h of sound an hour"]
    if now.left_s is not None and now.files < now.of:
        words.append(f"{_length(now.left_s)} left")
    return " · ".join([*words, now.dashboard] if now.dashboard else words)


def _length(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _summary(report: dict[str, object]) -> Table:
    table = Table(show_header=False)
    counts = {
        "done by earlier runs": report["done_by_earlier_runs"],
        "recordings now": report["recordings"],
        "heard": report["heard"],
        "the same sound as another": report["copies"],
        "rejected": report["rejected"],
    }
    for name, value in counts.items():
        table.add_row(name, f"{value:,}")
    table.add_row("sound", f"{_length(float(str(report['audio_s'])))} in {_length(float(str(report['wall_s'])))}")
    table.add_row("hours of sound an hour", f"{report['hours_of_sound_an_hour']:,}")
    return table
