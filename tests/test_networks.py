"""Training of networks: it learns, resumes after a kill, and is the same for the same seed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from ser.models.registry import MODELS, NetworkSettings, spec_of
from ser.models.spectrogram import BACKBONES
from ser.networks import _optimizer, fit_network, read_history
from ser.rows import Batches, Rows, in_order, masked

QUICK = NetworkSettings(epochs=4, batch_rows=16, learning_rate=3e-3, patience=4)
SPEC = spec_of("lstm_mfcc")


def some_rows(count: int, seed: int = 0) -> Rows:
    """Three classes that differ in the mean of their numbers."""
    rng = np.random.default_rng(seed)
    targets = rng.integers(0, 3, count)
    return Rows((rng.standard_normal((count, 13)) + 2.0 * targets[:, None]).astype(np.float32), targets)


def accuracy(model: object, rows: Rows) -> float:
    return float(np.mean(np.asarray(model(rows.values)).argmax(axis=1) == rows.targets))  # type: ignore[operator]


def test_a_network_learns_and_the_seed_reproduces_it(tmp_path: Path) -> None:
    train, other = some_rows(160), some_rows(60, seed=1)
    models = [fit_network(SPEC, train, other, 3, QUICK, tmp_path / name)[0] for name in ("a", "b")]
    assert accuracy(models[0], other) > 0.85
    np.testing.assert_allclose(models[0](other.values), models[1](other.values), atol=1e-5)


def killed_at(epoch: int, monkeypatch: pytest.MonkeyPatch, *arguments: Any) -> None:
    """Trains, and is killed as an epoch begins."""
    original = Batches.start

    def killed(batches: Batches, number: int) -> None:
        if number == epoch:
            raise KeyboardInterrupt
        original(batches, number)

    with monkeypatch.context() as patch:
        patch.setattr(Batches, "start", killed)
        with pytest.raises(KeyboardInterrupt):
            fit_network(*arguments)


# Keras's CSV log is left open by the interrupt, as by any kill.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("watch", ["val_loss", "val_accuracy"])
def test_a_killed_training_goes_on_where_it_was(watch: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train, other = some_rows(96), some_rows(48, seed=1)
    original, settings = Batches.start, replace(QUICK, watch=watch)
    killed_at(2, monkeypatch, SPEC, train, other, 3, settings, tmp_path / "broken")
    kept = read_history(tmp_path / "broken" / "history.csv")
    assert len(kept) == 2
    epochs: list[int] = []

    def counted(batches: Batches, epoch: int) -> None:
        epochs.append(epoch)
        original(batches, epoch)

    monkeypatch.setattr(Batches, "start", counted)
    resumed, again = fit_network(SPEC, train, other, 3, settings, tmp_path / "broken")
    assert next(epoch for epoch in epochs if epoch) == 2
    assert [row["epoch"] for row in again] == [0, 1, 2, 3]
    assert again[:2] == kept
    assert again[2]["loss"] < again[0]["loss"]
    assert all(row["seconds"] > 0.0 for row in again)  # a training takes as long as all its epochs
    assert accuracy(resumed, other) > 0.85


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_killed_training_ends_as_an_unbroken_one_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Patience, learning rate, dropout and the optimizer's state go on; nothing in the noise can be learnt."""
    rng = np.random.default_rng(3)
    train, other = (Rows(some_rows(n, n).values, rng.integers(0, 3, n)) for n in (64, 400))
    spec, settings = replace(SPEC, network=_small), replace(QUICK, epochs=40, patience=6)
    unbroken, whole = fit_network(spec, train, other, 3, settings, tmp_path / "whole")
    assert 8 <= len(whole) < 40
    assert whole[-1]["learning_rate"] < whole[0]["learning_rate"]
    killed_at(len(whole) - 3, monkeypatch, spec, train, other, 3, settings, tmp_path / "broken")
    resumed, again = fit_network(spec, train, other, 3, settings, tmp_path / "broken")
    assert len(again) == len(whole)
    for name in ("learning_rate", "loss", "val_loss"):
        np.testing.assert_allclose([row[name] for row in again], [row[name] for row in whole], rtol=1e-4)
    np.testing.assert_allclose(resumed(other.values), unbroken(other.values), atol=1e-4)


def _small(inputs: keras.KerasTensor, classes: int) -> keras.KerasTensor:
    hidden = keras.layers.Dense(16, activation="relu")(inputs)
    return keras.layers.Dense(classes)(keras.layers.Dropout(0.3)(hidden))


