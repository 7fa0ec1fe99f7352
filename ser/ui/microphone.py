"""Says why a microphone is silent: the browser knows, Streamlit does not tell."""

from __future__ import annotations

from ser.language import mark, tr
from ser.ui.components import component

INSECURE = mark(
    "This page was not opened over https://, so the browser gives it no microphone. Open it over https:// or on "
    "localhost, or upload a recording instead."
)
REFUSED = mark(
    "The browser refuses this page the microphone. Press the icon before the address, allow the microphone there, "
    "and load the page again; or upload a recording instead."
)
NONE = mark("The browser finds no microphone. Plug one in and load the page again, or upload a recording instead.")
_HTML = '<p role="alert" hidden></p>'
_CSS = "p { margin: 0; padding: .6rem 1rem; border-radius: .6rem; border: 1px solid currentColor; }"


def watch(place: str = "") -> None:
    """Shows a sentence if the microphone can't work, and nothing otherwise; ``place`` tells several on a page apart."""
    component("microphone", _HTML, _CSS)(
        key=f"microphone-hint{place}", data={"insecure": tr(INSECURE), "refused": tr(REFUSED), "none": tr(NONE)}
    )
