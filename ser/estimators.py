"""A scikit-learn classifier of :mod:`ser.models` + rows → a fitted pipeline that scales its inputs itself."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.class_weight import compute_sample_weight

from ser.errors import ModelError
from ser.models.registry import ModelSpec
from ser.rows import Rows


def fit_estimator(spec: ModelSpec, train: Rows, seed: int) -> Pipeline:
    """Scaler and classifier, both fitted on the training rows alone; emotions count the same in all.

    Validation rows have no part in it: these models have no epochs to choose from.

    Raises:
        ModelError: the classifier refuses a parameter that was changed.
    """
    if spec.estimator is None:
        raise ValueError(f"{spec.name} is no scikit-learn classifier.")
    pipeline = make_pipeline(StandardScaler(), spec.estimator(seed))
    weights = compute_sample_weight("balanced", train.targets)
    try:
        pipeline.fit(train.values, train.targets, **{f"{pipeline.steps[-1][0]}__sample_weight": weights})
    except Exception as error:  # each library has its own for a value that it refuses
        if not spec.parameters:
            raise
        chosen = ", ".join(f"{name}={value}" for name, value in spec.parameters.items())
        raise ModelError(f"'{spec.name}' can't be trained with {chosen}: {error}") from error
    return pipeline


def class_probabilities(pipeline: Pipeline, values: NDArray[np.float32], classes: int) -> NDArray[np.float64]:
    """Shape (n, classes); 0 for a class that no training row had."""
    found = np.zeros((len(values), classes))
    found[:, np.asarray(pipeline.classes_, dtype=np.int64)] = pipeline.predict_proba(values)
    return found


def estimator_size(pipeline: Pipeline) -> int | None:
    """Numbers that were fitted, where that can be said: coefficients of linear and layered models; None for trees."""
    last: Any = pipeline[-1]
    if hasattr(last, "coefs_"):
        return int(sum(part.size for part in (*last.coefs_, *last.intercepts_)))
    return int(last.coef_.size + last.intercept_.size) if hasattr(last, "coef_") else None
