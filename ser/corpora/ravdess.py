"""RAVDESS: ``03-01-06-01-02-01-12.wav``, seven numbers for everything there is to know."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from ser.corpora.base import Clip, Corpus, EmotionCodes

# modality - voice - emotion - intensity - statement - repetition - actor. Modality 03 is sound alone; the films
# (01, 02) are not taken, since they carry the same sound again or none.
_NAME = re.compile(r"03-(0[12])-(0[1-8])-(0[12])-(0[12])-(0[12])-(0[1-9]|1\d|2[0-4])")
_EMOTIONS: EmotionCodes = {
    "01": ("neutral", "neutral"),
    "02": ("calm", "calm"),
    "03": ("happy", "happy"),
    "04": ("sad", "sad"),
    "05": ("angry", "angry"),
    "06": ("fearful", "fearful"),
    "07": ("disgust", "disgust"),
    "08": ("surprised", "surprised"),
}


def parse(path: PurePosixPath) -> Clip | None:
    """Speech and song; actors with odd numbers are men."""
    match = _NAME.fullmatch(path.stem)
    if match is None:
        return None
    voice, code, intensity, statement, _, actor = match.groups()
    emotion, word = _EMOTIONS[code]
    return Clip(
        path=str(path),
        corpus=CORPUS.name,
        speaker=f"{CORPUS.name}/{actor}",
        gender="male" if int(actor) % 2 else "female",
        language=CORPUS.language,
        emotion=emotion,
        corpus_emotion=word,
        intensity="normal" if intensity == "01" else "strong",
        sentence=statement,
        style="speech" if voice == "01" else "song",
    )


CORPUS = Corpus(
    name="ravdess",
    title="Ryerson Audio-Visual Database of Emotional Speech and Song",
    language="en",
    licence="CC BY-NC-SA 4.0",
    citation="Livingstone & Russo (2018), PLoS ONE 13(5): e0196391, doi:10.1371/journal.pone.0196391",
    url="https://zenodo.org/records/1188976",
    parse=parse,
)
