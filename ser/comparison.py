"""Every model on the same clips and splits: a cell (model × protocol × clips) → one result.

Protocols are named in every result:

* ``speaker``: five folds by speaker, the headline;
* ``corpus``: each corpus left out of training whole;
* ``random``: 80 to 20 clips, altered copies on the training side only;
* ``published``: copies first, then rows at random; see :data:`ser.splits.WARNINGS`.

Answers of finished folds are kept, so that a killed comparison goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rich.progress import Progress

from ser.answers import Answers
from ser.constants import EMOTIONS
from ser.errors import CorpusError, ModelError
from ser.fitting import Fitted, Material, fit
from ser.fold_keys import fold_key, joint_key, made_of, training_of
from ser.input_cache import InputSettings
from ser.models.registry import ModelSpec
from ser.protocols import PUBLISHED, splits_of
from ser.report import Evaluated, FoldScore, Report, summarise
from ser.splits import Split

# As mild as in the public projects whose figures are held beside the flawed split of all corpora.
MILD_COPIES: Final = ("speed=0.1", "noise=0.3", "shift")
Say = Callable[[str], None]


@dataclass(frozen=True)
class ClipSet:
    """Which clips a cell is about.

    Attributes:
        name: in results.
        corpora: those wanted; empty for all.
        emotions: what is answered, in the order of ``EMOTIONS``.
        calm_as_neutral: calm clips count as neutral ones.
        copies: beside each clip, where nobody asks for others; see :class:`~ser.input_cache.InputSettings`.
    """

    name: str
    corpora: tuple[str, ...]
    emotions: tuple[str, ...]
    calm_as_neutral: bool = False
    copies: tuple[str, ...] = InputSettings().copies

    def of(self, table: pd.DataFrame) -> pd.DataFrame:
        """Its spoken clips among a table's, with emotions as it counts them.

        Raises:
            CorpusError: one of its corpora is not there, or nothing is.
        """
        if missing := sorted(set(self.corpora) - set(table["corpus"])):
            known = ", ".join(sorted(table["corpus"].unique()))
            raise CorpusError(f"No clips of {', '.join(missing)} are there. Corpora there: {known}.")
        emotions = table["emotion"].replace({"calm": "neutral"}) if self.calm_as_neutral else table["emotion"]
        chosen = emotions.isin(self.emotions) & (table["style"] == "speech")
        if self.corpora:
            chosen &= table["corpus"].isin(self.corpora)
        if not chosen.any():
            raise CorpusError(f"No clip fits '{self.name}': {', '.join(self.emotions)}, spoken.")
        return table.assign(emotion=emotions)[chosen].reset_index(drop=True)


SETS: Final = {
    one.name: one
    for one in (
        ClipSet("ravdess", ("ravdess",), EMOTIONS),
        ClipSet("pooled", (), tuple(e for e in EMOTIONS if e != "calm"), calm_as_neutral=True, copies=MILD_COPIES),
    )
}


@dataclass(frozen=True)
class Result:
    """One cell of the comparison.

    Attributes:
        report: scores; its ``protocol`` and ``corpus`` (the set's name) say of what.
        folds: how many of the protocol's folds were run, the first ones.
        parameters: numbers that training fits; None for trees.
        file_bytes: size of the weights.
        train_s: seconds of training a fold, features not counted.
        cores: that a training could use.
        clip_ms: milliseconds from the samples of a clip of the set's median length to its answer, warm.
        note: what else a reader must know.
        histories: for each fold a row an epoch; empty for models without epochs.
        made_of: digits that change with the clips, the splits, the settings, the model, and what made its input.
    """

    report: Report
    folds: int
    parameters: int | None
    file_bytes: int
    train_s: float
    cores: int
    clip_ms: float
    note: str
    histories: tuple[tuple[dict[str, float], ...], ...]
    made_of: str

    @property
    def macro_f1(self) -> float:
        """Mean of the emotions' F1 scores, over emotions that the set has."""
        matrix = np.array(self.report.confusion, dtype=np.float64)
        there = matrix.sum(axis=1) > 0
        twice = 2.0 * np.diagonal(matrix)
        return float((twice / np.maximum(matrix.sum(axis=0) + matrix.sum(axis=1), 1.0))[there].mean())


@dataclass(frozen=True)
class Cell:
    """What is trained and asked: a model on a set of clips under a protocol.

    Attributes:
        folds: only so many of the protocol's; 0 for all.
    """

    spec: ModelSpec
    protocol: str
    clips: ClipSet
    folds: int = 0

    @property
    def key(self) -> str:
        """Its name in files, such as ``ravdess/speaker/cnn``."""
        return f"{self.clips.name}/{self.protocol}/{self.spec.name}"


@dataclass(frozen=True, eq=False)
class _Fold:
    """One training: a split of what is asked, the rows that it comes to, and the digits it is kept under."""

    split: Split
    rows: Split
    key: str


def _parted(cell: Cell, material: Material) -> pd.DataFrame:
    """What a protocol parts: clips, or, where it is flawed, their copies as if they were clips."""
    if cell.protocol != PUBLISHED:
        return material.table
    if material.versions < 2:
        raise ModelError("The protocol 'published' needs altered copies; give some with --augment.")
    return material.version_table


def _folds(cell: Cell, material: Material, table: pd.DataFrame) -> list[_Fold]:
    splits = splits_of(cell.protocol, table, sorted(table["corpus"].unique()), sparse=True)
    made, folds = made_of(cell.spec, material), []
    for split in splits[: cell.folds] if cell.folds else splits:
        # The flawed protocol has split rows already.
        rows = split if cell.protocol == PUBLISHED else material.version_rows(split)
        folds.append(_Fold(split, rows, fold_key(made, material, rows)))
    return folds


def cell_made_of(cell: Cell, material: Material) -> str:
    """:attr:`Result.made_of` of a cell that need not have run: of material, only the shape of its values is read."""
    return joint_key([fold.key for fold in _folds(cell, material, _parted(cell, material))])


def run_cell(cell: Cell, material: Material, kept: Path, say: Say = print, bars: Progress | None = None) -> Result:
    """Trains and asks each fold of a cell.

    Args:
        material: the set's clips, with the model's input.
        kept: folder for what is finished, and for what a killed training goes on from.
    """
    table = _parted(cell, material)
    folds = _folds(cell, material, table)
    scores: list[FoldScore] = []
    parts: list[Answers] = []
    fitted: list[Fitted] = []
    for number, fold in enumerate(folds, start=1):
        one = fit(cell.spec, material, fold.rows, kept / cell.key / fold.key, bars)
        fitted.append(one)
        scores.append(_score(table, fold.split, one))
        part = _answers(cell, table, fold.split.test, one)
        parts.append(part)
        say(f"{cell.key}, fold {number}: UAR {part.uar:.3f}, {one.train_s:.0f} s")
    answers = Answers.join(parts)
    return Result(
        report=_report(cell, material, answers, tuple(scores)),
        folds=len(folds),
        parameters=fitted[0].parameters,
        file_bytes=fitted[0].file_bytes,
        train_s=float(np.mean([one.train_s for one in fitted])),
        cores=fitted[0].cores,
        clip_ms=float(np.median([one.clip_ms for one in fitted])),
        note=fitted[0].note,
        histories=tuple(one.history for one in fitted),
        made_of=joint_key([fold.key for fold in folds]),
    )


def _answers(cell: Cell, table: pd.DataFrame, test: NDArray[np.int64], fitted: Fitted) -> Answers:
    """With probabilities for all eight emotions: 0 where the set does not ask for one."""
    places = [EMOTIONS.index(emotion) for emotion in cell.clips.emotions]
    probabilities = np.zeros((1, len(test), len(EMOTIONS)))
    probabilities[0][:, places] = fitted.probabilities
    return Answers.of(table, test, probabilities, np.ones(len(test)), fitted.sure_from)


def _score(table: pd.DataFrame, split: Split, fitted: Fitted) -> FoldScore:
    def speakers(rows: NDArray[np.int64]) -> tuple[str, ...]:
        return tuple(sorted(table["speaker"].iloc[rows].unique()))

    return FoldScore(
        test_speakers=speakers(split.test),
        validation_speakers=speakers(split.validation),
        clips=len(split.test),
        scales=(fitted.scale,),
        sure_from=fitted.sure_from,
        epochs=len(fitted.history),
        train_s=fitted.train_s,
    )


def _report(cell: Cell, material: Material, answers: Answers, folds: tuple[FoldScore, ...]) -> Report:
    corpora = tuple(sorted(material.table["corpus"].unique()))
    of = Evaluated(cell.spec.name, cell.protocol, "", corpora, material.settings | {"training": training_of(cell.spec)})
    report = summarise(answers, folds, cell.clips.name, corpora, of)
    return replace(report, folds=folds)


__all__ = ["SETS", "Cell", "ClipSet", "Result", "cell_made_of", "run_cell"]
