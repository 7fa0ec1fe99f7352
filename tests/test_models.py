"""The family of models: sizes that the literature names, shapes, and what each refuses."""

from __future__ import annotations

import json
import sys
from typing import Any

import keras
import numpy as np
import pytest

from ser.errors import ModelError
from ser.inputs import INPUTS
from ser.models import spectrogram
from ser.models.lstm import ChronoBias
from ser.models.registry import MODELS, spec_of
from ser.networks import build_network, design, parameter_count

RNG = np.random.default_rng(0)
SIZES = {
    "cnn": 623_912,
    "lstm": 281_160,
    "cnn_lstm": 627_096,
    "lstm_mfcc": 125_320,
    "lstm_mfcc_wide": 355_720,
}
SMALL = [name for name, spec in MODELS.items() if spec.network and name not in spectrogram.BACKBONES]


def rows_for(name: str, count: int = 4) -> np.ndarray:
    return RNG.random((count, *INPUTS[MODELS[name].input].shape)).astype(np.float32)


@pytest.mark.parametrize("name", SMALL)
def test_a_network_gives_a_logit_a_class_and_has_the_size_it_is_known_for(name: str) -> None:
    rows = rows_for(name)
    model = build_network(spec_of(name), rows, classes=8)
    assert model(rows).shape == (4, 8)
    assert parameter_count(model) == SIZES.get(name, parameter_count(model))
    assert parameter_count(model) < 2_400_000  # ten megabytes


def test_an_lstm_forgets_over_as_many_steps_as_its_row_has() -> None:
    bias = np.asarray(ChronoBias(162)((1024,)))
    entered, forgot, rest = bias[:256], bias[256:512], bias[512:]
    steps = 1.0 + np.exp(forgot)  # 1 / (1 - sigmoid(bias)): for so long a cell remembers
    assert 2.0 <= steps.min() < 10.0
    assert 120.0 < steps.max() <= 162.0
    np.testing.assert_allclose(entered, -forgot)
    assert not rest.any()
    network = build_network(spec_of("lstm"), rows_for("lstm"), classes=8)
    layer = next(layer for layer in network.layers if isinstance(layer, keras.layers.LSTM))
    np.testing.assert_allclose(layer.cell.bias, bias)
    assert keras.layers.LSTM.from_config(layer.get_config()).cell.bias_initializer.steps == 162


def test_an_image_network_sees_grey_as_three_colours_and_says_where_it_starts() -> None:
    rows = rows_for("mobilenetv2", 2)
    model = build_network(spec_of("mobilenetv2"), rows, classes=8)
    assert model(rows).shape == (2, 8)
    scaled = model.get_layer("scale_as_taught").output
    assert scaled.shape == (None, 96, 96, 3)
    assert spectrogram.starts_from("mobilenetv2") == spectrogram.SCRATCH
    inner = next(layer for layer in model.layers if isinstance(layer, keras.Model))
    normalisations = [layer for layer in inner.layers if isinstance(layer, keras.layers.BatchNormalization)]
    # Keras's own 0.999 would still know more of its start than of what a short training showed it.
    assert {layer.momentum for layer in normalisations} == {0.9}
    plain = build_network(spec_of("spectrogram_cnn"), rows_for("spectrogram_cnn"), classes=8).layers
    assert {layer.momentum for layer in plain if isinstance(layer, keras.layers.BatchNormalization)} == {0.9}


def test_weights_of_an_image_network_are_taken_from_the_folder_named(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5").write_bytes(b"")
    monkeypatch.setenv(spectrogram.FOLDER_VARIABLE, str(tmp_path))
    spectrogram.starts_from.cache_clear()
    assert spectrogram.starts_from("vgg16") == spectrogram.IMAGENET
    assert spectrogram.starts_from("resnet101") == spectrogram.SCRATCH
    spectrogram.starts_from.cache_clear()


def test_weights_that_cant_be_downloaded_are_an_error_with_a_way_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any, **__: Any) -> None:
        raise Exception("URL fetch failure")  # as Keras raises it

    monkeypatch.setenv(spectrogram.FOLDER_VARIABLE, spectrogram.DOWNLOAD)
    monkeypatch.setattr("keras.applications.MobileNetV2", refused)
    with pytest.raises(ModelError, match="SER_IMAGENET to a folder"):
        build_network(spec_of("mobilenetv2"), rows_for("mobilenetv2", 2), classes=8)


@pytest.mark.parametrize("name", ["lstm_deep", "attention"])
def test_what_lies_behind_a_clips_end_does_not_count(name: str) -> None:
    """Two clips alike but for the length of their padding get one answer."""
    rows = rows_for(name, 8)
    rows[:, 40:] = 0.0
    model = build_network(spec_of(name), rows, classes=3)
    whole = np.asarray(model(rows[:1]))
    rows[:, 100:] = 0.0
    np.testing.assert_allclose(np.asarray(model(rows[:1])), whole, atol=1e-5)
    rows[0, 10] += 1.0
    assert np.abs(np.asarray(model(rows[:1])) - whole).max() > 1e-6


def test_standardised_by_the_training_rows() -> None:
    rows = np.float32(5.0) + np.float32(3.0) * rows_for("cnn", 200)
    model = build_network(spec_of("cnn"), rows, classes=3)
    seen = np.asarray(model.get_layer("standardise")(rows))
    np.testing.assert_allclose(seen.mean(axis=0), 0.0, atol=1e-3)
    np.testing.assert_allclose(seen.std(axis=0), 1.0, atol=1e-3)


@pytest.mark.parametrize("name", [name for name, spec in MODELS.items() if spec.estimator])
def test_classifiers_are_seeded(name: str) -> None:
    spec = spec_of(name)
    assert spec.estimator is not None
    estimator = spec.estimator(3)
    assert estimator.get_params().get("random_state", estimator.get_params().get("random_seed")) == 3


@pytest.mark.parametrize(("name", "package"), [("xgboost", "xgboost"), ("catboost", "catboost")])
def test_a_package_that_is_missing_is_named(name: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    spec = spec_of(name)
    assert spec.estimator is not None
    with pytest.raises(ModelError, match=f"pip install {package}"):
        spec.estimator(0)


def test_an_unknown_model_is_named_beside_those_there_are() -> None:
    with pytest.raises(ModelError, match="no model 'vgg19'.*lstm_mfcc_wide"):
        spec_of("vgg19")


@pytest.mark.parametrize("name", ["lstm_mfcc", "attention", "spectrogram_cnn", "mobilenetv2"])
def test_a_design_is_the_same_each_time_and_changes_with_a_layer(name: str) -> None:
    rows = rows_for(name)
    model, again = (build_network(spec_of(name), rows, classes=8) for _ in range(2))
    assert design(model) == design(again)
    assert " at 0x" not in json.dumps(design(model))  # an address would be another in each process
    inner = next((layer for layer in again.layers if isinstance(layer, keras.Model)), again)
    inner.layers[-2].trainable = False
    assert design(model) != design(again)
