"""Who is heard in training, who chooses, who is tested: by speaker first.

Two protocols split by clip, :func:`random_split` and ``published``; they exist to be shown beside the honest ones, and
every report of them carries its sentence of :data:`WARNINGS`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ser.errors import CorpusError

FOLDS = 5
VALIDATION_SHARE = 0.15
RANDOM_TEST_SHARE = 0.2

# What a reader must know of a score, by protocol.
WARNINGS = {
    "random": "Voices of the test clips were heard in training, so this score is higher than what new voices get.",
    "published": "Flawed on purpose, as many published demos do it: clips were copied with small changes first, and "
    "the copies split at random, so that a test row's own recording was often heard in training. How far this lies "
    "above the speaker score is how much of it is leakage.",
}


@dataclass(frozen=True, eq=False)
class Split:
    """Row numbers of a table. Each shape (n,), int64. No speaker stands in two of them, but for :func:`random_split`.

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


def _speakers_of(table: pd.DataFrame, corpus: str) -> list[str]:
    """Speakers of one corpus, gender by gender.

    Raises:
        CorpusError: it is not in the table.
    """
    speakers = _by_gender(table[table["corpus"] == corpus])
    if not speakers:
        known = ", ".join(sorted(table["corpus"].unique()))
        raise CorpusError(f"Corpus '{corpus}' is not in this table. Corpora there: {known}.")
    return speakers


def _split(table: pd.DataFrame, tested: set[str], share: float, offset: int) -> Split:
    """Tested speakers on one side; of the others, some of each corpus choose and the rest train."""
    chosen = validation_speakers(table, tested, share, offset)
    rest = set(table["speaker"]) - tested - chosen
    return Split(_rows(table, rest), _rows(table, chosen), _rows(table, tested))


def speaker_folds(
    table: pd.DataFrame,
    corpora: Sequence[str],
    folds: int = FOLDS,
    share: float = VALIDATION_SHARE,
    sparse: bool = False,
) -> list[Split]:
    """Folds by speaker: each speaker of ``corpora`` is tested in one of them; everybody else helps to train.

    A corpus's speakers are dealt out in turn, gender by gender, so that folds are alike. Several corpora are folded at
    once, so that as many trainings as there are folds score them all.

    Args:
        sparse: lets a corpus have fewer speakers than there are folds; some folds then test none of it.

    Raises:
        CorpusError: a corpus is not in the table, or has fewer speakers than folds.
    """
    names = {corpus: _speakers_of(table, corpus) for corpus in corpora}
    for corpus, speakers in names.items():
        if len(speakers) < folds and not sparse:
            known = ", ".join(sorted(table["corpus"].unique()))
            raise CorpusError(
                f"Corpus '{corpus}' has {len(speakers)} speakers here; {folds} folds need at least as many. "
                f"Corpora in this table: {known}."
            )
    tested = [{name for speakers in names.values() for name in speakers[fold::folds]} for fold in range(folds)]
    return [_split(table, part, share, offset) for offset, part in enumerate(tested)]


def sentence_folds(table: pd.DataFrame, corpora: Sequence[str], share: float = VALIDATION_SHARE) -> list[Split]:
    """Folds by speaker and by sentence: tested are words that nobody was heard to say, by voices not heard either.

    Each fold of :func:`speaker_folds` holds out some sentences of each corpus, dealt out in turn, and forgets what its
    training and validation speakers say in them, song included.
    """
    names = {corpus: sorted(table.loc[table["corpus"] == corpus, "sentence"].unique()) for corpus in corpora}
    splits = []
    for fold, split in enumerate(speaker_folds(table, corpora, share=share)):
        barred = np.zeros(len(table), bool)
        for corpus, sentences in names.items():
            groups = min(FOLDS, len(sentences))
            held_out = sentences[fold % groups :: groups]
            barred |= ((table["corpus"] == corpus) & table["sentence"].isin(held_out)).to_numpy()
        train, validation = (part[~barred[part]] for part in (split.train, split.validation))
        splits.append(Split(train, validation, split.test[barred[split.test]]))
    return splits


def corpus_folds(table: pd.DataFrame, corpora: Sequence[str], share: float = VALIDATION_SHARE) -> list[Split]:
    """A fold a corpus: it is left out of training whole, microphones, language and all.

    Raises:
        CorpusError: a corpus is not in the table, or there is no other.
    """
    if table["corpus"].nunique() < 2:
        raise CorpusError(f"Only '{table['corpus'].iloc[0]}' is here; leaving a corpus out needs at least two.")
    return [_split(table, set(_speakers_of(table, corpus)), share, 0) for corpus in corpora]


def shipping_split(table: pd.DataFrame, share: float = VALIDATION_SHARE) -> Split:
    """All speakers but the validation ones train; nobody is tested. For the model that is shipped."""
    chosen = validation_speakers(table, set(), share)
    rest = set(table["speaker"]) - chosen
    return Split(_rows(table, rest), _rows(table, chosen), np.zeros(0, np.int64))


def random_split(table: pd.DataFrame, seed: int = 0) -> list[Split]:
    """One split of 80 to 20 clips that ignores who speaks; see :data:`WARNINGS`. 15 % of the 80 choose.

    Each emotion of each corpus has its share on both sides.

    Raises:
        CorpusError: there are too few clips of an emotion to part them.
    """
    from sklearn.model_selection import train_test_split

    cells = (table["corpus"] + "/" + table["emotion"]).to_numpy()
    if pd.Series(cells).value_counts().min() < 2 * FOLDS:
        raise CorpusError(f"{len(table)} clips are too few for a random split: each emotion needs {2 * FOLDS} or more.")
    rows = np.arange(len(table), dtype=np.int64)
    heard, test = train_test_split(rows, test_size=RANDOM_TEST_SHARE, random_state=seed, stratify=cells)
    train, validation = train_test_split(heard, test_size=VALIDATION_SHARE, random_state=seed, stratify=cells[heard])
    return [Split(np.sort(train), np.sort(validation), np.sort(test))]
