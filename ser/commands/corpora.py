"""``ser corpora list`` and ``ser corpora get NAME DIR``: which corpora there are, and how to have them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.table import Table

from ser.corpora import CORPORA, Corpus
from ser.corpora.download import Receipt, download, received
from ser.corpora.fetch import Report
from ser.corpora.sources import SOURCES, Source
from ser.errors import CorpusError, DownloadError

# Where there is no terminal for a bar, a line is written every so many bytes.
LINE_EVERY_BYTES = 50_000_000
FILES_SHOWN = 5
NAMES = tuple(corpus.name for corpus in CORPORA)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of ``ser corpora``."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="the corpora that are understood, their licences, and how to have them")
    get = actions.add_parser("get", help="fetch a corpus that may be fetched, checked and unpacked")
    get.add_argument("name", choices=NAMES, metavar="NAME", help=", ".join(NAMES))
    get.add_argument("folder", type=Path, metavar="DIR", help="the data folder; the corpus goes into DIR/NAME")
    get.add_argument("--accept-licence", action="store_true", help="accept the corpus's licence without being asked")


def run(options: argparse.Namespace) -> int:
    """Lists the corpora, or fetches one.

    Raises:
        DownloadError: the licence was not accepted, or the corpus can't be fetched.
    """
    if options.action == "list":
        Console().print(_listing())
        return 0
    corpus = next(one for one in CORPORA if one.name == options.name)
    source = SOURCES[corpus.name]
    if source.ask:
        raise CorpusError(f"{corpus.title} can't be fetched by a program: {source.ask}. See {corpus.url}.")
    there = received(corpus, options.folder)
    if there is None:
        _require_accepted(corpus, source, options.accept_licence)
        with _progress() as report:
            there = download(corpus, source, options.folder, report)
    _print_receipt(there, options.folder)
    return 0


def _listing() -> Table:
    """A row a corpus."""
    table = Table("name", "language", "licence", "checksum")
    table.add_column("how to have it", overflow="fold")
    for corpus in CORPORA:
        source = SOURCES[corpus.name]
        if source.ask:
            table.add_row(corpus.name, corpus.language, corpus.licence, "", f"{source.ask}: {corpus.url}")
            continue
        how = f"ser corpora get {corpus.name} DIR (about {source.about_mb} MB); by hand: {corpus.url}"
        table.add_row(corpus.name, corpus.language, corpus.licence, source.checked_by, how)
    return table


def _require_accepted(corpus: Corpus, source: Source, accepted: bool) -> None:
    """Shows the licence, and asks where there is somebody to ask.

    Raises:
        DownloadError: it was not accepted.
    """
    print(
        f"{corpus.title}, about {source.about_mb} MB\nLicence: {corpus.licence}\nCite: {corpus.citation}\n"
        f"See: {corpus.url}",
        file=sys.stderr,
    )
    if accepted:
        return
    if not sys.stdin.isatty():
        raise DownloadError(
            f"The licence of {corpus.name} ({corpus.licence}) was not accepted. "
            "Read it, then run the command again with --accept-licence."
        )
    print("Do you accept this licence? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise DownloadError(f"The licence of {corpus.name} was not accepted; nothing was fetched.")


def _print_receipt(receipt: Receipt, folder: Path) -> None:
    """What came, with its SHA-256; of thousands of files the first few."""
    for file in receipt.files[:FILES_SHOWN]:
        checked = f"{file.published_checksum} as published" if file.published_checksum else "no checksum is published"
        print(f"{file.name}: {file.size_bytes} bytes, SHA-256 {file.sha256}, {checked}")
    if len(receipt.files) > FILES_SHOWN:
        print(f"… and {len(receipt.files) - FILES_SHOWN} more files")
    few = receipt.clips < receipt.clips_expected
    count = f"{receipt.clips} of {receipt.clips_expected}" if few else str(receipt.clips)
    print(f"{count} recordings in {folder / receipt.corpus}. Next: ser prepare {folder}")


@contextmanager
def _progress() -> Iterator[Report]:
    console = Console(file=sys.stderr)
    if not console.is_terminal:
        yield _LineReport()
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bars:
        task = bars.add_task("", total=None)
        yield lambda name, done, total: bars.update(task, description=name, completed=done, total=total or None)


class _LineReport:
    """Progress as lines, for logs."""

    def __init__(self) -> None:
        self.next: dict[str, int] = {}

    def __call__(self, name: str, done: int, total: int) -> None:
        if done >= self.next.setdefault(name, LINE_EVERY_BYTES) and done != total:
            of = f" of {total / 1e6:.0f}" if total else ""
            print(f"{name}: {done / 1e6:.0f}{of} MB", file=sys.stderr, flush=True)
            self.next[name] = done + LINE_EVERY_BYTES
