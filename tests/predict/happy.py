"""A recognizer that hears the same in everything."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np

from ser.audio import Recording, load
from ser.constants import EMOTIONS
from ser.prediction import EmotionScore, Prediction, Step, Timing
from ser.speech import Span, Speech

RANKING = ("happy", "angry", "sad", *(one for one in EMOTIONS if one not in ("happy", "angry", "sad")))
PROBABILITIES = (0.6, 0.25, 0.1, 0.01, 0.01, 0.01, 0.01, 0.01)


class Happy:
    """A recognizer that hears 60 % happy in whatever can be read."""

    name = "happy-model"

    def predict(self, source: Path | bytes, name: str | None = None, progress: object = None) -> Prediction:
        heard: Recording = load(source, name)
        scores = tuple(EmotionScore(*one) for one in zip(RANKING, PROBABILITIES, strict=True))
        in_order = np.array([dict(zip(RANKING, PROBABILITIES, strict=True))[emotion] for emotion in EMOTIONS])
        span = Span(0, len(heard.stored))
        return Prediction(
            scores,
            self.name,
            heard,
            Timing(0, 0, 0),
            speech=Speech((span,), heard.duration_s),
            steps=(Step(span, in_order),),
        )


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))
