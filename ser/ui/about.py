"""What it can and can't do, what happens to a recording, the law, the model cards, and where the voices came from."""

from __future__ import annotations

import os
import re
from typing import Any

import pandas as pd
import streamlit as st

from ser.catalogue import MODEL_FOLDER, ModelInfo, known_models
from ser.corpus_titles import corpus_title
from ser.manifest import read_json
from ser.ui import look

# What the operator of a server wants its visitors to read, on every page.
NOTICE_VARIABLE = "SER_NOTICE"
CARD = "CARD.md"
_PICTURE = re.compile(r"!\[[^\]]*\]\([^)]*\)")

CAN = """
**It can** tell how a voice sounds: which of eight emotions it is most like, how sure that is, and how this changes over
time. Its percentages mean what they say: of the answers that it calls 70 % likely, about 70 in 100 are right on
recordings like those it was tested on.

**It can't** look into anyone. It hears how something is said, not what is said, and not why. It learnt from actors,
most of them in studios and speaking English, Polish or German; real feelings are quieter and more mixed, and other
languages and accents are understood less well. Where it is not sure, it says so.

**Don't use it** to decide anything about a person: not about work, school, insurance, credit, treatment, guilt or
truth.
"""
PRIVACY = """
Your recording goes to the server that shows you this page, is held there in memory while it is answered and while the
page is open, and is gone when you close or reload the page, or remove the file. It is not written to a disk, not
logged, not passed on, and not used to train anything. Downloads are made for you and kept nowhere else.
"""
LAW = """
The EU's AI Act (Regulation 2024/1689) **prohibits** systems that infer emotions of people **at work and in education**,
except for medical or safety reasons (Article 5(1)(f)). Elsewhere such systems are high-risk (Annex III), and people who
are exposed to one must be **told** (Article 50(3)). A voice is personal data: the GDPR asks for a legal ground, and for
consent in most cases. Whoever runs this server is responsible for that.
"""


def notice() -> None:
    """The operator's own notice, if there is one."""
    if text := os.environ.get(NOTICE_VARIABLE, "").strip():
        st.info(look.plain(text), icon=":material/campaign:")


def page() -> None:
    """Draws the page."""
    look.head("About", "What it can do, what it can't, and what happens to your voice.")
    for title, icon, text in (
        ("What it can and can't do", "hearing", CAN),
        ("Your recording", "lock", PRIVACY),
        ("The law", "gavel", LAW),
    ):
        with st.container(border=True):
            st.markdown(f"#### :material/{icon}: {title}")
            st.markdown(text)
    _voices()
    _cards()


def _voices() -> None:
    """The corpora that taught the models that have a card, as their manifests name them."""
    rows: dict[str, dict[str, Any]] = {}
    for info in _with_a_card():
        for corpus, counts in read_json(MODEL_FOLDER / info.name / "manifest.json").get("corpora", {}).items():
            row = rows.setdefault(
                corpus,
                {"Corpus": corpus_title(corpus), "Speakers": counts["speakers"], "Clips": counts["clips"]},
            )
            row["Taught"] = ", ".join(filter(None, (row.get("Taught"), info.title)))
    if rows:
        st.subheader("The voices that taught it", anchor=False)
        st.dataframe(pd.DataFrame(rows.values()), hide_index=True)
        st.caption("Licences, splits and figures are in the model cards below. All of them taught the classic models.")


def _cards() -> None:
    st.subheader("Model cards", anchor=False)
    for info in _with_a_card():
        with st.expander(f"{info.title} ({info.name})", icon=":material/description:"):
            st.markdown(_PICTURE.sub("", (MODEL_FOLDER / info.name / CARD).read_text(encoding="utf-8")))


def _with_a_card() -> list[ModelInfo]:
    """The bundled models; the classic ones are told about by the comparison."""
    return [info for info in known_models() if (MODEL_FOLDER / info.name / CARD).is_file()]
