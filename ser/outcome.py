"""What is said of one recording of many, as an object for programs and as words for people."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from ser.constants import EMOTIONS
from ser.language import emotion_word, tr
from ser.prediction import Prediction
from ser.timeline import Segment, timeline


@dataclass(frozen=True)
class Outcome:
    """One line of output: a prediction, or the sentence that says why there is none."""

    file: str
    model: str
    prediction: Prediction | None
    error: str | None
    exit_code: int = 0

    def to_dict(self, top: int | None = None) -> dict[str, Any]:
        """``file``, ``emotion``, ``probabilities``, ``error``, ``sure``, and what follows.

        None stands where there is none. ``emotion`` is the likeliest one also where ``sure`` is false, and None where
        nobody speaks; ``voice`` and ``familiar`` are the probabilities that there is a voice, and that the recording
        is like what taught the model; ``remarks`` names what is wrong with the sound: clipped, quiet, noisy, narrow.

        Args:
            top: so many emotions, the likeliest first; by default all eight in their fixed order.
        """
        found = self.prediction
        return {
            "file": self.file,
            "emotion": found.emotion if found and found.has_voice else None,
            "probabilities": _probabilities(found, top) if found else None,
            "error": self.error,
            "sure": found.is_sure and found.has_voice if found else None,
            "voice": round(found.voice, 6) if found else None,
            "familiar": round(found.familiar, 6) if found else None,
            "duration_s": round(found.recording.duration_s, 3) if found else None,
            "speech_s": round(found.speech.speech_s, 3) if found and found.speech else None,
            "remarks": [remark.kind for remark in found.remarks] if found else None,
            "model": self.model,
        }

    def to_json(self, top: int | None = None) -> str:
        """:meth:`to_dict` in one line."""
        return json.dumps(self.to_dict(top), ensure_ascii=False)

    def to_row(self, top: int | None = None) -> dict[str, Any]:
        """The same as a flat row: a column for each emotion, or ``top_1``, ``top_1_probability``, and so on."""
        content = self.to_dict(top)
        probabilities: dict[str, float] = content.pop("probabilities") or {}
        content["remarks"] = " ".join(content["remarks"] or ()) or None
        row: dict[str, Any] = {"file": content.pop("file"), "emotion": content.pop("emotion")}
        row["probability"] = round(self.prediction.probability, 6) if self.prediction and row["emotion"] else None
        row["sure"] = content.pop("sure")
        if top is None:
            row |= {emotion: probabilities.get(emotion) for emotion in EMOTIONS}
        else:
            ranking = [*probabilities.items(), *[(None, None)] * len(EMOTIONS)][: min(top, len(EMOTIONS))]
            for place, (emotion, probability) in enumerate(ranking, start=1):
                row |= {f"top_{place}": emotion, f"top_{place}_probability": probability}
        error = content.pop("error")
        return row | content | {"error": error}

    def segments(self) -> tuple[Segment, ...]:
        """What is heard when."""
        return timeline(self.prediction).segments if self.prediction else ()

    def without_sound(self) -> Outcome:
        """The same without samples and steps, so that a million of them fits in memory."""
        if self.prediction is None:
            return self
        recording = replace(self.prediction.recording, stored=self.prediction.recording.stored[:0])
        return replace(self, prediction=replace(self.prediction, recording=recording, steps=()))


def schema(top: int | None) -> Any:
    """Of :meth:`Outcome.to_row`: what a first group without a single answer would not tell."""
    import pyarrow

    ranked: list[str] = [] if top is None else [f"top_{place}" for place in range(1, min(top, len(EMOTIONS)) + 1)]
    scores = EMOTIONS if top is None else tuple(word for name in ranked for word in (name, f"{name}_probability"))
    names = ("file", "emotion", "probability", "sure", *scores, "voice", "familiar", "duration_s", "speech_s")
    texts = {"file", "emotion", *ranked}
    kinds = {name: pyarrow.string() if name in texts else pyarrow.float64() for name in names}
    kinds |= {
        "sure": pyarrow.bool_(),
        "remarks": pyarrow.string(),
        "model": pyarrow.string(),
        "error": pyarrow.string(),
    }
    return pyarrow.schema(kinds)


def _probabilities(found: Prediction, top: int | None) -> dict[str, float]:
    if top is None:
        return {emotion: round(found.probabilities[emotion], 6) for emotion in EMOTIONS}
    return {score.emotion: round(score.probability, 6) for score in found.scores[:top]}


def in_words(prediction: Prediction, top: int = 2) -> tuple[str, str, str]:
    """Emotion, probability and next likeliest as the table shows them, in the reader's language.

    Where the model is not sure, there are two of a kind.

    Args:
        top: how many emotions are named, if the model is sure; one more if it is not.
    """
    first, second = prediction.scores[:2]
    if not prediction.has_voice:
        return tr("no speech found"), "", ""
    if prediction.is_sure:
        return emotion_word(first.emotion), tr("{share:.0%}", share=first.probability), _following(prediction, 1, top)
    either = {"first": emotion_word(first.emotion), "second": emotion_word(second.emotion)}
    shares = {"first": first.probability, "second": second.probability}
    return (
        tr("not sure: {first} or {second}", **either),
        tr("{first:.0%} or {second:.0%}", **shares),
        _following(prediction, 2, top + 1),
    )


def _following(prediction: Prediction, start: int, stop: int) -> str:
    return ", ".join(
        tr("{emotion} {share:.0%}", emotion=emotion_word(score.emotion), share=score.probability)
        for score in prediction.scores[start:stop]
    )
