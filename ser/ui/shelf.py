"""What pages share: the recognizers, each loaded and warmed up once a server, and the way to each other."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.navigation.page import StreamlitPage

import ser
from ser.ui import recognise


@st.cache_resource(show_spinner=False)
def recognizer(name: str) -> ser.Recognizer:
    """A model of ``model/``, loaded and warmed up when it is first asked for; who comes second waits for the first.

    Raises:
        ModelError: there is no such model, or its files do not fit.
    """
    return recognise.warmed_up(ser.load(name))


def keep_pages(pages: Sequence[StreamlitPage]) -> None:
    """Remembers the session's pages, so that one can lead to another."""
    st.session_state["pages"] = tuple(pages)


def go_to_first() -> None:
    """Leads to the main page; stays where there are no others."""
    if pages := st.session_state.get("pages"):
        st.switch_page(pages[0])
