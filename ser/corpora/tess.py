"""TESS: ``OAF_back_angry.wav``, the older or the younger actress, a word in a carrier phrase, and the emotion."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from ser.corpora.base import Clip, Corpus, EmotionCodes

_EMOTIONS: EmotionCodes = {
    "angry": ("angry", "angry"),
    "disgust": ("disgust", "disgust"),
    "fear": ("fearful", "fear"),
    "happy": ("happy", "happy"),
    "neutral": ("neutral", "neutral"),
    "ps": ("surprised", "pleasant surprise"),
    "pleasant_surprise": ("surprised", "pleasant surprise"),
    "pleasant_surprised": ("surprised", "pleasant surprise"),
    "sad": ("sad", "sad"),
}
# As the corpus states them: the younger and the older actress.
_AGES = {"YA": 26, "OA": 64}
# One file of the original is called OA_bite_neutral, without the F.
_NAME = re.compile(rf"([OY]A)F?_([a-z']+)_({'|'.join(_EMOTIONS)})", re.IGNORECASE)


def parse(path: PurePosixPath) -> Clip | None:
    """Two women: OAF and YAF."""
    match = _NAME.fullmatch(path.stem)
    if match is None:
        return None
    emotion, own_word = _EMOTIONS[match[3].lower()]
    return Clip(
        path=str(path),
        corpus=CORPUS.name,
        speaker=f"{CORPUS.name}/{match[1].upper()}F",
        gender="female",
        language=CORPUS.language,
        emotion=emotion,
        corpus_emotion=own_word,
        intensity="unspecified",
        sentence=match[2].lower(),
        age_years=_AGES[match[1].upper()],
    )


CORPUS = Corpus(
    name="tess",
    title="Toronto Emotional Speech Set",
    language="en",
    licence="CC BY-NC-ND 4.0",
    citation="Pichora-Fuller & Dupuis (2020), Toronto emotional speech set, Borealis, doi:10.5683/SP2/E8H2MF",
    url="https://doi.org/10.5683/SP2/E8H2MF",
    parse=parse,
)
