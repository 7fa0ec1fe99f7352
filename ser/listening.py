"""Passages of a long recording → steps: blocks are heard, and windows answered, by several workers at once.

Each worker has interpreters of its own with one thread each: on two cores that is faster than one interpreter with two
threads, which wait for each other by turning in circles.
"""

from __future__ import annotations

import os
import queue
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ser.audio import Recording
from ser.ears import Ear
from ser.passages import Passage
from ser.prediction import Step
from ser.speech import Span

WORKERS_MAX = 8
BATCH_BLOCKS = 32  # three minutes: progress is told after each batch, and no more than that is held at once

Array = NDArray[np.float32]
Progress = Callable[[float, float], None]
Between = Callable[[], None]
AsStep = Callable[[Array, Span], Step]


class Crew:
    """Workers that share out hearing and answering. Thread-safe."""

    joins = True

    def __init__(self, make_ear: Callable[[], Ear]) -> None:
        """Each core gets a worker, and each worker an ear of its own."""
        self.workers = min(WORKERS_MAX, os.cpu_count() or 1)
        self._ears: queue.SimpleQueue[Ear] = queue.SimpleQueue()
        for _ in range(self.workers):
            ear = make_ear()
            self.joins = ear.joins
            self._ears.put(ear)

    def hear(self, samples: Array) -> Array:
        """What the model reads of a window of samples."""
        return self._borrow(lambda ear: ear.hear(samples))

    def answer(self, heard: Array) -> Array:
        """What the model says of it."""
        return self._borrow(lambda ear: ear.answer(heard))

    def _borrow(self, use: Callable[[Ear], Array]) -> Array:
        ear = self._ears.get()
        try:
            return use(ear)
        finally:
            self._ears.put(ear)


@dataclass(frozen=True)
class _Block:
    """A block to hear; ``adjoins``: it goes on where the one before it ends."""

    span: Span
    step: Span
    adjoins: bool


def _blocks(found: Sequence[Passage]) -> list[_Block]:
    blocks = []
    for passage in found:
        blocks += [_Block(span, span, i > 0) for i, span in enumerate(passage.blocks)]
        if passage.rest:  # told by the last 6 s, for as much as the blocks leave over
            blocks.append(_Block(passage.rest, Span(passage.blocks[-1].stop, passage.rest.stop), False))
    return blocks


def listen(
    recording: Recording,
    found: Sequence[Passage],
    crew: Crew,
    as_step: AsStep,
    progress: Progress | None = None,
    between: Between | None = None,
) -> tuple[Step, ...]:
    """Two steps a block, each the mean of the windows that cover it: the block, and those across its edges.

    Args:
        as_step: makes a step of what the model says of a window.
        progress: called with the seconds of speech heard and those to hear; it may raise to stop.
        between: called by each worker before each block; it may wait.
    """
    blocks = _blocks(found)
    all_s, done_s = sum(block.step.duration_s for block in blocks), 0.0
    whole: list[Step] = []
    across: dict[int, Step] = {}  # by the block that it begins in
    last: Array | None = None
    with ThreadPoolExecutor(crew.workers, "listening") as pool:
        for start in range(0, len(blocks), BATCH_BLOCKS):
            batch = blocks[start : start + BATCH_BLOCKS]
            heard = list(pool.map(lambda one: _heard(recording, crew, one.span, between), batch))
            whole += _answers(pool, crew, as_step, heard, [one.span for one in batch])
            before = [last, *heard[:-1]]
            edges = [i for i, one in enumerate(batch) if one.adjoins]
            windows = [_across(recording, crew, batch[i].span, before[i], heard[i]) for i in edges]
            told = _answers(pool, crew, as_step, windows, [batch[i].span for i in edges])
            across |= {start + i - 1: step for i, step in zip(edges, told, strict=True)}
            last = heard[-1]
            done_s += sum(block.step.duration_s for block in batch)
            if progress:
                progress(done_s, all_s)
    return tuple(
        step for i in range(len(blocks)) for step in _steps(blocks[i], whole[i], across.get(i - 1), across.get(i))
    )


def _heard(recording: Recording, crew: Crew, span: Span, between: Between | None) -> Array:
    if between:
        between()
    return crew.hear(recording.span(span.start, span.stop))


def _answers(
    pool: Executor, crew: Crew, as_step: AsStep, windows: Sequence[Array], spans: Sequence[Span]
) -> list[Step]:
    return [as_step(told, span) for told, span in zip(pool.map(crew.answer, windows), spans, strict=True)]


def _across(recording: Recording, crew: Crew, span: Span, earlier: Array | None, later: Array) -> Array:
    """What is read of the window from the middle of one block to the middle of the next, which lies at ``span``."""
    if crew.joins and earlier is not None:
        return np.concatenate([earlier[len(earlier) // 2 :], later[: len(later) // 2]])
    half = (span.stop - span.start) // 2
    return crew.hear(recording.span(span.start - half, span.start + half))


def _steps(block: _Block, whole: Step, before: Step | None, after: Step | None) -> Iterator[Step]:
    if block.step != block.span:
        yield _mean(block.step, whole, None)
        return
    middle = (block.span.start + block.span.stop) // 2
    yield _mean(Span(block.span.start, middle), whole, before)
    yield _mean(Span(middle, block.span.stop), whole, after)


def _mean(span: Span, whole: Step, other: Step | None) -> Step:
    """A step that two windows cover, or one."""
    if other is None:
        return Step(span, whole.probabilities, whole.voice, whole.familiar)
    return Step(
        span,
        (whole.probabilities + other.probabilities) / 2,
        (whole.voice + other.voice) / 2,
        (whole.familiar + other.familiar) / 2,
    )
