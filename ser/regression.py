"""The regressions of the pooled path and of the voice, fitted by scikit-learn on statistics of training clips."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from ser.constants import EMOTIONS
from ser.draws import Draws
from ser.frames import FrameStore
from ser.models.speech_cnn_lstm import DEVIATION_EPSILON

TOLERANCE = 1e-3
STEPS_MAX = 300
UNKNOWN_LOGIT = -10.0
VOICE_C = 0.003
ALL_ROWS = slice(None)


@dataclass(frozen=True, eq=False)
class Linear:
    """Logits of some classes: kernel (numbers, classes) and bias (classes,), float32."""

    kernel: NDArray[np.float32]
    bias: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Standardised:
    """Statistics, shape (n, numbers), float32, and the mean and deviation, (numbers,), that standardised them."""

    statistics: NDArray[np.float32]
    mean: NDArray[np.float32]
    deviation: NDArray[np.float32]

    @classmethod
    def of(cls, statistics: NDArray[np.float32]) -> Standardised:
        """Fits mean and deviation on the rows given."""
        mean, deviation = statistics.mean(axis=0), statistics.std(axis=0) + np.float32(DEVIATION_EPSILON)
        return cls((statistics - mean) / deviation, mean, deviation)


def pooled_statistics(
    store: FrameStore, clips: NDArray[np.int64], version: int, head: keras.Model
) -> NDArray[np.float32]:
    """What the pooled path sees: mean and deviation of standardised frames, shape (clips, 2 · width), float32."""
    layer = head.get_layer("standardise")
    mean, deviation = np.asarray(layer.mean).ravel(), np.sqrt(np.asarray(layer.variance).ravel())
    rows = []
    for clip in clips:
        frames = (store.frames(int(clip), version).astype(np.float32) - mean) / deviation
        rows.append(np.concatenate([frames.mean(0), np.sqrt(frames.var(0) + DEVIATION_EPSILON)]))
    return np.stack(rows)


def statistics_of(head: keras.Model, draws: Draws) -> NDArray[np.float32]:
    """:func:`pooled_statistics` of all versions of the clips that ``draws`` draws from, version after version."""
    versions = range(draws.store.spans.shape[1])
    return np.concatenate([pooled_statistics(draws.store, draws.clips, version, head) for version in versions])


def _regress(
    material: Standardised,
    targets: NDArray[np.int64],
    weights: NDArray[np.float64],
    classes: int,
    inverse_strength: float,
    rows: NDArray[np.bool_] | slice = ALL_ROWS,
) -> Linear:
    """Multinomial logistic regression on some rows, as a layer on statistics that are not standardised.

    A class that no row has gets a logit that it can't win with.
    """
    statistics, targets, weights = material.statistics[rows], targets[rows], weights[rows]
    kernel = np.zeros((statistics.shape[1], classes), np.float32)
    bias = np.full(classes, UNKNOWN_LOGIT, np.float32)
    known = np.unique(targets)
    if len(known) == 1:
        bias[known] = 0.0
        return Linear(kernel, bias)
    regression = LogisticRegression(C=inverse_strength, tol=TOLERANCE, max_iter=STEPS_MAX)
    regression.fit(statistics, targets, sample_weight=weights * len(weights) / weights.sum())
    coefficients, starts = regression.coef_, regression.intercept_
    if len(known) == 2:  # scikit-learn stores one row then; the halves of its two signs are the two classes
        coefficients, starts = np.concatenate([-coefficients, coefficients]) / 2, np.array([-0.5, 0.5]) * starts
    kernel[:, known] = (coefficients / material.deviation).T
    bias[known] = starts - coefficients @ (material.mean / material.deviation)
    return Linear(kernel, bias)


def fit_pooled(
    head: keras.Model, statistics: NDArray[np.float32], draws: Draws, table: pd.DataFrame, corpora: Sequence[str]
) -> None:
    """Fits the pooled path on clips weighted as ``draws`` draws them.

    Args:
        statistics: :func:`statistics_of` these clips.
        corpora: those of the clips, in order of name; with more than one, each gets a regression of its own.
    """
    path, strength = head.get_layer("pooled"), draws.settings.logistic_c
    versions = len(statistics) // len(draws.clips)
    emotions = np.tile(draws.targets[draws.clips].argmax(axis=1), versions)
    taught_by = np.tile(np.searchsorted(np.array(corpora), table["corpus"].to_numpy(str)[draws.clips]), versions)
    weights = np.tile(draws.weights, versions)
    material = Standardised.of(statistics)
    _assign(path.common, _regress(material, emotions, weights, len(EMOTIONS), strength))
    if len(corpora) < 2:
        return
    own = [
        _regress(material, emotions, weights, len(EMOTIONS), strength, taught_by == corpus)
        for corpus in range(len(corpora))
    ]
    joined = Linear(np.concatenate([e.kernel for e in own], axis=1), np.concatenate([e.bias for e in own]))
    _assign(path.experts, joined)
    _assign(path.gate, _regress(material, taught_by, weights, len(corpora), strength))


def fit_voice(head: keras.Model, statistics: NDArray[np.float32], outsiders: FrameStore) -> None:
    """Teaches ``voice`` to tell voices from other sounds; both sides count the same in all.

    Args:
        statistics: :func:`statistics_of` clips of voices, altered copies included.
        outsiders: frames of sounds without a voice, see :mod:`ser.outsiders`.
    """
    others = pooled_statistics(outsiders, np.arange(len(outsiders.spans)), 0, head)
    sides = (len(others), len(statistics))
    weights = np.repeat([1 / count for count in sides], sides)
    both = Standardised.of(np.concatenate([others, statistics]))
    found = _regress(both, np.repeat([0, 1], sides), weights, 2, VOICE_C)
    # One logit against nothing instead of two against each other.
    _assign(head.get_layer("voice"), Linear(found.kernel[:, 1:] - found.kernel[:, :1], found.bias[1:] - found.bias[:1]))


def _assign(layer: keras.layers.Dense, linear: Linear) -> None:
    layer.kernel.assign(linear.kernel)
    layer.bias.assign(linear.bias)
