"""Fetches a file with pooch: a transfer that broke off goes on where it was, and what came is checked.

What has come so far lies in ``.NAME.part`` beside the file, with what the server said of it in ``.NAME.tag``.
"""

from __future__ import annotations

import errno
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pooch
import requests

from ser import __version__
from ser.corpora.sources import Part
from ser.errors import DownloadError

TRIES = 4
TIMEOUT_S = (30.0, 120.0)  # to connect, and between two pieces
PIECE_BYTES = 1 << 18
WAIT_S = 2.0  # before the second try; twice as long before each further one
_HEADERS = {"User-Agent": f"ser/{__version__}", "Accept-Encoding": "identity"}

# Name of the file, bytes that are there, bytes in all (0: not known).
Report = Callable[[str, int, int], None]


class _BrokenOffError(Exception):
    """The transfer can be tried again."""


def fetch(part: Part, folder: Path, report: Report) -> Path:
    """The file in ``folder``; nothing is fetched that is there and has its published checksum.

    Raises:
        DownloadError: it can't be fetched, is not what its publisher says, or does not fit on the disk.
    """
    # pooch says what it does on standard error; this package has its own words for it.
    pooch.get_logger().setLevel("ERROR")
    downloader = _Resuming(part, folder / f".{part.name}.part", folder / f".{part.name}.tag", report)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return Path(pooch.retrieve(part.url, part.checksum or None, part.name, folder, downloader=downloader))
    except OSError as error:
        raise not_written(folder, error) from error


def ask_json(url: str) -> Any:
    """What a server answers, read as JSON.

    Raises:
        DownloadError: it can't be reached, refuses, or its answer is no JSON.
    """
    try:
        response = requests.get(url, headers=_HEADERS, timeout=TIMEOUT_S)
        response.raise_for_status()
        return response.json()
    except requests.RequestException as error:
        raise DownloadError(f"{_host(url)} gave no list of files: {_cause(error)}. Try again later.") from error


def not_written(folder: Path, error: OSError) -> DownloadError:
    """The sentence for a file that can't be written."""
    if error.errno == errno.ENOSPC:
        return DownloadError(f"The disk that holds '{folder}' is full. Free some space, then run the command again.")
    return DownloadError(f"'{folder}' can't be written to: {error.strerror}. Name another folder.")


@dataclass(frozen=True)
class _Resuming:
    """What pooch calls to fetch a file."""

    part: Part
    partial: Path
    tag: Path
    report: Report

    def __call__(self, url: str, output_file: str, _: object) -> None:
        for attempt in range(TRIES):
            try:
                self._transfer(url)
                break
            except _BrokenOffError as error:
                if attempt == TRIES - 1:
                    raise DownloadError(self._broken_off(url, error)) from error
                time.sleep(WAIT_S * 2**attempt)
        self.tag.unlink(missing_ok=True)
        self._check()
        self.partial.replace(output_file)

    def _transfer(self, url: str) -> None:
        there = self.partial.stat().st_size if self.partial.exists() else 0
        try:
            with requests.get(url, headers=self._asked_from(there), stream=True, timeout=TIMEOUT_S) as response:
                if _is_complete(response, there):
                    return
                self._take(response, there)
        except requests.HTTPError as error:
            if not _may_pass(error):
                raise DownloadError(
                    f"{_host(url)} refuses '{self.part.name}': {_cause(error)}. "
                    "Fetch it by hand from the page that 'ser corpora list' names."
                ) from error
            raise _BrokenOffError(_cause(error)) from error
        except requests.RequestException as error:
            raise _BrokenOffError(_cause(error)) from error

    def _asked_from(self, there: int) -> dict[str, str]:
        """Asks for what is missing, unless the file has changed since: then for all of it."""
        if not there:
            return _HEADERS
        tag = self.tag.read_text(encoding="utf-8") if self.tag.exists() else ""
        return _HEADERS | {"Range": f"bytes={there}-"} | ({"If-Range": tag} if tag else {})

    def _take(self, response: requests.Response, there: int) -> None:
        if response.status_code == 416:
            self.partial.unlink()
            raise _BrokenOffError("the file is another one than that of which a part is there")
        response.raise_for_status()
        goes_on = response.headers.get("Content-Range", "").startswith(f"bytes {there}-")
        start = there if response.status_code == 206 and goes_on else 0
        self.tag.write_text(_validator(response), encoding="utf-8")
        total = start + int(response.headers.get("Content-Length") or 0)
        with self.partial.open("ab" if start else "wb") as file:
            done = start
            for piece in response.iter_content(PIECE_BYTES):
                file.write(piece)
                done += len(piece)
                self.report(self.part.name, done, max(total, self.part.size_bytes))

    def _check(self) -> None:
        """Compares what came with what is published, and drops it if it is something else."""
        size, part = self.partial.stat().st_size, self.part
        if part.checksum:
            algorithm, _, expected = part.checksum.partition(":")
            seen = pooch.file_hash(str(self.partial), alg=algorithm)
            wrong = f"{algorithm.upper()} {seen}, published is {expected}" if seen != expected.lower() else ""
        else:
            wrong = f"{size} bytes, published are {part.size_bytes}" if part.size_bytes not in (0, size) else ""
        if wrong:
            self.partial.unlink()
            raise DownloadError(
                f"'{part.name}' is not what its publisher says ({wrong}) and was deleted. Run the command again; "
                "if it happens again, the file has changed: look at the page that 'ser corpora list' names."
            )

    def _broken_off(self, url: str, error: _BrokenOffError) -> str:
        there = self.partial.stat().st_size if self.partial.exists() else 0
        return (
            f"{_host(url)} broke off '{self.part.name}' {TRIES} times ({error}); {there / 1e6:.1f} MB are there. "
            "Run the same command again: it goes on from there."
        )


def _is_complete(response: requests.Response, there: int) -> bool:
    """Whether all was there already and only the checking was missing."""
    return response.status_code == 416 and response.headers.get("Content-Range") == f"bytes */{there}"


def _validator(response: requests.Response) -> str:
    """What tells this content from a later one: a strong ETag, or the date."""
    tag = response.headers.get("ETag", "")
    return tag if tag.startswith('"') else response.headers.get("Last-Modified", "")


def _host(url: str) -> str:
    return urlsplit(url).netloc


def _may_pass(error: requests.HTTPError) -> bool:
    """Whether the server may answer otherwise in a while."""
    return error.response is not None and (error.response.status_code >= 500 or error.response.status_code == 429)


def _cause(error: requests.RequestException) -> str:
    """A short reason, without addresses and memory dumps."""
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"it answers {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.Timeout):
        return "it does not answer in time"
    if isinstance(error, requests.JSONDecodeError):
        return "its answer is no JSON"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection was lost"
    return "no connection"
