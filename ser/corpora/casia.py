"""CASIA: ``liuchanhg/angry/201.wav``; speaker and emotion stand in the folders, not in the name."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from ser.corpora.base import Clip, Corpus, EmotionCodes, Gender, folders

_EMOTIONS: EmotionCodes = {
    "angry": ("angry", "angry"),
    "fear": ("fearful", "fear"),
    "happy": ("happy", "happy"),
    "neutral": ("neutral", "neutral"),
    # Its hundred sentences with emotional words (不同文本100) call it so.
    "normal": ("neutral", "neutral"),
    "sad": ("sad", "sad"),
    "surprise": ("surprised", "surprise"),
}
# The two halves of the corpus, and copies of it, spell the four names differently.
_SPEAKERS: dict[str, tuple[str, Gender]] = {
    "liuchanhg": ("liuchang", "female"),
    "liuchang": ("liuchang", "female"),
    "liuchanghong": ("liuchang", "female"),
    "chang.liu": ("liuchang", "female"),
    "wangzhe": ("wangzhe", "male"),
    "zhe.wang": ("wangzhe", "male"),
    "zhaoquanyin": ("zhaoquanyin", "female"),
    "quanyin.zhao": ("zhaoquanyin", "female"),
    "zhaozuoxiang": ("zhaozuoxiang", "male"),
    "zuoxiang.zhao": ("zhaozuoxiang", "male"),
}
# Copies in one folder a corpus or an emotion carry all three in the name: 201-sad-zhaoquanyin.
_FLAT_NAME = re.compile(rf"(\d{{1,4}})-({'|'.join(_EMOTIONS)})-([a-z.]+)", re.IGNORECASE)
_OWN_WORDS = "不同文本"


def parse(path: PurePosixPath) -> Clip | None:
    """A number alone could be anyone's: it needs an emotion's folder, and above it a speaker's or CASIA's."""
    above = folders(path)
    flat = _FLAT_NAME.fullmatch(path.stem)
    if flat:
        number, code, name = flat[1], flat[2].lower(), flat[3].lower()
    elif re.fullmatch(r"\d{1,4}", path.stem) and len(above) >= 2:
        number, code, name = path.stem, above[0], above[1]
    else:
        return None
    of_casia = any("casia" in folder for folder in above)
    if code not in _EMOTIONS or (name not in _SPEAKERS and (not of_casia or "casia" in name)):
        return None
    speaker, gender = _SPEAKERS.get(name, (name, "unknown"))
    emotion, word = _EMOTIONS[code]
    own_words = any(folder.startswith(_OWN_WORDS) for folder in above)
    return Clip(
        path=str(path),
        corpus=CORPUS.name,
        speaker=f"{CORPUS.name}/{speaker}",
        gender=gender,
        language=CORPUS.language,
        emotion=emotion,
        corpus_emotion=word,
        intensity="unspecified",
        sentence=f"{word}-{number}" if own_words else number,
    )


CORPUS = Corpus(
    name="casia",
    title="CASIA Chinese Emotional Corpus",
    language="zh",
    licence="by agreement with the Institute of Automation; research only",
    citation="Institute of Automation, Chinese Academy of Sciences: CASIA Chinese Emotional Corpus, Chinese LDC",
    url="http://www.chineseldc.org",
    parse=parse,
)
