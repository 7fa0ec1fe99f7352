"""The page's logic, run by Streamlit's own test harness without a browser."""

from __future__ import annotations

import hashlib
import logging
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st

import ser.recognizer
from ser import audio, plots
from ser.catalogue import DEFAULT_MODEL
from ser.constants import SAMPLE_RATE_HZ, UPLOAD_MAX_MB
from ser.errors import AudioError, ModelError
from ser.recognizer import Recognizer
from ser.ui import pictures, recognise
from ser.ui.card import card
from tests.scripted_page import Scripted, assert_no_answer, charts, choose, html, opened, replaced, upload, words

ROOT = Path(__file__).resolve().parent.parent
MANIFEST = ROOT / "model" / "speech_cnn_lstm" / "manifest.json"
MakeWav = Callable[..., bytes]


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scripted]:
    """The page's only model, replaced."""
    one = Scripted()
    with replaced(monkeypatch, {DEFAULT_MODEL: one}):
        yield one


def test_page_opens_with_both_ways_in_and_the_law(scripted: Scripted) -> None:
    page = opened()
    assert page.file_uploader(key="upload").allowed_type[: len(audio.AUDIO_SUFFIXES)] == list(audio.AUDIO_SUFFIXES)
    assert all(one.word.capitalize() in words(page) for one in plots.EMOTION_LOOKS.values())
    foot = next(one for one in html(page) if "ser-foot" in one)
    assert "can be wrong" in foot
    assert "prohibits inferring emotions of people at work and in education" in foot
    assert "must be informed" in foot
    assert "memory" in foot
    assert_no_answer(page)


def test_model_is_warm_before_the_first_upload(scripted: Scripted) -> None:
    opened()
    assert scripted.calls == 1  # the warm-up
    opened()
    assert scripted.calls == 1  # shared between sessions


def test_wav_gets_an_answer_facts_player_and_four_figures(scripted: Scripted, make_wav: MakeWav) -> None:
    page = upload(opened(), "voice.wav", make_wav(2.0, 44_100, 2))
    text = words(page)
    assert '<p class="word">Calm</p>' in text
    assert "Fairly sure</b> · 78 %" in text
    for fact in ("voice.wav", "audio/wav", "353 kB", "2.0 s", "PCM_16", "44\u00a0100 Hz", "2 (stereo)"):
        assert f"<dd>{fact}</dd>" in text, fact
    assert charts(page) == 4
    assert [one.value for one in page.markdown if one.value.startswith("**")] == [
        "**Was “calm” right?**",
        "**Waveform**",
        "**Mel spectrogram**",
        "**MFCC**",
    ]
    assert len(page.get("audio")) == 1
    assert page.status[0].state == "complete"
    assert page.status[0].label.startswith("Recognised in ")
    assert not page.error


def test_mp3_gets_an_answer(scripted: Scripted, make_encoded: Callable[..., bytes]) -> None:
    page = upload(opened(), "voice.mp3", make_encoded("mp3", 2.0))
    assert '<p class="word">Calm</p>' in words(page)
    assert "<dd>audio/mpeg</dd>" in words(page)
    assert "<dd>mp3</dd>" in words(page)
    assert charts(page) == 4


def test_microphone_gets_an_answer(scripted: Scripted, make_wav: MakeWav) -> None:
    page = choose(opened(), recognise.MICROPHONE)
    microphone = page.audio_input(key="microphone")
    assert microphone.sample_rate == SAMPLE_RATE_HZ
    microphone.set_value(("audio.wav", make_wav(3.0), "audio/wav"))
    page.run()
    assert '<p class="word">Disgusted</p>' in words(page)
    assert f"<dd>{recognise.MICROPHONE_NAME}</dd>" in words(page)
    assert charts(page) == 4


