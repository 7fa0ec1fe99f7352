"""Which recordings a command line names: files, folders, patterns, a list of paths, or what comes in by a pipe."""

from __future__ import annotations

import glob
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ser.audio import AUDIO_SUFFIXES
from ser.errors import NotAudioError, SerError
from ser.uploads import UPLOAD_MAX_BYTES

PIPE = "-"
PIPE_NAME = "standard input"


@dataclass(frozen=True)
class Named:
    """A recording as it was named, and where it is: a path, or its bytes; or why there is none."""

    file: str
    source: Path | bytes = field(default=b"", repr=False)
    error: SerError | None = None


def named(words: Sequence[str]) -> Iterator[Named]:
    """The recordings that words name, in their order, one after the other, so that a million takes no memory.

    A folder is searched at any depth, for files that are called as recordings are, by name; hidden ones are left out.
    A word that is neither a file nor a folder is a pattern if it has ``*``, ``?`` or ``[`` (``**`` for any depth).
    What names nothing gives an error in its place.
    """
    for word in words:
        if word == PIPE:
            yield _from_pipe()
        elif Path(word).is_dir():
            yield from _in_folder(word)
        elif glob.has_magic(word) and not Path(word).exists():
            yield from _matching(word)
        else:
            yield Named(word, Path(word))


def listed(path: Path) -> Iterator[str]:
    """The words in a list, one a line; ``-`` reads it from the pipe. Lines that hold nothing are left out.

    Raises:
        SerError: it can't be read.
    """
    try:
        file = sys.stdin if str(path) == PIPE else path.open(encoding="utf-8")
        with file:
            for line in file:
                if word := line.rstrip("\r\n"):
                    yield word
    except UnicodeDecodeError as error:
        raise SerError(f"'{path}' is no list of paths: byte {error.start} is not UTF-8. Save it as UTF-8.") from error
    except OSError as error:
        raise SerError(f"'{path}' can't be read: {error.strerror}. Name a text file with one path a line.") from error


def _from_pipe() -> Named:
    if sys.stdin.isatty():
        error = NotAudioError("Nothing is piped in. Use it as: ser predict - < voice.wav")
        return Named(PIPE_NAME, error=error)
    # One byte more than is heard, so that what is too large is refused and not cut.
    return Named(PIPE_NAME, sys.stdin.buffer.read(UPLOAD_MAX_BYTES + 1))


def _in_folder(word: str) -> Iterator[Named]:
    found = False
    refused: list[OSError] = []
    for folder, subfolders, names in os.walk(word, onerror=refused.append):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        for name in sorted(names):
            path = Path(folder) / name
            if not name.startswith(".") and path.suffix.lower() in AUDIO_SUFFIXES:
                found = True
                yield Named(str(path), path)
    for error in refused:
        text = f"'{error.filename}' can't be opened: {error.strerror}. Check its permissions."
        yield Named(str(error.filename), error=NotAudioError(text))
    if not found and not refused:
        text = f"'{word}' holds no recordings ({', '.join(AUDIO_SUFFIXES)}). Name a folder that does, or single files."
        yield Named(word, error=NotAudioError(text))


def _matching(pattern: str) -> Iterator[Named]:
    paths = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 - a pattern may be absolute
    for path in paths:
        if not Path(path).is_dir():
            yield Named(path, Path(path))
    if not any(not Path(path).is_dir() for path in paths):
        yield Named(pattern, error=NotAudioError(f"'{pattern}' matches no file. Check the pattern."))
