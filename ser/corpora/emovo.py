"""EMOVO: ``dis-f1-b1.wav``, emotion, speaker and sentence."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from ser.corpora.base import Clip, Corpus, EmotionCodes, gender_of

_EMOTIONS: EmotionCodes = {
    "dis": ("disgust", "disgusto"),
    "gio": ("happy", "gioia"),
    "neu": ("neutral", "neutro"),
    "pau": ("fearful", "paura"),
    "rab": ("angry", "rabbia"),
    "sor": ("surprised", "sorpresa"),
    "tri": ("sad", "tristezza"),
}
_NAME = re.compile(rf"({'|'.join(_EMOTIONS)})-([fm][123])-([bdln]\d)", re.IGNORECASE)


def parse(path: PurePosixPath) -> Clip | None:
    """Three women and three men, fourteen sentences."""
    match = _NAME.fullmatch(path.stem)
    if match is None:
        return None
    code, speaker, sentence = (group.lower() for group in match.groups())
    emotion, word = _EMOTIONS[code]
    return Clip(
        path=str(path),
        corpus=CORPUS.name,
        speaker=f"{CORPUS.name}/{speaker}",
        gender=gender_of(speaker),
        language=CORPUS.language,
        emotion=emotion,
        corpus_emotion=word,
        intensity="unspecified",
        sentence=sentence,
    )


CORPUS = Corpus(
    name="emovo",
    title="EMOVO Corpus: an Italian Emotional Speech Database",
    language="it",
    licence="not stated by its authors: ask them before any use but research",
    citation="Costantini et al. (2014), EMOVO Corpus: an Italian Emotional Speech Database, LREC, 3501-3504",
    url="http://lrec-conf.org/proceedings/lrec2014/summaries/591.html",
    parse=parse,
)
