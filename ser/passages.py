"""Speech → passages → blocks: which stretches of a long recording the model listens to, and in what order.

Blocks of 6 s are encoded once each. The head hears every block, and every stretch from the middle of one block to the
middle of the next, so that windows of 6 s overlap by half at the price of one encoding.
"""

from __future__ import annotations

from dataclasses import dataclass

from ser.constants import DURATION_MIN_S, MODEL_WINDOW_S, SAMPLE_RATE_HZ
from ser.speech import Span, Speech

# Speech with pauses up to here is one passage: a breath does not end a mood.
PAUSE_MAX_S = 1.0
BLOCK_SAMPLES = round(MODEL_WINDOW_S * SAMPLE_RATE_HZ)


@dataclass(frozen=True)
class Passage:
    """A stretch of speech, cut into blocks.

    Attributes:
        blocks: one of at most 6 s, or adjoining ones of 6 s.
        rest: the last 6 s, where the blocks do not reach the passage's end.
    """

    blocks: tuple[Span, ...]
    rest: Span | None

    @property
    def duration_s(self) -> float:
        """From beginning to end."""
        return ((self.rest or self.blocks[-1]).stop - self.blocks[0].start) / SAMPLE_RATE_HZ


def passages(speech: Speech, length: int) -> tuple[Passage, ...]:
    """The passages of a recording of ``length`` samples, in order; none shorter than the shortest recording heard."""
    joined: list[Span] = []
    for span in speech.spans:
        if joined and span.start - joined[-1].stop <= PAUSE_MAX_S * SAMPLE_RATE_HZ:
            joined[-1] = Span(joined[-1].start, span.stop)
        else:
            joined.append(span)
    return tuple(_cut(_widened(span, length)) for span in joined)


def _widened(span: Span, length: int) -> Span:
    """At least as long as the shortest recording, within the sound."""
    missing = round(DURATION_MIN_S * SAMPLE_RATE_HZ) - (span.stop - span.start)
    if missing <= 0:
        return span
    start = min(max(0, span.start - missing // 2), max(0, length - (span.stop - span.start) - missing))
    return Span(start, min(length, start + span.stop - span.start + missing))


def _cut(span: Span) -> Passage:
    count = (span.stop - span.start) // BLOCK_SAMPLES
    if count == 0:
        return Passage((span,), None)
    starts = [span.start + i * BLOCK_SAMPLES for i in range(count)]
    blocks = tuple(Span(start, start + BLOCK_SAMPLES) for start in starts)
    return Passage(blocks, Span(span.stop - BLOCK_SAMPLES, span.stop) if blocks[-1].stop < span.stop else None)
