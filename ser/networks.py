"""A network of :mod:`ser.models` + rows → a trained Keras model and its history, resumable after a kill."""

from __future__ import annotations

import csv
import math
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from rich.progress import Progress, TaskID

from ser.cores import own_seeds
from ser.models.registry import ModelSpec, NetworkSettings
from ser.rows import Array, Batches, Rows, in_order

RISING_SHARE = 0.05  # of the steps of a cycle, in which the learning rate rises


@keras.saving.register_keras_serializable("ser")
class BlankPadding(layers.Layer):
    """Standardised frames (b, t, n) and the frames they were made of → the same, zero where those are all zero."""

    def compute_output_shape(self, shape: tuple[int | None, ...], *_: Any) -> tuple[int | None, ...]:
        return shape

    def call(self, standardised: keras.KerasTensor, frames: keras.KerasTensor) -> keras.KerasTensor:
        return standardised * ops.cast(ops.any(frames != 0.0, axis=-1, keepdims=True), "float32")


def standardised(inputs: keras.KerasTensor, values: Array) -> keras.KerasTensor:
    """Inputs with the training rows' mean 0 and deviation 1 in each number; pictures, already 0 … 1, stay.

    The numbers are part of the network, so that they travel with its weights.
    """
    if values.ndim == 4:
        return inputs
    real = values[np.any(values != 0.0, axis=-1)] if values.ndim == 3 else values
    mean, variance = real.mean(axis=0), real.var(axis=0) + 1e-9
    x = layers.Normalization(axis=-1, mean=mean, variance=variance, name="standardise")(inputs)
    return BlankPadding(name="blank_padding")(x, inputs) if values.ndim == 3 else x


def build_network(spec: ModelSpec, values: Array, classes: int) -> keras.Model:
    """An untrained network: input → logits (b, classes), standardised by the rows given."""
    if spec.network is None:
        raise ValueError(f"{spec.name} is no Keras network of its own.")
    inputs = keras.Input(values.shape[1:], name="input")
    return keras.Model(inputs, spec.network(standardised(inputs, values), classes), name=spec.name)


def parameter_count(model: keras.Model) -> int:
    """Numbers that training changes."""
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


def design(model: keras.Model) -> list[Any]:
    """Kind and settings of each layer, those of inner networks too: changes when the network does.

    Without names, which Keras numbers as it goes, and without what ties layers together, which has them.
    """
    parts: list[Any] = []
    for layer in model.layers:
        inner = design(layer) if isinstance(layer, keras.Model) else _nameless(layer.get_config())
        parts.append([type(layer).__name__, inner])
    return parts


def _nameless(config: Any) -> Any:
    if isinstance(config, dict):
        return {key: _nameless(value) for key, value in config.items() if key not in ("name", "registered_name")}
    return [_nameless(value) for value in config] if isinstance(config, list | tuple) else str(config)


class _Watch(keras.callbacks.Callback):
    """Tells batches and dropout which epoch it is, shows how far the training is, and logs how long each epoch took.

    Keras keeps no seed of a dropout with the weights: without being told, a resumed training would draw anew what its
    first epochs have drawn.
    """

    def __init__(self, batches: Batches, bars: Progress | None, name: str, epochs: int) -> None:
        super().__init__()
        self.batches, self.bars, self.name, self.epochs = batches, bars, name, epochs
        self.bar: TaskID | None = None

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        if self.bars:
            self.bar = self.bars.add_task(self.name, total=self.epochs)

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.batches.start(epoch)
        for state in (one for one in self.model.variables if one.path.endswith("seed_generator_state")):
            seed, _ = ops.convert_to_numpy(state)
            state.assign(np.array([seed, epoch * len(self.batches)], dtype=state.dtype))  # one draw a step
        self.started_s = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        if logs is not None:  # the next callback writes it to the history, where it outlives a kill
            logs["seconds"] = time.perf_counter() - self.started_s
            logs["learning_rate"] = float(ops.convert_to_numpy(self.model.optimizer.learning_rate))
        if self.bars and self.bar is not None:
            loss, accuracy = (logs or {}).get("val_loss", 0.0), (logs or {}).get("val_accuracy", 0.0)
            words = f"{self.name}: loss {loss:.3f}, accuracy {accuracy:.3f}"
            self.bars.update(self.bar, completed=epoch + 1, description=words)

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        if self.bars and self.bar is not None:
            self.bars.remove_task(self.bar)


class _Recall(keras.callbacks.Callback):
    """Tells callbacks that count epochs of those before a kill, which they forget where a training begins."""

    def __init__(self, counting: Sequence[keras.callbacks.Callback], before: Sequence[dict[str, float]]) -> None:
        super().__init__()
        self.counting, self.before = counting, before

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        for row in self.before:
            for callback in self.counting:
                callback.on_epoch_end(int(row["epoch"]), dict(row))


