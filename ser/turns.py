"""Whose turn it is to be heard: a bounded queue before the model, for the API and the pages alike.

Short recordings wait in one line and long ones in another, so that three hours never stand before three seconds; and a
long one, once at work, gives way between its pieces and windows while a short one is heard or waits, though never for
ever. A line that is full refuses whoever comes: memory and waiting time stay bounded. Recordings are heard one by one:
several at once in a batch gain nothing a clip (docs/server.md).
"""

from __future__ import annotations

import functools
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from ser.errors import BusyError
from ser.telemetry import QUEUE_LENGTH

SHORT, LONG = "short", "long"
LONG_FROM_S: Final = 30.0
LONG_FROM_BYTES: Final = 10_000_000  # decoding alone takes a while
TELL_S: Final = 0.5  # who waits hears of it so often
GIVE_WAY_MAX_S: Final = 0.25  # at a time: under endless short ones, a long one still hears half a minute a second
Waiting = Callable[[int], None]


@dataclass(frozen=True)
class Line:
    """How many of one kind are heard at once, how many may wait, and when who is refused should come again."""

    at_once: int
    waiting_max: int
    retry_after_s: int


# Two short ones at once, so that one is decoded while the other is heard; one long one uses all cores by itself.
LINES: Final = {SHORT: Line(2, 64, 5), LONG: Line(1, 8, 60)}


class Turns:
    """The queue. Thread-safe."""

    def __init__(self, lines: dict[str, Line] | None = None) -> None:
        self._lines = lines or LINES
        self._changed = threading.Condition()
        self._waiting: dict[str, deque[object]] = {kind: deque() for kind in self._lines}
        self._heard = dict.fromkeys(self._lines, 0)

    def waiting(self, kind: str) -> int:
        """How many wait in a line."""
        return len(self._waiting[kind])

    @property
    def threads_max(self) -> int:
        """How many can be inside at once, waiting or heard."""
        return sum(one.at_once + one.waiting_max for one in self._lines.values())

    @contextmanager
    def turn(self, size_bytes: int, waiting: Waiting | None = None) -> Iterator[Turn]:
        """Waits for a turn, which lasts as long as the block.

        Args:
            size_bytes: of the file; a large one goes to the long ones' line, before anybody knows how long it lasts.
            waiting: called now and then with how many stand before; it may raise to give up.

        Raises:
            BusyError: too many wait already.
        """
        one = Turn(self, LONG if size_bytes > LONG_FROM_BYTES else SHORT, waiting)
        self._enter(one.kind, waiting)
        try:
            yield one
        finally:
            if one.kind:
                self._leave(one.kind)

    def _enter(self, kind: str, waiting: Waiting | None) -> None:
        ticket, line = object(), self._waiting[kind]
        limit = self._lines[kind]
        with self._changed:
            free = not line and self._heard[kind] < limit.at_once
            if not free and len(line) >= limit.waiting_max:
                raise BusyError(
                    "The server is busy: {waiting} recordings wait already, {limit} may. "
                    "Try again in {retry_after_s} s.",
                    limit.retry_after_s,
                    waiting=len(line),
                    limit=limit.waiting_max,
                )
            line.append(ticket)
        try:
            while not self._may_go(kind, ticket):
                if waiting:
                    waiting(self._place(kind, ticket))
        except BaseException:
            with self._changed:
                line.remove(ticket)
                self._changed.notify_all()
            raise

    def _may_go(self, kind: str, ticket: object) -> bool:
        """Waits a little, and takes the turn if it has come."""
        line, limit = self._waiting[kind], self._lines[kind]
        with self._changed:
            if not self._changed.wait_for(
                lambda: line[0] is ticket and self._heard[kind] < limit.at_once, timeout=TELL_S
            ):
                return False
            line.popleft()
            self._heard[kind] += 1
            self._changed.notify_all()
            return True

    def _place(self, kind: str, ticket: object) -> int:
        with self._changed:
            return self._waiting[kind].index(ticket) + self._heard[kind]

    def _leave(self, kind: str) -> None:
        with self._changed:
            self._heard[kind] -= 1
            self._changed.notify_all()

    def _let_short_ones_pass(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: not (self._heard[SHORT] or self._waiting[SHORT]), timeout=GIVE_WAY_MAX_S)


class Turn:
    """One recording's turn. Made by :meth:`Turns.turn`."""

    def __init__(self, turns: Turns, kind: str, waiting: Waiting | None) -> None:
        self.kind = kind
        self._turns, self._waiting = turns, waiting

    def settle(self, duration_s: float) -> None:
        """Tells how long the decoded recording lasts: a long one among the short changes over to its own line.

        Raises:
            BusyError: too many wait there.
        """
        if self.kind != SHORT or duration_s <= LONG_FROM_S:
            return
        self._turns._leave(SHORT)
        self.kind = ""
        self._turns._enter(LONG, self._waiting)
        self.kind = LONG

    def give_way(self) -> None:
        """To be called between pieces and windows: a long recording waits a moment while a short one is there."""
        if self.kind == LONG:
            self._turns._let_short_ones_pass()


# One for the whole process: there is one model, and one set of cores.
QUEUE: Final = Turns()
for _kind in LINES:
    QUEUE_LENGTH.labels(_kind).set_function(functools.partial(QUEUE.waiting, _kind))
