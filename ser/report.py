"""Answers about unheard speakers → a report: recall, confusion, calibration, interval, groups; and ``report.json``."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ser import __version__
from ser.answers import Answers, group_recalls
from ser.constants import EMOTIONS
from ser.manifest import read_json
from ser.metrics import (
    ReliabilityBin,
    confusion_matrix,
    expected_calibration_error,
    recalls,
    reliability,
    risk_coverage,
    speaker_interval,
    unweighted_average_recall,
)
from ser.sureness import SureFrom

EXAMPLES = 10


@dataclass(frozen=True)
class FoldScore:
    """One fold: who was tested, who chose, and what was chosen; see :class:`~ser.training.Fit`."""

    test_speakers: tuple[str, ...]
    validation_speakers: tuple[str, ...]
    clips: int
    scales: tuple[float, ...]
    sure_from: SureFrom
    epochs: int
    train_s: float

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> FoldScore:
        """Undoes ``asdict`` and JSON."""
        values: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in stored.items()}
        return cls(**values | {"sure_from": SureFrom.from_json(stored["sure_from"])})


@dataclass(frozen=True)
class Example:
    """One test clip, and what was said of it."""

    path: str
    truth: str
    answer: str
    probability: float


@dataclass(frozen=True)
class Evaluated:
    """What the reports of one evaluation share; see the fields of the same names in :class:`Report`."""

    model: str
    protocol: str
    variant: str
    tested: tuple[str, ...]
    settings: dict[str, Any]


@dataclass(frozen=True)
class Sure:
    """What is left when each fold answers only where it is sure, above the threshold its validation speakers chose.

    Attributes:
        coverage: share of clips answered; accuracy: share of those that is right (0 where there are none).
    """

    coverage: float
    accuracy: float


@dataclass(frozen=True)
class Report:
    """Scores of one model on one corpus under one protocol; every score 0 … 1.

    Attributes:
        variant: what was done otherwise than for the shipped weights; empty if nothing was.
        tested: all corpora whose speakers were folded together with this one's.
        uar: unweighted average recall over all test clips, each scored by the fold that had not heard its speaker.
        uar_interval: its 95 % interval over speakers, see :func:`~ser.metrics.speaker_interval`.
        uar_own_emotions: the same if only emotions that the corpus has could be answered.
        calibration_error: expected calibration error, ten bins.
        uar_altered: unweighted average recall of altered copies of the test clips, see
            :class:`~ser.augment.AugmentSettings`; none of them was trained on. None where there are no copies.
        sure: see :class:`Sure`.
        familiar: share of clips that the model takes for recordings like those that taught it.
        risk_coverage: share of clips answered, the surest first, and accuracy among them.
        reliability: stated probabilities against shares of right answers.
        groups: kind of group → group → unweighted average recall of its clips.
        confusion: counts, rows truth, columns answer, in the order of ``labels``.
        folds: those that tested this corpus.
        examples: a few clips, drawn blindly.
    """

    model: str
    protocol: str
    corpus: str
    variant: str
    tested: tuple[str, ...]
    trained_on: tuple[str, ...]
    labels: tuple[str, ...]
    clips: int
    speakers: int
    uar: float
    uar_interval: tuple[float, float]
    uar_own_emotions: float
    accuracy: float
    recall: dict[str, float]
    calibration_error: float
    uar_altered: float | None
    sure: Sure
    familiar: float
    risk_coverage: tuple[tuple[float, float], ...]
    reliability: tuple[ReliabilityBin, ...]
    groups: dict[str, dict[str, float]]
    confusion: tuple[tuple[int, ...], ...]
    folds: tuple[FoldScore, ...]
    examples: tuple[Example, ...]
    settings: dict[str, Any]
    version: str = __version__

    @property
    def key(self) -> str:
        """Its name in ``report.json``, such as ``speaker/ravdess``."""
        return f"{self.protocol}/{self.corpus} {self.variant}".strip()


def _uar_own_emotions(answers: Answers) -> float:
    own = np.isin(np.arange(len(EMOTIONS)), answers.truth)
    return unweighted_average_recall(answers.truth, np.where(own, answers.probabilities, -1.0).argmax(axis=1))


def _examples(answers: Answers) -> tuple[Example, ...]:
    """Clips drawn with a fixed seed, in order of path, right and wrong as they come."""
    count = min(EXAMPLES, len(answers.truth))
    drawn = sorted(np.random.default_rng(0).permutation(len(answers.truth))[:count])
    return tuple(
        Example(
            str(answers.clips["path"].iloc[i]),
            EMOTIONS[answers.truth[i]],
            EMOTIONS[answers.guess[i]],
            float(answers.probabilities[i].max()),
        )
        for i in drawn
    )


def _uar_altered(answers: Answers) -> float | None:
    copies = answers.versions[1:].argmax(axis=-1)
    if not len(copies):
        return None
    return unweighted_average_recall(np.tile(answers.truth, len(copies)), copies.ravel())


def _sure(answers: Answers) -> Sure:
    right = (answers.truth == answers.guess)[answers.sure]
    return Sure(float(answers.sure.mean()), float(right.mean()) if len(right) else 0.0)


def summarise(
    answers: Answers, folds: tuple[FoldScore, ...], corpus: str, trained_on: tuple[str, ...], of: Evaluated
) -> Report:
    """Scores answers about one corpus that were gathered over all folds.

    Args:
        trained_on: all corpora of the table.
        of: what the reports of one evaluation share.
    """
    speakers = answers.clips["speaker"].to_numpy()
    return Report(
        **vars(of),
        corpus=corpus,
        trained_on=tuple(name for name in trained_on if of.protocol != "corpus" or name != corpus),
        labels=EMOTIONS,
        clips=len(answers.truth),
        speakers=len(set(speakers)),
        uar=answers.uar,
        uar_interval=speaker_interval(answers.truth, answers.guess, speakers),
        uar_own_emotions=_uar_own_emotions(answers),
        accuracy=float(np.mean(answers.truth == answers.guess)),
        recall=recalls(answers.truth, answers.guess),
        calibration_error=expected_calibration_error(answers.probabilities, answers.truth),
        uar_altered=_uar_altered(answers),
        sure=_sure(answers),
        familiar=float(np.mean(answers.familiar >= 0.5)),
        risk_coverage=risk_coverage(answers.probabilities, answers.truth),
        reliability=reliability(answers.probabilities, answers.truth),
        groups=group_recalls(answers),
        confusion=tuple(tuple(int(n) for n in row) for row in confusion_matrix(answers.truth, answers.guess)),
        folds=tuple(fold for fold in folds if any(name.startswith(f"{corpus}/") for name in fold.test_speakers)),
        examples=_examples(answers),
    )


def write_report(report: Report, path: Path) -> None:
    """Puts a report, with its settings, into a ``report.json`` beside those of other corpora and protocols."""
    path.parent.mkdir(parents=True, exist_ok=True)
    reports = read_json(path) if path.is_file() else {}
    reports[report.key] = asdict(report)
    path.write_text(json.dumps(reports, indent=2, sort_keys=True) + "\n", encoding="utf-8")
