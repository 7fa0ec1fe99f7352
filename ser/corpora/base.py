"""What a corpus and one of its recordings are, and what the parsers share."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

Gender = Literal["female", "male", "unknown"]
Intensity = Literal["normal", "strong", "low", "medium", "high", "unspecified"]
Style = Literal["speech", "song"]

# A corpus's code for an emotion → (canonical emotion or "other", the corpus's own word).
EmotionCodes = Mapping[str, tuple[str, str]]


@dataclass(frozen=True)
class Clip:
    """One recording of a corpus, as its name and folders describe it; nothing was decoded.

    Attributes:
        path: POSIX path relative to the data root.
        corpus: name of the corpus, such as "crema-d".
        speaker: unique across corpora, such as "ravdess/01".
        gender: of the speaker, as the corpus states it.
        age_years: of the speaker when recorded; None where the corpus does not say.
        language: ISO 639-1 code, such as "de".
        emotion: one of ``ser.constants.EMOTIONS``, or ``OTHER_EMOTION``.
        corpus_emotion: the corpus's own word for it.
        intensity: as acted; "unspecified" where the corpus does not say.
        sentence: the corpus's id of the words spoken.
        style: spoken or sung.
    """

    path: str
    corpus: str
    speaker: str
    gender: Gender
    language: str
    emotion: str
    corpus_emotion: str
    intensity: Intensity
    sentence: str
    style: Style = "speech"
    age_years: int | None = None


@dataclass(frozen=True)
class SpeakerFacts:
    """What a corpus's own table says of a speaker: see the fields of the same names in :class:`Clip`."""

    gender: Gender
    age_years: int | None


@dataclass(frozen=True)
class Corpus:
    """A corpus, and how to read its file names.

    Attributes:
        name: short name in tables.
        title: full name.
        language: ISO 639-1 code.
        licence: as its authors give it; says so where it is unclear.
        citation: what to cite.
        url: where its authors offer it.
        parse: path (relative to the data root, after the names of the root's own last folders) → clip, or None
            where the name is not one of this corpus. Looks at the name and the folders only. The clip's ``path`` is
            the path it was given; :func:`ser.corpora.find_files` makes it relative to the root.
        speaker_table: file name of a table of speakers that the corpus brings along; empty where there is none.
        read_speakers: that table → what it says of each speaker, as in ``Clip.speaker``.
    """

    name: str
    title: str
    language: str
    licence: str
    citation: str
    url: str
    parse: Callable[[PurePosixPath], Clip | None]
    speaker_table: str = ""
    read_speakers: Callable[[Path], dict[str, SpeakerFacts]] | None = None


def folders(path: PurePosixPath) -> list[str]:
    """Names of the folders above a file in lower case, the nearest first.

    >>> folders(PurePosixPath("SAVEE/AudioData/DC/a01.wav"))
    ['dc', 'audiodata', 'savee']
    """
    return [part.lower() for part in reversed(path.parts[:-1])]


def gender_of(word: str) -> Gender:
    """A table's word for a gender (Female, F, male, …) as the clips spell it.

    >>> gender_of(" Female"), gender_of("m"), gender_of("")
    ('female', 'male', 'unknown')
    """
    initial = word.strip().lower()[:1]
    return "female" if initial == "f" else "male" if initial == "m" else "unknown"


def speakers_in_table(
    path: Path, corpus: str, speaker_column: str, gender_column: str, age_column: str
) -> dict[str, SpeakerFacts]:
    """Speakers (as in ``Clip.speaker``) of a corpus's own table; a ``.tsv`` is separated by tabs.

    Returns:
        Nothing where the columns for speaker and gender are missing: the file is then another one of the same name.
    """
    tabs = path.suffix.lower() == ".tsv"
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        # Texts between tabs may hold lone quotation marks.
        reader = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE) if tabs else csv.DictReader(file)
        if not {speaker_column, gender_column} <= set(reader.fieldnames or ()):
            return {}
        rows = [(row[speaker_column], row[gender_column], row.get(age_column) or "") for row in reader]
    return {
        f"{corpus}/{speaker.strip()}": SpeakerFacts(gender_of(gender), int(age) if age.strip().isdecimal() else None)
        for speaker, gender, age in rows
        if speaker and gender
    }
