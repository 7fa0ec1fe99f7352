"""A search for a model's settings, judged by validation speakers alone, with Optuna (Akiba et al. 2019).

Trials are kept in a journal file: a search that was broken off goes on, and several processes may work on one.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from ser.errors import ModelError
from ser.fitting import Material, train_classic
from ser.metrics import recall_by_corpus
from ser.models.registry import ModelSpec, with_settings
from ser.splits import shipping_split

if TYPE_CHECKING:
    import optuna


@dataclass(frozen=True)
class Range:
    """Values to try: from ``low`` to ``high``, both included; ``log`` tries each order of magnitude alike."""

    low: float
    high: float
    log: bool = False
    whole: bool = False

    def suggest(self, trial: optuna.Trial, name: str) -> float | int:
        """A value for one trial."""
        if self.whole:
            return trial.suggest_int(name, int(self.low), int(self.high), log=self.log)
        return trial.suggest_float(name, self.low, self.high, log=self.log)


Space = dict[str, Range]
# Fields of NetworkSettings; masks are for inputs over time.
NETWORK: Final[Space] = {
    "learning_rate": Range(1e-4, 3e-3, log=True),
    "weight_decay": Range(1e-5, 1e-2, log=True),
    "label_smoothing": Range(0.0, 0.2),
    "mixup": Range(0.0, 0.8),
    "batch_rows": Range(32, 256, log=True, whole=True),
}
OVER_TIME: Final[Space] = {"masks": Range(0.0, 0.8)}
# Parameters of the classifiers.
CLASSIFIERS: Final[dict[str, Space]] = {
    "linear": {"C": Range(1e-4, 10.0, log=True)},
    "speech_linear": {"C": Range(1e-4, 1.0, log=True)},
    "mlp": {"alpha": Range(1e-5, 1e-1, log=True), "learning_rate_init": Range(1e-4, 3e-3, log=True)},
    "xgboost": {
        "max_depth": Range(2, 8, whole=True),
        "learning_rate": Range(0.02, 0.3, log=True),
        "subsample": Range(0.4, 1.0),
        "colsample_bytree": Range(0.1, 1.0),
    },
    "catboost": {"depth": Range(3, 8, whole=True), "learning_rate": Range(0.02, 0.3, log=True)},
}


@dataclass(frozen=True)
class Found:
    """The best trial: its settings, its score on validation speakers (mean of corpora, 0 … 1), and how many trials."""

    settings: dict[str, float]
    uar: float
    trials: int


def space_of(spec: ModelSpec) -> Space:
    """What is tried for a model.

    Raises:
        ModelError: nothing, for the bundled model, whose settings ``docs/experiments.md`` chose.
    """
    if spec.network:
        return NETWORK | (OVER_TIME if spec.reads_frames else {})
    if spec.name not in CLASSIFIERS:
        raise ModelError(f"'{spec.name}' has no settings to search; networks have, and {', '.join(CLASSIFIERS)}.")
    return CLASSIFIERS[spec.name]


def tune(spec: ModelSpec, material: Material, trials: int, journal: Path, say: Callable[[str], None] = print) -> Found:
    """Tries settings until ``trials`` are done, those of earlier runs in the journal counted.

    Each trial trains on the shipping split's training speakers and is scored on its validation speakers, the mean of
    the corpora's unweighted average recall.
    """
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    split, space = shipping_split(material.table), space_of(spec)
    rows = material.version_rows(split)
    train, validation = material.rows(rows.train), material.rows(rows.validation)
    corpora = material.table["corpus"].to_numpy(str)[split.validation]

    def score(trial: optuna.Trial) -> float:
        """Trains with one trial's settings; gives the mean of the corpora's recall on validation speakers, 0 … 1."""
        chosen = {name: one.suggest(trial, name) for name, one in space.items()}
        with tempfile.TemporaryDirectory(prefix="ser-") as folder:
            trained = train_classic(
                with_settings(spec, chosen), train, validation, len(material.emotions), Path(folder)
            )
        guess = trained.says(validation.values).argmax(axis=1)
        uar = float(np.mean(list(recall_by_corpus(validation.targets, guess, corpora).values())))
        said = ", ".join(f"{name} {value:.4g}" for name, value in chosen.items())
        say(f"trial {trial.number + 1}: validation UAR {uar:.3f} with {said}")
        return uar

    journal.parent.mkdir(parents=True, exist_ok=True)
    study = optuna.create_study(
        storage=JournalStorage(JournalFileBackend(str(journal))), study_name=spec.name, load_if_exists=True,
        direction="maximize", sampler=optuna.samplers.TPESampler(seed=spec.training.seed),
    )  # fmt: skip
    done = len(study.get_trials(states=[optuna.trial.TrialState.COMPLETE]))
    study.optimize(score, n_trials=max(0, trials - done))
    done = len(study.get_trials(states=[optuna.trial.TrialState.COMPLETE]))
    return Found(dict(study.best_params), float(study.best_value), done)
