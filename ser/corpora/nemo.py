"""nEMO: ``SM0_anger_77.wav``, speaker, emotion and sentence."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from ser.corpora.base import Clip, Corpus, EmotionCodes, Gender, SpeakerFacts, speakers_in_table

_EMOTIONS: EmotionCodes = {
    "anger": ("angry", "anger"),
    "fear": ("fearful", "fear"),
    "happiness": ("happy", "happiness"),
    "neutral": ("neutral", "neutral"),
    "sadness": ("sad", "sadness"),
    "surprised": ("surprised", "surprised"),
}
_NAME = re.compile(rf"([A-Z]{{2}}\d)_({'|'.join(_EMOTIONS)})_(\d{{1,3}})", re.IGNORECASE)
# From the corpus's own data.tsv, which wins where it lies beside. Speakers that are in neither are "unknown".
_GENDERS: dict[str, Gender] = {
    "EB0": "female",
    "IC0": "female",
    "KD0": "female",
    "KS0": "male",
    "MK0": "female",
    "MP0": "male",
    "SM0": "male",
}


def parse(path: PurePosixPath) -> Clip | None:
    """Nine actors, ninety sentences."""
    match = _NAME.fullmatch(path.stem)
    if match is None:
        return None
    speaker, (emotion, word) = match[1].upper(), _EMOTIONS[match[2].lower()]
    return Clip(
        path=str(path),
        corpus=CORPUS.name,
        speaker=f"{CORPUS.name}/{speaker}",
        gender=_GENDERS.get(speaker, "unknown"),
        language=CORPUS.language,
        emotion=emotion,
        corpus_emotion=word,
        intensity="unspecified",
        sentence=match[3],
    )


def read_speakers(path: Path) -> dict[str, SpeakerFacts]:
    """Gender and age by speaker from ``data.tsv`` (columns speaker_id, gender, age, …)."""
    return speakers_in_table(path, CORPUS.name, "speaker_id", "gender", "age")


CORPUS = Corpus(
    name="nemo",
    title="nEMO: Dataset of Emotional Speech in Polish",
    language="pl",
    licence="CC BY-NC-SA 4.0",
    citation="Christop (2024), nEMO: Dataset of Emotional Speech in Polish, LREC-COLING, 2024.lrec-main.1059",
    url="https://github.com/amu-cai/nEMO",
    parse=parse,
    speaker_table="data.tsv",
    read_speakers=read_speakers,
)
