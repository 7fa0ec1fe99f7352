"""The page in Streamlit's own test harness, with models that answer as told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import ser.recognizer
from ser import audio
from ser.catalogue import DEFAULT_MODEL, ModelInfo
from ser.constants import EMOTIONS
from ser.prediction import EmotionScore, Prediction, Timing
from ser.recognizer import Recognizer
from ser.ui import models, recognise

APP = Path(__file__).resolve().parent.parent / "app.py"
ONE_MODEL = (ModelInfo(DEFAULT_MODEL, "All corpora", "For research."),)


class Scripted(Recognizer):
    """Answers by length, so that a test knows what is due: 1 s angry, 2 s calm, 3 s disgust, … ; 78 % each."""

    def __init__(self, later: int = 0, not_sure_below: float = 0.0) -> None:
        """``later`` moves the answers along: by one, 1 s is calm, 2 s disgust, … ."""
        self.name = "scripted"
        self.later = later
        self.not_sure_below = not_sure_below
        self.calls = 0
        self.failure: Exception | None = None
        self.answer_seen: object = None

    def predict(self, source: Any, name: str | None = None, progress: Any = None, between: Any = None) -> Prediction:
        assert isinstance(source, audio.Recording)
        self.calls += 1
        self.answer_seen = st.session_state.get(recognise.ANSWER) if source.source.media_type != "array" else None
        if self.failure and source.source.media_type != "array":
            raise self.failure
        first = EMOTIONS[round(source.duration_s) - 1 + self.later]
        rest = tuple(EmotionScore(one, 0.22 / 7) for one in EMOTIONS if one != first)
        scores = (EmotionScore(first, 0.78), *rest)
        return Prediction(scores, self.name, source, Timing(0.0, 0.01, 0.02), self.not_sure_below)


@contextmanager
def replaced(
    monkeypatch: pytest.MonkeyPatch, by_name: dict[str, Scripted], known: Sequence[ModelInfo] = ONE_MODEL
) -> Iterator[None]:
    """The page's models, replaced."""
    st.cache_resource.clear()
    monkeypatch.setattr(ser.recognizer, "load", by_name.__getitem__)
    monkeypatch.setattr(models, "known_models", lambda: tuple(known))
    yield
    st.cache_resource.clear()


def opened(link: Mapping[str, str | None] | None = None, browser: str | None = None) -> AppTest:
    """The page by a link with these parameters, in a browser of that language."""
    page = AppTest.from_file(str(APP), default_timeout=60)
    for name, value in (link or {}).items():
        if value is not None:
            page.query_params[name] = value
    if browser is not None:
        page.context = {"locale": browser}
    page.run()
    assert not page.exception
    return page


def in_link(name: str, page: AppTest) -> str | None:
    """A parameter of the page's address."""
    found = page.query_params.get(name)
    return found[0] if isinstance(found, list) else found


def upload(page: AppTest, name: str, data: bytes) -> AppTest:
    page.file_uploader(key="upload").set_value((name, data, "application/octet-stream")).run()
    assert not page.exception
    return page


def choose(page: AppTest, way: str) -> AppTest:
    page.segmented_control(key="way").set_value(way).run()
    assert not page.exception
    return page


def html(page: AppTest) -> list[str]:
    return [str(getattr(one, "value", "")) for one in page.get("html")]


def words(page: AppTest) -> str:
    """All the page's own HTML, without head and foot."""
    return " ".join(one for one in html(page) if "ser-foot" not in one and "ser-head" not in one)


def charts(page: AppTest) -> int:
    return len(page.get("plotly_chart"))


def assert_no_answer(page: AppTest) -> None:
    assert "ser-answer" not in words(page)
    assert charts(page) == 0
    assert not page.status
    assert recognise.ANSWER not in page.session_state
