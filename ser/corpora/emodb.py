"""Berlin EmoDB: ``03a01Fa.wav``, speaker, text, emotion by its German initial, and version."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from ser.corpora.base import Clip, Corpus, EmotionCodes

_MEN = ("03", "10", "11", "12", "15")
# As the corpus's page states them.
_AGES = {
    "03": 31, "08": 34, "09": 21, "10": 32, "11": 26, "12": 30, "13": 32, "14": 35, "15": 25, "16": 31,
}  # fmt: skip
_NAME = re.compile(r"(03|08|09|1[0-6])(a0[12457]|b0[1239]|b10)([WLEAFTN])([a-z]?)", re.IGNORECASE)
# Wut (Ärger), Langeweile, Ekel, Angst, Freude, Trauer, neutral.
_EMOTIONS: EmotionCodes = {
    "W": ("angry", "anger"),
    "L": ("other", "boredom"),
    "E": ("disgust", "disgust"),
    "A": ("fearful", "anxiety"),
    "F": ("happy", "happiness"),
    "T": ("sad", "sadness"),
    "N": ("neutral", "neutral"),
}


def parse(path: PurePosixPath) -> Clip | None:
    """Ten actors, ten texts; boredom has no place among the canonical emotions."""
    match = _NAME.fullmatch(path.stem)
    if match is None:
        return None
    speaker, text, code, _ = match.groups()
    emotion, word = _EMOTIONS[code.upper()]
    return Clip(
        path=str(path),
        corpus=CORPUS.name,
        speaker=f"{CORPUS.name}/{speaker}",
        gender="male" if speaker in _MEN else "female",
        language=CORPUS.language,
        emotion=emotion,
        corpus_emotion=word,
        intensity="unspecified",
        sentence=text.lower(),
        age_years=_AGES[speaker],
    )


CORPUS = Corpus(
    name="emodb",
    title="Berlin Database of Emotional Speech",
    language="de",
    licence="unclear: CC0 by one distributor, CC BY 4.0 by another",
    citation="Burkhardt et al. (2005), A database of German emotional speech, Interspeech, 1517-1520",
    url="http://emodb.bilderbar.info",
    parse=parse,
)
