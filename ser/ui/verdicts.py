"""Was this right? The visitor's own word, kept beside the answers of the session and nowhere else."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final

import pandas as pd
import streamlit as st

from ser import plots
from ser.cells import harmless
from ser.language import mark, tr
from ser.prediction import Prediction

VERDICTS: Final = "verdicts"
YES, NO = mark("Yes"), mark("No")
UNKNOWN: Final = mark("can't tell")


@dataclass(frozen=True)
class Verdict:
    """One recording: what was answered, and what the visitor says."""

    file: str
    model: str
    answer: str
    probability: float
    sure: bool
    right: bool
    your_word: str


def ask(prediction: Prediction, key: str, name: str, model: str) -> None:
    """The question, and the session's table once there is something in it."""
    if prediction.has_voice:
        _question(prediction, key, name, model)
    table(st.session_state.get(VERDICTS, {}))


def _question(prediction: Prediction, key: str, name: str, model: str) -> None:
    words = {one: tr(one) for one in (YES, NO)}
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{tr('Was “{emotion}” right?', emotion=tr(_word(prediction.emotion)))}**")
        said = st.pills(
            tr("Was this right?"),
            tuple(words),
            format_func=words.__getitem__,
            key=f"right-{key}",
            label_visibility="collapsed",
        )
    kept: dict[str, Verdict] = st.session_state.setdefault(VERDICTS, {})
    if said is None:
        kept.pop(key, None)
        return
    word = _other(prediction, key) if said == NO else _word(prediction.emotion)
    kept[key] = Verdict(
        name, model, _word(prediction.emotion), round(prediction.probability, 3), prediction.is_sure, said == YES, word
    )


def _other(prediction: Prediction, key: str) -> str:
    """What it was instead, by the visitor's word."""
    others = [one.word for emotion, one in plots.EMOTION_LOOKS.items() if emotion != prediction.emotion]
    words = {one: tr(one) for one in (*others, UNKNOWN)}
    asked = tr("What was it?")
    return st.pills(asked, tuple(words), default=UNKNOWN, format_func=words.__getitem__, key=f"was-{key}") or UNKNOWN


def table(kept: dict[str, Verdict]) -> None:
    """What was said in this session, to read and to take along."""
    if not kept:
        return
    rows = pd.DataFrame([asdict(one) for one in kept.values()])
    right = int(rows["right"].sum())
    with st.expander(
        tr("Your session: right {right} of {all}", right=right, all=len(rows)), icon=":material/fact_check:"
    ):
        st.dataframe(rows, hide_index=True, width="stretch")
        st.caption(tr("Held in memory while this page is open; nobody else sees it."))
        shown = rows.assign(file=[harmless(one) for one in rows["file"]])
        st.download_button(
            "CSV", shown.to_csv(index=False).encode(), "session.csv", "text/csv", icon=":material/download:",
            key="session-csv", on_click="ignore",
        )  # fmt: skip


def _word(emotion: str) -> str:
    return plots.EMOTION_LOOKS[emotion].word
