"""Live sound, piece by piece → what the voice carries now, and what it has carried so far.

What was said so far is told by blocks of 6 s, each heard once and weighed by its speech, as for a long recording; what
is said now by the last 6 s. Nothing older than that is held, so that a stream may last for days.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import soxr
from numpy.typing import NDArray

from ser.audio import Recording
from ser.constants import DURATION_MIN_S, MODEL_WINDOW_S, SAMPLE_RATE_HZ, SOURCE_RATE_MAX_HZ, SOURCE_RATE_MIN_HZ
from ser.errors import AudioError, NotAudioError
from ser.intake import STRANGE_RATE, SourceInfo, require_within
from ser.prediction import EmotionScore, Step
from ser.speech import Span, find_speech
from ser.sureness import SureFrom

NAME: Final = "live sound"
EVERY_S: Final = 1.0
WINDOW_SAMPLES: Final = round(MODEL_WINDOW_S * SAMPLE_RATE_HZ)
SPEECH_MIN_S: Final = 0.3  # in a window, for it to be asked about

Array = NDArray[np.float32]
# Samples of a window and where it is → what the model says of it.
Listens = Callable[[Array, Span], Step]


@dataclass(frozen=True, eq=False)
class LiveResult:
    """What is known at one moment of a stream.

    Attributes:
        heard_s: seconds of sound that have come.
        now: what the last 6 s carry; None if nobody speaks in them.
        so_far: what all speech has carried until now; None if there was none.
        sure_from: from which top probability on an answer is sure.
        is_last: whether the stream has ended.
    """

    heard_s: float
    now: Step | None
    so_far: Step | None
    sure_from: SureFrom
    is_last: bool = False

    @property
    def has_voice(self) -> bool:
        """Whether somebody has spoken, and it is more likely a voice than not."""
        return self.so_far is not None and self.so_far.voice >= 0.5

    @property
    def scores(self) -> tuple[EmotionScore, ...]:
        """All eight emotions so far, likeliest first; empty if nobody has spoken."""
        return self.so_far.scores if self.so_far is not None else ()

    @property
    def emotion(self) -> str | None:
        """The likeliest emotion so far; None if there is no voice."""
        return self.scores[0].emotion if self.has_voice else None

    @property
    def probability(self) -> float:
        """The likeliest emotion's calibrated probability; 0 if there is no voice."""
        return self.scores[0].probability if self.has_voice else 0.0

    @property
    def is_sure(self) -> bool:
        """Whether the likeliest emotion is likely enough to be given as the answer."""
        so_far = self.so_far
        return so_far is not None and self.has_voice and self.probability >= self.sure_from.at(so_far.familiar)


@dataclass
class _Sum:
    """Steps, weighed by the seconds of speech in them."""

    probabilities: NDArray[np.float64] | float = 0.0
    voice: float = 0.0
    familiar: float = 0.0
    speech_s: float = 0.0
    weight: float = 0.0

    def plus(self, step: Step, speech_s: float) -> _Sum:
        """One more step; what is hardly a voice says hardly anything about emotions."""
        weight = speech_s * max(step.voice, 1e-3)
        return _Sum(
            self.probabilities + weight * step.probabilities,
            self.voice + speech_s * step.voice,
            self.familiar + speech_s * step.familiar,
            self.speech_s + speech_s,
            self.weight + weight,
        )

    def step(self, heard: int) -> Step | None:
        """Their mean."""
        if not self.weight:
            return None
        mean = np.asarray(self.probabilities / self.weight)
        return Step(Span(0, heard), mean, self.voice / self.speech_s, self.familiar / self.speech_s)


