"""The protocols by name: how clips are parted into those that teach, choose and are tested."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import pandas as pd

from ser.splits import Split, corpus_folds, random_split, sentence_folds, speaker_folds

PUBLISHED: Final = "published"
# Nobody who is tested taught; the others let voices, and the flawed one even recordings, leak.
APART: Final = ("speaker", "sentence", "corpus")
COMPARED: Final = ("speaker", "corpus", "random", PUBLISHED)
_PARTED: Final[dict[str, Callable[[pd.DataFrame, Sequence[str], bool], list[Split]]]] = {
    "speaker": lambda table, corpora, sparse: speaker_folds(table, corpora, sparse=sparse),
    "sentence": lambda table, corpora, _: sentence_folds(table, corpora),
    "corpus": lambda table, corpora, _: corpus_folds(table, corpora),
    "random": lambda table, *_: random_split(table),
    PUBLISHED: lambda table, *_: random_split(table),
}
PROTOCOLS: Final = tuple(_PARTED)


def splits_of(protocol: str, table: pd.DataFrame, corpora: Sequence[str], sparse: bool = False) -> list[Split]:
    """A protocol's splits of a table.

    Args:
        protocol: one of :data:`PROTOCOLS`.
        corpora: whose speakers are tested; a random split takes all clips.
        sparse: see :func:`~ser.splits.speaker_folds`.

    Raises:
        CorpusError: the table does not allow it.
    """
    return _PARTED[protocol](table, corpora, sparse)