def fit_network(
    spec: ModelSpec,
    train: Rows,
    validation: Rows,
    classes: int,
    settings: NetworkSettings,
    folder: Path,
    bars: Progress | None = None,
) -> tuple[keras.Model, tuple[dict[str, float], ...]]:
    """Trains a network; validation rows choose the epoch.

    Args:
        train: what weights and standardisation are fitted on.
        validation: rows of other speakers.
        folder: keeps the state after each epoch and ``history.csv``; a training that was killed goes on from there.
        bars: shows progress and time left.

    Returns:
        the model with its best epoch's weights, and a row an epoch: loss, accuracy and their ``val_`` twins, and
        seconds.
    """
    with own_seeds(settings.seed):
        model = build_network(spec, train.values, classes)
    epochs = settings.epochs_for(len(train.targets))
    model.compile(
        _optimizer(settings, _learning_rate(settings, epochs, len(train.targets)), model.layers[-1].name),
        loss=keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=settings.label_smoothing),
        weighted_metrics=["accuracy"],
    )
    folder.mkdir(parents=True, exist_ok=True)
    batches = Batches(train, classes, settings)
    best, backup = folder / "best.weights.h5", folder / "backup"
    before = read_history(folder / "history.csv")
    mode = _direction(settings.watch)  # recalled epochs come before Keras has the metrics that it would ask for it
    counting = [keras.callbacks.EarlyStopping(settings.watch, patience=settings.patience, mode=mode)]
    if not settings.one_cycle:
        patience = max(2, settings.patience // 3)
        counting.insert(0, keras.callbacks.ReduceLROnPlateau("val_loss", factor=0.5, patience=patience))
    callbacks = [
        _Watch(batches, bars, spec.name, epochs),
        keras.callbacks.ModelCheckpoint(
            best, monitor=settings.watch, mode=mode, save_best_only=True, save_weights_only=True,
            initial_value_threshold=_best_of(before, settings.watch),
        ),
        *counting,
        _Recall(counting, before if backup.is_dir() else ()),
        keras.callbacks.CSVLogger(folder / "history.csv", append=True),
        # Last: the learning rate that it restores is the one that counts. Double: a kill may tear the newer one.
        keras.callbacks.BackupAndRestore(backup, double_checkpoint=True),
    ]  # fmt: skip
    model.fit(
        batches.dataset(), epochs=epochs, validation_data=in_order(validation, classes), callbacks=callbacks, verbose=0,
        shuffle=False,
    )  # fmt: skip
    model.load_weights(best)
    return model, read_history(folder / "history.csv")


def _optimizer(settings: NetworkSettings, learning_rate: float | Any, last: str) -> keras.optimizers.Optimizer:
    """The optimizer of a network whose ``last`` layer makes the logits, which Muon leaves to AdamW."""
    if settings.optimizer == "adamw":
        return keras.optimizers.AdamW(learning_rate, weight_decay=settings.weight_decay, clipnorm=1.0)
    if settings.optimizer == "muon":
        decay, logits = settings.weight_decay, rf"(^|/){re.escape(last)}/"  # else "dense" means "dense_1" as well
        return keras.optimizers.Muon(
            learning_rate, weight_decay=decay, adam_weight_decay=decay, exclude_layers=[logits], clipnorm=1.0
        )
    raise ValueError(f"There is no optimizer '{settings.optimizer}'. Optimizers: adamw, muon.")


def _learning_rate(settings: NetworkSettings, epochs: int, rows: int) -> float | Any:
    """A number, which callbacks then change, or a schedule over all steps."""
    if not settings.one_cycle:
        return settings.learning_rate
    steps = epochs * math.ceil(rows / settings.batch_rows)
    rising = max(1, round(RISING_SHARE * steps))
    return keras.optimizers.schedules.CosineDecay(
        settings.learning_rate / 25, steps - rising, warmup_target=settings.learning_rate, warmup_steps=rising
    )


def _direction(watch: str) -> str:
    """``max`` where more of it is better, ``min`` where less is."""
    return "max" if watch.endswith("accuracy") else "min"


def _best_of(history: Sequence[dict[str, float]], watch: str) -> float | None:
    """Before a training is resumed: the validation loss or accuracy that the kept weights have."""
    best = max if _direction(watch) == "max" else min
    return best((row[watch] for row in history), default=None)


def read_history(path: Path) -> tuple[dict[str, float], ...]:
    """What ``history.csv`` says of each epoch; the last word counts where an epoch was begun twice."""
    if not path.is_file():
        return ()
    with path.open(encoding="utf-8") as file:
        rows = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]
    return tuple({row["epoch"]: row for row in rows}.values())
