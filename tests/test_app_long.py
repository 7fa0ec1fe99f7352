"""The page with a long recording: timeline, segments, downloads, excerpt, and stopping."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import streamlit as st

from ser.audio import from_samples
from ser.catalogue import DEFAULT_MODEL
from ser.constants import EMOTIONS, SAMPLE_RATE_HZ
from ser.excerpt import EXCERPT_S, excerpt_of
from ser.prediction import Prediction, Step
from ser.quality import Remark
from ser.speech import Span, Speech
from ser.timeline import timeline
from ser.ui import recognise
from ser.ui.card import card
from tests.scripted_page import Scripted, charts, opened, replaced, upload, words

MakeWav = Callable[..., bytes]


class Hours(Scripted):
    """Answers happy, then sad, in steps of 3 s."""

    def predict(self, source: Any, name: str | None = None, progress: Any = None, between: Any = None) -> Prediction:
        short = super().predict(from_samples(source.samples[:SAMPLE_RATE_HZ], SAMPLE_RATE_HZ))
        steps = []
        for i in range(int(source.duration_s // 3)):
            probabilities = np.full(8, 0.05)
            probabilities[EMOTIONS.index("happy" if i < 4 else "sad")] = 0.65
            steps.append(Step(Span(3 * i * SAMPLE_RATE_HZ, 3 * (i + 1) * SAMPLE_RATE_HZ), probabilities))
            if progress:
                progress(3.0 * (i + 1), 3.0 * (source.duration_s // 3))
        spans = (Span(0, steps[-1].span.stop),) if steps else ()
        return Prediction(
            short.scores, self.name, source, short.timing, 0.5,
            speech=Speech(spans, source.duration_s), steps=tuple(steps), remarks=(Remark("noisy", "Noisy: 3 dB."),),
        )  # fmt: skip


@pytest.fixture
def hours(monkeypatch: pytest.MonkeyPatch) -> Any:
    with replaced(monkeypatch, {DEFAULT_MODEL: Hours()}):
        yield


def test_a_long_recording_shows_timeline_segments_shares_and_downloads(hours: None, make_wav: MakeWav) -> None:
    page = upload(opened(), "talk.wav", make_wav(66.0))
    assert charts(page) == 5
    table = page.dataframe[0].value
    assert list(table["Emotion"]) == ["😊 Happy", "😢 Sad"]
    assert list(table["From"]) == ["0:00", "0:12"]
    assert list(table["To"]) == ["0:12", "1:06"]
    assert any("😢 sad 82 % · 😊 happy 18 %" in one.value for one in page.markdown)
    assert len(page.get("download_button")) == 4
    assert [one.value for one in page.warning] == ["Noisy: 3 dB."]
    assert "<dt>Speech</dt><dd>100 %</dd>" in words(page)
    assert any("30 s from the segment" in one.value for one in page.caption)


def test_a_short_recording_has_no_timeline(monkeypatch: pytest.MonkeyPatch, make_wav: MakeWav) -> None:
    with replaced(monkeypatch, {DEFAULT_MODEL: Scripted()}):
        page = upload(opened(), "word.wav", make_wav(2.0))
    assert charts(page) == 4
    assert not page.dataframe


def test_the_excerpt_begins_where_the_segment_does_and_stays_within(hours: None) -> None:
    sound = from_samples(np.linspace(-1, 1, 90 * SAMPLE_RATE_HZ), SAMPLE_RATE_HZ)
    prediction = Hours().predict(sound)
    first, second = timeline(prediction).segments
    for segment, start_s in ((None, 0.0), (first, 0.0), (second, 12.0)):
        part = excerpt_of(prediction, segment)
        assert part.duration_s == EXCERPT_S
        assert part.stored[0] == sound.stored[round(start_s * SAMPLE_RATE_HZ)]
    short = from_samples(sound.samples[: 50 * SAMPLE_RATE_HZ], SAMPLE_RATE_HZ)
    assert excerpt_of(Hours().predict(short), None) is short


def test_a_stopped_recording_waits_until_it_is_to_be_heard_again(hours: None, make_wav: MakeWav) -> None:
    page = opened()
    data = make_wav(66.0)
    page.session_state[recognise.STOPPED] = recognise.Sound("talk.wav", data).key
    upload(page, "talk.wav", data)
    assert "Stopped" in page.info[0].value
    assert charts(page) == 0
    page.button[0].click().run()
    assert charts(page) == 5


def test_progress_is_told_with_the_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[float, str]] = []

    class Bar:
        def progress(self, share: float, text: str) -> None:
            told.append((share, text))

    monkeypatch.setattr(st, "progress", lambda *_: Bar())
    monkeypatch.setattr(st, "button", lambda *_, **__: False)
    show = recognise._progress(recognise.Sound("talk.wav", b"x"))
    show(30.0, 120.0)
    assert told[0][0] == 0.25
    assert told[0][1].startswith("30.0 s of 2 min 0 s of speech heard, ")
    assert told[0][1].endswith(" left")


def test_where_nobody_speaks_the_card_says_so_and_names_no_emotion(hours: None) -> None:
    sound = from_samples(np.linspace(-1, 1, 2 * SAMPLE_RATE_HZ), SAMPLE_RATE_HZ)
    text = card(Hours().predict(sound))
    assert "No speech found" in text
    assert not [emotion for emotion in EMOTIONS if emotion in text.lower()]
