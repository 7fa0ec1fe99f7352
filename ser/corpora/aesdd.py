"""AESDD: ``anger/a01 (1).wav``, emotion's initial, utterance and, in brackets, speaker."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from ser.corpora.base import Clip, Corpus, EmotionCodes, folders

# Some utterances were taken more than once, with a letter behind.
_NAME = re.compile(r"([adfhs])(\d\d) ?\((\d{1,2})\)[a-z]?", re.IGNORECASE)
_EMOTIONS: EmotionCodes = {
    "a": ("angry", "anger"),
    "d": ("disgust", "disgust"),
    "f": ("fearful", "fear"),
    "h": ("happy", "happiness"),
    "s": ("sad", "sadness"),
}


def parse(path: PurePosixPath) -> Clip | None:
    """``a01 (1)`` is also what a second copy of another corpus's ``a01`` is called: the emotion's folder decides."""
    match = _NAME.fullmatch(path.stem)
    if match is None:
        return None
    emotion, word = _EMOTIONS[match[1].lower()]
    above = folders(path)
    if above[:1] != [word] and not any("aesdd" in folder for folder in above):
        return None
    return Clip(
        path=str(path),
        corpus=CORPUS.name,
        speaker=f"{CORPUS.name}/{int(match[3])}",
        # Three women and two men at first, more later; which number is whose is not published.
        gender="unknown",
        language=CORPUS.language,
        emotion=emotion,
        corpus_emotion=word,
        intensity="unspecified",
        sentence=match[2],
    )


CORPUS = Corpus(
    name="aesdd",
    title="Acted Emotional Speech Dynamic Database",
    language="el",
    licence="unclear: CC BY 4.0 by one distributor, CC BY-SA 4.0 by another",
    citation="Vryzas et al. (2018), Speech Emotion Recognition for Performance Interaction, J. AES 66(6): 457-467",
    url="https://m3c.web.auth.gr/research/aesdd-speech-emotion-recognition/",
    parse=parse,
)
