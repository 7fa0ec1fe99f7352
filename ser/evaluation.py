"""Split + training → a report on speakers who were not heard: confusion, recall per class, calibration.

Protocol ``speaker``: folds by speaker within one corpus. In each fold a head is trained on the other speakers of all
corpora given, its epoch and scales are chosen on validation speakers, and the test speakers are scored once.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ser import __version__
from ser.constants import EMOTIONS
from ser.draws import TrainSettings, targets_of
from ser.frames import FrameStore
from ser.manifest import read_json
from ser.metrics import confusion_matrix, expected_calibration_error, recalls, unweighted_average_recall
from ser.models.speech_cnn_lstm import HeadSettings
from ser.splits import Split, speaker_folds
from ser.training import fit_head, predict_logits, softmax


@dataclass(frozen=True)
class FoldScore:
    """One fold: who was tested, and how well they were understood."""

    test_speakers: tuple[str, ...]
    validation_speakers: tuple[str, ...]
    clips: int
    uar: float
    scales: tuple[float, float]
    epochs: int


@dataclass(frozen=True)
class Report:
    """Scores of one model under one protocol; every number 0 … 1.

    Attributes:
        uar: unweighted average recall over all test clips, each scored by the fold that had not heard its speaker.
        confusion: counts, rows truth, columns answer, in the order of ``labels``.
        calibration_error: expected calibration error, ten bins.
    """

    model: str
    protocol: str
    corpus: str
    trained_on: tuple[str, ...]
    labels: tuple[str, ...]
    clips: int
    speakers: int
    uar: float
    accuracy: float
    recall: dict[str, float]
    calibration_error: float
    confusion: tuple[tuple[int, ...], ...]
    folds: tuple[FoldScore, ...]
    settings: dict[str, Any]
    version: str = __version__

    @property
    def key(self) -> str:
        """Its name in ``report.json``: ``speaker/ravdess``, or ``speaker/ravdess alone`` if nothing else taught."""
        alone = " alone" if self.trained_on == (self.corpus,) else ""
        return f"{self.protocol}/{self.corpus}{alone}"


@dataclass(frozen=True, eq=False)
class Answers:
    """What was said of each test clip: rows of the table, truth, probabilities (n, 8)."""

    rows: NDArray[np.int64]
    truth: NDArray[np.int64]
    probabilities: NDArray[np.float64]


def summarise(
    answers: Answers, folds: tuple[FoldScore, ...], corpus: str, trained_on: tuple[str, ...], settings: dict[str, Any]
) -> Report:
    """Scores answers that were gathered over all folds."""
    guess = answers.probabilities.argmax(axis=1)
    return Report(
        model="speech_cnn_lstm",
        protocol="speaker",
        corpus=corpus,
        trained_on=trained_on,
        labels=EMOTIONS,
        clips=len(guess),
        speakers=sum(len(fold.test_speakers) for fold in folds),
        uar=unweighted_average_recall(answers.truth, guess),
        accuracy=float(np.mean(answers.truth == guess)),
        recall=recalls(answers.truth, guess),
        calibration_error=expected_calibration_error(answers.probabilities, answers.truth),
        confusion=tuple(tuple(int(n) for n in row) for row in confusion_matrix(answers.truth, guess)),
        folds=folds,
        settings=settings,
    )


def _test_rows(store: FrameStore, table: pd.DataFrame, split: Split, style: str) -> NDArray[np.int64]:
    """Test clips with one of the eight emotions, decodable, spoken (or sung, as asked)."""
    fits = (targets_of(table) >= 0) & (store.lengths() > 0) & (table["style"] == style).to_numpy()
    return split.test[fits[split.test]]


def evaluate_speakers(
    store: FrameStore,
    table: pd.DataFrame,
    corpus: str,
    settings: TrainSettings,
    head_settings: HeadSettings,
    say: Callable[[str], None] = print,
    style: str = "speech",
) -> Report:
    """Five folds by speaker on one corpus; see this module's docstring.

    Raises:
        CorpusError: the corpus is missing or has too few speakers.
    """
    truth, speakers = targets_of(table), table["speaker"].to_numpy()
    folds: list[FoldScore] = []
    parts: list[Answers] = []
    for number, split in enumerate(speaker_folds(table, corpus)):
        fit = fit_head(store, table, split, settings, head_settings, say)
        rows = _test_rows(store, table, split, style)
        probabilities = softmax(predict_logits(fit.head, store, rows))
        uar = unweighted_average_recall(truth[rows], probabilities.argmax(axis=1))
        fold = FoldScore(
            test_speakers=tuple(sorted({str(s) for s in speakers[rows]})),
            validation_speakers=tuple(sorted({str(s) for s in speakers[split.validation]})),
            clips=len(rows),
            uar=uar,
            scales=fit.scales,
            epochs=len(fit.history),
        )
        folds.append(fold)
        parts.append(Answers(rows, truth[rows], probabilities))
        say(f"fold {number + 1}: UAR {uar:.3f} on {', '.join(fold.test_speakers)}")
    answers = Answers(
        np.concatenate([p.rows for p in parts]),
        np.concatenate([p.truth for p in parts]),
        np.concatenate([p.probabilities for p in parts]),
    )
    trained_on = tuple(sorted(table["corpus"].unique()))
    chosen = {"training": asdict(settings), "head": head_settings.to_json(), "style": style}
    return summarise(answers, tuple(folds), corpus, trained_on, chosen)


def write_report(report: Report, path: Path) -> None:
    """Puts a report, with its settings, into a ``report.json`` beside those of other corpora and protocols."""
    path.parent.mkdir(parents=True, exist_ok=True)
    reports = read_json(path) if path.is_file() else {}
    reports[report.key] = asdict(report)
    path.write_text(json.dumps(reports, indent=2, sort_keys=True) + "\n", encoding="utf-8")
