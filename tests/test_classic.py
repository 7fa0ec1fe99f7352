"""Classic models as they are shipped: the file served says what the trained model says, and the recognizer loads it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ser.classic import as_network, served, train_and_ship
from ser.constants import EMOTIONS, SAMPLE_RATE_HZ
from ser.errors import ModelError
from ser.estimators import class_probabilities, fit_estimator
from ser.features import summary
from ser.fitting import Material
from ser.inputs import INPUTS, SPEECH_FRAMES
from ser.models.registry import spec_of
from ser.recognizer import Recognizer, load
from ser.rows import Rows

RNG = np.random.default_rng(0)


def some_rows(width: int, classes: tuple[int, ...] = (0, 2, 5)) -> Rows:
    targets = RNG.choice(classes, 120)
    return Rows((3.0 + RNG.standard_normal((120, width)) + targets[:, None]).astype(np.float32), targets)


@pytest.mark.parametrize("name", ["linear", "mlp"])
def test_a_classifier_written_as_a_network_says_the_same(name: str) -> None:
    rows = some_rows(20)
    pipeline = fit_estimator(spec_of(name), rows, seed=0)
    network = as_network(pipeline, 8)
    logits = np.asarray(network(rows.values), dtype=np.float64)
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    wanted = class_probabilities(pipeline, rows.values, 8)
    np.testing.assert_allclose(powers / powers.sum(axis=1, keepdims=True), wanted, atol=1e-4)
    assert not wanted[:, 1].any()


def test_trees_are_compared_but_not_served() -> None:
    pipeline = fit_estimator(spec_of("xgboost"), some_rows(4, classes=(0, 1, 2)), seed=0)
    with pytest.raises(ModelError, match="XGBClassifier is compared but not served"):
        as_network(pipeline, 8)


def material_for(name: str) -> Material:
    """Six speakers whose emotions are told by the level of the numbers."""
    rows = [
        (f"{speaker}-{emotion}-{take}", "a", f"a/{speaker}", emotion, "female" if speaker % 2 else "male")
        for speaker in range(6) for emotion in EMOTIONS for take in range(3)
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["path", "corpus", "speaker", "emotion", "gender"])
    level = np.array([EMOTIONS.index(emotion) for emotion in table["emotion"]], np.float32)
    spec = spec_of(name)
    shape = (2048,) if spec.input == SPEECH_FRAMES else INPUTS[spec.input].shape
    values = RNG.standard_normal((len(table), 1, *shape)).astype(np.float32)
    return Material(table, EMOTIONS, {"input": spec.input}, values=values + level.reshape(-1, *[1] * (values.ndim - 1)))


@pytest.mark.parametrize("name", ["linear", "lstm_mfcc", "speech_linear"])
def test_what_is_shipped_is_loaded_and_answers(name: str, tmp_path: Path, voice: np.ndarray) -> None:
    folder = tmp_path / name
    manifest, uar = train_and_ship(spec_of(name), material_for(name), folder, tmp_path / "kept")
    assert manifest == folder / "manifest.json"
    assert uar["a"] > 0.3
    assert sum(path.stat().st_size for path in folder.iterdir()) < 10e6
    recognizer = Recognizer(folder)
    for sound in (voice, np.tile(voice, 5)):
        prediction = recognizer.predict(sound)
        assert sum(prediction.probabilities.values()) == pytest.approx(1.0)
        assert (prediction.voice, prediction.familiar) == (1.0, 1.0)
    assert len(prediction.steps) > 1
    assert recognizer.manifest["validation"]["uar"] == uar
    spec, taught = spec_of(name), recognizer.manifest["training"]  # a classifier has no epochs to tell of
    assert taught == (asdict(spec.training) if spec.network else {"seed": 0})
    assert recognizer.manifest["rows"] == {"input": spec.input}
    assert load(name, tmp_path).name == name


def test_the_file_served_agrees_with_keras(tmp_path: Path, voice: np.ndarray) -> None:
    from ser.litert import LiteRtModel, export_litert
    from ser.networks import build_network

    spec = spec_of("cnn_lstm")
    rows = RNG.random((10, 162)).astype(np.float32)
    model = served(build_network(spec, rows, 8), 0.7, spec)
    export_litert(model, tmp_path / "model.tflite")
    values = summary(voice)
    wanted = np.asarray(model(values[None]))[0]
    np.testing.assert_allclose(LiteRtModel(tmp_path / "model.tflite", 1)(values), wanted, atol=1e-3)


def test_silent_ends_are_heard_as_they_were_taught(tmp_path: Path, voice: np.ndarray) -> None:
    """Summaries are made of whole clips in training, so they are in serving."""
    folder = tmp_path / "linear"
    train_and_ship(spec_of("linear"), material_for("linear"), folder, tmp_path / "kept")
    recognizer = Recognizer(folder)
    silence = np.zeros(SAMPLE_RATE_HZ, np.float32)
    padded = np.concatenate([silence, voice[: 2 * SAMPLE_RATE_HZ], silence])
    expected = recognizer._ear.answer(summary(padded))
    told = list(recognizer.predict(padded).probabilities.values())
    np.testing.assert_allclose(sorted(told), sorted(expected / expected.sum()), atol=1e-6)


def test_an_input_that_this_version_does_not_make_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "linear"
    manifest, _ = train_and_ship(spec_of("linear"), material_for("linear"), folder, tmp_path / "kept")
    whole = manifest.read_text()
    manifest.write_text(whole.replace('"input": "summary"', '"input": "cepstrum"', 1))
    with pytest.raises(ModelError, match="reads 'cepstrum', which this version does not make: summary"):
        Recognizer(folder)
    manifest.write_text(whole.replace('"mfcc": 20', '"mfcc": 13', 1))
    with pytest.raises(ModelError, match=r"was trained on other features \(mfcc differ\)"):
        Recognizer(folder)
