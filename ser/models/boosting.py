"""``xgboost`` and ``catboost``: boosted trees on the 162-number summary."""

from __future__ import annotations

import importlib
from typing import Any

from ser.errors import ModelError

TREES = 400


def xgboost(seed: int) -> Any:
    """Histogram-based trees of depth 5 (Chen & Guestrin 2016).

    Raises:
        ModelError: the package is not installed.
    """
    return _package("xgboost", "xgboost-cpu").XGBClassifier(
        n_estimators=TREES, max_depth=5, learning_rate=0.1, subsample=0.8, colsample_bytree=0.5, random_state=seed
    )


def catboost(seed: int) -> Any:
    """Symmetric trees of depth 6 (Prokhorenkova et al. 2018).

    Raises:
        ModelError: the package is not installed.
    """
    return _package("catboost", "catboost").CatBoostClassifier(
        iterations=TREES, depth=6, learning_rate=0.1, random_seed=seed, verbose=False, allow_writing_files=False
    )


def _package(name: str, wheel: str) -> Any:
    """A package that only these models need."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ModelError(f"The model '{name}' needs a package. Run: pip install {wheel}") from error
