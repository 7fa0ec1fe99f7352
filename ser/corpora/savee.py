"""SAVEE: ``DC/a01.wav`` as its authors offer it, or ``DC_a01.wav`` in copies with all speakers in one folder."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from ser.corpora.base import Clip, Corpus, EmotionCodes, folders

_SPEAKERS = ("dc", "je", "jk", "kl")
_EMOTIONS: EmotionCodes = {
    "a": ("angry", "anger"),
    "d": ("disgust", "disgust"),
    "f": ("fearful", "fear"),
    "h": ("happy", "happiness"),
    "n": ("neutral", "neutral"),
    "sa": ("sad", "sadness"),
    "su": ("surprised", "surprise"),
}
_NAME = re.compile(r"(?:(dc|je|jk|kl)_)?(sa|su|[adfhn])(\d\d)", re.IGNORECASE)


def parse(path: PurePosixPath) -> Clip | None:
    """Four men. ``a01`` alone could be anyone's: it needs a speaker's folder right above it."""
    match = _NAME.fullmatch(path.stem)
    if match is None:
        return None
    speaker = match[1] or next(iter(folders(path)), "")
    if speaker.lower() not in _SPEAKERS:
        return None
    code = match[2].lower()
    emotion, word = _EMOTIONS[code]
    return Clip(
        path=str(path),
        corpus=CORPUS.name,
        speaker=f"{CORPUS.name}/{speaker.upper()}",
        gender="male",
        language=CORPUS.language,
        emotion=emotion,
        corpus_emotion=word,
        intensity="unspecified",
        # Most sentences belong to one emotion, so that a number alone does not name the words.
        sentence=f"{code}{match[3]}",
    )


CORPUS = Corpus(
    name="savee",
    title="Surrey Audio-Visual Expressed Emotion",
    language="en",
    licence="free for research after registration; no other use",
    citation="Haq & Jackson (2010), Multimodal Emotion Recognition, in Machine Audition, IGI Global, 398-423",
    url="http://kahlan.eps.surrey.ac.uk/savee/",
    parse=parse,
)
