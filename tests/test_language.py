"""Catalogues hold exactly the sources' texts, compiled as they are written; texts and numbers follow the language."""

from __future__ import annotations

import gettext
import io
import pickle
import re
import string
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts import make_texts
from ser import language
from ser.errors import AudioError, DecodeError
from ser.language import LANGUAGES, ntr, tr
from ser.plots import EMOTION_LOOKS
from ser.quality import Remark
from ser.timeline import as_subtitles
from ser.ui import language as page_language
from ser.ui import look

ROOT = Path(__file__).resolve().parent.parent
CODES = make_texts.translated()
TEMPLATE = make_texts.collected()


@pytest.fixture
def speak(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Sets the language of this test."""
    now = ["en"]
    monkeypatch.setattr(language, "_reader", lambda: now[0])
    return lambda code: now.__setitem__(0, code)


def fields(text: str) -> set[tuple[str, str | None]]:
    return {(name, spec) for _, name, spec, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("code", CODES)
def test_the_files_are_what_make_texts_writes(code: str) -> None:
    folder = language.FOLDER / code / "LC_MESSAGES"
    catalog = make_texts.catalogue(code, TEMPLATE)
    assert (folder / "ser.po").read_bytes() == make_texts.as_po(catalog), "Run: make texts"
    assert (folder / "ser.mo").read_bytes() == make_texts.as_mo(catalog), "Run: make texts"


@pytest.mark.parametrize("code", CODES)
def test_every_text_is_translated_with_the_same_values(code: str) -> None:
    compiled = gettext.GNUTranslations(io.BytesIO((language.FOLDER / code / "LC_MESSAGES" / "ser.mo").read_bytes()))
    catalog = make_texts.catalogue(code, TEMPLATE)
    assert len(catalog) > 100
    for one in catalog:
        if not one.id:
            continue
        if isinstance(one.id, str):
            english, forms = one.id, [compiled.gettext(one.id)]
        else:
            english, forms = one.id[1], [compiled.ngettext(one.id[0], one.id[1], n) for n in range(3)]
            assert len(one.string or ()) == catalog.num_plurals
        for form in forms:
            assert form.strip() == form
            assert fields(form) == fields(english), one.id
            assert form != english or len(english) < 30, one.id  # words and units may be the same, sentences not
            assert form.count("<b>") == form.count("</b>") == english.count("<b>"), one.id
            assert "**" not in form


@pytest.mark.parametrize("code", CODES)
def test_emotions_and_degrees_of_sureness_have_words_of_their_own(code: str, speak: Callable[[str], None]) -> None:
    speak(code)
    assert len({one.said for one in EMOTION_LOOKS.values()}) == len(EMOTION_LOOKS)
    assert len({look.sureness(share) for share in (0.9, 0.7, 0.5, 0.2)}) == 4


def test_texts_inside_f_strings_and_errors_are_found(tmp_path: Path) -> None:
    file = tmp_path / "page.py"
    file.write_text(
        'f"<b>{tr(\'inside\')}</b>"\nraise DecodeError("cut " "short", name=1)\nntr("a", "b", 2)\ntr(word)\n'
    )
    assert [text for text, _ in sorted(make_texts.texts(file), key=lambda one: one[1])] == [
        "inside",
        "cut short",
        ("a", "b"),
    ]


def test_audio_errors_are_raised_with_a_template_and_not_with_a_finished_sentence() -> None:
    """A finished sentence is in no catalogue."""
    for name in ("audio", "intake", "containers", "ffmpeg", "zipped"):
        source = (ROOT / "ser" / f"{name}.py").read_text(encoding="utf-8")
        finished = re.findall(r'Error\(\s*f".*', source)
        # Paths and arrays never come from the page.
        assert [one for one in finished if "{path}" not in one and "{array." not in one] == [], name


def test_numbers_follow_the_language(speak: Callable[[str], None]) -> None:
    shown = {}
    for code in LANGUAGES:
        speak(code)
        shown[code] = (tr("{seconds:.1f} s", seconds=1.5), tr("{emotion} {share:.0%}", emotion="X", share=0.5))
    assert shown["en"] == ("1.5 s", "X 50%")
    assert shown["de"] == ("1,5 s", "X 50\u00a0%")
    assert shown["zh"] == ("1.5 秒", "X 50%")
    assert shown["fa"] == ("۱٫۵ ثانیه", "X ۵۰٪")


def test_plural_forms(speak: Callable[[str], None]) -> None:
    speak("fr")
    assert [ntr("{n} byte", "{n} bytes", n) for n in (0, 1, 2)] == ["0 octet", "1 octet", "2 octets"]
    speak("fa")
    assert look.size_words(900) == "۹۰۰ بایت"
    speak("en")
    assert look.size_words(1) == "1 byte"


def test_a_text_without_translation_stays_english(speak: Callable[[str], None]) -> None:
    speak("de")
    assert tr("No catalogue has {n} of this", n=2) == "No catalogue has 2 of this"
    assert tr("") == ""
    assert tr("{braces} of a stranger") == "{braces} of a stranger"
    speak("xx")
    assert tr("Model") == "Model"


def test_an_error_keeps_its_english_sentence_and_is_told_in_the_readers_language(speak: Callable[[str], None]) -> None:
    error = DecodeError("'{name}' could not be read within {limit_s} s. Convert it to WAV or MP3 and try again.",
                        name="*a*.mp3", limit_s=30)  # fmt: skip
    speak("de")
    assert str(error) == "'*a*.mp3' could not be read within 30 s. Convert it to WAV or MP3 and try again."
    assert page_language.told(error).startswith(r"„\*a\*.mp3“ konnte nicht innerhalb von 30 s gelesen werden.")
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.template, copy.values) == (str(error), error.template, error.values)
    assert page_language.told(AudioError("As it *is*.")) == r"As it \*is\*."
    speak("fa")
    assert "«\u2068\\*a\\*.mp3\u2069» در ۳۰ ثانیه" in page_language.told(error)


def test_a_remark_is_english_for_programs() -> None:
    one = Remark("noisy", "Noisy: {above_db:.0f} dB.", {"above_db": 3.2})
    assert one.text == "Noisy: 3 dB."
    assert hash(one) == hash(Remark("noisy", "Noisy: {above_db:.0f} dB.", {"above_db": 4.0}))


def test_outside_of_the_page_everything_is_english() -> None:
    assert language.spoken() is language.ENGLISH
    assert as_subtitles.__defaults__ == (None,)
