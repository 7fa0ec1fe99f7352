"""Was this right? The visitor's own word, kept beside the answers of the session and nowhere else."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final

import pandas as pd
import streamlit as st

from ser import plots
from ser.prediction import Prediction
from ser.ui import look

VERDICTS: Final = "verdicts"
YES, NO = "Yes", "No"
UNKNOWN: Final = "can't tell"


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
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**Was “{_word(prediction.emotion)}” right?**")
        said = st.pills("Was this right?", (YES, NO), key=f"right-{key}", label_visibility="collapsed")
    kept: dict[str, Verdict] = st.session_state.setdefault(VERDICTS, {})
    if said is None:
        kept.pop(key, None)
        return
    word = _word(prediction.emotion)
    if said == NO:
        others = [one.word for name_, one in plots.EMOTION_LOOKS.items() if name_ != prediction.emotion]
        word = st.pills("What was it?", (*others, UNKNOWN), default=UNKNOWN, key=f"was-{key}") or UNKNOWN
    kept[key] = Verdict(
        name, model, _word(prediction.emotion), round(prediction.probability, 3), prediction.is_sure, said == YES, word
    )


def table(kept: dict[str, Verdict]) -> None:
    """What was said in this session, to read and to take along."""
    if not kept:
        return
    rows = pd.DataFrame([asdict(one) for one in kept.values()])
    right = int(rows["right"].sum())
    with st.expander(f"Your session: right {right} of {len(rows)}", icon=":material/fact_check:"):
        st.dataframe(rows, hide_index=True, width="stretch")
        st.caption("Held in memory while this page is open; nobody else sees it.")
        shown = rows.assign(file=[look.harmless(one) for one in rows["file"]])
        st.download_button(
            "CSV", shown.to_csv(index=False).encode(), "session.csv", "text/csv", icon=":material/download:",
            key="session-csv", on_click="ignore",
        )  # fmt: skip


def _word(emotion: str) -> str:
    return plots.EMOTION_LOOKS[emotion].word
