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
from ser.language import mark, spoken, tr
from ser.pair_plots import Voice
from ser.prediction import Prediction
from ser.recognizer import Recognizer
from ser.ui import language, look, microphone, models, pictures, playhead, sounds
from ser.ui.card import card
from ser.ui.hearing import hear
from ser.ui.sounds import Sound

SIDES = {"first": 1, "second": 2}
HEARD = "compare-heard"
UPLOAD, MICROPHONE, EXAMPLE = mark("Upload"), mark("Microphone"), mark("Example")
MICROPHONE_NAME = mark("Microphone recording")


@dataclass(frozen=True)
class Heard:
    """A recording and what was heard in it."""

    sound: Sound
    prediction: Prediction


def page(recognizer: Callable[[str], Recognizer]) -> None:
    """Draws the page."""
    look.head(
        tr("Two voices, side by side"),
        tr("The same sentence in two moods, or two people: what differs, how much."),
    )
    model = models.choose()
    columns = st.columns(2, gap="medium")
    pair = [_side(column, side, model, recognizer) for column, side in zip(columns, SIDES, strict=True)]
    first, second = pair
    if first and second:
        with look.drawing():
            _together(first, second)
            for column, side, one in zip(st.columns(2, gap="medium"), SIDES, (first, second), strict=True):
                with column:
                    _sound_of(side, one)
        playhead.join()


def _side(column: DeltaGenerator, side: str, model: str, recognizer: Callable[[str], Recognizer]) -> Heard | None:
    """One recording's choice and answer; an error stays on its side."""
    with column, st.container(border=True):
        st.markdown(f"**{_name(side)}**")
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
            st.warning(tr(remark.template, **remark.values), icon=":material/hearing:")
    return heard


def _name(side: str) -> str:
    return tr("Recording {n}", n=SIDES[side])


def _choose(side: str) -> Sound | None:
    n = SIDES[side]
    ways = {one: tr(one) for one in (UPLOAD, MICROPHONE, EXAMPLE)}
    way = st.segmented_control(
        tr("Where sound {n} comes from", n=n), tuple(ways), default=UPLOAD, required=True,
        format_func=ways.__getitem__, label_visibility="collapsed", width="stretch", key=f"way-{side}",
    )  # fmt: skip
    if way == EXAMPLE:
        manners = {one: tr(one).capitalize() for one in sounds.MANNERS}
        name = st.pills(
            tr("Example for recording {n}", n=n), tuple(manners), key=f"example-{side}",
            format_func=manners.__getitem__, label_visibility="collapsed",
        )  # fmt: skip
        return sounds.example(name) if name else None
    if way == MICROPHONE:
        said = st.audio_input(tr("Say sentence {n}", n=n), sample_rate=SAMPLE_RATE_HZ, key=f"microphone-{side}")
        microphone.watch(side)
        return Sound(MICROPHONE_NAME, said.getvalue()) if said else None
    uploaded = st.file_uploader(
        tr("Drop recording {n} here, or browse", n=n),
        type=[suffix.removeprefix(".") for suffix in AUDIO_SUFFIXES],
        max_upload_size=UPLOAD_MAX_MB,
        key=f"upload-{side}",
    )
    st.caption(tr("From {least_s} s; a sentence or two are easiest to compare.", least_s=DURATION_MIN_S))
    return Sound(uploaded.name, uploaded.getvalue()) if uploaded else None


def _heard(side: str, sound: Sound, model: str, recognizer: Callable[[str], Recognizer]) -> Heard:
    """The answer, from the session where it has it already."""
    kept: dict[str, tuple[str, Heard]] = st.session_state.setdefault(HEARD, {})
    key = f"{model}/{sound.key}"
    if side not in kept or kept[side][0] != key:
        with st.spinner(tr("Listening …")):
            kept[side] = (key, Heard(sound, hear("/compare", sound, lambda: recognizer(model))))
    return kept[side][1]


def _together(first: Heard, second: Heard) -> None:
    """What differs: probabilities, and how the voices speak."""
    pair, names = (first.prediction, second.prediction), [_name(side) for side in SIDES]
    st.subheader(tr("What differs"), anchor=False)
    with st.container(border=True):
        said = "; ".join(
            f"{name}: {pictures.ranked(prediction.scores[:3])}" for name, prediction in zip(names, pair, strict=True)
        )
        alt = tr("Probabilities of both recordings. {said}", said=said)
        pictures.chart(pair_plots.bars(pair, names), "pair", "pair", alt)
    recordings = tuple(excerpt_of(one) for one in pair)
    voices = [Voice.of(one) for one in recordings]
    rows = (
        f"<div><dt>{tr(label)}</dt><dd>{_told(of(voices[0]), of(voices[1]), words, digits)}</dd></div>"
        for label, of, words, digits in _FACTS
    )
    st.html(f'<dl class="ser-facts ser-pair">{"".join(rows)}</dl>')
    with st.container(border=True):
        alt = tr("Pitch of both recordings over time")
        pictures.chart(pair_plots.pitches(recordings, names), "pitches", "pair", alt)


_FACTS: tuple[tuple[str, Callable[[Voice], float | None], str, int], ...] = (
    (mark("Pitch"), lambda one: one.pitch_hz, mark("{first} → {second} Hz"), 0),
    (mark("Melody's range"), lambda one: one.melody_semitones, mark("{first} → {second} semitones"), 1),
    (mark("Loudness"), lambda one: one.loudness_db, mark("{first} → {second} dB"), 0),
    (mark("Length"), lambda one: one.duration_s, mark("{first} → {second} s"), 1),
)


def _told(first: float | None, second: float | None, words: str, digits: int) -> str:
    """The first's and the second's number, in the words of :data:`_FACTS`.

    >>> _told(110.2, 220.4, "{first} → {second} Hz", 0), _told(None, 220.4, "{first} → {second} Hz", 0)
    ('110 → 220 Hz', '– → 220 Hz')
    """
    shown = ["–" if one is None else spoken().number(f"{one:.{digits}f}") for one in (first, second)]
    return tr(words, first=shown[0], second=shown[1])


def _sound_of(side: str, heard: Heard) -> None:
    """A recording to hear and to look at."""
    recording, n = excerpt_of(heard.prediction), SIDES[side]
    key = f"{side}-{heard.sound.key[:12]}"
    with st.container(border=True):
        st.markdown(f"**{_name(side)}:** {look.plain(tr(heard.sound.name))}")
        pictures.player(heard.sound.data, heard.prediction.recording, None)
        pictures.chart(plots.waveform(recording), "waveform", key, tr("Waveform of recording {n}", n=n))
        pictures.chart(plots.mel_spectrogram(recording), "mel", key, tr("Mel spectrogram of recording {n}", n=n))
