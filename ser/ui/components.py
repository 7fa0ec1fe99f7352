"""The page's own pieces of JavaScript, ``NAME.js`` beside this file, as components of Streamlit."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import streamlit as st


@functools.cache
def component(name: str, html: str | None = None, css: str | None = None) -> Any:
    """What mounts the script of a name; registered once a process."""
    script = Path(__file__).with_name(f"{name}.js").read_text(encoding="utf-8")
    return st.components.v2.component(f"ser_{name}", html=html, css=css, js=script)
