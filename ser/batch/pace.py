"""How long recordings last, before they are read: pieces of work are cut by length of sound, not by number of files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from ser.batch.sources import Source

PIECE_S = 240.0  # of sound: two or three seconds of work, of which Dask's share is a thousandth
PIECE_FILES = 400
PIECE_BYTES = 256 << 20
UNKNOWN_S = 10.0  # where a listing tells neither length nor size
FIRST_BYTES_A_S = 16_000.0  # until files of a kind were heard: MP3 at 128 kbit/s, and less than any ordinary WAV


class Pace:
    """Seconds of sound in a byte, learnt for each kind of file from those that were read."""

    def __init__(self) -> None:
        self._bytes: dict[str, float] = defaultdict(float)
        self._seconds: dict[str, float] = defaultdict(float)

    def learn(self, kind: str, size_bytes: int, duration_s: float) -> None:
        """One more file of a kind."""
        self._bytes[kind] += size_bytes
        self._seconds[kind] += duration_s

    def duration_s(self, source: Source) -> float:
        """What a recording will last, as far as is known."""
        if source.duration_s is not None:
            return source.duration_s
        if source.size_bytes is None:
            return UNKNOWN_S
        seconds, size = self._seconds[source.kind], self._bytes[source.kind]
        return source.size_bytes * (seconds / size if seconds else 1 / FIRST_BYTES_A_S)

    def pieces(self, sources: Iterable[Source]) -> Iterator[tuple[Source, ...]]:
        """Recordings in pieces of about :data:`PIECE_S`, each cut when it is asked for, by what is learnt by then."""
        piece: list[Source] = []
        length_s, size = 0.0, 0
        for one in sources:
            seconds, more = self.duration_s(one), one.size_bytes or 0
            if piece and (length_s + seconds > PIECE_S or size + more > PIECE_BYTES or len(piece) == PIECE_FILES):
                yield tuple(piece)
                piece, length_s, size = [], 0.0, 0
            piece.append(one)
            length_s, size = length_s + seconds, size + more
        if piece:
            yield tuple(piece)
