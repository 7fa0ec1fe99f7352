"""Fetches a corpus whole: what its source lists, unpacked as its authors lay it out, and a receipt beside it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from ser.corpora.base import Corpus
from ser.corpora.fetch import Report, fetch, not_written
from ser.corpora.listing import parts_of
from ser.corpora.scan import find_files
from ser.corpora.sources import Part, Source
from ser.corpora.unpack import require_space, unpack
from ser.errors import DownloadError
from ser.manifest import read_json, sha256_of

RECEIPT = "download.json"
TRANSFERS = 4  # at a time, of a corpus in thousands of files
_LFS_POINTER = b"version https://git-lfs"


@dataclass(frozen=True)
class FetchedFile:
    """A file as it came, before it was unpacked."""

    name: str
    url: str
    size_bytes: int
    sha256: str
    published_checksum: str


@dataclass(frozen=True)
class Receipt:
    """What was fetched: written beside the recordings.

    Attributes:
        clips: recordings that the corpus's parser knows.
        clips_expected: as the authors count them.
    """

    corpus: str
    licence: str
    citation: str
    date: str
    clips: int
    clips_expected: int
    files: tuple[FetchedFile, ...]


def received(corpus: Corpus, root: Path) -> Receipt | None:
    """The receipt of an earlier download that came to its end; None if there is none.

    Raises:
        ModelError: the receipt is damaged.
    """
    path = root / corpus.name / RECEIPT
    if not path.is_file():
        return None
    stored = read_json(path)
    return Receipt(**{**stored, "files": tuple(FetchedFile(**one) for one in stored["files"])})


def download(corpus: Corpus, source: Source, root: Path, report: Report) -> Receipt:
    """Fetches a corpus into ``root/NAME``; what an earlier run left there is gone on from.

    Raises:
        DownloadError: it can't be fetched or unpacked; see :mod:`ser.corpora.fetch` and :mod:`ser.corpora.unpack`.
        CorpusError: there is no recording of the corpus in what came.
    """
    target = root / corpus.name
    parts = parts_of(source)
    for part in parts:
        _require_inside(part)
    require_space(target, 2 * sum(part.size_bytes for part in parts))
    files = _all_parts(parts, target, report)
    clips = _count(corpus, target)
    today = datetime.now(UTC).date().isoformat()
    receipt = Receipt(corpus.name, corpus.licence, corpus.citation, today, clips, source.clips, files)
    text = json.dumps(asdict(receipt), ensure_ascii=False, indent=1) + "\n"
    try:
        (target / RECEIPT).write_text(text, encoding="utf-8")
    except OSError as error:
        raise not_written(target, error) from error
    return receipt


def _all_parts(parts: tuple[Part, ...], target: Path, report: Report) -> tuple[FetchedFile, ...]:
    """Large files one after the other, so that an interrupt ends it at once; thousands of small ones side by side."""
    if len(parts) <= TRANSFERS:
        return tuple(_part(part, target, report) for part in parts)
    with ThreadPoolExecutor(TRANSFERS) as pool:
        waiting = [pool.submit(_part, part, target, report) for part in parts]
        try:
            return tuple(one.result() for one in waiting)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _require_inside(part: Part) -> None:
    """A server's list of files is no more to be trusted than an archive."""
    path = PurePosixPath(part.folder) / part.name
    if path.is_absolute() or ".." in path.parts or "/" in part.name or "\\" in str(path):
        raise DownloadError(
            f"The list of files names '{path}', a place outside the corpus's folder. It is not fetched."
        )


def _part(part: Part, target: Path, report: Report) -> FetchedFile:
    """Fetches one file, and unpacks it where it is an archive."""
    place = target / part.folder
    if not part.is_archive:
        return _fetched(part, fetch(part, place, report))
    path = fetch(part, target / ".fetched", report)
    file = _fetched(part, path)
    unpack(path, place, part.strip)
    path.unlink()
    if not any(path.parent.iterdir()):
        path.parent.rmdir()
    return file


def _fetched(part: Part, path: Path) -> FetchedFile:
    try:
        return FetchedFile(part.name, part.url, path.stat().st_size, sha256_of(path), part.checksum)
    except OSError as error:
        raise not_written(path.parent, error) from error


def _count(corpus: Corpus, target: Path) -> int:
    """Recordings that the corpus's parser knows, each of which must be one."""
    found = [one for one in find_files([target], [corpus]) if one.clip]
    for one in found:
        with one.location.open("rb") as file:
            if file.read(len(_LFS_POINTER)) == _LFS_POINTER:
                raise DownloadError(
                    f"The server sent notes about large files (Git LFS) instead of recordings, such as '{one.path}'. "
                    "Fetch the corpus by hand from the page that 'ser corpora list' names."
                )
    return len(found)