BAD_FILES: dict[str, Callable[[MakeWav], bytes]] = {
    "text.wav": lambda _: b"This is no sound at all. " * 50,
    "empty.wav": lambda _: b"",
    "short.wav": lambda make: make(0.2),
    "cut.wav": lambda make: make(3.0)[:20_000],
    "silent.wav": lambda make: make(1.0)[:44] + bytes(2 * SAMPLE_RATE_HZ),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_file_gets_the_sentence_and_nothing_else(name: str, scripted: Scripted, make_wav: MakeWav) -> None:
    data = BAD_FILES[name](make_wav)
    with pytest.raises(AudioError) as told:
        audio.load(data, name)
    page = upload(opened(), name, data)
    assert [one.value for one in page.error] == [str(told.value)]
    assert_no_answer(page)
    assert scripted.calls == 1  # the model was warmed up, and heard nothing of this


def test_new_file_replaces_the_old_answer_before_it_is_computed(scripted: Scripted, make_wav: MakeWav) -> None:
    page = upload(opened(), "one.wav", make_wav(1.0))
    assert '<p class="word">Angry</p>' in words(page)
    # The same name, other content: what is shown must follow the content.
    upload(page, "one.wav", make_wav(2.0))
    assert scripted.answer_seen is None
    assert '<p class="word">Calm</p>' in words(page)
    assert '<p class="word">Angry</p>' not in words(page)
    assert charts(page) == 4


def test_bad_file_after_a_good_one_shows_no_old_answer(scripted: Scripted, make_wav: MakeWav) -> None:
    page = upload(upload(opened(), "one.wav", make_wav(1.0)), "two.wav", b"no sound" * 99)
    assert len(page.error) == 1
    assert_no_answer(page)


def test_removed_file_takes_its_answer_along(scripted: Scripted, make_wav: MakeWav) -> None:
    page = upload(opened(), "one.wav", make_wav(1.0))
    page.file_uploader(key="upload").clear().run()
    assert_no_answer(page)


def test_switching_ways_forgets_the_answer(scripted: Scripted, make_wav: MakeWav) -> None:
    page = choose(upload(opened(), "one.wav", make_wav(1.0)), recognise.MICROPHONE)
    assert_no_answer(page)
    assert_no_answer(choose(page, recognise.UPLOAD))


def test_rerun_keeps_the_answer_without_asking_the_model_again(scripted: Scripted, make_wav: MakeWav) -> None:
    page = upload(opened(), "one.wav", make_wav(1.0))
    calls = scripted.calls
    page.run()
    assert scripted.calls == calls
    assert '<p class="word">Angry</p>' in words(page)
    assert charts(page) == 4


def test_sessions_do_not_see_each_other(scripted: Scripted, make_wav: MakeWav) -> None:
    upload(opened(), "one.wav", make_wav(1.0))
    assert_no_answer(opened())


def test_answer_belongs_to_name_and_content() -> None:
    sounds = [recognise.Sound(*one) for one in (("a", b"1"), ("a", b"2"), ("b", b"1"), ("a1", b""))]
    assert len({one.key for one in sounds}) == 4
    assert sounds[0].key == hashlib.sha256(b"a\x001").hexdigest()
    assert "b'1'" not in repr(sounds[0])  # no content in a log by accident


def test_unexpected_failure_is_an_apology_and_logged_without_the_name(
    scripted: Scripted, make_wav: MakeWav, caplog: pytest.LogCaptureFixture
) -> None:
    page = opened()
    scripted.failure = ZeroDivisionError("secret-voice.wav")
    with caplog.at_level(logging.DEBUG):
        upload(page, "secret-voice.wav", make_wav(1.0))
    assert [one.value for one in page.error] == [recognise.APOLOGY]
    assert "ZeroDivisionError" in caplog.text
    assert "secret-voice" not in caplog.text
    assert_no_answer(page)


def test_missing_model_is_a_sentence(monkeypatch: pytest.MonkeyPatch, scripted: Scripted) -> None:
    def load(*_: object) -> Recognizer:
        raise ModelError("There is no model. Restore it.")

    monkeypatch.setattr(ser.recognizer, "load", load)
    assert [one.value for one in opened().error] == ["There is no model. Restore it."]


@pytest.mark.parametrize("good", [True, False])
def test_file_name_is_never_read_as_markup(good: bool, scripted: Scripted, make_wav: MakeWav) -> None:
    name = "<img src=x onerror=alert(1)> *loud* :red[a] $b$.wav"
    page = upload(opened(), name, make_wav(1.0) if good else b"no sound" * 99)
    if good:
        assert "<img" not in words(page)
        assert "&lt;img src=x" in words(page)
    else:
        (error,) = page.error
        assert r"\<img src=x onerror=alert(1)\> \*loud\* \:red\[a\] \$b\$.wav" in error.value


_watched: list[str] | None = None


def _note_writes(event: str, arguments: tuple[Any, ...]) -> None:
    if _watched is None or event != "open" or not isinstance(arguments[0], str):
        return
    mode, flags = arguments[1], arguments[2]
    if (mode and set(mode) & set("wax+")) or (not mode and flags & 3):
        _watched.append(arguments[0])


def test_no_file_is_written(scripted: Scripted, make_encoded: Callable[..., bytes]) -> None:
    global _watched  # noqa: PLW0603 - an audit hook stays for good; this switches it on and off
    sound = make_encoded("mp3", 1.0)
    page = opened()
    sys.addaudithook(_note_writes)
    _watched = []
    try:
        upload(page, "my own voice.mp3", sound)
        written = [path for path in _watched if path != "/dev/null"]
    finally:
        _watched = None
    assert charts(page) == 4
    assert not [path for path in written if "voice" in path or path.endswith((".mp3", ".wav"))], written


def test_server_limit_is_the_doors_limit() -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert config["server"]["maxUploadSize"] == UPLOAD_MAX_MB
    assert config["browser"]["gatherUsageStats"] is False
    assert config["client"]["showErrorDetails"] == "none"


def test_what_browsers_can_not_play_is_played_as_converted(
    scripted: Scripted, make_encoded: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    played: list[object] = []
    monkeypatch.setattr(st, "audio", lambda data, **_: played.append(data))
    flac = make_encoded("flac", 1.0)
    page = upload(opened(), "voice.flac", flac)
    monkeypatch.setattr(pictures, "PLAYABLE", ())
    page.run()
    assert played[0] == flac
    assert isinstance(played[1], np.ndarray)
    assert len(played[1]) == SAMPLE_RATE_HZ


@pytest.mark.skipif(not MANIFEST.is_file(), reason="the bundled model is not there")
def test_bundled_model_answers_on_the_page_as_in_the_package(make_encoded: Callable[..., bytes]) -> None:
    st.cache_resource.clear()
    sound = make_encoded("mp3", 2.0)
    page = upload(opened(), "voice.mp3", sound)
    expected = ser.load().predict(sound)
    assert not page.error
    assert card(expected) in words(page)
    assert charts(page) == 4
    st.cache_resource.clear()
