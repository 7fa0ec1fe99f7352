"""Joins players and figures: a line runs along while a recording plays, a click in a figure plays from there."""

from __future__ import annotations

from ser.ui.components import component


def join() -> None:
    """Once a page, behind its last figure. Takes no room."""
    component("playhead")(key="playhead", height=1)
