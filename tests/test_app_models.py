"""Choosing a model on the page, and what the page says when a model is not sure."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import ser.catalogue
import ser.recognizer
from ser.audio import from_samples
from ser.catalogue import DEFAULT_MODEL, MODEL_FOLDER, ModelInfo
from ser.constants import EMOTIONS, SAMPLE_RATE_HZ
from ser.errors import ModelError
from ser.prediction import EmotionScore, Prediction, Timing
from ser.ui import look, models, recognise
from ser.ui.card import card
from tests.conftest import voice_like
from tests.scripted_page import (
    ONE_MODEL,
    Scripted,
    assert_no_answer,
    charts,
    choose,
    in_link,
    opened,
    replaced,
    upload,
    words,
)

MakeWav = Callable[..., bytes]
TWO_MODELS = (*ONE_MODEL, ModelInfo("free", "Free licences", "For any use, *also* commercial."))
Two = dict[str, Scripted]


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> Iterator[Two]:
    """Two models: to one second of sound the first says angry, the other calm."""
    by_name = {DEFAULT_MODEL: Scripted(), "free": Scripted(later=1)}
    with replaced(monkeypatch, by_name, TWO_MODELS):
        yield by_name


def ask(page: AppTest, model: str) -> AppTest:
    page.selectbox(key=models.MODEL).set_value(model).run()
    assert not page.exception
    return page


def link(page: AppTest) -> str | None:
    """The model in the page's address."""
    return in_link(models.MODEL, page)


def captions(page: AppTest) -> list[str]:
    return [one.value for one in page.caption]


def test_one_model_leaves_nothing_to_choose(monkeypatch: pytest.MonkeyPatch) -> None:
    with replaced(monkeypatch, {DEFAULT_MODEL: Scripted()}):
        page = opened()
        assert models.MODEL not in [one.key for one in page.selectbox]
        assert "For research." not in captions(page)


def test_without_any_model_the_page_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(name: str) -> None:
        raise ModelError(f"There is no model '{name}'.")

    with replaced(monkeypatch, {}, known=()):
        monkeypatch.setattr(ser.recognizer, "load", load)
        page = opened()
    assert models.MODEL not in [one.key for one in page.selectbox]
    assert [one.value for one in page.error] == [f"There is no model '{DEFAULT_MODEL}'."]


def test_two_models_are_offered_by_title_with_what_they_are_for(two: Two) -> None:
    page = opened()
    choice = page.selectbox(key=models.MODEL)
    assert choice.label == "Model"
    assert choice.options == ["All corpora", "Free licences"]
    assert choice.value == DEFAULT_MODEL
    assert "For research." in captions(page)
    ask(page, "free")
    assert r"For any use, \*also\* commercial." in captions(page)
    assert "For research." not in captions(page)


def test_only_the_model_in_use_is_loaded_and_warmed(two: Two) -> None:
    page = opened()
    assert [one.calls for one in two.values()] == [1, 0]
    ask(page, "free")
    assert [one.calls for one in two.values()] == [1, 1]
    ask(opened(), "free")
    assert [one.calls for one in two.values()] == [1, 1]  # shared between sessions


def test_another_model_gives_its_own_answer(two: Two, make_wav: MakeWav) -> None:
    page = upload(opened(), "one.wav", make_wav(1.0))
    assert '<p class="word">Angry</p>' in words(page)
    ask(page, "free")
    assert two["free"].answer_seen is None  # the first model's answer was gone before this one's was computed
    assert '<p class="word">Calm</p>' in words(page)
    assert '<p class="word">Angry</p>' not in words(page)
    assert charts(page) == 4
    assert any(one.endswith("model free") for one in captions(page))
    ask(page, DEFAULT_MODEL)
    assert '<p class="word">Angry</p>' in words(page)
    calls = two[DEFAULT_MODEL].calls
    page.run()
    assert two[DEFAULT_MODEL].calls == calls


def test_a_model_that_fails_shows_no_other_models_answer(two: Two, make_wav: MakeWav) -> None:
    page = upload(opened(), "one.wav", make_wav(1.0))
    two["free"].failure = ModelError("The weights are gone. Restore them.")
    ask(page, "free")
    assert [one.value for one in page.error] == ["The weights are gone. Restore them."]
    assert_no_answer(page)


def test_the_choice_outlives_the_way_in(two: Two) -> None:
    page = choose(ask(opened(), "free"), recognise.MICROPHONE)
    assert page.selectbox(key=models.MODEL).value == "free"


def test_the_link_keeps_the_choice(two: Two, make_wav: MakeWav) -> None:
    page = opened()
    assert link(page) is None
    assert link(upload(ask(page, "free"), "one.wav", make_wav(1.0))) == "free"
    assert link(ask(page, DEFAULT_MODEL)) is None
    linked = opened({models.MODEL: "free"})
    assert linked.selectbox(key=models.MODEL).value == "free"
    assert link(linked) == "free"
    # The visitor's own choice is above the link's.
    assert ask(linked, DEFAULT_MODEL).selectbox(key=models.MODEL).value == DEFAULT_MODEL
    assert link(linked) is None


