"""``ser predict --language``: people read their language, programs read English."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ser import language
from ser.cli import main
from ser.constants import EMOTIONS
from ser.language import EMOTION_WORDS, LANGUAGES, emotion_word, speaking

EXAMPLE = Path(__file__).resolve().parents[2] / "ser" / "ui" / "examples" / "slow.ogg"


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    path = tmp_path / "broken.mp3"
    path.write_bytes(b"no sound")
    return path


def test_the_table_and_subtitles_are_in_the_reader_s_language(
    broken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    words = ["--language", "de", "--timeline", "srt", "--out", str(tmp_path)]
    assert main(["predict", str(EXAMPLE), str(broken), *words]) == 11
    table = capsys.readouterr().out
    assert all(word in table for word in ("Datei", "Wahrscheinlichkeit", "traurig", "7,8 s", "ist keine Audiodatei"))
    assert "traurig" in (tmp_path / "slow.srt").read_text(encoding="utf-8")
    assert language.spoken() is language.ENGLISH  # for whoever comes after


def test_programs_read_english_names_and_people_s_sentences(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["predict", str(EXAMPLE), str(broken), "--format", "jsonl", "--language", "fr"])
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert first["emotion"] == "sad"
    assert set(first["probabilities"]) == set(EMOTIONS)
    assert "n’est pas un fichier audio" in second["error"].replace("'", "’")


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
def test_every_emotion_has_its_word(code: str) -> None:
    assert tuple(EMOTION_WORDS) == EMOTIONS
    with speaking(code):
        words = [emotion_word(emotion) for emotion in EMOTIONS]
    assert len(set(words)) == len(EMOTIONS)
    assert sum(word == emotion_word(emotion) for word, emotion in zip(words, EMOTIONS, strict=True)) <= 1  # neutral


def test_an_unknown_language_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["predict", "--language", "tlh", "a.wav"])
    assert "invalid choice: 'tlh'" in capsys.readouterr().err
