"""What is to do and what is known, of any number of recordings, in a temporary file that goes when the run ends."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ser.batch.sources import Source
from ser.batch.work import Told

_TABLES = """
CREATE TABLE sources (id INTEGER PRIMARY KEY, file TEXT UNIQUE, size INTEGER, duration REAL, done INTEGER DEFAULT 0);
CREATE TABLE told (sha256 TEXT PRIMARY KEY, file TEXT, row TEXT, segments TEXT) WITHOUT ROWID;
"""
ROWS_AT_ONCE = 1000


@dataclass(frozen=True)
class Known:
    """An answer to a sound, and the file that was heard for it."""

    file: str
    told: Told


class Ledger:
    """The recordings of a run, and the answers by sound. Not for several threads."""

    def __init__(self) -> None:
        # SQLite's own temporary file: kept in memory while small, without a name, gone when closed.
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.executescript(_TABLES)

    def close(self) -> None:
        """Drops everything."""
        self._db.close()

    def add(self, found: Iterable[Source]) -> Iterator[int]:
        """Takes in what is to be heard, each file once; tells now and then how many there are."""
        self._db.execute("BEGIN")
        for number, one in enumerate(found, start=1):
            self._db.execute(
                "INSERT OR IGNORE INTO sources (file, size, duration) VALUES (?, ?, ?)",
                (one.file, one.size_bytes, one.duration_s),
            )
            if number % ROWS_AT_ONCE == 0:
                yield number
        self._db.execute("COMMIT")

    def settle(self, files: Iterable[str]) -> None:
        """These need not be heard any more."""
        self._db.execute("BEGIN")
        self._db.executemany("UPDATE sources SET done = 1 WHERE file = ?", ((file,) for file in files))
        self._db.execute("COMMIT")

    def count(self, done: bool | None = None) -> int:
        """Files, or those that are done or not."""
        where = "" if done is None else f" WHERE done = {int(done)}"
        return int(self._db.execute(f"SELECT COUNT(*) FROM sources{where}").fetchone()[0])

    def open(self) -> Iterator[Source]:
        """What is not done, in the order of the listing."""
        last = 0
        while rows := self._db.execute(
            "SELECT id, file, size, duration FROM sources WHERE done = 0 AND id > ? ORDER BY id LIMIT ?",
            (last, ROWS_AT_ONCE),
        ).fetchall():
            for last, file, size, duration in rows:  # noqa: B007 - the last one is where to go on
                yield Source(file, size, duration)

    def learn(self, file: str, told: Told) -> None:
        """An answer, and the file that was heard for it."""
        content = (told.sha256, file, json.dumps(told.row), json.dumps(told.segments))
        self._db.execute("INSERT OR IGNORE INTO told VALUES (?, ?, ?, ?)", content)

    def known(self, sha256: str) -> Known | None:
        """What was said of a sound, if it was heard."""
        query = "SELECT file, row, segments FROM told WHERE sha256 = ?"
        if (found := self._db.execute(query, (sha256,)).fetchone()) is None:
            return None
        file, row, segments = found
        return Known(file, Told(sha256, json.loads(row), tuple(tuple(one) for one in json.loads(segments))))
