"""What a server says of its work: one line of JSON an event, on standard output.

A line is made of an :class:`Event` alone, which has no place for a file's name, a query or a client's address, so none
can slip in. Of anything else that the package logs, the message is kept and a traceback is not: it may hold a name.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
import uuid
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Final

# Letters, digits and hyphens: room for any tracing identifier, and none for a file's name or an address.
_SANE_ID: Final = re.compile(r"[0-9A-Za-z-]{8,64}")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Event:
    """One request of the API, or one analysis on a page.

    Attributes:
        event: ``request`` or ``analysis``.
        request_id: tells it apart from others.
        route: the API's path, or the page, as the server names it; never what a client wrote.
        outcome: ``ok``, or the kind of error.
        duration_ms: from its beginning to its end.
        status: of HTTP; None on a page.
        audio_s: length of the recording; None where there was none.
    """

    event: str
    request_id: str
    route: str
    outcome: str
    duration_ms: float
    status: int | None = None
    audio_s: float | None = None


class JsonLines(logging.Formatter):
    """A record as one line of JSON; what an event does not tell is left out."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, object] = {"time": when, "level": record.levelname.lower()}
        event = getattr(record, "event", None)
        if isinstance(event, Event):
            line |= {name: value for name, value in asdict(event).items() if value is not None}
        else:
            line |= {"event": "message", "logger": record.name, "message": record.getMessage()}
        return json.dumps(line, ensure_ascii=False)


def to_stdout() -> None:
    """Sends what the package logs to standard output, as lines of JSON; called again, it changes nothing."""
    logger = logging.getLogger("ser")
    if any(isinstance(handler.formatter, JsonLines) for handler in logger.handlers):
        return
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines())
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False  # Streamlit's own handlers would say it again, as text


def tell(event: Event) -> None:
    """Logs an event."""
    _log.info("%s %s", event.event, event.outcome, extra={"event": event})


def tell_failure(where: str, error: BaseException) -> None:
    """Logs what nobody expected by its type and place only: a message may hold a file's name."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" in {frames[-1].filename}, line {frames[-1].lineno}" if frames else ""
    _log.error("%s: %s%s", where, type(error).__name__, place)


def request_id(asked: str = "") -> str:
    """The identifier that a client asked for, if it is a sane one; otherwise a new one."""
    return asked if _SANE_ID.fullmatch(asked) else uuid.uuid4().hex
