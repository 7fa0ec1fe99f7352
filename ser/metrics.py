"""Scores: unweighted average recall, confusion, calibration. Plain numpy, shared by training and evaluation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ser.constants import EMOTIONS

CALIBRATION_BINS = 10


def confusion_matrix(
    truth: NDArray[np.int64], answer: NDArray[np.int64], classes: int = len(EMOTIONS)
) -> NDArray[np.int64]:
    """Counts, shape (classes, classes): row is the truth, column the answer."""
    matrix = np.zeros((classes, classes), np.int64)
    np.add.at(matrix, (truth, answer), 1)
    return matrix


def recalls(truth: NDArray[np.int64], answer: NDArray[np.int64]) -> dict[str, float]:
    """Emotion → share of its clips that were found, for the emotions that occur in ``truth``."""
    matrix = confusion_matrix(truth, answer)
    return {EMOTIONS[i]: float(row[i] / row.sum()) for i, row in enumerate(matrix) if row.sum()}


def unweighted_average_recall(truth: NDArray[np.int64], answer: NDArray[np.int64]) -> float:
    """Mean of the classes' recalls (UAR, also called balanced accuracy), 0 … 1, over classes that occur in truth.

    Raises:
        ValueError: no clips.
    """
    if len(truth) == 0:
        raise ValueError("No clips to score: unweighted average recall needs at least one.")
    return float(np.mean(list(recalls(truth, answer).values())))


def expected_calibration_error(
    probabilities: NDArray[np.floating], truth: NDArray[np.int64], bins: int = CALIBRATION_BINS
) -> float:
    """Mean gap between stated probability and share of right answers, weighted by bin size (Naeini et al. 2015).

    Args:
        probabilities: shape (n, classes), rows sum to 1.
        truth: shape (n,), class indices.
    """
    top, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    which = np.minimum((top * bins).astype(np.int64), bins - 1)
    gaps = [abs(top[which == b].sum() - right[which == b].sum()) for b in range(bins)]
    return float(sum(gaps) / len(truth))
