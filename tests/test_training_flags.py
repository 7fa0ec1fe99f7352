"""Flags that change how a model learns: each setting has one, and a model refuses what it has no setting for."""

from __future__ import annotations

import argparse
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from ser.commands.training_flags import (
    FLAGS,
    add_training_arguments,
    as_flags,
    bundled_settings,
    changed_spec,
    given,
)
from ser.comparison import Cell, run_cell
from ser.draws import TrainSettings
from ser.errors import ModelError
from ser.estimators import fit_estimator
from ser.fold_keys import fold_key, made_of
from ser.inputs import INPUTS
from ser.models.registry import MODELS, NetworkSettings, spec_of, with_settings
from ser.networks import build_network, design
from ser.rows import Rows
from ser.splits import Split
from tests.test_comparison import SET, small_material


def parsed(words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_training_arguments(parser)
    return parser.parse_args(words.split())


def test_every_setting_has_a_flag_and_no_flag_is_without_one() -> None:
    settings = {field.name for kind in (TrainSettings, NetworkSettings) for field in fields(kind)}
    assert set(FLAGS) == settings


def test_without_flags_models_are_as_they_are() -> None:
    options = parsed("")
    assert given(options) == {}
    assert bundled_settings(options) == TrainSettings()
    assert changed_spec(spec_of("cnn"), options) is spec_of("cnn")


def test_flags_reach_networks() -> None:
    options = parsed("--epochs 3 --mixup 0.25 --masks 1 --no-one-cycle --watch val_accuracy --seed 7")
    own = spec_of("attention").training
    expected = replace(
        own, epochs=3, row_visits=0, mixup=0.25, masks=1.0, one_cycle=False, watch="val_accuracy", seed=7
    )
    assert changed_spec(spec_of("attention"), options).training == expected
    limited = changed_spec(spec_of("vgg16"), parsed("--epochs 3 --row-visits 900")).training
    assert (limited.epochs_for(300), limited.epochs_for(900)) == (3, 1)
    assert bundled_settings(parsed("--epochs 3 --logistic-c 0.5")) == TrainSettings(epochs=3, logistic_c=0.5)


def test_flags_reach_classifiers() -> None:
    spec = changed_spec(spec_of("linear"), parsed("--parameter C=0.5 solver=saga --seed 4"))
    assert spec.estimator is not None
    made = spec.estimator(spec.training.seed)
    assert (made.C, made.solver, made.random_state) == (0.5, "saga", 4)
    trees = changed_spec(spec_of("catboost"), parsed("--parameter depth=3"))
    assert trees.estimator is not None
    assert trees.estimator(0).get_params()["depth"] == 3


@pytest.mark.parametrize(
    ("model", "words", "message"),
    [
        ("cnn", "--masks 0.5", "--masks is no setting of 'cnn', which has: --epochs, --row-visits"),
        ("cnn", "--epoch-clips 9 --logistic-c 1", "--epoch-clips, --logistic-c are no settings of 'cnn'"),
        ("cnn", "--parameter C=1", "--parameter is no setting of 'cnn'"),
        ("mlp", "--epochs 3", "--epochs is no setting of 'mlp', which has: --seed, --parameter"),
        ("linear", "--parameter C", "'C' is no parameter of a classifier. Write NAME=VALUE"),
        ("linear", "--parameter D=1", "'linear' has no parameter D. It has: C, "),
        ("xgboost", "--parameter depth=3", "'xgboost' has no parameter depth"),
        ("speech_cnn_lstm", "--epochs 3", "not here: --epochs"),
    ],
)
def test_what_a_model_has_no_setting_for_is_refused(model: str, words: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        changed_spec(spec_of(model), parsed(words))


def test_bundled_models_refuse_what_only_networks_have() -> None:
    with pytest.raises(ModelError, match="--row-visits is no setting of a bundled model, which has: --epochs, "):
        bundled_settings(parsed("--row-visits 10"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--mixup 2", "2 is not a number from 0 to 1"),
        ("--epochs 0", "0 is not a whole number of 1 or more"),
        ("--epochs 2.5", "'2.5' is not a whole number"),
        ("--learning-rate nan", "nan is not a number from 1e-07 to 1"),
        ("--seed 3000000000", "3000000000 is not a whole number from 0 to 2,147,483,647"),
        ("--optimizer sgd", "invalid choice: 'sgd'"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused(words: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parsed(words)
    assert message in capsys.readouterr().err


def test_a_value_that_the_library_refuses_is_said() -> None:
    spec = with_settings(spec_of("linear"), {"C": -1.0})
    rows = Rows(np.random.default_rng(0).standard_normal((6, 3)).astype(np.float32), np.array([0, 1] * 3))
    with pytest.raises(ModelError, match="'linear' can't be trained with C=-1.0: .*'C' parameter"):
        fit_estimator(spec, rows, 0)


@pytest.mark.parametrize(
    ("model", "settings"),
    [("cnn", {"learning_rate": 0.0012, "mixup": 0.25, "batch_rows": 48}), ("mlp", {"alpha": 0.02})],
)
def test_what_a_search_finds_is_a_command_line(model: str, settings: dict[str, float]) -> None:
    found = changed_spec(spec_of(model), parsed(as_flags(spec_of(model), settings)))
    expected = with_settings(spec_of(model), settings)
    assert found.training == expected.training
    assert found.parameters == expected.parameters


def test_a_report_says_what_was_changed_and_old_results_are_not_read(tmp_path: Path) -> None:
    material, lines = small_material(), list[str]()
    plain, changed = spec_of("linear"), changed_spec(spec_of("linear"), parsed("--parameter C=1e-6"))
    reports = [run_cell(Cell(one, "speaker", SET), material, tmp_path, lines.append).report for one in (plain, changed)]
    assert [one.settings["training"] for one in reports] == [{}, {"C": 1e-6}]
    assert reports[0].risk_coverage != reports[1].risk_coverage


def test_a_changed_training_does_not_go_on_from_another_s_state() -> None:
    material, rows = small_material(), Split(*(np.arange(3),) * 3)
    specs = [spec_of("cnn"), changed_spec(spec_of("cnn"), parsed("--epochs 2")), spec_of("cnn_lstm")]
    assert len({fold_key(made_of(spec, material), material, rows) for spec in specs}) == 3


@pytest.mark.parametrize("model", [name for name, spec in MODELS.items() if spec.network])
def test_no_network_has_a_nameless_function(model: str) -> None:
    """Keras keeps its code with the path of its file, and keys would differ from folder to folder."""
    spec = spec_of(model)
    network = build_network(spec, np.ones((1, *INPUTS[spec.input].shape), np.float32), 8)
    assert "__lambda__" not in str(design(network))


@pytest.mark.parametrize("model", ["attention", "lstm_deep"])
def test_the_key_of_a_network_over_frames_is_made_without_a_warning(model: str) -> None:
    small, frames = small_material(), INPUTS[spec_of(model).input].shape
    material = replace(small, values=np.zeros((len(small.table), 1, *frames), np.float32))
    assert "nan" not in made_of(spec_of(model), material)["parts"]
