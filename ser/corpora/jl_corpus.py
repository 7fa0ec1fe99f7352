"""JL-Corpus: ``female1_angry_1a_1.wav``, speaker, emotion, sentence with repetition, and session."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from ser.corpora.base import Clip, Corpus, EmotionCodes, gender_of

# Five primary emotions; excited, and the five secondary ones, have no place among the canonical emotions.
_EMOTIONS: EmotionCodes = {
    "angry": ("angry", "angry"),
    "happy": ("happy", "happy"),
    "neutral": ("neutral", "neutral"),
    "sad": ("sad", "sad"),
    "excited": ("other", "excited"),
    "anxious": ("other", "anxious"),
    "apologetic": ("other", "apologetic"),
    "assertive": ("other", "assertive"),
    "concerned": ("other", "concerned"),
    "encouraging": ("other", "encouraging"),
}
_NAME = re.compile(rf"((?:fe)?male[12])_({'|'.join(_EMOTIONS)})_(\d{{1,2}})[ab]_[12]", re.IGNORECASE)


def parse(path: PurePosixPath) -> Clip | None:
    """Two women and two men of New Zealand."""
    match = _NAME.fullmatch(path.stem)
    if match is None:
        return None
    speaker, code, sentence = (group.lower() for group in match.groups())
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
    name="jl-corpus",
    title="JL-Corpus: an emotional speech corpus of New Zealand English",
    language="en",
    licence="CC0 1.0",
    citation="James, Tian & Watson (2018), An Open Source Emotional Speech Corpus for HRI Applications, Interspeech",
    url="https://www.kaggle.com/datasets/tli725/jl-corpus",
    parse=parse,
)