@dataclass
class _Listener:
    """Holds the last 6 s, and the sums of the blocks before them."""

    listens: Listens
    sure_from: SureFrom
    heard: int = 0
    last: Array = field(default_factory=lambda: np.zeros(0, np.float32))
    closed: _Sum = field(default_factory=_Sum)

    def take(self, samples: Array) -> None:
        """At most as many samples as are missing to the end of the block."""
        self.last = np.concatenate([self.last, samples])[-WINDOW_SAMPLES:]
        self.heard += len(samples)

    @property
    def missing(self) -> int:
        """Samples until the block ends."""
        return WINDOW_SAMPLES - self.heard % WINDOW_SAMPLES

    def close(self) -> None:
        """The block has ended: its answer counts from now on."""
        step, speech_s = self._ask(self.last)
        if step is not None:
            self.closed = self.closed.plus(step, speech_s)

    def result(self, is_last: bool) -> LiveResult:
        """What is known now."""
        now, now_speech_s = self._ask(self.last)
        so_far, here = self.closed, self.heard % WINDOW_SAMPLES
        if here == self.heard:  # the first block is the window
            step, speech_s = now, now_speech_s
        else:
            step, speech_s = self._ask(self.last[len(self.last) - here :])
        if step is not None:
            so_far = so_far.plus(step, speech_s)
        heard_s = self.heard / SAMPLE_RATE_HZ
        return LiveResult(heard_s, now, so_far.step(self.heard), self.sure_from, is_last)

    def _ask(self, samples: Array) -> tuple[Step | None, float]:
        """What a window carries and how many seconds of speech it has; nothing if nobody speaks."""
        if len(samples) < DURATION_MIN_S * SAMPLE_RATE_HZ:
            return None, 0.0
        source = SourceInfo(NAME, "array", samples.nbytes, "float32", SAMPLE_RATE_HZ, 1, len(samples) / SAMPLE_RATE_HZ)
        speech_s = find_speech(Recording(samples, source)).speech_s
        if speech_s < SPEECH_MIN_S:
            return None, 0.0
        return self.listens(samples, Span(self.heard - len(samples), self.heard)), speech_s


def stream(
    chunks: Iterable[NDArray[np.floating]], sample_rate_hz: int, listens: Listens, sure_from: SureFrom, every_s: float
) -> Iterator[LiveResult]:
    """Results while sound comes in; see :meth:`ser.recognizer.Recognizer.stream`."""
    require_within(sample_rate_hz, SOURCE_RATE_MIN_HZ, SOURCE_RATE_MAX_HZ, STRANGE_RATE, NAME)
    if not DURATION_MIN_S <= every_s <= MODEL_WINDOW_S:
        raise AudioError(f"every_s is {every_s}; {DURATION_MIN_S} to {MODEL_WINDOW_S} s are possible.")
    listener, due = _Listener(listens, sure_from), round(every_s * SAMPLE_RATE_HZ)
    for samples in _at_model_rate(chunks, sample_rate_hz):
        rest = samples
        while len(rest):
            count = min(len(rest), listener.missing, due)
            listener.take(rest[:count])
            rest, due = rest[count:], due - count
            if listener.heard % WINDOW_SAMPLES == 0:
                listener.close()
            if due == 0:
                due = round(every_s * SAMPLE_RATE_HZ)
                yield listener.result(is_last=False)
    yield listener.result(is_last=True)


def _at_model_rate(chunks: Iterable[NDArray[np.floating]], sample_rate_hz: int) -> Iterator[Array]:
    """Checked, mixed to one channel and resampled."""
    resampler = soxr.ResampleStream(sample_rate_hz, SAMPLE_RATE_HZ, 1, dtype="float32")
    same = sample_rate_hz == SAMPLE_RATE_HZ
    for number, chunk in enumerate(chunks, start=1):
        mono = _mono(np.asarray(chunk), number)
        yield mono if same else resampler.resample_chunk(mono)
    if not same:
        yield resampler.resample_chunk(np.zeros(0, np.float32), last=True)


def _mono(chunk: NDArray[np.floating], number: int) -> Array:
    if not np.issubdtype(chunk.dtype, np.floating):
        raise NotAudioError(
            f"Chunk {number} of {NAME} has dtype {chunk.dtype}; expected floats in -1 … 1. Scale integers first."
        )
    if chunk.ndim not in (1, 2):
        raise NotAudioError(f"Chunk {number} of {NAME} has {chunk.ndim} dimensions; expected (n,) or (n, channels).")
    if not np.isfinite(chunk).all():
        raise NotAudioError(f"Chunk {number} of {NAME} holds samples that are not numbers (NaN or infinity).")
    return np.asarray(chunk if chunk.ndim == 1 else chunk.mean(axis=1), dtype=np.float32)
