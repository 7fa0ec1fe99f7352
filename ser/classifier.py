"""Recordings → emotions as a classifier of scikit-learn, for pipelines, cross-validation and searches.

>>> from ser.classifier import SpeechEmotionClassifier
>>> SpeechEmotionClassifier("linear").get_params()["model"]
'linear'
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags, check_random_state, column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from ser.audio import Recording, from_samples, load
from ser.constants import SAMPLE_RATE_HZ
from ser.inputs import INPUTS

# A recording: a path, a file's bytes, samples (n,) or (n, channels), or what came through the door already.
Sound = str | Path | bytes | NDArray[np.floating] | Recording
KNOWN = ("linear", "mlp", "xgboost", "catboost")


class SpeechEmotionClassifier(ClassifierMixin, BaseEstimator):
    """One of the field's classic models on 162 numbers a recording, trained on recordings and their labels.

    Its clips all have the same say by label, however many a label has. Score it with ``scoring="balanced_accuracy"``,
    which is unweighted average recall, and with folds by speaker, such as scikit-learn's ``GroupKFold``: a voice that
    is on both sides of a split makes every figure too good.

    Args:
        model: ``linear``, ``mlp``, ``xgboost`` or ``catboost``; see :data:`ser.models.registry.MODELS`.
        sample_rate_hz: of samples that are given as arrays; files say theirs.
        n_jobs: processes that read recordings; None is one.
        random_state: seed of what is random in training.

    Attributes:
        classes_: the labels, sorted.
        pipeline_: the fitted scaler and classifier on the numbers.
        input_: key of :data:`ser.inputs.INPUTS`: what is measured of a recording.
    """

    def __init__(
        self,
        model: str = "linear",
        *,
        sample_rate_hz: int = SAMPLE_RATE_HZ,
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = 0,
    ) -> None:
        self.model = model
        self.sample_rate_hz = sample_rate_hz
        self.n_jobs = n_jobs
        self.random_state = random_state

    def __sklearn_tags__(self) -> Tags:
        """A list of recordings goes in, no table of numbers; scikit-learn then leaves out the checks that feed one."""
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        tags.target_tags.required = True
        return tags

    def fit(self, X: Sequence[Sound], y: ArrayLike) -> Self:
        """Trains on recordings and a label each.

        Raises:
            AudioError: a recording can't be used; the message names it.
            ModelError, ToolMissingError: there is no such model, or its package is not installed.
            ValueError: as scikit-learn says it, of lengths and labels that do not fit.
        """
        # Here, because the registry brings TensorFlow along, which predicting does without.
        from ser.errors import ModelError
        from ser.estimators import fit_estimator
        from ser.models.registry import spec_of
        from ser.rows import Rows

        labels = column_or_1d(y, warn=True)
        check_consistent_length(X, labels)
        check_classification_targets(labels)
        self.classes_, targets = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"y has a single class, {self.classes_.tolist()}; at least 2 classes are needed.")
        if self.model not in KNOWN:
            raise ModelError(f"'{self.model}' is no classifier of scikit-learn's kind. Models: {', '.join(KNOWN)}.")
        spec = spec_of(self.model)
        self.input_ = spec.input
        seed = self.random_state
        if not isinstance(seed, int | np.integer):
            seed = int(check_random_state(seed).randint(2**31 - 1))
        self.pipeline_ = fit_estimator(spec, Rows(self._numbers(X), targets.astype(np.int64)), int(seed))
        return self

    def predict_proba(self, X: Sequence[Sound]) -> NDArray[np.float64]:
        """Probabilities, shape (recordings, classes), in the order of ``classes_``; not calibrated.

        Raises:
            AudioError: a recording can't be used; the message names it.
            NotFittedError: :meth:`fit` was not called.
        """
        check_is_fitted(self)
        return np.asarray(self.pipeline_.predict_proba(self._numbers(X)), np.float64)

    def predict(self, X: Sequence[Sound]) -> NDArray[Any]:
        """The likeliest label of each recording, shape (recordings,).

        Raises:
            AudioError, NotFittedError: as for :meth:`predict_proba`.
        """
        probabilities = self.predict_proba(X)
        return np.asarray(self.classes_[probabilities.argmax(axis=1)])

    def _numbers(self, X: Sequence[Sound]) -> NDArray[np.float32]:
        if isinstance(X, str | bytes | Path | Recording):
            raise ValueError(f"X is a single recording ({type(X).__name__}); give a list of them.")
        if len(X) == 0:
            raise ValueError("X holds no recordings; at least 1 is needed.")
        jobs = (delayed(_measured)(sound, i, self.sample_rate_hz, self.input_) for i, sound in enumerate(X))
        rows = Parallel(n_jobs=self.n_jobs)(jobs)
        return np.stack(rows)


def _measured(sound: Sound, number: int, sample_rate_hz: int, kind: str) -> NDArray[np.float32]:
    """What a model reads of one recording."""
    if isinstance(sound, np.ndarray):
        recording = from_samples(sound, sample_rate_hz, f"X[{number}]")
    elif isinstance(sound, Recording):
        recording = sound
    else:
        recording = load(sound, f"X[{number}]" if isinstance(sound, bytes) else None)
    return INPUTS[kind].make(recording.samples)
