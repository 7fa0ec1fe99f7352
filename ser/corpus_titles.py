"""How corpora, and sets of their clips, are called, where people read; short, unlike the full titles of the parsers."""

from __future__ import annotations

from typing import Final

TITLES: Final = {
    "ravdess": "RAVDESS", "crema-d": "CREMA-D", "emodb": "EmoDB", "nemo": "nEMO", "tess": "TESS", "savee": "SAVEE",
    "emovo": "EMOVO", "casia": "CASIA", "shemo": "ShEMO", "cafe": "CaFE", "aesdd": "AESDD", "jl-corpus": "JL Corpus",
    "pooled": "all corpora",
}  # fmt: skip


def corpus_title(name: str) -> str:
    """A corpus's usual name; an unknown one is called as it is in tables.

    >>> corpus_title("crema-d"), corpus_title("mine")
    ('CREMA-D', 'mine')
    """
    return TITLES.get(name, name)
