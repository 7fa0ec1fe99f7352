"""Compare: two recordings side by side, such as one sentence in two moods."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ser import pair_plots, plots
from ser.audio import AUDIO_SUFFIXES
from ser.constants import DURATION_MIN_S, SAMPLE_RATE_HZ, UPLOAD_MAX_MB
from ser.errors import SerError
from ser.excerpt import excerpt_of
from ser.pair_plots import Voice
from ser.prediction import Prediction
from ser.recognizer import Recognizer
from ser.ui import language, look, models, pictures, playhead, sounds
from ser.ui.card import card
from ser.ui.hearing import hear
from ser.ui.sounds import Sound

SIDES = ("first", "second")
HEARD = "compare-heard"
UPLOAD, MICROPHONE, EXAMPLE = "Upload", "Microphone", "Example"


@dataclass(frozen=True)
class Heard:
    """A recording and what was heard in it."""

    sound: Sound
    prediction: Prediction


def page(recognizer: Callable[[str], Recognizer]) -> None:
    """Draws the page."""
    look.head("Two voices, side by side", "The same sentence in two moods, or two people: what differs, how much.")
    model = models.choose()
    columns = st.columns(2, gap="medium")
    pair = [_side(column, side, model, recognizer) for column, side in zip(columns, SIDES, strict=True)]
    first, second = pair
    if first and second:
        _together(first, second)
        for column, side, one in zip(st.columns(2, gap="medium"), SIDES, (first, second), strict=True):
            with column:
                _sound_of(side, one)
        playhead.join()


def _side(column: DeltaGenerator, side: str, model: str, recognizer: Callable[[str], Recognizer]) -> Heard | None:
    """One recording's choice and answer; an error stays on its side."""
    with column, st.container(border=True):
        st.markdown(f"**The {side} recording**")
        sound = _choose(side)
        if sound is None:
            st.session_state.get(HEARD, {}).pop(side, None)
            return None
        try:
            heard = _heard(side, sound, model, recognizer)
        except SerError as error:
            st.error(language.told(error), icon=":material/error:")
            return None
        st.html(card(heard.prediction))
        for remark in heard.prediction.remarks:
            st.warning(remark.text, icon=":material/hearing:")
    return heard


def _choose(side: str) -> Sound | None:
    way = st.segmented_control(
        f"Where the {side} sound comes from", (UPLOAD, MICROPHONE, EXAMPLE), default=UPLOAD, required=True,
        label_visibility="collapsed", width="stretch", key=f"way-{side}",
    )  # fmt: skip
    if way == EXAMPLE:
        name = st.pills(
            f"Example for the {side} recording", sounds.MANNERS, key=f"example-{side}",
            format_func=str.capitalize, label_visibility="collapsed",
        )  # fmt: skip
        return sounds.example(name) if name else None
    if way == MICROPHONE:
        said = st.audio_input(f"Say the {side} sentence", sample_rate=SAMPLE_RATE_HZ, key=f"microphone-{side}")
        return Sound(f"Microphone, {side}", said.getvalue()) if said else None
    uploaded = st.file_uploader(
        f"Drop the {side} recording here, or browse",
        type=[suffix.removeprefix(".") for suffix in AUDIO_SUFFIXES],
        max_upload_size=UPLOAD_MAX_MB,
        key=f"upload-{side}",
    )
    st.caption(f"From {DURATION_MIN_S} s; a sentence or two are easiest to compare.")
    return Sound(uploaded.name, uploaded.getvalue()) if uploaded else None


def _heard(side: str, sound: Sound, model: str, recognizer: Callable[[str], Recognizer]) -> Heard:
    """The answer, from the session where it has it already."""
    kept: dict[str, tuple[str, Heard]] = st.session_state.setdefault(HEARD, {})
    key = f"{model}/{sound.key}"
    if side not in kept or kept[side][0] != key:
        with st.spinner("Listening …"):
            kept[side] = (key, Heard(sound, hear("/compare", sound, lambda: recognizer(model))))
    return kept[side][1]


def _together(first: Heard, second: Heard) -> None:
    """What differs: probabilities, and how the voices speak."""
    pair, names = (first.prediction, second.prediction), ("first", "second")
    st.subheader("What differs", anchor=False)
    with st.container(border=True):
        said = "; ".join(
            f"{name}: " + ", ".join(f"{one.emotion} {one.probability:.0%}" for one in prediction.scores[:3])
            for name, prediction in zip(names, pair, strict=True)
        )
        pictures.chart(pair_plots.bars(pair, names), "pair", "pair", f"Probabilities of both recordings. {said}")
    recordings = tuple(excerpt_of(one) for one in pair)
    voices = [Voice.of(one) for one in recordings]
    rows = (
        f"<div><dt>{label}</dt><dd>{_told(of(voices[0]), of(voices[1]), unit, digits)}</dd></div>"
        for label, of, unit, digits in _FACTS
    )
    st.html(f'<dl class="ser-facts ser-pair">{"".join(rows)}</dl>')
    with st.container(border=True):
        pictures.chart(pair_plots.pitches(recordings, names), "pitches", "pair", "Pitch of both recordings over time")


_FACTS: tuple[tuple[str, Callable[[Voice], float | None], str, int], ...] = (
    ("Pitch", lambda one: one.pitch_hz, "Hz", 0),
    ("Melody's range", lambda one: one.melody_semitones, "semitones", 1),
    ("Loudness", lambda one: one.loudness_db, "dB", 0),
    ("Length", lambda one: one.duration_s, "s", 1),
)


def _told(first: float | None, second: float | None, unit: str, digits: int) -> str:
    """The first's and the second's number.

    >>> _told(110.2, 220.4, "Hz", 0), _told(None, 220.4, "Hz", 0)
    ('110 → 220 Hz', '– → 220 Hz')
    """
    return " → ".join("–" if one is None else f"{one:.{digits}f}" for one in (first, second)) + f" {unit}"


def _sound_of(side: str, heard: Heard) -> None:
    """A recording to hear and to look at."""
    recording = excerpt_of(heard.prediction)
    key = f"{side}-{heard.sound.key[:12]}"
    with st.container(border=True):
        st.markdown(f"**The {side}:** {look.plain(heard.sound.name)}")
        pictures.player(heard.sound.data, heard.prediction.recording, None)
        pictures.chart(plots.waveform(recording), "waveform", key, f"Waveform of the {side} recording")
        pictures.chart(plots.mel_spectrogram(recording), "mel", key, f"Mel spectrogram of the {side} recording")
