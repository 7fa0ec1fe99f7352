"""What all pages share: the style sheet, the head and the foot, and words for numbers."""

from __future__ import annotations

import base64
import re
from contextlib import AbstractContextManager
from pathlib import Path

import streamlit as st

from ser.language import Language, mark, ntr, spoken, tr

# Colours come from the theme (.streamlit/config.toml) by way of currentColor, so one sheet serves both themes.
STYLE = Path(__file__).with_name("style.css")

_MARK = Path(__file__).with_name("mark.svg")

# Of the foot, each a paragraph.
_FOOT = (
    mark(
        "<b>What this is.</b> A neural network that judges how a voice sounds; it does not understand the words and "
        "can't look into anyone. It can be wrong, most of all with noise, several speakers, or languages and accents "
        "it has not heard. Don't decide anything about a person by it."
    ),
    mark("<b>Your recording</b> is held in memory while this page is open, and is neither stored nor passed on."),
    mark(
        "<b>The law.</b> The EU AI Act prohibits inferring emotions of people at work and in education, except for "
        "medical or safety reasons (Art. 5(1)(f)). Elsewhere, people whose emotions are inferred must be informed "
        "(Art. 50(3))."
    ),
)

_MARKDOWN = re.compile(r"[\\`*\[\]$~<>:#|]|(?<![^\W_])_|_(?![^\W_])")


def apply() -> None:
    """Puts the style sheet on the page."""
    st.html(STYLE)


def head(title: str, line: str) -> None:
    """The page's name and one line under it."""
    st.html(f'<div class="ser-head"><img alt="" src="{picture()}"><div><h1>{title}</h1><p>{line}</p></div></div>')


def picture() -> str:
    """The page's mark, as an address that holds the picture itself."""
    return f"data:image/svg+xml;base64,{base64.b64encode(_MARK.read_bytes()).decode()}"


def drawing() -> AbstractContextManager[None]:
    """A spinner for what may take long; Streamlit shows it after half a second, so that quick work does not flicker."""
    return st.spinner(tr("Drawing …"))


def foot() -> None:
    """What this is, where recordings go, and the law."""
    paragraphs = "\n".join(f"<p>{tr(one)}</p>" for one in _FOOT)
    st.html(f'<footer class="ser-foot">\n{paragraphs}\n</footer>')


def plain(text: str) -> str:
    r"""Text from outside (a file's name) with what Markdown would read as formatting escaped.

    >>> plain("my_voice *final*.wav")
    'my_voice \\*final\\*.wav'
    """
    return _MARKDOWN.sub(r"\\\g<0>", text)


def sureness(probability: float, not_sure_below: float = 0.0) -> str:
    """A calibrated probability in plain words; from a model's limit on (if it has one), never words of doubt.

    >>> sureness(0.91), sureness(0.7), sureness(0.5), sureness(0.3)
    ('Very sure', 'Fairly sure', 'Not so sure', 'Hardly more than a guess')
    >>> sureness(0.58, not_sure_below=0.57)
    'Fairly sure'
    """
    fairly = min(0.6, not_sure_below or 0.6)
    steps = ((0.85, tr("Very sure")), (fairly, tr("Fairly sure")), (0.4, tr("Not so sure")))
    return next((words for least, words in steps if probability >= least), tr("Hardly more than a guess"))


def size_words(size_bytes: int) -> str:
    """A file's size with a fitting unit.

    >>> size_words(900), size_words(48_000), size_words(2_340_000)
    ('900 bytes', '48 kB', '2.3 MB')
    """
    if size_bytes < 1000:
        return ntr("{n} byte", "{n} bytes", size_bytes)
    if size_bytes < 1_000_000:
        return tr("{kilobytes:.0f} kB", kilobytes=size_bytes / 1000)
    return tr("{megabytes:.1f} MB", megabytes=size_bytes / 1_000_000)


def clock(seconds: float, language: Language | None = None) -> str:
    """A place in a recording, with the digits of a language; by default the reader's.

    >>> clock(75.4), clock(3661)
    ('1:15', '1:01:01')
    """
    minutes, rest = divmod(int(seconds), 60)
    text = f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}" if minutes >= 60 else f"{minutes}:{rest:02d}"
    return (language or spoken()).number(text)


def duration_words(duration_s: float) -> str:
    """A length in seconds, or in minutes and seconds from one minute on.

    >>> duration_words(3.216), duration_words(75.0)
    ('3.2 s', '1 min 15 s')
    """
    if duration_s < 59.95:
        return tr("{seconds:.1f} s", seconds=duration_s)
    minutes, seconds = divmod(round(duration_s), 60)
    return tr("{minutes} min {seconds} s", minutes=minutes, seconds=seconds)
