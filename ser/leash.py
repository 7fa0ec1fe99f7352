"""A program on a short lead: fed and read through pipes, with caps on time, memory and files. For :mod:`ser.ffmpeg`."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import threading
from collections.abc import Sequence

from ser.errors import ToolFailedError

DECODE_TIMEOUT_S = 300
MEMORY_MAX_BYTES = 2 << 30  # address space: what it maps, most of it never touched
FILE_MAX_BYTES = 512 << 20
WORDS_MAX_LINES = 200
_KILLED = (-signal.SIGKILL, -signal.SIGTERM)


class Running:
    """ffmpeg at work: eats ``data``, is read from, and is ended when it takes too long or nobody reads on."""

    def __init__(self, command: Sequence[str], data: bytes, timeout_s: float) -> None:
        self.timed_out = False
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=_environment()
            )
        except OSError as error:
            raise ToolFailedError("ffmpeg can't be started: {reason}. Try again.", reason=error.strerror) from error
        _limit(self._process.pid)
        self._words: list[bytes] = []
        self._helpers = [
            threading.Thread(name="ffmpeg's input", target=self._feed, args=(data,)),
            threading.Thread(name="ffmpeg's words", target=self._listen),
        ]
        self._clock = threading.Timer(timeout_s, self._give_up)
        for thread in (*self._helpers, self._clock):
            thread.daemon = True
            thread.start()

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_: object) -> None:
        self._clock.cancel()
        self._process.kill()
        self._process.wait()
        for thread in self._helpers:
            thread.join()
        for stream in (self._process.stdout, self._process.stderr):
            if stream:
                stream.close()

    def read(self, size: int) -> bytes:
        """Up to so many bytes of PCM; fewer only at the end."""
        assert self._process.stdout
        return self._process.stdout.read(size)

    def failure(self) -> str:
        """Its words if it ended by itself and not well; empty otherwise.

        Raises:
            ToolFailedError: somebody else ended it, such as a system that is short of memory.
        """
        code = self._process.wait()
        self._helpers[1].join()
        if not code or self.timed_out:
            return ""
        if code in _KILLED:
            raise ToolFailedError(
                "ffmpeg was ended from outside (signal {signal}) while it read the recording; the server may be short "
                "of memory. Try again in a minute, or save the recording as WAV.",
                signal=-code,
            )
        return b"".join(self._words).decode(errors="replace") or f"ffmpeg ended with {code} and no word"

    def _feed(self, data: bytes) -> None:
        assert self._process.stdin
        # It may end before it has read everything: at the cap, or over a damaged file.
        with contextlib.suppress(BrokenPipeError), self._process.stdin as stdin:
            stdin.write(data)

    def _listen(self) -> None:
        assert self._process.stderr
        for line in self._process.stderr:
            if len(self._words) < WORDS_MAX_LINES:
                self._words.append(line)

    def _give_up(self) -> None:
        self.timed_out = True
        self._process.kill()


def _environment() -> dict[str, str]:
    """Nothing that a file could make use of: no proxies, no credentials, no home."""
    return {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH") if name in os.environ}


def _limit(pid: int) -> None:
    """Caps memory, processor time and files of a running ffmpeg, where the system can (Linux)."""
    if not hasattr(resource, "prlimit"):
        return
    # It may have ended already.
    with contextlib.suppress(ProcessLookupError):
        resource.prlimit(pid, resource.RLIMIT_AS, (MEMORY_MAX_BYTES, MEMORY_MAX_BYTES))
        resource.prlimit(pid, resource.RLIMIT_CPU, (DECODE_TIMEOUT_S, DECODE_TIMEOUT_S))
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (FILE_MAX_BYTES, FILE_MAX_BYTES))
