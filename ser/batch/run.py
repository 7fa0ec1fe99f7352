"""An archive of recordings → tables of answers, on Dask: what is shared out, what comes back, what is written when."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ser.batch.ledger import Ledger
from ser.batch.pace import Pace
from ser.batch.parts import Made, Parts
from ser.batch.sources import Source, Store, sources
from ser.batch.tally import Progress, Tally, joined
from ser.batch.work import Heard, ModelKey, Told, described, fetch, hear
from ser.catalogue import DEFAULT_MODEL
from ser.engine import AHEAD, Engine, EngineSettings, WorkersEndedError
from ser.errors import EngineError, ModelError, ToolMissingError

if TYPE_CHECKING:
    from distributed import Future

COMMIT_ROWS = 5_000
COMMIT_S = 30.0
FAULT = 1  # exit code of what is no fault of the recording
Report = Callable[[Progress], None]
Counted = Callable[[int], None]


def _silent(_: object) -> None:
    return None


@dataclass(frozen=True)
class BatchSettings:
    """What is heard, where its answers go, and by what.

    Attributes:
        source: see :func:`ser.batch.sources.sources`.
        output: folder or address for the tables; see :mod:`ser.batch.parts`.
        model: name of the weights.
        segments: whether to write what is heard when.
        retry: whether to try again what an earlier run rejected.
        column: of a list, that names the files.
        store: how to reach both.
        engine: the workers.
    """

    source: str
    output: str
    model: str = DEFAULT_MODEL
    segments: bool = False
    retry: bool = False
    column: str | None = None
    store: Store = field(default_factory=Store)
    engine: EngineSettings = field(default_factory=EngineSettings)


def run(settings: BatchSettings, told: Report = _silent, counted: Counted = _silent) -> dict[str, Any]:
    """Hears what has no row yet, and writes the tables and the report.

    A run that was ended goes on where it was when it is started again: every recording has exactly one row in the end.

    Args:
        settings: what and where.
        told: hears of the progress, now and then.
        counted: hears how many recordings were found so far, while they are listed.

    Returns:
        The report of this run, as it stands in ``report.json``.

    Raises:
        ArchiveError: the input can't be read, or the output not written, or it holds another model's answers.
        EngineError: the workers can't be reached, or the connection was lost; what was finished is written.
        ModelError: there is no such model, or a worker has another one.
        ToolMissingError: ffmpeg, or the package for a kind of store, is not there.
    """
    model = ModelKey.of(settings.model)
    parts = Parts(settings.output, settings.store, Made.by(model, settings.segments))
    with closing(Ledger()) as ledger:
        for number in ledger.add(sources(settings.source, settings.store, settings.column)):
            counted(number)
        _recall(ledger, parts, settings.retry)
        tally, finished = Tally(of=ledger.count(done=False), earlier=ledger.count(done=True)), False
        workers = 0
        try:
            if tally.of:
                with Engine(settings.engine) as engine:
                    workers = engine.slots
                    _Run(settings, model, engine, ledger, parts, tally).go(told)
            finished = True
        finally:
            parts.commit()
            report = tally.report(finished, workers)
            parts.report(joined(parts.last_report(), parts.made, report))
    return report


def _recall(ledger: Ledger, parts: Parts, retry: bool) -> None:
    """Takes from the tables what earlier runs did."""
    if retry:
        parts.forget_rejects()
    ledger.settle(parts.rejected())

    def files() -> Iterator[str]:
        for one in parts.earlier():
            if one.told:
                ledger.learn(one.file, one.told)
            yield one.file

    ledger.settle(files())


@dataclass(eq=False)
class _Piece:
    """Recordings on their way: read and decoded, then heard."""

    sources: tuple[Source, ...]
    fetched: Future[Any]
    heard: tuple[Heard, ...] = ()
    wanted: tuple[int, ...] = ()


class _Run:
    """One run's work in progress."""

    def __init__(
        self, settings: BatchSettings, model: ModelKey, engine: Engine, ledger: Ledger, parts: Parts, tally: Tally
    ) -> None:
        from distributed import as_completed

        self.settings, self.model, self.engine = settings, model, engine
        self.ledger, self.parts, self.tally = ledger, parts, tally
        self.pace = Pace()
        self.running = as_completed()
        self.pieces: dict[Any, _Piece] = {}  # by key of the future that is awaited
        self.copies: dict[str, list[Heard]] = defaultdict(list)  # by digest of a sound that is being heard
        self.committed_s = time.monotonic()

    def go(self, told: Report) -> None:
        """Until everything has its row."""
        waiting = self.pace.pieces(self.ledger.open())
        self._fill(waiting)
        for future in self.running:
            piece = self.pieces.pop(future.key)
            try:
                self._take(piece, self.engine.result(future))
            except (ToolMissingError, ModelError):
                raise
            except EngineError as error:
                if not isinstance(error, WorkersEndedError):
                    raise
                self._isolate(piece, f"{len(piece.sources)} recordings at once")
            except Exception as error:  # noqa: BLE001 - whatever a library raises over a file must not end the run
                self._isolate(piece, f"{type(error).__name__}: {error}")
            if self.parts.pending >= COMMIT_ROWS or time.monotonic() - self.committed_s > COMMIT_S:
                self.parts.commit()
                self.committed_s = time.monotonic()
            told(self.tally.progress(self.engine.dashboard))
            self._fill(waiting)

    def _fill(self, waiting: Iterator[tuple[Source, ...]]) -> None:
        while len(self.pieces) < AHEAD * self.engine.slots and (piece := next(waiting, None)):
            self._begin(piece)

    def _begin(self, found: tuple[Source, ...]) -> None:
        fetched = self.engine.submit(fetch, found, self.settings.store)
        self._await(_Piece(found, fetched), self.engine.submit(described, fetched))

    def _await(self, piece: _Piece, future: Future[Any]) -> None:
        self.pieces[future.key] = piece
        self.running.add(future)

    def _take(self, piece: _Piece, result: Any) -> None:
        """One step of a piece is done."""
        if not piece.heard:
            piece.heard, seconds = result
            self.tally.fetch_s += seconds
            self._sort(piece)
            return
        told, seconds = result
        self.tally.hear_s += seconds
        self.tally.pieces += 1
        for index, one in zip(piece.wanted, told, strict=True):
            heard = piece.heard[index]
            self.ledger.learn(heard.source.file, one)
            self.tally.heard_s += heard.duration_s
            self._answer(heard, one)
            for copy in self.copies.pop(one.sha256, ()):
                self._answer(copy, one, heard.source.file)

    def _sort(self, piece: _Piece) -> None:
        """What was read is rejected, or known already, or being heard, or still to be heard."""
        wanted = []
        for index, heard in enumerate(piece.heard):
            self.pace.learn(heard.source.kind, heard.size_bytes, heard.duration_s)
            if heard.reason:
                self._reject(heard)
            elif known := self.ledger.known(heard.sha256):
                self._answer(heard, known.told, known.file)
            elif heard.sha256 in self.copies:
                self.copies[heard.sha256].append(heard)
            else:
                self.copies[heard.sha256] = []
                wanted.append(index)
        if wanted:
            piece.wanted = tuple(wanted)
            future = self.engine.submit(hear, piece.fetched, piece.wanted, self.model, self.settings.segments)
            self._await(piece, future)

    def _answer(self, heard: Heard, told: Told, same_as: str | None = None) -> None:
        self.parts.answer(heard, told, same_as)
        self.tally.audio_s += heard.duration_s
        self.tally.heard += same_as is None
        self.tally.copies += same_as is not None
        self.tally.emotions[told.row["emotion"] or "no speech"] += 1

    def _reject(self, heard: Heard) -> None:
        self.parts.reject(heard)
        self.tally.rejects[heard.exit_code] += 1

    def _isolate(self, piece: _Piece, words: str) -> None:
        """What failed as a whole is tried one by one; a single recording is rejected, and its copies tried."""
        left = [piece.heard[index].source for index in piece.wanted] if piece.heard else list(piece.sources)
        again = [copy.source for index in piece.wanted for copy in self.copies.pop(piece.heard[index].sha256, ())]
        if len(left) == 1:
            text = f"'{left[0].file}' could not be heard: {words}. This is no fault of the recording; please report it."
            self._reject(Heard(left[0], reason=text, exit_code=FAULT))
            left = []
        for one in (*left, *again):
            self._begin((one,))


def failed(report: dict[str, Any]) -> int:
    """Exit code of a run: 0 if all was heard; an error's own if only that kind occurred; 1 for several kinds."""
    codes: Sequence[str] = list(report["rejected_by_exit_code"])
    return int(codes[0]) if len(codes) == 1 else int(bool(codes))
