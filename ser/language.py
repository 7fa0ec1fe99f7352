"""The reader's language: texts, plurals and numbers, by gettext's catalogues in ``ser/locale``. Knows no page.

English is the language of the sources, of the API and of files made for programs. Only what says who reads
(:func:`ask`), the page or ``ser predict --language``, gets another one::

    tr("Recognised in {seconds:.1f} s", seconds=1.2)      # translated, then filled in with the language's numbers
    ntr("{n} byte", "{n} bytes", size_bytes)               # one of the language's plural forms
    mark("angry")                                          # found for the catalogues here, translated elsewhere

``make texts`` collects what these name and compiles the translations. First arguments of audio errors and of quality
remarks are collected too.
"""

from __future__ import annotations

import gettext
import string
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

FOLDER = Path(__file__).with_name("locale")
DOMAIN: Final = "ser"
LATIN_DIGITS: Final = "0123456789"


@dataclass(frozen=True)
class Language:
    """A language, and how it writes numbers.

    Attributes:
        code: its folder in ``ser/locale``, and its name in a link.
        name: as its speakers call it.
        tag: what browsers and screen readers call it (BCP 47).
        percent: what follows a number of hundredths.
    """

    code: str
    name: str
    tag: str
    decimal: str = "."
    group: str = ","
    percent: str = "%"
    digits: str = LATIN_DIGITS
    right_to_left: bool = False

    def number(self, text: str) -> str:
        """A number as Python writes it → as this language does."""
        signs = zip(f".,%{LATIN_DIGITS}", (self.decimal, self.group, self.percent, *self.digits), strict=True)
        return text.translate({ord(sign): own for sign, own in signs})


ENGLISH: Final = Language("en", "English", "en")
LANGUAGES: Final = {
    one.code: one
    for one in (
        ENGLISH,
        Language("de", "Deutsch", "de", ",", ".", "\u00a0%"),
        Language("es", "Español", "es", ",", ".", "\u00a0%"),
        Language("fr", "Français", "fr", ",", "\u202f", "\u00a0%"),
        Language("it", "Italiano", "it", ",", "."),
        Language("zh", "简体中文", "zh-Hans"),
        Language("hi", "हिन्दी", "hi"),
        Language("fa", "فارسی", "fa", "٫", "٬", "٪", "۰۱۲۳۴۵۶۷۸۹", right_to_left=True),
    )
}


def match(tag: str | None) -> str | None:
    """The code of a language that a browser or a link names, or None.

    >>> match("de-AT"), match("ZH_cn"), match("nl"), match(None)
    ('de', 'zh', None, None)
    """
    code = (tag or "").replace("_", "-").split("-")[0].lower()
    return code if code in LANGUAGES else None


def _nobody() -> None:
    return None


_reader: Callable[[], str | None] = _nobody


def ask(reader: Callable[[], str | None]) -> None:
    """Sets who is asked for the reader's language, each time that a text is needed; None is English."""
    global _reader  # noqa: PLW0603 - sessions run in threads that come and go; only the page can tell whose one is
    _reader = reader


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Everybody reads this language for a while: for a command, whose process has one reader."""
    before = _reader
    ask(lambda: code)
    try:
        yield
    finally:
        ask(before)


def spoken() -> Language:
    """The reader's language."""
    return LANGUAGES.get(_reader() or "", ENGLISH)


def mark(text: str) -> str:
    """Nothing; names a text for the catalogues that is translated elsewhere."""
    return text


# What emotions are called, by how files for programs name them.
EMOTION_WORDS: Final = {
    "angry": mark("angry"),
    "calm": mark("calm"),
    "disgust": mark("disgusted"),
    "fearful": mark("fearful"),
    "happy": mark("happy"),
    "neutral": mark("neutral"),
    "sad": mark("sad"),
    "surprised": mark("surprised"),
}


def emotion_word(emotion: str) -> str:
    """An emotion in the reader's language.

    >>> emotion_word("disgust")
    'disgusted'
    """
    return tr(EMOTION_WORDS[emotion])


def tr(text: str, **values: object) -> str:
    """A text in the reader's language, with values in place of its ``{names}``; English where no translation is.

    >>> tr("{seconds:.1f} s of {name}", seconds=1.25, name="a.wav")
    '1.2 s of a.wav'
    """
    return tr_into(spoken(), text, **values)


def tr_into(language: Language, text: str, /, **values: object) -> str:
    """:func:`tr` for a reader whose language is known otherwise, such as before there is a session."""
    # The catalogue's entry for an empty text is its own head.
    found = _catalogue(language.code).gettext(text) if text else text
    return fill(found, values, language)


def ntr(one: str, several: str, n: int, **values: object) -> str:
    """A text with a count ``{n}`` in the plural form that the language has for it.

    >>> ntr("{n} byte", "{n} bytes", 1), ntr("{n} byte", "{n} bytes", 2)
    ('1 byte', '2 bytes')
    """
    language = spoken()
    return fill(_catalogue(language.code).ngettext(one, several, n), {"n": n, **values}, language)


def fill(text: str, values: Mapping[str, object], language: Language) -> str:
    """``str.format`` with numbers as the language writes them; a text without values is left as it is."""
    return _Filled(language).vformat(text, (), values) if values else text


class _Filled(string.Formatter):
    def __init__(self, language: Language) -> None:
        self.language = language

    def format_field(self, value: Any, format_spec: str) -> str:
        text = format(value, format_spec)
        return self.language.number(text) if isinstance(value, int | float) else text


@cache
def _catalogue(code: str) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, FOLDER, [code], fallback=True)
