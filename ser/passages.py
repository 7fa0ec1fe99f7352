"""Speech → passages → blocks: which stretches of a long recording the model listens to, and in what order.

Blocks are encoded once each. The head hears every block, and every stretch from the middle of one block to the middle
of the next, so that windows of up to 6 s overlap by half at the price of one encoding.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

from ser.constants import DURATION_MIN_S, MODEL_WINDOW_S, SAMPLE_RATE_HZ
from ser.speech import Span, Speech

# Speech with pauses up to here is one passage: a breath does not end a mood.
PAUSE_MAX_S = 1.0


@dataclass(frozen=True)
class Passage:
    """A stretch of speech, cut into blocks of equal length, each of at most 6 s."""

    blocks: tuple[Span, ...]

    @property
    def duration_s(self) -> float:
        """From the first block's beginning to the last one's end."""
        return (self.blocks[-1].stop - self.blocks[0].start) / SAMPLE_RATE_HZ


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
    count = math.ceil(span.duration_s / MODEL_WINDOW_S)
    edges = [span.start + (span.stop - span.start) * i // count for i in range(count + 1)]
    return Passage(tuple(Span(a, b) for a, b in itertools.pairwise(edges)))
