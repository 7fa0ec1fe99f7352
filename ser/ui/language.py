"""The page's language: from the link (``?lang=de``), else from the browser, and changed by a choice on the page.

What was chosen stands in the link, so that a link shows others the same; what the browser asked for does not.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ser.errors import SerError
from ser.language import ENGLISH, LANGUAGES, ask, match, spoken, tr
from ser.ui import look

LANGUAGE = "language"  # the widget's key
LINK = "lang"  # the parameter in the address
CHOSEN = "language-chosen"
# Pages whose words are translated, by their address; the first page's is empty. Others say that they are in English.
TRANSLATED = ("", "recognise", "many", "compare")
STYLE = Path(__file__).with_name("language.css")


def _of_session() -> str | None:
    """The language of the session whose script runs in this thread; None outside of one (API, tests)."""
    return st.session_state.get(LANGUAGE) if get_script_run_ctx(suppress_warning=True) else None


ask(_of_session)


def begin() -> None:
    """Settles the language of this run; before anything is drawn."""
    state = st.session_state
    if state.get(LANGUAGE) in LANGUAGES:
        return
    # Leaving a page empties the link, so the choice is kept in the session too.
    state[CHOSEN] = state.get(CHOSEN) or match(st.query_params.get(LINK))
    state[LANGUAGE] = state[CHOSEN] or match(st.context.locale) or ENGLISH.code


def choose() -> None:
    """Draws the choice, keeps the link, and tells the browser language and direction."""
    language = spoken()
    st.html(STYLE)
    # Screen readers pronounce, and browsers hyphenate and align, by these two attributes of the whole page.
    attributes = {"lang": language.tag, "dir": "rtl" if language.right_to_left else "ltr"}
    upload = json.dumps(json.dumps(tr("Upload"), ensure_ascii=False), ensure_ascii=False)  # a string in quotes, for CSS
    script = (
        f"Object.assign(document.documentElement, {json.dumps(attributes)});"
        f'document.documentElement.style.setProperty("--ser-upload", {upload})'
    )
    with st.container(key="language-place", gap=None):
        st.html(f"<script>{script}</script>", unsafe_allow_javascript=True)
        st.selectbox(
            tr("Language"),
            tuple(LANGUAGES),
            format_func=lambda code: LANGUAGES[code].name,
            key=LANGUAGE,
            on_change=_chosen,
            filter_mode=None,
            label_visibility="collapsed",
            icon=":material/translate:",
        )
    _keep_in_link(st.session_state.get(CHOSEN))


def _chosen() -> None:
    state = st.session_state
    state[CHOSEN] = state[LANGUAGE]
    # The browser knows a choice by the words that it showed. Setting it anew gives it the new words; without, it would
    # go on to show, and to send, those of the language before.
    for key in [key for key in state if isinstance(state[key], str)]:
        state[key] = state[key]


def _keep_in_link(wanted: str | None) -> None:
    if st.query_params.get(LINK) == wanted:
        return
    if wanted is None:
        del st.query_params[LINK]
    else:
        st.query_params[LINK] = wanted


def note(address: str) -> None:
    """Says of a page that is in English that it is; to those who read another language."""
    if spoken() is not ENGLISH and address not in TRANSLATED:
        st.caption(tr("Sorry, this page is in English only."))


def told(error: SerError, markdown: bool = True) -> str:
    """An error's sentence in the reader's language, with names from outside safe as Markdown, where that is read."""
    escaped = look.plain if markdown else str
    if not error.values:
        return escaped(tr(error.template))
    return tr(error.template, **{name: _shown(value, escaped) for name, value in error.values.items()})


def _shown(value: object, escaped: Callable[[str], str]) -> object:
    if not isinstance(value, str):
        return value
    text = escaped(tr(value))  # the page's own name for what was spoken is a text
    # Isolated, so that a name in Latin letters does not reorder a sentence that runs from right to left.
    return f"\u2068{text}\u2069" if spoken().right_to_left else text