def test_the_choice_outlives_a_visit_to_another_page(two: Two) -> None:
    def script() -> None:
        import streamlit as st

        from ser.ui import models

        if not st.session_state.get("elsewhere"):
            models.choose()

    def away_and_back(page: AppTest, link_model: str | None) -> None:
        page.session_state["elsewhere"] = True
        page.run()
        page.query_params.clear()  # as leaving a page does
        if link_model:
            page.query_params[models.MODEL] = link_model
        page.session_state["elsewhere"] = False
        page.run()

    page = ask(AppTest.from_function(script).run(), "free")
    away_and_back(page, None)
    assert page.selectbox(key=models.MODEL).value == "free"
    assert link(page) == "free"
    away_and_back(page, DEFAULT_MODEL)  # a link is above what was chosen before
    assert page.selectbox(key=models.MODEL).value == DEFAULT_MODEL


@pytest.mark.parametrize("name", ["nonsense", "", "encoder", "../free"])
def test_an_unknown_name_in_the_link_is_ignored(name: str, two: Two) -> None:
    page = opened({models.MODEL: name})
    assert page.selectbox(key=models.MODEL).value == DEFAULT_MODEL
    assert link(page) is None
    assert not page.error


def test_models_of_one_title_are_told_apart_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    same = (*ONE_MODEL, ModelInfo("trial", "All corpora", ""))
    by_name = {DEFAULT_MODEL: Scripted(), "trial": Scripted(later=1)}
    with replaced(monkeypatch, by_name, same):
        choice = opened().selectbox(key=models.MODEL)
    assert choice.options == [f"All corpora ({DEFAULT_MODEL})", "All corpora (trial)"]


def test_a_doubtful_answer_leads_with_two_emotions(monkeypatch: pytest.MonkeyPatch, make_wav: MakeWav) -> None:
    with replaced(monkeypatch, {DEFAULT_MODEL: Scripted(not_sure_below=0.8)}):
        page = upload(opened(), "two.wav", make_wav(2.0))
    assert '<p class="word">Not sure</p>' in words(page)
    assert '<p class="word">Calm</p>' not in words(page)
    assert charts(page) == 4


def prediction(first: float, second: float, not_sure_below: float) -> Prediction:
    order = ("happy", "angry", *(one for one in EMOTIONS if one not in ("happy", "angry")))
    rest = (1.0 - first - second) / 6
    scores = tuple(EmotionScore(one, p) for one, p in zip(order, (first, second, *[rest] * 6), strict=True))
    return Prediction(
        scores, "test", from_samples(voice_like(1.0), SAMPLE_RATE_HZ), Timing(0.0, 0.0, 0.0), not_sure_below
    )


def test_the_card_of_a_doubtful_answer_tells_both_with_icon_word_and_percentage() -> None:
    text = card(prediction(0.45, 0.4, 0.57))
    order = ["Not sure", "😊", "<b>Happy</b>", "45 %", ">or<", "😠", "<b>Angry</b>", "40 %"]
    places = [text.index(one) for one in order]
    assert places == sorted(places)
    assert 'class="next">Next' not in text


def test_a_card_that_commits_itself_does_not_sound_doubtful() -> None:
    text = card(prediction(0.58, 0.3, 0.57))
    assert '<p class="word">Happy</p>' in text
    assert "<b>Fairly sure</b> · 58 %" in text
    assert "<b>Not so sure</b> · 58 %" in card(prediction(0.58, 0.3, 0.0))
    assert look.sureness(0.9, 0.95) == "Very sure"


def test_a_second_folder_is_a_second_model(monkeypatch: pytest.MonkeyPatch, make_wav: MakeWav, tmp_path: Path) -> None:
    """Nothing scripted: the bundled weights under two manifests, one of which is never sure."""
    for name in (DEFAULT_MODEL, "doubtful"):
        (tmp_path / name).mkdir()
        for file in ("manifest.json", "head.tflite"):
            shutil.copyfile(MODEL_FOLDER / DEFAULT_MODEL / file, tmp_path / name / file)
        path = tmp_path / name / "manifest.json"
        limit = 1.0 if name == "doubtful" else 0.0
        changes = {"name": name, "title": name.upper(), "sure_from": {"familiar": limit, "strange": limit}}
        path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | changes))
    (tmp_path / "encoder").symlink_to(MODEL_FOLDER / "encoder")
    monkeypatch.setattr(Prediction, "has_voice", True)  # the sound of these tests is like a voice, but is none
    load, known_models = ser.recognizer.load, ser.catalogue.known_models
    monkeypatch.setattr(ser.recognizer, "load", lambda name: load(name, tmp_path))
    monkeypatch.setattr(models, "known_models", lambda: known_models(tmp_path))
    st.cache_resource.clear()
    page = upload(opened(), "voice.wav", make_wav(2.0))
    assert "Not sure" not in words(page)
    assert page.selectbox(key=models.MODEL).options == [DEFAULT_MODEL.upper(), "DOUBTFUL"]
    assert '<p class="word">Not sure</p>' in words(ask(page, "doubtful"))
    st.cache_resource.clear()
