"""``linear`` and ``speech_linear``: multinomial logistic regression, the baseline that every network has to beat."""

from __future__ import annotations

from typing import Any

SUMMARY_C = 0.1
SPEECH_C = 0.003  # 2048 numbers a clip want a firmer hand


def linear(seed: int) -> Any:
    """On the 162-number summary."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=SUMMARY_C, max_iter=500, random_state=seed)


def speech_linear(seed: int) -> Any:
    """On mean and deviation over time of the speech encoder's frames: a linear probe."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=SPEECH_C, max_iter=300, tol=1e-3, random_state=seed)
