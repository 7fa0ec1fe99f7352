"""``mlp``: a multilayer perceptron on the 162-number summary, by scikit-learn."""

from __future__ import annotations

from typing import Any

HIDDEN = (256, 256, 64)


def mlp(seed: int) -> Any:
    """Three hidden layers, stopped early by a tenth of its training rows where nobody else is there to judge."""
    from sklearn.neural_network import MLPClassifier

    return MLPClassifier(HIDDEN, alpha=1e-3, learning_rate_init=5e-4, max_iter=200, random_state=seed)
