"""The search for settings: it finds what is better, goes on where it was, and says what it can't search."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ser.errors import ModelError
from ser.models.registry import MODELS, spec_of, with_settings
from ser.tuning import CLASSIFIERS, space_of, tune
from tests.test_comparison import small_material


def test_a_search_finds_settings_and_goes_on_where_it_was(tmp_path: Path) -> None:
    material, journal, lines = small_material(versions=1), tmp_path / "journal", list[str]()
    first = tune(spec_of("linear"), material, 3, journal, lines.append)
    assert first.trials == len(lines) == 3
    assert "validation UAR" in lines[0]
    more = tune(spec_of("linear"), material, 5, journal, lines.append)
    assert more.trials == len(lines) == 5
    assert more.uar >= first.uar
    assert set(more.settings) == {"C"}
    assert tune(spec_of("linear"), material, 5, journal, lines.append) == more
    scores = [float(line.split("UAR ")[1][:5]) for line in lines]
    assert more.uar == pytest.approx(max(scores), abs=1e-3)


def test_settings_reach_the_model() -> None:
    estimator = with_settings(spec_of("linear"), {"C": 0.25}).estimator
    assert estimator is not None
    assert estimator(0).C == 0.25
    assert with_settings(spec_of("cnn"), {"learning_rate": 0.004}).training.learning_rate == 0.004
    assert spec_of("cnn").training.learning_rate == 0.002  # the registry's own stays


@pytest.mark.parametrize("name", [name for name in MODELS if name != "speech_cnn_lstm"])
def test_every_model_but_the_bundled_one_has_settings_to_search(name: str) -> None:
    space = space_of(spec_of(name))
    assert space
    assert all(one.low < one.high for one in space.values())
    if name in CLASSIFIERS:
        estimator = spec_of(name).estimator
        assert estimator is not None
        assert set(space) <= set(estimator(0).get_params()) | {"depth", "learning_rate"}
    else:
        assert all(hasattr(spec_of(name).training, setting) for setting in space)
        assert ("masks" in space) == (spec_of(name).input in ("mfcc_frames", "mel_picture"))


def test_the_bundled_model_has_none() -> None:
    with pytest.raises(ModelError, match="'speech_cnn_lstm' has no settings to search"):
        space_of(spec_of("speech_cnn_lstm"))


def test_validation_speakers_alone_judge(tmp_path: Path) -> None:
    """Labels of training speakers decide nothing about the score: with those shuffled it is chance."""
    material = small_material(versions=1)
    found = tune(spec_of("linear"), material, 2, tmp_path / "journal", lambda _: None)
    assert material.values is not None
    shuffled = np.random.default_rng(0).permutation(len(material.table))
    noise = type(material)(material.table, material.emotions, {}, values=material.values[shuffled])
    assert tune(spec_of("linear"), noise, 2, tmp_path / "other", lambda _: None).uar < found.uar
