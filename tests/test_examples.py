"""The examples in the texts: their Python runs as it stands, their command lines are understood."""

from __future__ import annotations

import itertools
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sybil.document import Document
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser
from sybil.parsers.markdown.lexers import RawFencedCodeBlockLexer

from ser.cli import parser_of
from tests.conftest import voice_like, wav_bytes

ROOT = Path(__file__).resolve().parent.parent
TEXTS = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
LIVE_RATE_HZ = 48_000


def _python(text: Path) -> Document:
    """A text with its Python blocks, which share their names, as they do for a reader.

    What can't run here, such as what starts machines that cost money, is marked in the text by ``<!-- skip: next -->``.
    """
    return Document.parse(str(text), PythonCodeBlockParser(), SkipParser())


WITH_PYTHON = [text for text in TEXTS if list(_python(text).examples())]


def _microphone(seconds: int) -> tuple[Callable[[], bool], Callable[[], NDArray[np.float32]]]:
    """Whether more comes, and the next second of it."""
    left = [voice_like(1.0, LIVE_RATE_HZ, seed) for seed in range(seconds)]
    return lambda: bool(left), left.pop


@pytest.fixture
def stand_ins(tmp_path: Path, make_encoded: Callable[..., bytes]) -> dict[str, Any]:
    """What the texts' names stand for: a microphone, and recordings by five speakers who say two emotions each."""
    (tmp_path / "voice.mp3").write_bytes(make_encoded("mp3", 2.0))
    rng = np.random.default_rng(0)
    paths, emotions, speakers = [], [], []
    for speaker in range(5):
        for emotion, share in (("happy", 0.5), ("sad", 0.02)):
            sound = voice_like(1.0, seed=speaker) + share * rng.standard_normal(16_000)
            path = tmp_path / f"{speaker}_{emotion}.wav"
            path.write_bytes(wav_bytes(0.3 * sound, 16_000))
            paths.append(str(path))
            emotions.append(emotion)
            speakers.append(speaker)
    pieces_come, next_piece = _microphone(seconds=3)
    return {
        "paths": paths,
        "emotions": emotions,
        "speakers": speakers,
        "pieces_come": pieces_come,
        "next_piece": next_piece,
    }


@pytest.mark.parametrize("text", WITH_PYTHON, ids=lambda text: text.name)
def test_python_in_the_texts_runs(
    text: Path, stand_ins: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "1")  # no worker processes, which load everything again
    document = _python(text)
    document.namespace.update(stand_ins)
    for example in document.examples():
        example.evaluate()


def test_the_texts_have_python_to_run() -> None:
    assert {"README.md", "python.md"} <= {text.name for text in WITH_PYTHON}


def _commands(text: Path) -> Iterator[list[str]]:
    """The words of each command in blocks without a language; remarks and redirections are left out."""
    for block in RawFencedCodeBlockLexer()(Document.parse(str(text))):
        for line in block.lexemes["source"].splitlines():
            words = shlex.shlex(line, posix=True, punctuation_chars=True)
            words.whitespace_split = True  # an address is one word
            for is_mark, part in itertools.groupby(words, lambda word: word in ("|", "<", ">")):
                if not is_mark:
                    yield list(part)


CALLS = [words for text in TEXTS for words in _commands(text) if words[0].rpartition("/")[2] == "ser"]


@pytest.mark.parametrize("words", CALLS, ids=" ".join)
def test_command_lines_in_the_texts_are_understood(words: list[str]) -> None:
    assert parser_of(words[1]).parse_args(words[1:]).command == words[1]


def test_the_texts_have_command_lines_to_understand() -> None:
    assert {"predict", "explain", "evaluate", "prepare", "corpora"} <= {words[1] for words in CALLS}
