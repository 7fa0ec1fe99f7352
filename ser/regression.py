"""The regressions of the pooled paths and of the voice, fitted by scikit-learn on statistics of training clips."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import log_softmax, logsumexp
from sklearn.linear_model import LogisticRegression

from ser.constants import EMOTIONS
from ser.draws import Draws
from ser.frames import FrameStore
from ser.models.mixture import DEVIATION_EPSILON

TOLERANCE = 1e-3
STEPS_MAX = 300
UNKNOWN_LOGIT = -10.0
VOICE_C = 0.003
MEANS_C_SHARE = 1 / 3  # what is to carry over between corpora, on means alone, is held back more
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

    def means(self) -> Standardised:
        """Without the deviations, which are the second half."""
        half = slice(0, len(self.mean) // 2)
        return Standardised(self.statistics[:, half], self.mean[half], self.deviation[half])


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


@dataclass(frozen=True, eq=False)
class Lesson:
    """What the regressions learn from: statistics of clips, all versions, with their labels.

    Attributes:
        material: shape (n, numbers).
        emotions, corpora: index into ``EMOTIONS`` and into the corpora in order of name, (n,).
        weights: how much each counts, (n,).
        corpus_count: how many corpora there are.
        strength: scikit-learn's C.
    """

    material: Standardised
    emotions: NDArray[np.int64]
    corpora: NDArray[np.int64]
    weights: NDArray[np.float64]
    corpus_count: int
    strength: float

    @classmethod
    def of(cls, statistics: NDArray[np.float32], draws: Draws, table: pd.DataFrame, corpora: Sequence[str]) -> Lesson:
        """A lesson on clips weighted as ``draws`` draws them.

        Args:
            statistics: :func:`statistics_of` these clips.
            corpora: those of the clips, in order of name.
        """
        versions = len(statistics) // len(draws.clips)
        taught_by = np.searchsorted(np.array(corpora), table["corpus"].to_numpy(str)[draws.clips])
        return cls(
            material=Standardised.of(statistics),
            emotions=np.tile(draws.targets[draws.clips].argmax(axis=1), versions),
            corpora=np.tile(taught_by, versions),
            weights=np.tile(draws.weights, versions),
            corpus_count=len(corpora),
            strength=draws.settings.logistic_c,
        )

    def own(self, material: Standardised, strength: float) -> Linear:
        """A regression for each corpus, side by side."""
        each = [
            _regress(material, self.emotions, self.weights, len(EMOTIONS), strength, self.corpora == corpus)
            for corpus in range(self.corpus_count)
        ]
        return Linear(np.concatenate([e.kernel for e in each], axis=1), np.concatenate([e.bias for e in each]))


def fit_pooled(head: keras.Model, lesson: Lesson) -> None:
    """Fits the pooled path; with more than one corpus, each gets a regression of its own."""
    path, means, strength = head.get_layer("pooled"), lesson.material.means(), lesson.strength
    common = _regress(means, lesson.emotions, lesson.weights, len(EMOTIONS), strength * MEANS_C_SHARE)
    _assign(path.common, common)
    if lesson.corpus_count < 2:
        return
    _assign(path.experts, lesson.own(lesson.material, strength))
    _assign(path.gate, _regress(lesson.material, lesson.corpora, lesson.weights, lesson.corpus_count, strength))


def fit_strangers(head: keras.Model, lesson: Lesson) -> None:
    """Fits what answers for recordings unlike those of any corpus; nothing to do where there is but one."""
    if lesson.corpus_count > 1:
        experts = lesson.own(lesson.material.means(), lesson.strength * MEANS_C_SHARE)
        _assign(head.get_layer("strangers").experts, experts)


def answers_by_others(head: keras.Model, statistics: NDArray[np.float32], lesson: Lesson) -> NDArray[np.float64]:
    """What :func:`fit_strangers` made says of each clip of the lesson without the regression of its own corpus.

    So every clip is answered as one of a corpus that was left out: their confidence can be set right without another
    corpus at hand.

    Returns:
        log-probabilities, shape (n, 8), float64.
    """
    experts = head.get_layer("strangers").experts
    half = statistics.shape[1] // 2
    logits = statistics[:, :half] @ np.asarray(experts.kernel) + np.asarray(experts.bias)
    each = log_softmax(logits.reshape(-1, lesson.corpus_count, len(EMOTIONS)).astype(np.float64), axis=2)
    each[np.arange(len(each)), lesson.corpora] = -np.inf
    return np.asarray(logsumexp(each, axis=1) - np.log(lesson.corpus_count - 1))


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
