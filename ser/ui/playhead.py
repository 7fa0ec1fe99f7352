"""Joins players and figures: a line runs along while a recording plays, a click in a figure plays from there."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import streamlit as st

SCRIPT = Path(__file__).with_name("playhead.js")


@functools.cache
def _component() -> Any:
    return st.components.v2.component("ser_playhead", js=SCRIPT.read_text(encoding="utf-8"))


def join() -> None:
    """Once a page, behind its last figure. Takes no room."""
    _component()(key="playhead", height=1)
