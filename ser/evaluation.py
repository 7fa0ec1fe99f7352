"""Splits + training → answers about speakers who were not heard → a report for each corpus.

Protocols:

* ``speaker``: folds by speaker. In each fold a head is trained on the other speakers of all corpora given, its epoch
  and scales are chosen on validation speakers, and the test speakers are scored once.
* ``sentence``: as ``speaker``, and the sentences that a fold is tested on were not heard in training either.
* ``corpus``: a corpus is left out whole, validation speakers included, and scored on the emotions that the others
  teach.

The answers of a finished fold are kept, so that a killed run goes on where it was.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from ser.answers import Answers
from ser.calibration import softmax
from ser.draws import CorpusData, TrainSettings, targets_of
from ser.models.speech_cnn_lstm import HeadSettings
from ser.protocols import splits_of
from ser.report import Evaluated, FoldScore, Report, summarise
from ser.splits import Split
from ser.training import fit_head, predict_logits

# A change to one of these makes kept answers worthless: they say what a head learns and answers.
SOURCES = (
    "augment", "calibration", "draws", "encoder", "familiarity", "features", "frames", "models/mixture",
    "models/speech_cnn_lstm", "outsiders", "regression", "splits", "sureness", "training",
)  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """What is evaluated.

    Attributes:
        protocol: one of :data:`ser.protocols.APART`.
        corpora: whose speakers are tested.
        model: name of the shipped weights that the scores speak for.
        variant: see :class:`~ser.report.Report`.
        style: ``speech`` or ``song``; the other is training material only.
        kept: folder for the answers of finished folds; None keeps nothing.
    """

    protocol: str
    corpora: tuple[str, ...]
    model: str
    variant: str = ""
    style: str = "speech"
    kept: Path | None = None


@dataclass(frozen=True, eq=False)
class Fold:
    """Answers of one fold's model.

    Attributes:
        probabilities: of the test clips and their altered copies, (versions, clips, 8).
        familiar: whether the clips as recorded are like what taught the model, 0 … 1, (clips,).
        score: who was tested, and what was chosen.
    """

    probabilities: NDArray[np.float64]
    familiar: NDArray[np.float64]
    score: FoldScore

    @classmethod
    def read(cls, path: Path) -> Fold:
        """Undoes :meth:`write`."""
        with np.load(path) as stored:
            score = FoldScore.from_json(json.loads(str(stored["score"])))
            return cls(stored["probabilities"], stored["familiar"], score)

    def write(self, path: Path) -> None:
        """Keeps it, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".part.npz")
        score = json.dumps(asdict(self.score))
        np.savez(draft, probabilities=self.probabilities, familiar=self.familiar, score=score)
        draft.replace(path)


def _test_rows(data: CorpusData, split: Split, style: str) -> NDArray[np.int64]:
    """Test clips with an emotion that training clips have, decodable, spoken (or sung, as asked)."""
    targets = targets_of(data.table)
    taught = np.isin(targets, targets[split.train]) & (targets >= 0)
    fits = taught & (data.store.lengths() > 0) & (data.table["style"] == style).to_numpy()
    return split.test[fits[split.test]]


def _fold_key(table: pd.DataFrame, split: Split, rows: NDArray[np.int64], settings: dict[str, Any]) -> str:
    """Sixteen hexadecimal digits that change with the clips, the settings and the sources that matter."""
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for part in (split.train, split.validation, rows):
        digest.update("\n".join(table["path"].iloc[part]).encode())
    for name in SOURCES:
        digest.update((Path(__file__).parent / f"{name}.py").read_bytes())
    return digest.hexdigest()[:16]


def _names(values: NDArray[Any]) -> tuple[str, ...]:
    return tuple(sorted({str(value) for value in values}))


def _answer_fold(
    data: CorpusData,
    split: Split,
    rows: NDArray[np.int64],
    settings: TrainSettings,
    head_settings: HeadSettings,
    say: Callable[[str], None],
) -> Fold:
    """Trains one fold's head and asks it about the test clips and their altered copies."""
    fit = fit_head(data, split, settings, head_settings, say)
    speakers = data.table["speaker"].to_numpy()
    score = FoldScore(
        test_speakers=_names(speakers[rows]),
        validation_speakers=_names(speakers[split.validation]),
        clips=len(rows),
        scales=fit.scales,
        sure_from=fit.sure_from,
        epochs=len(fit.history),
        train_s=fit.train_s,
    )
    versions = [predict_logits(fit.head, data.store, rows, v) for v in range(data.store.spans.shape[1])]
    probabilities = softmax(np.stack([told["joint"] for told in versions]))
    return Fold(probabilities, expit(versions[0]["familiar"][:, 0].astype(np.float64)), score)


def evaluate(
    data: CorpusData,
    plan: Plan,
    settings: TrainSettings,
    head_settings: HeadSettings,
    say: Callable[[str], None] = print,
) -> tuple[Report, ...]:
    """Trains and scores each fold; gives a report for each corpus of the plan.

    Raises:
        CorpusError: a corpus is missing, or the plan asks for more than the table has.
    """
    table = data.table
    chosen = {"training": asdict(settings), "head": head_settings.to_json(), "style": plan.style}
    folds: list[FoldScore] = []
    parts: list[Answers] = []
    for number, split in enumerate(splits_of(plan.protocol, table, plan.corpora), start=1):
        rows = _test_rows(data, split, plan.style)
        kept = plan.kept / f"{_fold_key(table, split, rows, chosen)}.npz" if plan.kept else None
        if kept is not None and kept.is_file():
            fold = Fold.read(kept)
            say(f"fold {number}: its answers were kept")
        else:
            fold = _answer_fold(data, split, rows, settings, head_settings, say)
            if kept is not None:
                fold.write(kept)
        part = Answers.of(table, rows, fold.probabilities, fold.familiar, fold.score.sure_from)
        say(f"fold {number}: {part.in_words()}")
        folds.append(fold.score)
        parts.append(part)
    answers = Answers.join(parts)
    trained_on = _names(table["corpus"].to_numpy())
    shared = Evaluated(plan.model, plan.protocol, plan.variant, plan.corpora, chosen)
    return tuple(summarise(answers.only(corpus), tuple(folds), corpus, trained_on, shared) for corpus in plan.corpora)
