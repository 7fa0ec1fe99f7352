"""Who is heard in training, who chooses, who is tested: always by speaker, never by clip."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ser.errors import CorpusError

FOLDS = 5
VALIDATION_SHARE = 0.15


@dataclass(frozen=True, eq=False)
class Split:
    """Row numbers of a table; no speaker stands in two of them. Each shape (n,), int64.

    Attributes:
        train: what weights and scalers are fitted on.
        validation: what chooses the epoch and the temperature.
        test: what is only scored; empty for the shipped model.
    """

    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]


def _by_gender(table: pd.DataFrame) -> list[str]:
    """Speakers of a table, those of one gender after those of the other, each in order of name."""
    pairs = table[["gender", "speaker"]].drop_duplicates("speaker").sort_values(["gender", "speaker"])
    return [str(speaker) for speaker in pairs["speaker"]]


def _rows(table: pd.DataFrame, speakers: set[str]) -> NDArray[np.int64]:
    return np.flatnonzero(table["speaker"].isin(speakers).to_numpy())


def validation_speakers(table: pd.DataFrame, barred: set[str], share: float, offset: int = 0) -> set[str]:
    """About ``share`` of each corpus's speakers, spread over genders, none of them barred.

    A corpus with fewer than four free speakers gives none: it has too few voices to spare one.
    """
    chosen: set[str] = set()
    for _, part in table.groupby("corpus"):
        free = [s for s in _by_gender(part) if s not in barred]
        if len(free) < 4:
            continue
        count = max(1, round(share * len(free)))
        places = (np.arange(count) * len(free) // count + offset) % len(free)
        chosen |= {free[place] for place in places}
    return chosen


def speaker_folds(table: pd.DataFrame, corpus: str, folds: int = FOLDS, share: float = VALIDATION_SHARE) -> list[Split]:
    """Folds by speaker within one corpus; every other corpus helps to train.

    Speakers are dealt out in turn, gender by gender, so that folds are alike. Validation speakers are taken from
    those who are not tested, of all corpora.

    Raises:
        CorpusError: the corpus is not in the table, or has fewer speakers than folds.
    """
    speakers = _by_gender(table[table["corpus"] == corpus])
    if len(speakers) < folds:
        known = ", ".join(sorted(table["corpus"].unique()))
        raise CorpusError(
            f"Corpus '{corpus}' has {len(speakers)} speakers here; {folds} folds need at least as many. "
            f"Corpora in this table: {known}."
        )
    splits = []
    for fold in range(folds):
        tested = set(speakers[fold::folds])
        chosen = validation_speakers(table, tested, share, offset=fold)
        rest = set(table["speaker"]) - tested - chosen
        only = (table["corpus"] == corpus).to_numpy()
        test = _rows(table, tested)
        splits.append(Split(_rows(table, rest), _rows(table, chosen), test[only[test]]))
    return splits


def shipping_split(table: pd.DataFrame, share: float = VALIDATION_SHARE) -> Split:
    """All speakers but the validation ones train; nobody is tested. For the model that is shipped."""
    chosen = validation_speakers(table, set(), share)
    rest = set(table["speaker"]) - chosen
    return Split(_rows(table, rest), _rows(table, chosen), np.zeros(0, np.int64))
