"""CaFE: ``01-C-1-2.wav``, actor, emotion by its French initial, intensity and sentence."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from ser.corpora.base import Clip, Corpus, EmotionCodes, Intensity

_NAME = re.compile(r"(0[1-9]|1[0-2])-([CDJNPST])-([12])-([1-6])", re.IGNORECASE)
_EMOTIONS: EmotionCodes = {
    "C": ("angry", "colère"),
    "D": ("disgust", "dégoût"),
    "J": ("happy", "joie"),
    "N": ("neutral", "neutre"),
    "P": ("fearful", "peur"),
    "S": ("surprised", "surprise"),
    "T": ("sad", "tristesse"),
}


def parse(path: PurePosixPath) -> Clip | None:
    """Actors with odd numbers are men; faible is low, fort is high, and neutral has no degrees."""
    match = _NAME.fullmatch(path.stem)
    if match is None:
        return None
    actor, code, level, sentence = match.groups()
    emotion, word = _EMOTIONS[code.upper()]
    intensity: Intensity = "low" if level == "1" else "high"
    return Clip(
        path=str(path),
        corpus=CORPUS.name,
        speaker=f"{CORPUS.name}/{actor}",
        gender="male" if int(actor) % 2 else "female",
        language=CORPUS.language,
        emotion=emotion,
        corpus_emotion=word,
        intensity="unspecified" if emotion == "neutral" else intensity,
        sentence=sentence,
    )


CORPUS = Corpus(
    name="cafe",
    title="Canadian French Emotional speech dataset",
    language="fr",
    licence="CC BY-NC-SA 4.0",
    citation="Gournay, Lahaie & Lefebvre (2018), A Canadian French emotional speech dataset, ACM MMSys, 399-402",
    url="https://zenodo.org/records/1478765",
    parse=parse,
)
