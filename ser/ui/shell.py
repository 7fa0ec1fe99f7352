"""What a browser shows at once, while Streamlit's own scripts are still on their way: the page's name, not nothing.

It stands where the page will be, in Streamlit's own document, and Streamlit takes it away when it draws the page.
"""

from __future__ import annotations

import html
from functools import cache
from pathlib import Path
from typing import Final

import streamlit as st
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from ser.language import ENGLISH, LANGUAGES, Language, mark, match, tr_into
from ser.ui import language as page_language
from ser.ui import look

DOCUMENT: Final = Path(st.__file__).with_name("static") / "index.html"
PLACE: Final = '<div id="root"></div>'
ADDRESSES: Final = ("", "recognise", "many", "compare", "models", "corpora", "about")
NAME: Final = mark("SER · the emotion in a voice")
LOADING: Final = mark("Loading …")
_STYLE: Final = """
.ser-shell { position: absolute; inset: 0; font-family: system-ui, sans-serif; background: %s; color: %s; }
.ser-shell div { display: flex; align-items: center; gap: 1rem; max-width: 56rem; margin: 6rem auto; padding: 0 1rem; }
.ser-shell img { width: 3.4rem; height: 3.4rem; }
.ser-shell h1 { font-size: clamp(1.5rem, 4.6vw, 2.3rem); line-height: 1.12; margin: 0; }
.ser-shell p { margin: 0.35rem 0 0; }
@media (prefers-color-scheme: dark) { .ser-shell { background: %s; color: %s; } }
"""


def routes() -> list[Route]:
    """The pages' addresses."""
    return [Route(f"/{address}", _page) for address in ADDRESSES]


async def _page(request: Request) -> HTMLResponse:
    asked = (
        request.query_params.get(page_language.LINK),
        request.headers.get("accept-language", "").split(",")[0].split(";")[0],
    )
    code = next((found for one in asked if (found := match(one))), ENGLISH.code)
    return HTMLResponse(document(code), headers={"Cache-Control": "no-cache", "Vary": "Accept-Language"})


@cache
def document(code: str) -> str:
    """Streamlit's document with the page's name in it, in a language.

    Raises:
        RuntimeError: this version of Streamlit draws its page elsewhere.
    """
    text, language = DOCUMENT.read_text(encoding="utf-8"), LANGUAGES[code]
    if PLACE not in text:
        raise RuntimeError(f"{DOCUMENT} does not hold {PLACE}. Pin the version of Streamlit in requirements.txt.")
    direction = "rtl" if language.right_to_left else "ltr"
    name = html.escape(tr_into(language, NAME))
    text = text.replace('<html lang="en">', f'<html lang="{language.tag}" dir="{direction}">')
    text = text.replace("<title>Streamlit</title>", f"<title>{name}</title>")
    return text.replace(PLACE, f'<div id="root">{_shell(name, language)}</div>')


def _shell(name: str, language: Language) -> str:
    themes = ("light", "dark")
    colours = [st.get_option(f"theme.{one}.{part}Color") for one in themes for part in ("background", "text")]
    words = f"<h1>{name}</h1><p>{html.escape(tr_into(language, LOADING))}</p>"
    picture = f'<img alt="" src="{look.picture()}">'
    return (
        f'<style>{_STYLE % tuple(colours)}</style><div class="ser-shell"><div>{picture}<span>{words}</span></div></div>'
    )
