"""A long recording's steps → segments of one emotion each, shares, and files for spreadsheets and players."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np

from ser.constants import EMOTIONS
from ser.passages import PAUSE_MAX_S
from ser.prediction import Prediction, Step


@dataclass(frozen=True)
class Segment:
    """A stretch of speech in which one emotion is the likeliest.

    Attributes:
        start_s, stop_s: where it is.
        probability: mean calibrated probability of that emotion, 0 … 1.
        sure: whether that is likely enough to be called sure.
    """

    start_s: float
    stop_s: float
    emotion: str
    probability: float
    sure: bool

    @property
    def duration_s(self) -> float:
        """Its length in seconds."""
        return self.stop_s - self.start_s


@dataclass(frozen=True)
class Timeline:
    """What a recording carries, and when.

    Attributes:
        segments: in order; between them nobody speaks.
        shares: emotion → share of the speech in which it is the likeliest, the largest first; sum 1, or empty.
    """

    segments: tuple[Segment, ...]
    shares: dict[str, float]


# A page asks for the same one several times a second. Gone with the prediction.
_KNOWN: Final[WeakKeyDictionary[Prediction, Timeline]] = WeakKeyDictionary()


def timeline(prediction: Prediction) -> Timeline:
    """Joins neighbouring steps of the same likeliest emotion; steps without a voice are left out."""
    found = _KNOWN.get(prediction)
    if found is None:
        found = _KNOWN[prediction] = _timeline(prediction)
    return found


def _timeline(prediction: Prediction) -> Timeline:
    runs: list[list[Step]] = []
    for step in prediction.steps:
        if step.voice < 0.5 or not prediction.has_voice:
            continue
        if runs and _belongs(step, runs[-1][-1]):
            runs[-1].append(step)
        else:
            runs.append([step])
    segments = tuple(_segment(run, prediction.not_sure_below) for run in runs)
    spoken_s = sum(segment.duration_s for segment in segments)
    totals = {
        emotion: sum(one.duration_s for one in segments if one.emotion == emotion) / spoken_s
        for emotion in {one.emotion for one in segments}
    }
    return Timeline(segments, dict(sorted(totals.items(), key=lambda item: (-item[1], item[0]))))


def _belongs(step: Step, last: Step) -> bool:
    near = step.span.start_s - last.span.stop_s <= PAUSE_MAX_S
    return near and step.probabilities.argmax() == last.probabilities.argmax()


def _segment(run: list[Step], not_sure_below: float) -> Segment:
    weights = np.array([one.span.duration_s for one in run])  # np.average takes three times as long
    probabilities = weights @ np.array([one.probabilities for one in run]) / weights.sum()
    top = int(probabilities.argmax())
    probability = float(probabilities[top])
    return Segment(run[0].span.start_s, run[-1].span.stop_s, EMOTIONS[top], probability, probability >= not_sure_below)


def as_csv(prediction: Prediction) -> str:
    """A row a segment: start, end, emotion, probability, sure."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("start_s", "end_s", "emotion", "probability", "sure"))
    for one in timeline(prediction).segments:
        row = (f"{one.start_s:.2f}", f"{one.stop_s:.2f}", one.emotion, f"{one.probability:.4f}", str(one.sure).lower())
        writer.writerow(row)
    return text.getvalue()


def as_json(prediction: Prediction) -> str:
    """The whole: the overall answer, shares, segments, and every step's probabilities."""
    found = timeline(prediction)
    content = {
        "duration_s": round(prediction.recording.duration_s, 3),
        "speech_s": round(prediction.speech.speech_s, 3) if prediction.speech else None,
        "model": prediction.model,
        "emotion": prediction.emotion if prediction.has_voice else None,
        "probabilities": {name: round(value, 6) for name, value in prediction.probabilities.items()},
        "sure": prediction.is_sure and prediction.has_voice,
        "familiar": round(prediction.familiar, 6),
        "remarks": [remark.kind for remark in prediction.remarks],
        "shares": {name: round(value, 4) for name, value in found.shares.items()},
        "segments": [
            {"start_s": round(one.start_s, 2), "end_s": round(one.stop_s, 2), "emotion": one.emotion,
             "probability": round(one.probability, 4), "sure": one.sure}
            for one in found.segments
        ],
        "steps": [
            {"start_s": round(step.span.start_s, 2), "end_s": round(step.span.stop_s, 2),
             "voice": round(step.voice, 4), "familiar": round(step.familiar, 4),
             "probabilities": [round(float(value), 4) for value in step.probabilities]}
            for step in prediction.steps
        ],
        "labels": list(EMOTIONS),
    }  # fmt: skip
    return json.dumps(content, indent=1) + "\n"


def as_subtitles(prediction: Prediction, form: str, words: Mapping[str, str] | None = None) -> str:
    """Segments as subtitles that any player shows over the recording.

    Args:
        form: ``srt`` (SubRip) or ``vtt`` (WebVTT, W3C).
        words: what emotions are called; by default as in :data:`ser.constants.EMOTIONS`.

    Raises:
        ValueError: another form.
    """
    if form not in ("srt", "vtt"):
        raise ValueError(f"Subtitles can be srt or vtt, not '{form}'.")
    mark = "," if form == "srt" else "."
    parts = ["WEBVTT\n"] if form == "vtt" else []
    for number, one in enumerate(timeline(prediction).segments, start=1):
        times = f"{_clock(one.start_s, mark)} --> {_clock(one.stop_s, mark)}"
        word = (words or {}).get(one.emotion, one.emotion) + ("" if one.sure else "?")
        parts.append(f"{number}\n{times}\n{word} ({one.probability:.0%})\n")
    return "\n".join(parts)


def _clock(seconds: float, mark: str) -> str:
    """``01:02:03,450``."""
    milliseconds = round(1000 * seconds)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}{mark}{rest % 1000:03d}"