def test_one_cycle_lets_the_learning_rate_rise_and_fall_to_nothing(tmp_path: Path) -> None:
    cycle = replace(QUICK, one_cycle=True, epochs=5, patience=5)
    _, history = fit_network(SPEC, some_rows(160), some_rows(48, seed=1), 3, cycle, tmp_path)
    rates = [row["learning_rate"] for row in history]
    assert rates[0] > 0.8 * QUICK.learning_rate  # risen within the first epoch, and hardly fallen yet
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] == pytest.approx(0.0, abs=1e-9)
    _, steady = fit_network(SPEC, some_rows(160), some_rows(48, seed=1), 3, QUICK, tmp_path / "steady")
    assert steady[0]["learning_rate"] == pytest.approx(QUICK.learning_rate)


def test_muon_learns_too(tmp_path: Path) -> None:
    muon = replace(QUICK, optimizer="muon", learning_rate=1e-2, one_cycle=True, epochs=5, patience=5)
    model, _ = fit_network(SPEC, some_rows(160), some_rows(48, seed=1), 3, muon, tmp_path)
    assert accuracy(model, some_rows(60, seed=2)) > 0.85


def test_muon_leaves_the_logits_alone_to_adamw_whatever_they_are_called() -> None:
    inputs = keras.Input((6,))
    hidden = keras.layers.Dense(5, name="dense_1")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(3, name="dense")(hidden))
    optimizer = _optimizer(replace(QUICK, optimizer="muon"), 1e-3, "dense")
    by_adamw = [weight.path for weight in model.trainable_weights if optimizer._should_use_adamw(weight)]
    assert by_adamw == ["dense_1/bias", "dense/kernel", "dense/bias"]


def test_an_optimizer_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no optimizer 'sgd'. Optimizers: adamw, muon"):
        fit_network(SPEC, some_rows(20), some_rows(20), 3, replace(QUICK, optimizer="sgd"), tmp_path)


def test_large_sets_get_fewer_epochs() -> None:
    assert QUICK.epochs_for(10_000) == 4
    limited = replace(QUICK, row_visits=1000)
    assert [limited.epochs_for(rows) for rows in (100, 300, 700, 1000, 5000)] == [4, 3, 1, 1, 1]


def test_emotions_count_the_same_and_the_order_depends_on_seed_and_epoch() -> None:
    rows = Rows(np.zeros((30, 13), np.float32), np.repeat([0, 1], [24, 6]))
    batches = Batches(rows, 3, replace(QUICK, batch_rows=30))
    _, targets, weights = batches[0]
    assert weights[targets[:, 0] == 1].sum() == pytest.approx(weights[targets[:, 1] == 1].sum())
    assert weights.mean() == pytest.approx(1.0)
    first = batches.order.copy()
    batches.start(1)
    assert not np.array_equal(first, batches.order)
    batches.start(0)
    np.testing.assert_array_equal(first, batches.order)


def test_keras_gets_every_batch_and_tensorflow_does_not_tune_them() -> None:
    rows = some_rows(600)
    batches = Batches(rows, 3, replace(QUICK, batch_rows=64))
    for dataset, count in ((batches.dataset(), 10), (in_order(rows, 3), 3)):
        assert not dataset.options().autotune.enabled
        assert int(dataset.cardinality()) == count
    batches.start(1)
    values = np.concatenate([values for values, _, _ in batches.dataset().as_numpy_iterator()])
    np.testing.assert_array_equal(values, rows.values[batches.order])
    values, targets = (np.concatenate(part) for part in zip(*in_order(rows, 3).as_numpy_iterator(), strict=True))
    np.testing.assert_array_equal(values, rows.values)
    np.testing.assert_array_equal(targets.argmax(axis=1), rows.targets)


def test_mixed_rows_mix_their_targets() -> None:
    rows = Rows(np.repeat([[0.0], [1.0]], 8, axis=0).astype(np.float32), np.repeat([0, 1], 8))
    values, targets, _ = Batches(rows, 2, replace(QUICK, batch_rows=16, mixup=1.0))[0]
    np.testing.assert_allclose(targets.sum(axis=1), 1.0, atol=1e-6)
    np.testing.assert_allclose(targets[:, 1], values[:, 0], atol=1e-6)


@pytest.mark.parametrize("shape", [(4, 125, 40), (4, 96, 96, 1)])
def test_masks_blank_stretches_and_leave_the_rows_alone(shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(0).random(shape).astype(np.float32)
    before = values.copy()
    changed = np.mean([np.mean(masked(values, np.random.default_rng(seed)) != values) for seed in range(20)])
    assert 0.05 < changed < 0.45
    np.testing.assert_array_equal(values, before)


def test_every_network_says_how_it_is_trained() -> None:
    for spec in MODELS.values():
        if spec.name in BACKBONES:  # the time has too few epochs of these to stop early: the whole cycle is run
            assert spec.training.one_cycle
            assert spec.training.patience >= spec.training.epochs
        else:
            assert spec.training.epochs > spec.training.patience > 0
        assert bool(spec.network) + bool(spec.estimator) <= 1
