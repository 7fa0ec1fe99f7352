"""Logits → probabilities that mean what they say: temperature scaling (Guo et al. 2017), a temperature a path."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

SCALE_MAX = 10.0


def softmax(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Probabilities over the last axis, float64."""
    powers = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def negative_log_likelihood(
    logits: NDArray[np.floating], targets: NDArray[np.int64], weights: NDArray[np.float64]
) -> float:
    """Of the true classes, each clip times its weight, natural logarithm."""
    chosen = softmax(logits)[np.arange(len(targets)), targets]
    return float(-np.sum(weights * np.log(np.maximum(chosen, 1e-12))))


def fit_scale(logits: NDArray[np.floating], targets: NDArray[np.int64], weights: NDArray[np.float64]) -> float:
    """The scale of logits with the least weighted negative log-likelihood: temperature scaling (Guo et al. 2017)."""
    return fit_scales(np.zeros_like(logits), logits, targets, weights)[1]


def fit_scales(
    sequence: NDArray[np.floating],
    pooled: NDArray[np.floating],
    targets: NDArray[np.int64],
    weights: NDArray[np.float64],
) -> tuple[float, float]:
    """The scales of both paths' logits with the least weighted negative log-likelihood, none below zero.

    Temperature scaling (Guo et al. 2017) with one temperature a path.
    """

    def loss(scales: NDArray[np.float64]) -> float:
        return negative_log_likelihood(scales[0] * sequence + scales[1] * pooled, targets, weights)

    found = minimize(loss, np.array([0.5, 0.5]), bounds=[(0.0, SCALE_MAX)] * 2, method="L-BFGS-B")
    return float(found.x[0]), float(found.x[1])
