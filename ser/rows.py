"""Rows that a network learns from, and the batches that it sees of them: in which order, mixed and masked."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from ser.cores import streamed
from ser.models.registry import NetworkSettings

MIXUP_BETA = 0.4
MASK_SHARE_MAX = 0.25  # of the time, and of the bands, that a mask may blank
VALIDATION_ROWS = 256  # asked at once

Array = NDArray[np.float32]
Labels = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Rows:
    """What a model learns from or is asked about: ``values`` (n, …) float32 and ``targets`` (n,), class indices."""

    values: Array
    targets: Labels


class Batches:
    """Training rows in an order that depends on seed and epoch alone, so that a resumed training sees the same."""

    def __init__(self, rows: Rows, classes: int, settings: NetworkSettings) -> None:
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

    def __iter__(self) -> Iterator[tuple[Array, Array, Array]]:
        return (self[number] for number in range(len(self)))

    def dataset(self) -> tf.data.Dataset:
        """As Keras takes them: the epoch that was started last."""
        signature = (*_signature(self.rows, self.targets), tf.TensorSpec((None,)))
        return streamed(self.__iter__, signature, len(self))


def in_order(rows: Rows, classes: int) -> tf.data.Dataset:
    """Rows for validation, as Keras takes them."""
    targets = np.eye(classes, dtype=np.float32)[rows.targets]
    starts = range(0, len(targets), VALIDATION_ROWS)

    def batches() -> Iterator[tuple[Array, Array]]:
        for start in starts:
            part = slice(start, start + VALIDATION_ROWS)
            yield rows.values[part], targets[part]

    return streamed(batches, _signature(rows, targets), len(starts))


def _signature(rows: Rows, targets: Array) -> tuple[tf.TensorSpec, tf.TensorSpec]:
    return tf.TensorSpec((None, *rows.values.shape[1:])), tf.TensorSpec((None, targets.shape[1]))


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
