"""The page for two recordings, and what the main page has besides the answer: examples, verdicts, more pictures."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from ser import curve_plots
from ser.ui import compare, pictures, recognise, sounds, verdicts
from tests.scripted_page import Scripted, charts, opened, upload, words

MakeWav = Callable[..., bytes]


def script() -> None:
    from ser.ui import compare, shelf

    compare.page(shelf.recognizer)


def dropped(page: AppTest, side: str, name: str, data: bytes) -> AppTest:
    page.file_uploader(key=f"upload-{side}").set_value((name, data, "application/octet-stream")).run()
    assert not page.exception
    return page


def test_two_recordings_are_shown_together(scripted: Scripted, make_wav: MakeWav) -> None:
    page = AppTest.from_function(script, default_timeout=60).run()
    dropped(page, "first", "a.wav", make_wav(1.0))
    assert "Angry" in words(page)
    assert charts(page) == 0
    dropped(page, "second", "b.wav", make_wav(2.0))
    assert "Calm" in words(page)
    assert charts(page) == 6
    assert "1.0 → 2.0 s" in words(page)


def test_a_side_is_heard_once_and_forgotten_when_taken_away(scripted: Scripted, make_wav: MakeWav) -> None:
    page = AppTest.from_function(script, default_timeout=60).run()
    dropped(page, "first", "a.wav", make_wav(1.0))
    calls = scripted.calls
    dropped(page, "second", "b.wav", make_wav(2.0))
    assert scripted.calls == calls + 1
    page.file_uploader(key="upload-first").set_value(None).run()
    assert set(page.session_state[compare.HEARD]) == {"second"}
    assert charts(page) == 0


def test_an_error_stays_on_its_side(scripted: Scripted, make_wav: MakeWav) -> None:
    page = AppTest.from_function(script, default_timeout=60).run()
    dropped(page, "first", "a.wav", b"no sound at all")
    dropped(page, "second", "b.wav", make_wav(2.0))
    assert "'a.wav' is not an audio file" in page.error[0].value
    assert "Calm" in words(page)


@pytest.mark.parametrize("manner", sounds.MANNERS)
def test_an_example_is_heard_like_an_upload_until_removed(scripted: Scripted, manner: str) -> None:
    page = opened()
    page.button(key=f"example-{manner}").click().run()
    assert not page.exception
    assert f"Example ({manner}).ogg" in words(page)
    assert "ser-answer" in words(page)
    page.button(key="remove-given").click().run()
    assert "ser-answer" not in words(page)
    assert sounds.GIVEN not in page.session_state


def test_an_upload_takes_the_place_of_an_example(scripted: Scripted, make_wav: MakeWav) -> None:
    page = opened()
    page.button(key="example-even").click().run()
    upload(page, "a.wav", make_wav(1.0))
    assert "Angry" in words(page)
    assert sounds.GIVEN not in page.session_state


def test_the_visitors_word_goes_into_the_sessions_table(scripted: Scripted, make_wav: MakeWav) -> None:
    page = upload(opened(), "=a.wav", make_wav(1.0))
    assert not page.session_state[verdicts.VERDICTS]
    right = next(one for one in page.pills if "Was this right?" in one.label)
    right.set_value(verdicts.NO).run()
    kept = next(iter(page.session_state[verdicts.VERDICTS].values()))
    assert (kept.answer, kept.right, kept.your_word) == ("angry", False, verdicts.UNKNOWN)
    was = next(one for one in page.pills if one.label == "What was it?")
    assert "angry" not in was.options
    was.set_value("sad").run()
    assert next(iter(page.session_state[verdicts.VERDICTS].values())).your_word == "sad"
    assert "right 0 of 1" in page.expander[-1].label
    upload(page, "b.wav", make_wav(2.0))
    assert len(page.session_state[verdicts.VERDICTS]) == 1  # the first one's word stays


def test_more_pictures_are_drawn_when_asked_for(scripted: Scripted, make_wav: MakeWav) -> None:
    page = upload(opened(), "a.wav", make_wav(1.0))
    before = charts(page)
    more = next(one for one in page.pills if one.label == "More pictures")
    more.set_value(list(pictures.MORE)).run()
    assert not page.exception
    assert charts(page) == before + len(pictures.MORE) == before + 5


def test_a_figure_says_where_its_excerpt_begins(make_wav: MakeWav) -> None:
    from ser import audio

    figure = curve_plots.pitch(audio.load(make_wav(1.0), "a.wav"))
    assert pictures._from(12.5, figure).layout.meta == {"starts_s": 12.5}
    spectrum = curve_plots.fourier_spectrum(audio.load(make_wav(1.0), "a.wav"))
    assert pictures._from(12.5, spectrum).layout.meta is None


def test_the_main_page_knows_the_sound_it_was_given(make_wav: MakeWav, scripted: Scripted) -> None:
    page = opened()
    page.session_state[sounds.GIVEN] = recognise.Sound("row.wav", make_wav(3.0))
    page.run()
    assert "Disgusted" in words(page)
