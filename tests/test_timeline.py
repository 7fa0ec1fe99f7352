"""Segments of steps that are known, and the files made of them."""

import csv
import gc
import io
import json
import weakref

import numpy as np
import pytest

from ser.audio import from_samples
from ser.constants import EMOTIONS, SAMPLE_RATE_HZ
from ser.prediction import EmotionScore, Prediction, Step, Timing
from ser.speech import Span, Speech
from ser.timeline import as_csv, as_json, as_subtitles, timeline
from tests.conftest import voice_like


def step(start_s: float, stop_s: float, emotion: str, probability: float, voice: float = 1.0) -> Step:
    probabilities = np.full(8, (1 - probability) / 7)
    probabilities[EMOTIONS.index(emotion)] = probability
    return Step(Span(round(start_s * SAMPLE_RATE_HZ), round(stop_s * SAMPLE_RATE_HZ)), probabilities, voice)


STEPS = (
    step(0.0, 3.0, "happy", 0.9),
    step(3.0, 6.0, "happy", 0.6),
    step(6.0, 9.0, "sad", 0.4),
    step(9.0, 12.0, "angry", 0.9, voice=0.1),  # music
    step(20.0, 23.0, "sad", 0.5),
)


def prediction(steps: tuple[Step, ...] = STEPS) -> Prediction:
    scores = tuple(EmotionScore(emotion, 1 / 8) for emotion in EMOTIONS)
    spans = tuple(one.span for one in steps)
    recording = from_samples(voice_like(24.0), SAMPLE_RATE_HZ)
    timing = Timing(0.0, 0.0, 0.0)
    return Prediction(scores, "test", recording, timing, 0.57, speech=Speech(spans, 24.0), steps=steps)


def test_neighbours_of_one_emotion_are_joined_pauses_and_music_part_them() -> None:
    segments = timeline(prediction()).segments
    assert [(one.start_s, one.stop_s, one.emotion) for one in segments] == [
        (0.0, 6.0, "happy"), (6.0, 9.0, "sad"), (20.0, 23.0, "sad"),
    ]  # fmt: skip
    assert [one.probability for one in segments] == pytest.approx([0.75, 0.4, 0.5])
    assert [one.sure for one in segments] == [True, False, False]


def test_shares_sum_to_one_the_largest_first() -> None:
    shares = timeline(prediction()).shares
    assert list(shares) == ["happy", "sad"]
    assert list(shares.values()) == pytest.approx([0.5, 0.5])
    assert timeline(prediction(())).shares == {}


def test_a_row_a_segment() -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(prediction()))))
    assert rows[0] == {"start_s": "0.00", "end_s": "6.00", "emotion": "happy", "probability": "0.7500", "sure": "true"}
    assert len(rows) == 3


def test_json_holds_segments_steps_and_shares() -> None:
    content = json.loads(as_json(prediction()))
    assert [one["emotion"] for one in content["segments"]] == ["happy", "sad", "sad"]
    assert len(content["steps"]) == 5
    assert content["steps"][3]["voice"] == 0.1
    assert content["labels"] == list(EMOTIONS)
    assert content["duration_s"] == 24.0


def test_subtitles_of_both_forms() -> None:
    srt, vtt = as_subtitles(prediction(), "srt"), as_subtitles(prediction(), "vtt")
    assert srt.startswith("1\n00:00:00,000 --> 00:00:06,000\nhappy (75%)\n\n2\n")
    assert vtt.startswith("WEBVTT\n\n1\n00:00:00.000 --> 00:00:06.000\nhappy (75%)\n")
    assert "sad? (40%)" in srt
    with pytest.raises(ValueError, match="srt or vtt, not 'ass'"):
        as_subtitles(prediction(), "ass")


def test_an_hour_is_written_as_an_hour() -> None:
    late = (step(3661.25, 3664.0, "calm", 0.8),)
    assert "01:01:01,250 --> 01:01:04,000" in as_subtitles(prediction(late), "srt")


def test_what_was_found_is_kept_as_long_as_its_prediction() -> None:
    one, other = prediction(), prediction(STEPS[2:])
    assert timeline(one) is timeline(one)
    assert timeline(other).segments != timeline(one).segments
    gone = weakref.ref(timeline(one))
    del one
    gc.collect()
    assert gone() is None
