"""What a visitor gives to hear: an upload, a recording, an example, or a row of another page.

Held in the session's own state, and gone when it ends.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import streamlit as st

from ser.language import mark, tr
from ser.ui import look

GIVEN: Final = "given"
EXAMPLES: Final = Path(__file__).with_name("examples")
# How the synthetic voice of a file speaks. scripts/make_examples.py makes them.
MANNERS: Final = (mark("lively"), mark("even"), mark("slow"))
PUBLIC: Final = (
    "[RAVDESS](https://zenodo.org/records/1188976), "
    "[CREMA-D](https://github.com/CheyneyComputerScience/CREMA-D), [EmoDB](http://emodb.bilderbar.info/)"
)


@dataclass(frozen=True)
class Sound:
    """What was uploaded or recorded, before the door."""

    name: str
    data: bytes = field(repr=False)

    @property
    def key(self) -> str:
        """SHA-256 of name and content."""
        return hashlib.sha256(self.name.encode() + b"\0" + self.data).hexdigest()


def give(sound: Sound) -> None:
    """Puts a sound on the main page as if it had been uploaded there."""
    st.session_state[GIVEN] = sound


def forget_given() -> None:
    """An upload takes the place of what was given."""
    st.session_state.pop(GIVEN, None)


def given() -> Sound | None:
    """What was given, with its name and a button that takes it off the page."""
    sound = st.session_state.get(GIVEN)
    if not isinstance(sound, Sound):
        return None
    left, right = st.columns([4, 1], vertical_alignment="center")
    left.markdown(f":material/audio_file: **{look.plain(sound.name)}**")
    right.button(tr("Remove"), key="remove-given", on_click=forget_given, icon=":material/close:", width="stretch")
    return sound


def offer() -> None:
    """Examples to try without a file of one's own: a synthetic voice, and public corpora by link."""
    st.caption(tr("Nothing at hand? The same sentence by a synthetic voice:"))
    with st.container(horizontal=True):
        for name in MANNERS:
            st.button(tr(name).capitalize(), key=f"example-{name}", on_click=_give_example, args=(name,),
                      icon=":material/play_circle:")  # fmt: skip
    st.caption(tr("More voices, acted and free for research: {corpora}.", corpora=PUBLIC))


def _give_example(name: str) -> None:
    give(example(name))


def example(name: str) -> Sound:
    """The example clip of a name in :data:`MANNERS`."""
    return Sound(f"Example ({name}).ogg", (EXAMPLES / f"{name}.ogg").read_bytes())
