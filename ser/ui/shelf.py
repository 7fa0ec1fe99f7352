"""The recognizers that pages, API and sessions share: each is loaded and warmed up once a server."""

from __future__ import annotations

import streamlit as st

import ser
from ser.ui import recognise


@st.cache_resource(show_spinner=False)
def recognizer(name: str) -> ser.Recognizer:
    """A model of ``model/``, loaded and warmed up when it is first asked for; who comes second waits for the first.

    Raises:
        ModelError: there is no such model, or its files do not fit.
    """
    return recognise.warmed_up(ser.load(name))
