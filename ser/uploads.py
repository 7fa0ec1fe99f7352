"""Uploads stay in memory, and so they are bounded: each, and all that are held at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from ser.constants import UPLOAD_MAX_MB
from ser.errors import BusyError

UPLOAD_MAX_BYTES: Final = UPLOAD_MAX_MB * 1024 * 1024
# What a form adds to its file.
FORM_MARGIN_BYTES: Final = 1024 * 1024
HELD_MAX_BYTES: Final = 2 * (UPLOAD_MAX_BYTES + FORM_MARGIN_BYTES)  # two of the largest, or thousands of clips


def keep_in_memory() -> None:
    """Makes Starlette's form parser, which pages and API share, hold every upload that is allowed in memory.

    It moves what is larger than ``spool_max_size`` (1 MB) to disk, and offers no other way to say so than this
    attribute of the class.
    """
    from starlette.formparsers import MultiPartParser

    MultiPartParser.spool_max_size = UPLOAD_MAX_BYTES + FORM_MARGIN_BYTES


class Held:
    """What all uploads of the API take at once. Thread-safe."""

    def __init__(self, limit_bytes: int = HELD_MAX_BYTES) -> None:
        self._limit_bytes, self._bytes = limit_bytes, 0
        self._lock = threading.Lock()

    @contextmanager
    def room(self) -> Iterator[Callable[[int], None]]:
        """Gives what is to be called with the size of each piece received; the block's end frees them all.

        Raises:
            BusyError: by that call, when the uploads held are at the limit.
        """
        mine = 0

        def take(size_bytes: int) -> None:
            """Counts one more piece."""
            nonlocal mine
            with self._lock:
                if self._bytes + size_bytes > self._limit_bytes:
                    raise BusyError(
                        f"The server is busy: it holds {self._bytes / 1e6:.0f} MB of uploads, and "
                        f"{self._limit_bytes / 1e6:.0f} MB is the limit. Try again in 30 s, or send a smaller file.",
                        30,
                    )
                self._bytes += size_bytes
                mine += size_bytes

        try:
            yield take
        finally:
            with self._lock:
                self._bytes -= mine
