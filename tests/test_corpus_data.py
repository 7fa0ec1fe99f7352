"""What ``ser train`` and ``ser evaluate`` make of their command lines."""

import argparse
from pathlib import Path

import pytest

from ser.catalogue import DEFAULT_MODEL
from ser.commands.corpus_data import add_data_arguments, load_data, recipe_of, words_of
from ser.errors import CorpusError, ModelError
from ser.models.speech_cnn_lstm import HeadSettings
from ser.recipes import RECIPES

OPEN = f"{DEFAULT_MODEL}_open"


def parsed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_data_arguments(parser)
    return parser.parse_args(words)


def test_model_and_folder_in_either_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = str(tmp_path)
    for words in ((OPEN, folder), (folder, OPEN)):
        assert words_of(parsed(*words)) == (OPEN, tmp_path)
    assert words_of(parsed(folder)) == (DEFAULT_MODEL, tmp_path)
    assert words_of(parsed("--model", "cnn", folder)) == ("cnn", tmp_path)
    monkeypatch.setenv("SER_DATA", folder)
    assert words_of(parsed(OPEN)) == (OPEN, tmp_path)


def test_classic_models_have_no_recipe() -> None:
    assert recipe_of(OPEN) == RECIPES[OPEN]
    with pytest.raises(ModelError, match="'cnn' is no bundled model; this works for speech_cnn_lstm"):
        recipe_of("cnn")


def test_what_is_wrong_with_the_words_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SER_DATA", raising=False)
    with pytest.raises(CorpusError, match="No data folder: name one, or set SER_DATA"):
        words_of(parsed())
    with pytest.raises(CorpusError, match="'nowhere' is neither a folder of corpora nor a model"):
        words_of(parsed("nowhere"))
    with pytest.raises(CorpusError, match="One model and one data folder were expected"):
        words_of(parsed(str(tmp_path), str(tmp_path)))
    with pytest.raises(CorpusError, match="One model and one data folder were expected, not: cnn linear"):
        words_of(parsed("--model", "cnn", "linear", str(tmp_path)))
    with pytest.raises(ModelError, match="There is no model 'cnm'"):
        words_of(parsed("--model", "cnm", str(tmp_path)))


def test_a_corpus_that_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    header = (
        "path,corpus,speaker,gender,age_years,language,emotion,corpus_emotion,intensity,sentence,style,"
        "duration_s,sample_rate_hz,channels,size_bytes,sha256\n"
    )
    row = "03a01Fa.wav,emodb,emodb/03,male,31,de,happy,happiness,unspecified,a01,speech,2.0,16000,1,10,0\n"
    (tmp_path / "tables" / "clips.csv").write_text(header + row, encoding="utf-8")
    options = parsed("--tables", str(tmp_path / "tables"))
    with pytest.raises(CorpusError, match="None of the 1 clips"):
        load_data(tmp_path, options, HeadSettings(), ())
    (tmp_path / "03a01Fa.wav").write_bytes(b"RIFF")
    with pytest.raises(CorpusError, match=r"No clips of crema-d are under .*Corpora there: emodb\."):
        load_data(tmp_path, options, HeadSettings(), RECIPES[OPEN].corpora)
