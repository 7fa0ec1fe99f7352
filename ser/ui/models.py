"""Which model answers: a choice where there is more than one, and a link that keeps it.

The page's address holds the chosen model's name (``?model=NAME``) and nothing about a recording.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ser.catalogue import DEFAULT_MODEL, ModelInfo, known_models
from ser.language import tr
from ser.ui import look

# Both the widget's key and the parameter's name in the address.
MODEL = "model"
CHOSEN = "model-chosen"


def choose() -> str:
    """Draws the choice and gives the chosen model's name; with fewer than two models there is nothing to draw."""
    models = {one.name: one for one in known_models()}
    if len(models) < 2:
        return DEFAULT_MODEL
    first, state = next(iter(models)), st.session_state
    if state.get(MODEL) not in models:
        # Another page forgets the widget and empties the link, so the choice is kept in the session too.
        asked = (st.query_params.get(MODEL), state.get(CHOSEN))
        state[MODEL] = next((one for one in asked if one in models), first)
    titles = _titles(tuple(models.values()))
    left, right = st.columns([2, 3], gap="small", vertical_alignment="bottom")
    with left:
        # Few options: typing to filter them would only bring up a phone's keyboard.
        name = st.selectbox(tr("Model"), tuple(models), format_func=titles.__getitem__, key=MODEL, filter_mode=None)
    if models[name].use:
        right.caption(look.plain(tr(models[name].use)))
    state[CHOSEN] = name
    _keep_in_link(name, first)
    return str(name)


def _titles(models: Sequence[ModelInfo]) -> dict[str, str]:
    """Name → title; two models that share a title are told apart by their names."""
    said = {one.name: tr(one.title) for one in models}
    titles = list(said.values())
    return {name: title if titles.count(title) == 1 else f"{title} ({name})" for name, title in said.items()}


def _keep_in_link(name: str, first: str) -> None:
    """The address without a parameter is the first model's; an unknown name in it is dropped."""
    wanted = None if name == first else name
    if st.query_params.get(MODEL) == wanted:
        return
    if wanted is None:
        del st.query_params[MODEL]
    else:
        st.query_params[MODEL] = wanted
