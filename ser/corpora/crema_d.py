"""CREMA-D: ``1001_DFA_ANG_XX.wav``, actor, sentence, emotion and level."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from ser.corpora.base import Clip, Corpus, EmotionCodes, Gender, Intensity, SpeakerFacts, speakers_in_table

# One file of the original has a single X for its level: 1040_ITH_SAD_X.
_NAME = re.compile(
    r"(10[0-9]{2})_(IEO|TIE|IOM|IWW|TAI|MTI|IWL|ITH|DFA|ITS|TSI|WSI)_(ANG|DIS|FEA|HAP|NEU|SAD)_(LO|MD|HI|XX?)",
    re.IGNORECASE,
)
_EMOTIONS: EmotionCodes = {
    "ANG": ("angry", "anger"),
    "DIS": ("disgust", "disgust"),
    "FEA": ("fearful", "fear"),
    "HAP": ("happy", "happy"),
    "NEU": ("neutral", "neutral"),
    "SAD": ("sad", "sad"),
}
_LEVELS: dict[str, Intensity] = {
    "LO": "low",
    "MD": "medium",
    "HI": "high",
    "XX": "unspecified",
    "X": "unspecified",
}
# From the corpus's own VideoDemographics.csv, which wins where it lies beside the recordings. Actors that are in
# neither are "unknown".
_WOMEN = frozenset({
    1002, 1003, 1006, 1007, 1008, 1009, 1012, 1018, 1021, 1024, 1025, 1028, 1029, 1030, 1037, 1043, 1047, 1049,
    1053, 1054, 1055, 1056, 1060, 1061, 1063, 1072, 1073, 1074, 1075, 1076, 1079, 1082, 1091,
})  # fmt: skip
_MEN = frozenset({
    1001, 1005, 1011, 1014, 1015, 1016, 1017, 1019, 1022, 1023, 1026, 1031, 1032, 1034, 1035, 1036, 1039, 1040,
    1041, 1042, 1044, 1045, 1048, 1050, 1051, 1057, 1059, 1062, 1064, 1066, 1067, 1068, 1069, 1070, 1077, 1080,
    1081, 1083, 1085, 1086, 1087, 1088, 1090,
})  # fmt: skip


def parse(path: PurePosixPath) -> Clip | None:
    """Actor, sentence, emotion and level; the gender from the table above."""
    match = _NAME.fullmatch(path.stem)
    if match is None:
        return None
    actor, sentence, code, level = match.group(1), *(match.group(i).upper() for i in (2, 3, 4))
    emotion, word = _EMOTIONS[code]
    return Clip(
        path=str(path),
        corpus=CORPUS.name,
        speaker=f"{CORPUS.name}/{actor}",
        gender=_gender(int(actor)),
        language=CORPUS.language,
        emotion=emotion,
        corpus_emotion=word,
        intensity=_LEVELS[level],
        sentence=sentence,
    )


def _gender(actor: int) -> Gender:
    return "female" if actor in _WOMEN else "male" if actor in _MEN else "unknown"


def read_speakers(path: Path) -> dict[str, SpeakerFacts]:
    """Gender and age by speaker from ``VideoDemographics.csv`` (columns ActorID, Age, Sex, …)."""
    return speakers_in_table(path, CORPUS.name, "ActorID", "Sex", "Age")


CORPUS = Corpus(
    name="crema-d",
    title="Crowd-sourced Emotional Multimodal Actors Dataset",
    language="en",
    licence="ODbL 1.0, contents DbCL 1.0",
    citation="Cao et al. (2014), IEEE Trans. Affective Computing 5(4): 377-390, doi:10.1109/TAFFC.2014.2336244",
    url="https://github.com/CheyneyComputerScience/CREMA-D",
    parse=parse,
    speaker_table="VideoDemographics.csv",
    read_speakers=read_speakers,
)
