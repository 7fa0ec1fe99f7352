"""A refresh or a lost connection does not lose the answer.

The tab has a random name. What the page shows is held by the tab's session; the server knows under that name where,
by a weak reference, and so keeps nothing longer than Streamlit keeps the session itself: two minutes after a tab is
closed or reloaded. A reloaded tab finds its old session's sound and answer within that time.
"""

from __future__ import annotations

import re
import weakref
from typing import Final

import streamlit as st

from ser.ui import sounds
from ser.ui.components import component
from ser.ui.sounds import Sound

HELD: Final = "held"
TAB = re.compile(r"[0-9a-f]{32}")


class Shown:
    """What a session shows; mutable, since the session fills it."""

    def __init__(self) -> None:
        self.sound: Sound | None = None
        self.answer: object = None


@st.cache_resource(show_spinner=False)
def _tabs() -> weakref.WeakValueDictionary[str, Shown]:
    return weakref.WeakValueDictionary()


def _tab() -> str | None:
    """The tab's name, once the browser has told it."""
    told = component("memory")(key="tab", height=1, on_tab_change=_nothing).tab
    return told if isinstance(told, str) and TAB.fullmatch(told) else None


def _nothing() -> None:
    """Streamlit gives a component's state only to who asks to be told of changes."""


def recall(answer_key: str) -> None:
    """Takes over what the same tab showed before it was reloaded; its answer goes to ``answer_key`` of the session."""
    own: Shown = st.session_state.setdefault(HELD, Shown())
    tab, tabs = _tab(), _tabs()
    if tab is None:
        return
    before = tabs.get(tab)
    if before is not None and before is not own and before.sound and own.sound is None:
        sounds.give(before.sound)
        st.session_state[answer_key] = before.answer
    tabs[tab] = own


def hold(sound: Sound | None, answer: object = None) -> None:
    """What the page shows now; nothing, when it was taken away."""
    own: Shown = st.session_state.setdefault(HELD, Shown())
    own.sound, own.answer = sound, answer
