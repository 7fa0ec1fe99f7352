"""The page in each language: what it says, how a language is chosen, and that choosing loses nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from scripts import make_texts
from ser import quality
from ser.catalogue import DEFAULT_MODEL
from ser.language import LANGUAGES
from ser.ui import compare, language, many, recognise
from tests import scripted_page
from tests.scripted_page import Scripted, charts, html, in_link, replaced, upload, words
from tests.test_app_long import Hours
from tests.test_zipped import archive

MakeWav = Callable[..., bytes]
CODES = make_texts.translated()
# Words that would show that something was left in English; units and the names of formats are the same everywhere.
LEFT = re.compile(
    r"\b(the|this|voice|sounds?|recording|sure|likeliest|happy|angry|sad|calm|fearful|disgusted|surprised|speech|time|"
    r"frequency|probability|waveform|upload|microphone|listening|recognised|share|click|from|duration|size|and|of)\b",
    re.IGNORECASE,
)
# What is spelt alike in another language.
ALIKE = {"fr": {"surprise", "microphone"}}


def opened(link: str | None = None, browser: str | None = None) -> AppTest:
    return scripted_page.opened({language.LINK: link}, browser)


def switch(page: AppTest, code: str) -> AppTest:
    page.selectbox(key=language.LANGUAGE).set_value(code).run()
    assert not page.exception
    return page


def said(page: AppTest) -> str:
    """Every word that the page says, without tags, scripts and what it takes from the file."""
    parts = [one for one in html(page) if "<script>" not in one and "style" not in one[:9]]
    for kind in ("markdown", "caption", "subheader", "warning", "info", "error"):
        parts += [one.value for one in getattr(page, kind)]
    parts += [one.label for one in [*page.status, *page.get("file_uploader"), *page.get("audio_input")]]
    for one in page.dataframe:
        heads = json.loads(one.proto.columns) if one.proto.columns else {}
        parts += [heads.get(name, {}).get("label", name) for name in one.value.columns]
        parts += map(str, one.value.to_numpy().ravel())
    for chart in page.get("plotly_chart"):
        shown = chart.proto
        parts += [shown.alt, *re.findall(r'"(?:text|name)":\s*"([^"\\]*)"', shown.spec)]
    text = re.sub(r"<[^>]*>", " ", " ".join(map(str, parts)))
    return re.sub(r":material/\w+:|model speech_\w+|https?://\S*|localhost", " ", text)


def left_in_english(page: AppTest, code: str) -> list[str]:
    return [one for one in LEFT.findall(said(page)) if one.lower() not in ALIKE.get(code, ())]


@pytest.mark.parametrize("code", CODES)
def test_the_page_before_an_answer_is_in_the_language(code: str, scripted: Scripted) -> None:
    page = opened(code)
    assert left_in_english(page, code) == []
    assert next(one for one in html(page) if "ser-head" in one).count("How does") == 0
    other = page.segmented_control(key="way").set_value(recognise.MICROPHONE).run()
    assert left_in_english(other, code) == []


@pytest.mark.parametrize("code", CODES)
def test_an_answer_is_in_the_language(code: str, scripted: Scripted, make_wav: MakeWav) -> None:
    page = upload(opened(code), "a.wav", make_wav(1.0))
    assert left_in_english(page, code) == []
    assert "78" in words(page) or "۷۸" in words(page)
    scripted.not_sure_below = 0.8
    unsure = upload(page, "b.wav", make_wav(2.0))
    assert "ser-unsure" in words(unsure)
    assert left_in_english(unsure, code) == []


@pytest.mark.parametrize("code", CODES)
def test_a_long_answer_is_in_the_language(code: str, monkeypatch: pytest.MonkeyPatch, make_wav: MakeWav) -> None:
    with replaced(monkeypatch, {DEFAULT_MODEL: Hours()}):
        page = upload(opened(code), "a.wav", make_wav(66.0))
    assert charts(page) == 5
    assert left_in_english(page, code) == []


def other_page(page: str) -> None:
    from importlib import import_module

    from ser.ui import language, shelf

    language.begin()
    language.note(page)
    import_module(f"ser.ui.{page}").page(shelf.recognizer)


def opened_other(page: str, code: str) -> AppTest:
    found = AppTest.from_function(other_page, default_timeout=60, args=(page,))
    found.query_params[language.LINK] = code
    return found.run()


@pytest.mark.parametrize("code", CODES)
def test_many_files_are_in_the_language(code: str, scripted: Scripted, make_wav: MakeWav) -> None:
    page = opened_other("many", code)
    assert left_in_english(page, code) == []
    scripted.not_sure_below = 0.8
    files = [("a.wav", make_wav(1.0)), ("b.wav", make_wav(2.0)), ("c.wav", b"x"), ("d.zip", archive({"e.wav": b""}))]
    page.session_state[many.TABLE] = {"selection": {"rows": [2], "columns": []}}
    page.file_uploader(key="many").set_value([(*one, "audio/wav") for one in files]).run()
    assert not page.exception
    assert left_in_english(page, code) == []
    assert len(page.dataframe[-1].value) == 4
    assert all(page.dataframe[-1].value["error"].iloc[2:])
    assert [row.values()["emotion"] for row in page.session_state[many.ROWS].values()][:2] == [
        "not sure (angry?)", "not sure (calm?)",
    ]  # fmt: skip


@pytest.mark.parametrize("code", CODES)
def test_a_comparison_is_in_the_language(code: str, scripted: Scripted, make_wav: MakeWav) -> None:
    page = opened_other("compare", code)
    assert left_in_english(page, code) == []
    for number, side in enumerate(compare.SIDES, start=1):
        page.file_uploader(key=f"upload-{side}").set_value((f"{side}.wav", make_wav(number), "audio/wav")).run()
    assert not page.exception
    assert charts(page) == 6
    assert left_in_english(page, code) == []


def test_the_link_is_above_the_browser_and_the_browser_above_english(scripted: Scripted) -> None:
    assert opened().selectbox(key=language.LANGUAGE).value == "en"
    assert opened(browser="fr-CH").selectbox(key=language.LANGUAGE).value == "fr"
    assert opened("it", "fr-CH").selectbox(key=language.LANGUAGE).value == "it"
    assert opened("zh-TW").selectbox(key=language.LANGUAGE).value == "zh"
    assert opened(browser="nl").selectbox(key=language.LANGUAGE).value == "en"


def test_only_what_was_chosen_stands_in_the_link(scripted: Scripted) -> None:
    page = opened(browser="de")
    assert in_link(language.LINK, page) is None
    assert in_link(language.LINK, switch(page, "es")) == "es"
    assert in_link(language.LINK, switch(page, "de")) == "de"
    assert in_link(language.LINK, opened("hi")) == "hi"
    assert in_link(language.LINK, opened("klingon")) is None
    assert in_link(language.LINK, opened("DE-at")) == "de"


def test_words_left_in_english_would_be_found(scripted: Scripted, make_wav: MakeWav) -> None:
    assert len(left_in_english(upload(opened("en"), "a.wav", make_wav(1.0)), "de")) > 50


def test_languages_are_offered_by_their_own_names(scripted: Scripted) -> None:
    assert opened().selectbox(key=language.LANGUAGE).options == [one.name for one in LANGUAGES.values()]


def test_switching_keeps_the_answer_and_the_recording(scripted: Scripted, make_wav: MakeWav) -> None:
    page = upload(opened(), "a.wav", make_wav(1.0))
    calls = scripted.calls
    assert '<p class="word">Angry</p>' in words(page)
    for code, word in (("de", "Wütend"), ("zh", "生气"), ("fa", "خشمگین"), ("en", "Angry")):
        switch(page, code)
        assert f'<p class="word">{word}</p>' in words(page)
        assert charts(page) == 4
    assert scripted.calls == calls


def test_sessions_have_languages_of_their_own(scripted: Scripted) -> None:
    german, english = opened("de"), opened()
    german.run()
    assert "Wie klingt diese Stimme?" in " ".join(html(german))
    assert "How does this voice sound?" in " ".join(html(english))


def test_persian_runs_from_right_to_left_and_others_do_not(scripted: Scripted, make_wav: MakeWav) -> None:
    page = upload(opened("fa"), "a.wav", make_wav(1.0))
    scripts = [one for one in html(page) if "documentElement" in one]
    assert ['"dir": "rtl"' in one and '"lang": "fa"' in one for one in scripts] == [True]
    assert "۷۸٪" in words(page)
    switch(page, "hi")
    (script,) = [one for one in html(page) if "documentElement" in one]
    assert '"dir": "ltr"' in script
    assert '"lang": "hi"' in script


def test_an_error_is_told_in_german_with_its_number(scripted: Scripted, make_wav: MakeWav) -> None:
    page = upload(opened("de"), "kurz.wav", make_wav(0.2))
    assert [one.value for one in page.error] == [
        "„kurz.wav“ dauert 0,20 s; mindestens 0,5 s sind nötig. Bitte einen ganzen Satz aufnehmen."
    ]


def test_what_was_spoken_has_a_name_in_the_language(scripted: Scripted, make_wav: MakeWav) -> None:
    page = opened("es")
    page.segmented_control(key="way").set_value(recognise.MICROPHONE).run()
    page.audio_input(key="microphone").set_value(("audio.wav", make_wav(1.0), "audio/wav")).run()
    assert "<dd>Grabación del micrófono</dd>" in words(page)


def test_an_apology_is_in_the_language(scripted: Scripted, make_wav: MakeWav) -> None:
    page = opened("it")
    scripted.failure = ZeroDivisionError("x")
    upload(page, "a.wav", make_wav(1.0))
    assert page.error[0].value.startswith("Spiacenti, qualcosa è andato storto")


def test_remarks_have_their_numbers_in_the_language(monkeypatch: pytest.MonkeyPatch, make_wav: MakeWav) -> None:
    class Noisy(Scripted):
        def predict(self, source: Any, name: str | None = None, progress: Any = None, between: Any = None) -> Any:
            found = super().predict(source, name, progress, between)
            return replace(found, remarks=(quality.Remark("clipped", quality.CLIPPED, {"share": 0.0123}),))

    with replaced(monkeypatch, {DEFAULT_MODEL: Noisy()}):
        page = upload(opened("fr"), "a.wav", make_wav(1.0))
    assert page.warning[0].value.startswith("Saturé : 1,2\u00a0% des échantillons")


def test_pages_in_english_say_so() -> None:
    def script() -> None:
        import streamlit as st

        from ser.ui import language

        language.begin()
        language.note(st.session_state["address"])

    page = AppTest.from_function(script, default_timeout=60)
    page.query_params[language.LINK] = "de"
    for address, told in (("models", True), ("", False), ("recognise", False), ("many", False), ("compare", False)):
        page.session_state["address"] = address
        page.run()
        assert ["nur auf Englisch" in one.value for one in page.caption] == [True] * told
