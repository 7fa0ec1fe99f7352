"""What a run has done so far, and its report."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from ser.batch.parts import Made


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Attributes:
        files, of: recordings that are done, and all of this run; those of earlier runs are not counted.
        audio_s: seconds of sound read in this run.
        elapsed_s: seconds since it began.
        dashboard: address of Dask's page; empty if there is none.
    """

    files: int
    of: int
    audio_s: float
    elapsed_s: float
    dashboard: str = ""

    @property
    def hours_an_hour(self) -> float:
        """Hours of sound in an hour."""
        return self.audio_s / self.elapsed_s if self.elapsed_s else 0.0

    @property
    def left_s(self) -> float | None:
        """Seconds still to go, if recordings go on as they did; None before the first is done."""
        return self.elapsed_s * (self.of - self.files) / self.files if self.files else None


@dataclass
class Tally:
    """Counts of a run."""

    of: int = 0
    earlier: int = 0
    heard: int = 0
    copies: int = 0
    rejects: Counter[int] = field(default_factory=Counter)
    emotions: Counter[str] = field(default_factory=Counter)
    audio_s: float = 0.0
    heard_s: float = 0.0
    fetch_s: float = 0.0
    hear_s: float = 0.0
    pieces: int = 0
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    _begun_s: float = field(default_factory=time.perf_counter)

    @property
    def files(self) -> int:
        """Recordings that have their row."""
        return self.heard + self.copies + self.rejects.total()

    @property
    def elapsed_s(self) -> float:
        """Since it began."""
        return time.perf_counter() - self._begun_s

    def progress(self, dashboard: str) -> Progress:
        """For people who wait."""
        return Progress(self.files, self.of, self.audio_s, self.elapsed_s, dashboard)

    def report(self, finished: bool, workers: int) -> dict[str, Any]:
        """This run, as numbers."""
        return {
            "started": self.started.isoformat(timespec="seconds"),
            "finished": finished,
            "wall_s": round(self.elapsed_s, 1),
            "workers": workers,
            "recordings": self.of,
            "done_by_earlier_runs": self.earlier,
            "heard": self.heard,
            "copies": self.copies,
            "rejected": self.rejects.total(),
            "rejected_by_exit_code": {str(code): n for code, n in sorted(self.rejects.items())},
            "emotions": dict(self.emotions.most_common()),
            "audio_s": round(self.audio_s, 1),
            "heard_s": round(self.heard_s, 1),
            "hours_of_sound_an_hour": round(self.progress("").hours_an_hour, 1),
            "pieces": self.pieces,
            "reading_s": round(self.fetch_s, 1),
            "hearing_s": round(self.hear_s, 1),
        }


def joined(last: dict[str, Any], made: Made, run: dict[str, Any]) -> dict[str, Any]:
    """The report of an archive: what its answers were made with, and every run that wrote some."""
    return {**asdict(made), "runs": [*last.get("runs", []), run]}
