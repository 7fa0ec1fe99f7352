"""Explore the corpora: how many clips of what, how long, and how the emotions differ, from the tables alone."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st

from ser import corpus_plots
from ser.corpus_titles import corpus_title
from ser.ui import corpus_examples, look, pictures

TABLES = Path(__file__).resolve().parent.parent.parent / "processed_data"
CLIPS, FEATURES = "clips.csv", "features.parquet"
KINDS = {"corpus": "Corpus", "gender": "Gender", "language": "Language", "style": "Speech or song"}
COLUMNS = ["path", "corpus", "speaker", "gender", "language", "emotion", "sentence", "style", "duration_s", "pitch_hz"]


@st.cache_data(show_spinner=False)
def read_clips(path: str, changed_ns: int) -> pd.DataFrame:
    """The table of clips; read again only when it has changed. A column that it lacks is empty."""
    table = pd.read_csv(path, usecols=lambda name: name in COLUMNS, dtype={"sentence": str})
    return table.reindex(columns=COLUMNS)


@st.cache_data(show_spinner=False)
def read_mfcc(path: str, changed_ns: int) -> pd.DataFrame:
    """The averaged MFCC of each clip, in the same order."""
    names = ["path", *(f"mfcc_{i:02d}" for i in range(corpus_plots.MFCC_SHOWN))]
    return pd.read_parquet(path, columns=names)


def page() -> None:
    """Draws the page."""
    look.head("What the models learnt from", "Recordings of actors, from corpora that researchers share.")
    path = TABLES / CLIPS
    if not path.is_file():
        st.info(
            f"There are no tables in {TABLES.name}/ yet. Make them with: ser prepare FOLDER", icon=":material/table:"
        )
        return
    with look.drawing():
        _tables(path)


def _tables(path: Path) -> None:
    table = read_clips(str(path), path.stat().st_mtime_ns)
    names = sorted(table["corpus"].unique())
    chosen = st.pills(
        "Corpora", names, selection_mode="multi", default=names, format_func=corpus_title, key="corpora-chosen"
    )
    if not chosen:
        st.info("Choose a corpus, or several.", icon=":material/touch_app:")
        return
    shown = table[table["corpus"].isin(chosen)]
    _facts(shown)
    _pictures(table, shown, "-".join(chosen))
    corpus_examples.show(shown)


def _pictures(table: pd.DataFrame, shown: pd.DataFrame, key: str) -> None:
    titled = shown.assign(corpus=shown["corpus"].map(corpus_title))
    by = st.segmented_control(
        "Parted by", tuple(KINDS), default="corpus", required=True, format_func=KINDS.__getitem__, key="corpora-by"
    )
    with st.container(border=True):
        st.markdown("**Clips of each emotion**")
        each = ", ".join(f"{emotion} {count}" for emotion, count in shown["emotion"].value_counts().items())
        pictures.chart(corpus_plots.counts(titled, by), "counts", f"{key}-{by}", f"Clips of each emotion: {each}")
    left, right = st.columns(2)
    with left.container(border=True):
        st.markdown("**How high each emotion is spoken**")
        _pitch(shown[shown["style"] == "speech"], key)
    with right.container(border=True):
        st.markdown("**How the emotions differ in timbre**")
        _mfcc(table, shown, key)
    with st.container(border=True):
        st.markdown("**How long they are**")
        pictures.chart(corpus_plots.lengths(titled), "lengths", key, "Length of clips in seconds by corpus")


def _facts(shown: pd.DataFrame) -> None:
    hours = shown["duration_s"].sum() / 3600
    facts = (
        ("Clips", f"{len(shown):,}"),
        ("Speakers", f"{shown['speaker'].nunique():,}"),
        ("Languages", f"{shown['language'].nunique()}"),
        ("Hours", f"{hours:.1f}"),
    )
    for column, (name, value) in zip(st.columns(len(facts)), facts, strict=True):
        column.metric(name, value)


def _pitch(spoken: pd.DataFrame, key: str) -> None:
    highs = spoken.groupby("emotion")["pitch_hz"].median().dropna()
    if highs.empty:
        st.caption("The tables do not tell the pitch. Make them anew: ser prepare FOLDER")
        return
    words = ", ".join(f"{emotion} {hertz:.0f}" for emotion, hertz in highs.items())
    pictures.chart(corpus_plots.pitch(spoken), "pitch-mean", key, f"Median pitch of each emotion in hertz: {words}")
    st.caption("Median pitch of women's and men's clips, without song; the line holds the middle half of them.")


def _mfcc(table: pd.DataFrame, shown: pd.DataFrame, key: str) -> None:
    path = TABLES / FEATURES
    if not path.is_file():
        st.caption("The table of features is not here.")
        return
    features = read_mfcc(str(path), path.stat().st_mtime_ns)
    if len(features) != len(table) or not (features["path"].to_numpy() == table["path"].to_numpy()).all():
        st.caption("The table of features belongs to other clips. Make both anew: ser prepare FOLDER")
        return
    figure = corpus_plots.mean_mfcc(shown, features.loc[shown.index])
    pictures.chart(figure, "mfcc-mean", key, "Averaged MFCC of each emotion against the speakers' means")
    st.caption("Averaged MFCC against each speaker's own mean: red is more, blue is less than that voice usually has.")
