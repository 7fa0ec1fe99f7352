"""ShEMO: ``F01A05.wav``, gender, speaker, emotion and number."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from ser.corpora.base import Clip, Corpus, EmotionCodes, gender_of

_NAME = re.compile(r"([FM])(\d\d)([AFHNSW])(\d\d)", re.IGNORECASE)
_EMOTIONS: EmotionCodes = {
    "A": ("angry", "anger"),
    "F": ("fearful", "fear"),
    "H": ("happy", "happiness"),
    "N": ("neutral", "neutral"),
    "S": ("sad", "sadness"),
    "W": ("surprised", "surprise"),
}


def parse(path: PurePosixPath) -> Clip | None:
    """Radio plays: everyone says other words, so that a sentence's id is the recording's own name."""
    match = _NAME.fullmatch(path.stem)
    if match is None:
        return None
    gender, number, code, _ = (group.upper() for group in match.groups())
    emotion, word = _EMOTIONS[code]
    return Clip(
        path=str(path),
        corpus=CORPUS.name,
        speaker=f"{CORPUS.name}/{gender}{number}",
        gender=gender_of(gender),
        language=CORPUS.language,
        emotion=emotion,
        corpus_emotion=word,
        intensity="unspecified",
        sentence=path.stem.upper(),
    )


CORPUS = Corpus(
    name="shemo",
    title="Sharif Emotional Speech Database",
    language="fa",
    licence="free for academic use; Apache 2.0 by one distributor",
    citation="Mohamad Nezami et al. (2019), Language Resources and Evaluation 53: 1-16, doi:10.1007/s10579-018-9427-x",
    url="https://github.com/pariajm/sharif-emotional-speech-database",
    parse=parse,
)
