"""The corpora whose official file names and folders are understood, and the search for their recordings.

>>> [corpus.language for corpus in CORPORA if corpus.name in ("cafe", "emodb")]
['de', 'fr']
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ser.corpora import (
    aesdd,
    cafe,
    casia,
    crema_d,
    emodb,
    emovo,
    jl_corpus,
    nemo,
    ravdess,
    savee,
    scan,
    shemo,
    tess,
)
from ser.corpora.base import Clip, Corpus
from ser.corpora.scan import FoundFile

__all__ = ["CORPORA", "Clip", "Corpus", "FoundFile", "find_clips", "find_files"]

# No name is claimed by two of them, so that their order does not matter.
CORPORA: tuple[Corpus, ...] = (
    ravdess.CORPUS,
    crema_d.CORPUS,
    tess.CORPUS,
    savee.CORPUS,
    emodb.CORPUS,
    emovo.CORPUS,
    casia.CORPUS,
    shemo.CORPUS,
    cafe.CORPUS,
    aesdd.CORPUS,
    jl_corpus.CORPUS,
    nemo.CORPUS,
)


def find_files(roots: Sequence[Path]) -> list[FoundFile]:
    """Every audio file below the roots, sorted by path; those that no parser knows have no clip.

    Raises:
        CorpusError: a root is no folder, two roots have one name, or there is no recording of a known corpus.
    """
    return scan.find_files(roots, CORPORA)


def find_clips(roots: Sequence[Path]) -> list[Clip]:
    """The recordings of known corpora below the roots, sorted by path.

    Raises:
        CorpusError: as for :func:`find_files`.
    """
    return [file.clip for file in find_files(roots) if file.clip]
