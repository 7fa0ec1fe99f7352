"""The part of the page that a long recording gets: what was when, to read, to hear and to take along."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from ser import plots
from ser.language import spoken, tr
from ser.prediction import Prediction
from ser.timeline import Segment, as_csv, as_json, as_subtitles, timeline
from ser.ui import look

SHARE_SHOWN_MIN = 0.01


def chosen(prediction: Prediction, key: str) -> Segment | None:
    """The segment whose row of :func:`show` is selected."""
    state = st.session_state.get(_table_key(key))
    rows = state["selection"]["rows"] if state else []
    segments = timeline(prediction).segments
    return segments[rows[0]] if rows and rows[0] < len(segments) else None


def show(prediction: Prediction, key: str, name: str) -> None:
    """Shares, segments and downloads; the timeline's figure is the caller's.

    Args:
        key: sets the widgets of one answer apart from those of others.
        name: the recording's, for the downloads.
    """
    found = timeline(prediction)
    if not found.segments:
        st.caption(tr("Nobody speaks for long enough to tell anything."))
        return
    shares = " · ".join(
        f"{plots.EMOTION_LOOKS[emotion].icon} {plots.EMOTION_LOOKS[emotion].said} "
        + tr("{percent:.0f} %", percent=100 * share)
        for emotion, share in found.shares.items()
        if share >= SHARE_SHOWN_MIN
    )
    st.markdown(f"**{tr('Share of the speech:')}** {shares}")
    st.caption(tr("Click a row to hear it from there."))
    st.dataframe(
        _rows(found.segments),
        hide_index=True,
        height=min(35 * (len(found.segments) + 1) + 3, 320),
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            tr("Probability"): st.column_config.ProgressColumn(format="%.0f %%", min_value=0.0, max_value=100.0),
        },
        key=_table_key(key),
    )
    _downloads(prediction, key, name)


def _rows(segments: tuple[Segment, ...]) -> dict[str, list[object]]:
    """The table's columns. There may be thousands of rows: words are asked for once, not once a row."""
    language = spoken()
    words = {name: f"{one.icon} {one.said.capitalize()}" for name, one in plots.EMOTION_LOOKS.items()}
    sure = {True: tr("sure"), False: tr("not sure")}
    return {
        tr("From"): [look.clock(one.start_s, language) for one in segments],
        tr("To"): [look.clock(one.stop_s, language) for one in segments],
        tr("Emotion"): [words[one.emotion] for one in segments],
        tr("Probability"): [100 * one.probability for one in segments],
        "": [sure[one.sure] for one in segments],
    }


def _downloads(prediction: Prediction, key: str, name: str) -> None:
    stem = Path(name).stem or tr("recording")
    words = {emotion: one.said for emotion, one in plots.EMOTION_LOOKS.items()}
    # Each is made when it is asked for.
    forms: tuple[tuple[str, str, str, Callable[[], str]], ...] = (
        ("CSV", "csv", "text/csv", lambda: as_csv(prediction)),
        ("JSON", "json", "application/json", lambda: as_json(prediction)),
        ("SRT", "srt", "application/x-subrip", lambda: as_subtitles(prediction, "srt", words)),
        ("VTT", "vtt", "text/vtt", lambda: as_subtitles(prediction, "vtt", words)),
    )
    for column, (label, suffix, media_type, make) in zip(st.columns(len(forms)), forms, strict=True):
        column.download_button(
            label,
            make,
            f"{stem}.{suffix}",
            media_type,
            key=f"{suffix}-{key}",
            icon=":material/download:",
            on_click="ignore",
            width="stretch",
        )


def _table_key(key: str) -> str:
    return f"segments-{key}"
