"""Scores: unweighted average recall, confusion, calibration. Plain numpy, shared by training and evaluation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ser.constants import EMOTIONS

CALIBRATION_BINS = 10
RESAMPLES = 2000
SURE_ACCURACY = 0.90
COVERAGE_STEPS = 20


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


def recall_by_corpus(
    truth: NDArray[np.int64], answer: NDArray[np.int64], corpora: NDArray[np.str_]
) -> dict[str, float]:
    """Corpus → unweighted average recall of its clips, in order of name; all arguments (n,)."""
    parts = {str(corpus): corpora == corpus for corpus in sorted(set(corpora))}
    return {corpus: unweighted_average_recall(truth[part], answer[part]) for corpus, part in parts.items()}


@dataclass(frozen=True)
class ReliabilityBin:
    """Clips whose top probability lies in one bin: how many, the mean of it, and the share of right answers."""

    clips: int
    probability: float
    accuracy: float


def reliability(
    probabilities: NDArray[np.floating], truth: NDArray[np.int64], bins: int = CALIBRATION_BINS
) -> tuple[ReliabilityBin, ...]:
    """The points of a reliability diagram (Niculescu-Mizil & Caruana 2005), empty bins left out.

    Args:
        probabilities: shape (n, classes), rows sum to 1.
        truth: shape (n,), class indices.
    """
    top, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    which = np.minimum((top * bins).astype(np.int64), bins - 1)
    return tuple(
        ReliabilityBin(int(chosen.sum()), float(top[chosen].mean()), float(right[chosen].mean()))
        for chosen in (which == b for b in range(bins))
        if chosen.any()
    )


def expected_calibration_error(
    probabilities: NDArray[np.floating], truth: NDArray[np.int64], bins: int = CALIBRATION_BINS
) -> float:
    """Mean gap between stated probability and share of right answers, weighted by bin size (Naeini et al. 2015).

    Args:
        probabilities: shape (n, classes), rows sum to 1.
        truth: shape (n,), class indices.
    """
    found = reliability(probabilities, truth, bins)
    return sum(one.clips * abs(one.probability - one.accuracy) for one in found) / len(truth)


def speaker_interval(
    truth: NDArray[np.int64], answer: NDArray[np.int64], speakers: NDArray[np.str_], share: float = 0.95, seed: int = 0
) -> tuple[float, float]:
    """Interval of the unweighted average recall if other speakers had been drawn: a bootstrap over speakers.

    Clips of one voice are no independent witnesses, so whole speakers are drawn with replacement (Field & Welsh
    2007, cluster bootstrap), and the interval holds the middle ``share`` of the recalls.

    Args:
        truth, answer: shape (n,), class indices.
        speakers: shape (n,), who spoke each clip.
    """
    names = sorted(set(speakers))
    each = np.stack([confusion_matrix(truth[speakers == name], answer[speakers == name]) for name in names])
    drawn = np.random.default_rng(seed).integers(0, len(names), (RESAMPLES, len(names)))
    counts = np.stack([np.bincount(row, minlength=len(names)) for row in drawn])
    matrices = np.tensordot(counts, each, axes=1)  # (resamples, classes, classes)
    totals, hits = matrices.sum(axis=2), np.diagonal(matrices, axis1=1, axis2=2)
    found = np.where(totals > 0, hits / np.maximum(totals, 1), np.nan)
    low, high = np.quantile(np.nanmean(found, axis=1), [(1 - share) / 2, (1 + share) / 2])
    return float(low), float(high)


def sure_threshold(
    probabilities: NDArray[np.floating],
    truth: NDArray[np.int64],
    weights: NDArray[np.floating],
    accuracy: float = SURE_ACCURACY,
) -> float:
    """The lowest top probability that may be called sure, so that answers at or above it are right often enough.

    Args:
        probabilities: shape (n, classes), rows sum to 1.
        truth: shape (n,), class indices.
        weights: shape (n,), how much each clip counts.
        accuracy: weighted share of sure answers that must be right, 0 … 1.

    Returns:
        0 … 1; 1 where no threshold reaches that accuracy, so that nothing short of certainty is sure.
    """
    top, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    order = np.argsort(-top, kind="stable")
    hits, all_of_them = np.cumsum((weights * right)[order]), np.cumsum(weights[order])
    enough = np.flatnonzero(hits >= accuracy * all_of_them)
    return float(top[order[enough[-1]]]) if len(enough) else 1.0


def risk_coverage(
    probabilities: NDArray[np.floating], truth: NDArray[np.int64], steps: int = COVERAGE_STEPS
) -> tuple[tuple[float, float], ...]:
    """Share of clips answered, the surest first, and accuracy among them (El-Yaniv & Wiener 2010), as ``steps`` pairs.

    Args:
        probabilities: shape (n, classes).
        truth: shape (n,), class indices.
    """
    top, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    accuracy = np.cumsum(right[np.argsort(-top, kind="stable")]) / np.arange(1, len(truth) + 1)
    counts = np.unique(np.maximum(1, np.round(len(truth) * np.arange(1, steps + 1) / steps).astype(np.int64)))
    return tuple((float(n / len(truth)), float(accuracy[n - 1])) for n in counts)
