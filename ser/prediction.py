"""What a model says of a recording: of the whole, and of each stretch of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ser.audio import Recording
from ser.constants import EMOTIONS
from ser.quality import Remark
from ser.speech import Span, Speech


@dataclass(frozen=True)
class Timing:
    """Where the time of one prediction went, in seconds."""

    decode_s: float
    features_s: float
    model_s: float

    @property
    def total_s(self) -> float:
        """Sum of the parts."""
        return self.decode_s + self.features_s + self.model_s


@dataclass(frozen=True)
class EmotionScore:
    """One emotion and its calibrated probability, 0 … 1."""

    emotion: str
    probability: float


@dataclass(frozen=True, eq=False)
class Step:
    """What the model says of one stretch of a recording.

    Attributes:
        span: where it is.
        probabilities: calibrated, shape (8,), float64, sum 1, in the order of :data:`ser.constants.EMOTIONS`.
        voice: probability that there is a voice at all; 1 if the model does not tell.
        familiar: probability that the recording is like those that taught the model; 1 if it does not tell.
    """

    span: Span
    probabilities: NDArray[np.float64]
    voice: float = 1.0
    familiar: float = 1.0

    @property
    def scores(self) -> tuple[EmotionScore, ...]:
        """All eight emotions, likeliest first."""
        order = np.argsort(-self.probabilities, kind="stable")
        return tuple(EmotionScore(EMOTIONS[i], float(self.probabilities[i])) for i in order)


@dataclass(frozen=True)
class Prediction:
    """The answer for one recording.

    Attributes:
        scores: all eight emotions, likeliest first; probabilities sum to 1.
        model: name of the model that answered.
        recording: what was heard (samples and source facts).
        timing: where the time went.
        not_sure_below: top probability, 0 … 1, under which the model does not commit itself; 0 if it has no such limit.
        voice, familiar: see :class:`Step`; over the whole recording.
        speech: where somebody speaks; None if nobody looked.
        steps: what was said of each stretch, in order; a single one up to 6 s.
        remarks: what is wrong with the sound.
    """

    scores: tuple[EmotionScore, ...]
    model: str
    recording: Recording
    timing: Timing
    not_sure_below: float = 0.0
    voice: float = 1.0
    familiar: float = 1.0
    speech: Speech | None = None
    steps: tuple[Step, ...] = ()
    remarks: tuple[Remark, ...] = ()

    @property
    def emotion(self) -> str:
        """The likeliest emotion."""
        return self.scores[0].emotion

    @property
    def probability(self) -> float:
        """The likeliest emotion's calibrated probability."""
        return self.scores[0].probability

    @property
    def is_sure(self) -> bool:
        """Whether the likeliest emotion is likely enough to be given as the answer."""
        return self.probability >= self.not_sure_below

    @property
    def has_voice(self) -> bool:
        """Whether somebody speaks, and it is more likely a voice than not."""
        return self.voice >= 0.5 and (self.speech is None or bool(self.speech.spans))

    @property
    def is_familiar(self) -> bool:
        """Whether the recording is more likely than not like those that taught the model."""
        return self.familiar >= 0.5

    @property
    def probabilities(self) -> dict[str, float]:
        """Emotion → probability, in the order of :data:`ser.constants.EMOTIONS`."""
        return {score.emotion: score.probability for score in sorted(self.scores, key=lambda s: s.emotion)}
