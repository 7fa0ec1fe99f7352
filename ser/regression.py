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


@dataclass(frozen=True, eq=False)
class Linear:
    """Logits of some classes: kernel (numbers, classes) and bias (classes,), float32."""

    kernel: NDArray[np.float32]
    bias: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Material:
    """What the regressions learn from, a row for each version of each clip.

    Attributes:
        statistics: standardised; shape (n, numbers), float32.
        mean, deviation: what standardised them, shape (numbers,).
        emotions: index into ``EMOTIONS``; corpora: index into the corpora; weights: mean 1. Shape (n,).
    """

    statistics: NDArray[np.float32]
    mean: NDArray[np.float32]
    deviation: NDArray[np.float32]
    emotions: NDArray[np.int64]
    corpora: NDArray[np.int64]
    weights: NDArray[np.float64]


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


def _material(head: keras.Model, draws: Draws, table: pd.DataFrame, corpora: Sequence[str]) -> Material:
    versions = draws.store.spans.shape[1]
    statistics = np.concatenate([pooled_statistics(draws.store, draws.clips, v, head) for v in range(versions)])
    mean, deviation = statistics.mean(axis=0), statistics.std(axis=0) + np.float32(DEVIATION_EPSILON)
    statistics -= mean
    statistics /= deviation
    taught_by = np.searchsorted(np.array(corpora), table["corpus"].to_numpy(str)[draws.clips])
    return Material(
        statistics,
        mean,
        deviation,
        np.tile(draws.targets[draws.clips].argmax(axis=1), versions),
        np.tile(taught_by, versions),
        np.tile(draws.weights * len(draws.weights) / versions, versions),
    )


def _regress(
    material: Material, rows: NDArray[np.bool_], targets: NDArray[np.int64], classes: int, inverse_strength: float
) -> Linear:
    """Multinomial logistic regression on some rows, as a layer on statistics that are not standardised.

    A class that no row has gets a logit that it can't win with.
    """
    weights = material.weights[rows] * rows.sum() / material.weights[rows].sum()
    kernel = np.zeros((material.statistics.shape[1], classes), np.float32)
    bias = np.full(classes, UNKNOWN_LOGIT, np.float32)
    known = np.unique(targets[rows])
    if len(known) == 1:
        bias[known] = 0.0
        return Linear(kernel, bias)
    regression = LogisticRegression(C=inverse_strength, tol=TOLERANCE, max_iter=STEPS_MAX)
    regression.fit(material.statistics[rows], targets[rows], sample_weight=weights)
    coefficients, starts = regression.coef_, regression.intercept_
    if len(known) == 2:  # scikit-learn stores one row then; the halves of its two signs are the two classes
        coefficients, starts = np.concatenate([-coefficients, coefficients]) / 2, np.array([-0.5, 0.5]) * starts
    kernel[:, known] = (coefficients / material.deviation).T
    bias[known] = starts - coefficients @ (material.mean / material.deviation)
    return Linear(kernel, bias)


def fit_pooled(head: keras.Model, draws: Draws, table: pd.DataFrame, corpora: Sequence[str]) -> None:
    """Fits the pooled path on all versions of the clips that ``draws`` draws from, weighted as it draws.

    Args:
        corpora: those of the clips, in order of name; with more than one, each gets a regression of its own.
    """
    path, strength = head.get_layer("pooled"), draws.settings.logistic_c
    material = _material(head, draws, table, corpora)
    everything = np.ones(len(material.emotions), bool)
    _assign(path.common, _regress(material, everything, material.emotions, len(EMOTIONS), strength))
    if len(corpora) < 2:
        return
    own = [
        _regress(material, material.corpora == corpus, material.emotions, len(EMOTIONS), strength)
        for corpus in range(len(corpora))
    ]
    joined = Linear(np.concatenate([e.kernel for e in own], axis=1), np.concatenate([e.bias for e in own]))
    _assign(path.experts, joined)
    _assign(path.gate, _regress(material, everything, material.corpora, len(corpora), strength))


def fit_voice(head: keras.Model, draws: Draws, outsiders: FrameStore) -> None:
    """Teaches ``voice`` to tell the clips that ``draws`` draws from, altered copies included, from other sounds.

    Args:
        outsiders: frames of sounds without a voice, see :mod:`ser.outsiders`; both sides count the same in all.
    """
    versions = range(draws.store.spans.shape[1])
    voices = np.concatenate([pooled_statistics(draws.store, draws.clips, version, head) for version in versions])
    others = pooled_statistics(outsiders, np.arange(len(outsiders.spans)), 0, head)
    statistics = np.concatenate([voices, others])
    mean, deviation = statistics.mean(axis=0), statistics.std(axis=0) + np.float32(DEVIATION_EPSILON)
    voice = np.repeat([1, 0], [len(voices), len(others)])
    weights = np.where(voice == 1, 1 / len(voices), 1 / len(others)) * len(voice) / 2
    regression = LogisticRegression(C=VOICE_C, tol=TOLERANCE, max_iter=STEPS_MAX)
    regression.fit((statistics - mean) / deviation, voice, sample_weight=weights)
    kernel = (regression.coef_ / deviation).T.astype(np.float32)
    bias = regression.intercept_ - (mean / deviation) @ regression.coef_.T
    _assign(head.get_layer("voice"), Linear(kernel, bias.astype(np.float32)))


def _assign(layer: keras.layers.Dense, linear: Linear) -> None:
    layer.kernel.assign(linear.kernel)
    layer.bias.assign(linear.bias)
