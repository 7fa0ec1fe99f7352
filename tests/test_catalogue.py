"""What there is to choose from in ``model/``: told by manifests, in an order that helps, small, and answering."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ser.catalogue import DEFAULT_MODEL, MODEL_FOLDER, ModelInfo, known_models
from ser.errors import ModelError
from ser.recognizer import load

FOLDER_MAX_BYTES = 10_000_000


def test_unknown_model_names_the_known_ones() -> None:
    with pytest.raises(ModelError, match="no model 'nonsense'.*Known models: speech_cnn_lstm"):
        load("nonsense")


def test_unknown_model_among_none(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="Known models: none"):
        load("nonsense", tmp_path)


def test_known_models_are_told_by_their_manifests(tmp_path: Path) -> None:
    manifests = {
        "zeta": '{"labels": [], "title": "Free licences", "use": "For any use."}',
        DEFAULT_MODEL: '{"labels": [], "title": "All corpora"}',
        "alpha": '{"labels": [], "input": "summary"}',
        "encoder": '{"labels": []}',
        "unlabelled": '{"title": "No model"}',
        "damaged": "{",
    }
    for name, text in manifests.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "manifest.json").write_text(text)
    (tmp_path / "empty").mkdir()
    assert known_models(tmp_path) == (
        ModelInfo(DEFAULT_MODEL, "All corpora", ""),
        ModelInfo("zeta", "Free licences", "For any use."),
        ModelInfo("alpha", "alpha", "", "summary"),
    )
    with pytest.raises(ModelError, match=f"Known models: {DEFAULT_MODEL}, zeta, alpha"):
        load("nonsense", tmp_path)
    assert known_models(tmp_path / "nowhere") == ()


def test_the_bundled_model_comes_first() -> None:
    assert known_models()[0].name == DEFAULT_MODEL


@pytest.mark.parametrize("name", [one.name for one in known_models()])
def test_each_model_is_small_and_answers(name: str, voice: np.ndarray) -> None:
    assert sum(path.stat().st_size for path in (MODEL_FOLDER / name).iterdir()) < FOLDER_MAX_BYTES
    prediction = load(name).predict(voice)
    assert sum(prediction.probabilities.values()) == pytest.approx(1.0)
    assert prediction.model == name
