"""How like the corpora that taught a model a recording is: what :class:`~ser.models.mixture.Familiarity` measures.

A new microphone, room or language moves the speech frames; clips of a corpus that was never heard lie further from
every corpus's centre than unheard speakers of a known one do. Where the line is drawn, corpora tell that are left out
one after the other, and the validation speakers.
"""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression

from ser.models.mixture import PROJECTED
from ser.regression import Lesson

# Share of the mean variance that is added to each direction's, so that the weakest ones do not decide.
SHRINKAGE = 0.05


@dataclass(frozen=True, eq=False)
class Space:
    """Where corpora lie. Projection (numbers, PROJECTED) and centres (corpora, PROJECTED), float32."""

    projection: NDArray[np.float32]
    centres: NDArray[np.float32]

    @classmethod
    def of(cls, means: NDArray[np.float32], corpora: NDArray[np.int64], weights: NDArray[np.float64]) -> Space:
        """Fits it on clips' means, shape (n, numbers), standardised or not.

        Args:
            corpora: index of each clip's corpus, (n,).
            weights: how much each clip counts, (n,).
        """
        names = np.unique(corpora)
        centres = np.stack([np.average(means[corpora == c], axis=0, weights=weights[corpora == c]) for c in names])
        residual = means - centres[np.searchsorted(names, corpora)]
        residual *= np.sqrt(weights * len(weights) / weights.sum())[:, None]
        count = min(PROJECTED, len(means) - 1, means.shape[1])
        found = PCA(count, svd_solver="covariance_eigh").fit(residual)
        variance = found.explained_variance_ + SHRINKAGE * found.explained_variance_.mean()
        projection = np.zeros((means.shape[1], PROJECTED), np.float32)
        projection[:, :count] = found.components_.T / np.sqrt(variance)
        return cls(projection, (centres @ projection).astype(np.float32))

    def distances(self, means: NDArray[np.float32]) -> NDArray[np.float64]:
        """Distance to the nearest centre, (n,), in deviations a direction."""
        projected = means @ self.projection
        squares = [np.mean(np.square(projected - centre), axis=1) for centre in self.centres]
        return np.sqrt(np.min(squares, axis=0)).astype(np.float64)


def fit_familiarity(
    head: keras.Model, statistics: NDArray[np.float32], lesson: Lesson, unheard: NDArray[np.float32]
) -> None:
    """Fits the layer ``familiar``; with a single corpus, or corpora too alike to tell, everything stays familiar.

    Args:
        statistics: of the lesson's clips.
        unheard: statistics of validation speakers, who speak for unheard voices of known corpora.
    """
    if lesson.corpus_count < 2:
        return
    half = statistics.shape[1] // 2
    means, layer = statistics[:, :half], head.get_layer("familiar")
    space = Space.of(means, lesson.corpora, lesson.weights)
    strange = []
    for corpus in range(lesson.corpus_count):
        left = lesson.corpora != corpus
        others = Space.of(means[left], lesson.corpora[left], lesson.weights[left])
        strange.append(others.distances(means[~left]))
    known = space.distances(unheard[:, :half])
    distances = np.concatenate([known, *strange])
    # Both sides count the same, and each corpus that is left out as much as any other.
    shares = [np.full(len(part), 1 / len(part) / len(strange)) for part in strange]
    weights = np.concatenate([np.full(len(known), 1 / len(known)), *shares])
    is_known = np.arange(len(distances)) < len(known)
    judge = LogisticRegression(C=1e3).fit(distances[:, None], is_known, sample_weight=weights * len(weights) / 2)
    if judge.coef_[0, 0] >= 0:  # left-out corpora lie no further than unheard voices: distance tells nothing here
        return
    layer.projection.assign(space.projection)
    layer.centres.assign(space.centres)
    layer.judge.assign([judge.coef_[0, 0], judge.intercept_[0]])
