"""A network of :mod:`ser.models` + rows → a trained Keras model and its history, resumable after a kill."""

from __future__ import annotations

import csv
import math
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray
from rich.progress import Progress, TaskID

from ser.cores import keep_freed_memory, own_seeds
from ser.models.registry import ModelSpec, NetworkSettings

MIXUP_BETA = 0.4
RISING_SHARE = 0.05  # of the steps of a cycle, in which the learning rate rises
MASK_SHARE_MAX = 0.25  # of the time, and of the bands, that a mask may blank

Array = NDArray[np.float32]
Labels = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Rows:
    """What a model learns from or is asked about: ``values`` (n, …) float32 and ``targets`` (n,), class indices."""

    values: Array
    targets: Labels


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


class Batches(keras.utils.PyDataset):
    """Training rows in an order that depends on seed and epoch alone, so that a resumed training sees the same."""

    def __init__(self, rows: Rows, classes: int, settings: NetworkSettings) -> None:
        super().__init__()
        self.rows, self.settings = rows, settings
        self.targets = np.eye(classes, dtype=np.float32)[rows.targets]
        counts = np.maximum(np.bincount(rows.targets, minlength=classes), 1)
        even = len(rows.targets) / (np.count_nonzero(np.bincount(rows.targets, minlength=classes)) * counts)
        self.weights = (even if settings.class_weights else np.ones(classes))[rows.targets].astype(np.float32)
        self.start(0)

    def start(self, epoch: int) -> None:
        """Draws the order of an epoch."""
        self.epoch = epoch
        self.order = np.random.default_rng([self.settings.seed, epoch]).permutation(len(self.targets))

    def __len__(self) -> int:
        return math.ceil(len(self.targets) / self.settings.batch_rows)

    def __getitem__(self, number: int) -> tuple[Array, Array, Array]:
        size = self.settings.batch_rows
        rows = self.order[number * size : (number + 1) * size]
        rng = np.random.default_rng([self.settings.seed, self.epoch, number])
        values, targets, weights = self.rows.values[rows], self.targets[rows], self.weights[rows]
        if values.ndim > 2 and rng.random() < self.settings.masks:
            values = masked(values, rng)
        if rng.random() < self.settings.mixup:
            share, other = np.float32(rng.beta(MIXUP_BETA, MIXUP_BETA)), rng.permutation(len(rows))
            values = share * values + (1 - share) * values[other]
            targets = share * targets + (1 - share) * targets[other]
            weights = share * weights + (1 - share) * weights[other]
        return values, targets, weights


def masked(values: Array, rng: np.random.Generator) -> Array:
    """A batch with a stretch of time and one of frequency set to each row's mean (SpecAugment, Park et al. 2019).

    Args:
        values: (b, t, n), or pictures (b, n, t, 1).
    """
    values = values.copy()
    means = values.reshape(len(values), -1).mean(axis=1).reshape(-1, *[1] * (values.ndim - 1))
    for axis in (1, 2):
        size = values.shape[axis]
        width = int(rng.integers(0, max(1, round(MASK_SHARE_MAX * size)) + 1))
        start = int(rng.integers(0, size - width + 1))
        part = (slice(None),) * axis + (slice(start, start + width),)
        values[part] = means
    return values


class _Watch(keras.callbacks.Callback):
    """Tells the batches which epoch it is, shows how far the training is, and logs how long each epoch took."""

    def __init__(self, batches: Batches, bars: Progress | None, name: str, epochs: int) -> None:
        super().__init__()
        self.batches, self.bars, self.name, self.epochs = batches, bars, name, epochs
        self.bar: TaskID | None = None

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        if self.bars:
            self.bar = self.bars.add_task(self.name, total=self.epochs)

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.batches.start(epoch)
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
    keep_freed_memory()
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
    best = folder / "best.weights.h5"
    callbacks = [
        _Watch(batches, bars, spec.name, epochs),
        keras.callbacks.ModelCheckpoint(
            best, monitor=settings.watch, save_best_only=True, save_weights_only=True,
            initial_value_threshold=_best_so_far(folder / "history.csv", settings.watch),
        ),
        keras.callbacks.EarlyStopping(settings.watch, patience=settings.patience),
        keras.callbacks.CSVLogger(folder / "history.csv", append=True),
        keras.callbacks.BackupAndRestore(folder / "backup"),
    ]  # fmt: skip
    if not settings.one_cycle:
        plateau = keras.callbacks.ReduceLROnPlateau("val_loss", factor=0.5, patience=max(2, settings.patience // 3))
        callbacks.insert(1, plateau)
    targets = np.eye(classes, dtype=np.float32)[validation.targets]
    model.fit(
        batches, epochs=epochs, validation_data=(validation.values, targets), validation_batch_size=256,
        callbacks=callbacks, verbose=0, shuffle=False,
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


def _best_so_far(path: Path, watch: str) -> float | None:
    """Before a training is resumed: the validation loss or accuracy that the kept weights have."""
    best = max if watch.endswith("accuracy") else min
    return best((row[watch] for row in read_history(path)), default=None)


def read_history(path: Path) -> tuple[dict[str, float], ...]:
    """What ``history.csv`` says of each epoch; the last word counts where an epoch was begun twice."""
    if not path.is_file():
        return ()
    with path.open(encoding="utf-8") as file:
        rows = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]
    return tuple({row["epoch"]: row for row in rows}.values())
