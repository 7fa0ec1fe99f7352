"""Examples from the corpora where their recordings are at hand: a woman and a man with one emotion, heard and seen."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import streamlit as st

from ser import curve_plots, plots
from ser.audio import Recording, load
from ser.constants import DATA_VARIABLE, EMOTIONS, SAMPLE_RATE_HZ
from ser.corpus_titles import corpus_title
from ser.errors import SerError
from ser.plots import EMOTION_LOOKS
from ser.ui import language, look, pictures

SIDES = {"female": "A woman", "male": "A man"}
WORDS = ["corpus", "style", "sentence"]  # what two clips with the same words have in common
FIGURES = {
    "Waveform": (plots.waveform, "amplitude over time in seconds"),
    "Mel spectrogram": (plots.mel_spectrogram, "decibels by frequency in hertz over time in seconds"),
    "Chroma": (curve_plots.chroma, "share of each of the twelve tones over time in seconds"),
    "Fourier spectrogram": (
        curve_plots.fourier_spectrogram, "decibels by frequency in hertz, evenly spaced, over time in seconds"
    ),
}  # fmt: skip


def show(clips: pd.DataFrame) -> None:
    """The section of the page.

    Args:
        clips: those chosen on the page, with the columns of :data:`ser.ui.corpora.COLUMNS`.
    """
    st.subheader("How an emotion sounds and looks", anchor=False)
    roots = os.environ.get(DATA_VARIABLE, "")
    places = located(roots, tuple(clips["path"])) if roots else {}
    there = clips[clips["path"].isin(places)]
    emotions = [emotion for emotion in EMOTIONS if (there["emotion"] == emotion).any()]
    if not emotions:
        why = f"None of the clips chosen is under {look.plain(roots)}." if roots else "No recordings are at hand."
        st.caption(f"{why} To hear and see examples, set {DATA_VARIABLE} to the folder that `ser prepare` was given.")
        return
    left, right = st.columns([4, 1], vertical_alignment="bottom")
    emotion = left.segmented_control(
        "Emotion", emotions, default=emotions[0], required=True, key="example-emotion",
        format_func=lambda one: EMOTION_LOOKS[one].word,
    )  # fmt: skip
    number = st.session_state.setdefault("example-number", 0)
    right.button("Others", icon=":material/shuffle:", on_click=_others, width="stretch", key="example-others")
    for column, (gender, row) in zip(st.columns(2), pair(there[there["emotion"] == emotion], number), strict=False):
        with column.container(border=True):
            _one(gender, row, places[row["path"]])


def _others() -> None:
    st.session_state["example-number"] += 1


@st.cache_data(show_spinner=False, ttl=600)
def located(roots: str, paths: tuple[str, ...]) -> dict[str, str]:
    """Path in the tables → file, of the clips that lie under the folders of :data:`DATA_VARIABLE`."""
    folders = [Path(part) for part in roots.split(os.pathsep) if part]
    # Where several folders were given to `ser prepare`, a path begins with its folder's own name.
    above = folders if len(folders) == 1 else [folder.parent for folder in folders]
    found = {path: next((one / path for one in above if (one / path).is_file()), None) for path in paths}
    return {path: str(place) for path, place in found.items() if place}


def pair(clips: pd.DataFrame, number: int) -> list[tuple[str, pd.Series]]:
    """A clip by a woman and one by a man, if possible with the same words.

    Args:
        clips: of one emotion.
        number: the first pair, the second, …; after the last one the first again. Corpora take turns.

    Returns:
        Gender and row, women first; fewer than two where a gender is missing.
    """
    mixed = clips[clips["gender"].isin(SIDES)].sample(frac=1.0, random_state=0)
    both = mixed.groupby(WORDS)["gender"].transform("nunique") == len(SIDES)
    mixed = mixed[both] if both.any() else mixed
    turn = mixed.groupby(["gender", "corpus"]).cumcount()
    mixed = mixed.assign(turn=turn).sort_values(["turn", "corpus"], kind="stable")
    found: list[tuple[str, pd.Series]] = []
    for gender in SIDES:
        rows = mixed[mixed["gender"] == gender]
        if found and both.any():
            rows = rows[(rows[WORDS] == found[0][1][WORDS]).all(axis=1)]
        if len(rows):
            found.append((gender, rows.iloc[number % len(rows)]))
    return found


def _one(gender: str, row: pd.Series, place: str) -> None:
    speaker = row["speaker"].partition("/")[2]
    st.markdown(f"**{SIDES[gender]}**: {look.plain(corpus_title(row['corpus']))}, speaker {look.plain(speaker)}")
    recording = _recording(place)
    if not recording:
        return
    st.audio(recording.samples, sample_rate=SAMPLE_RATE_HZ, alt=f"{SIDES[gender]}, {row['emotion']}")
    for title, (draw, words) in FIGURES.items():
        st.markdown(title)
        alt = f"{title} of {SIDES[gender].lower()}, {row['emotion']}: {words}"
        pictures.chart(draw(recording), title.lower().replace(" ", "-"), f"example-{gender}", alt)


def _recording(place: str) -> Recording | None:
    """The recording, or what is wrong with it, said on the page."""
    try:
        return load(Path(place))
    except SerError as error:
        st.warning(language.told(error), icon=":material/audio_file:")
        return None
