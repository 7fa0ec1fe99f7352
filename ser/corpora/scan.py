"""Finds the recordings of known corpora in folders: any number of corpora, at any depth, under any folder names."""

from __future__ import annotations

import dataclasses
import os
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ser.audio import AUDIO_SUFFIXES
from ser.corpora.base import Clip, Corpus, SpeakerFacts
from ser.errors import CorpusError

# A root may itself be a folder deep inside a corpus: the names of its last two folders are read as well.
_ROOT_PARTS = 2
# What archives from macOS leave behind, beside files and folders whose name begins with a dot.
_NO_FOLDERS = ("__MACOSX",)


@dataclass(frozen=True)
class FoundFile:
    """An audio file below a root.

    Attributes:
        path: POSIX path relative to the root; with several roots, after the root's folder name.
        location: where it lies on this machine; goes into no table.
        clip: what its name says, or None where no parser knows it.
    """

    path: str
    location: Path
    clip: Clip | None


def find_files(roots: Sequence[Path], corpora: Sequence[Corpus]) -> list[FoundFile]:
    """Every audio file below the roots, each once, sorted by path.

    Raises:
        CorpusError: a root is no folder, two roots have one name, or there is no recording of a known corpus.
    """
    files: dict[Path, FoundFile] = {}
    speakers: dict[str, SpeakerFacts] = {}
    for root, prefix in _prefixes(roots):
        context = PurePosixPath(*root.parts[1:][-_ROOT_PARTS:])
        for location in _walk(root):
            relative = location.relative_to(root).as_posix()
            if location.suffix.lower() in AUDIO_SUFFIXES:
                # Two roots may overlap, and links may lead to one file twice: the first way to it counts.
                clip = _parse(context / unicodedata.normalize("NFC", relative), corpora)
                path = prefix + relative
                _require_utf8(path)
                named = clip and dataclasses.replace(clip, path=path)
                files.setdefault(location.resolve(), FoundFile(path, location, named))
            speakers.update(_read_speakers(location, corpora))
    if not any(file.clip for file in files.values()):
        raise CorpusError(_nothing_found(roots, len(files), corpora))
    return sorted((_with_facts(file, speakers) for file in files.values()), key=lambda file: file.path)


def _prefixes(roots: Sequence[Path]) -> list[tuple[Path, str]]:
    """Roots, absolute and each once, with what stands before the paths below each."""
    if not roots:
        raise CorpusError("No folder was given. Name the folder that holds the corpora, or set SER_DATA to it.")
    for root in roots:
        if not root.is_dir():
            raise CorpusError(f"'{root}' is not a folder. Name the folder that holds the corpora.")
    resolved = list(dict.fromkeys(root.resolve() for root in roots))
    if len(resolved) == 1:
        return [(resolved[0], "")]
    names = [root.name for root in resolved]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise CorpusError(
            f"Two of the folders are called '{twice[0]}', so that paths in the tables could mean either. "
            "Rename one, or name a folder that holds both."
        )
    return [(root, f"{root.name}/") for root in resolved]


def _walk(root: Path) -> Iterator[Path]:
    """All files below a root in a fixed order, hidden ones left out, links followed but no folder entered twice."""
    entered: set[str] = set()
    for folder, subfolders, names in os.walk(root, onerror=_refuse, followlinks=True):
        if os.path.realpath(folder) in entered:
            subfolders.clear()
            continue
        entered.add(os.path.realpath(folder))
        subfolders[:] = sorted(name for name in subfolders if name not in _NO_FOLDERS and not name.startswith("."))
        yield from (Path(folder) / name for name in sorted(names) if not name.startswith("."))


def _refuse(error: OSError) -> None:
    raise CorpusError(f"'{error.filename}' can't be opened: {error.strerror}. Check its permissions.") from error


def _require_utf8(path: str) -> None:
    """Old archives may bring names in another alphabet's bytes, which no table could spell."""
    try:
        path.encode("utf-8")
    except UnicodeEncodeError as error:
        shown = path.encode("utf-8", "backslashreplace").decode("utf-8")
        raise CorpusError(
            f"The name '{shown}' is not UTF-8. Unpack the archive again with a tool that converts names, or rename it."
        ) from error


def _parse(path: PurePosixPath, corpora: Sequence[Corpus]) -> Clip | None:
    return next((clip for corpus in corpora if (clip := corpus.parse(path))), None)


def _read_speakers(location: Path, corpora: Sequence[Corpus]) -> dict[str, SpeakerFacts]:
    for corpus in corpora:
        if corpus.read_speakers and location.name.lower() == corpus.speaker_table.lower():
            return corpus.read_speakers(location)
    return {}


def _with_facts(file: FoundFile, speakers: dict[str, SpeakerFacts]) -> FoundFile:
    """The file with what its corpus's own table says of the speaker, where there is one."""
    if file.clip is None or file.clip.speaker not in speakers:
        return file
    facts = speakers[file.clip.speaker]
    clip = dataclasses.replace(file.clip, gender=facts.gender, age_years=facts.age_years)
    return dataclasses.replace(file, clip=clip)


def _nothing_found(roots: Sequence[Path], unknown: int, corpora: Sequence[Corpus]) -> str:
    where = ", ".join(f"'{root}'" for root in roots)
    known = ", ".join(corpus.name for corpus in corpora)
    if not unknown:
        return f"{where} holds no audio files. Name the folder that holds the corpora ({known})."
    return (
        f"{where} holds {unknown} audio files, and none is named as a known corpus names its recordings. "
        f"Known: {known}. Unpack them under their official file names and folders."
    )
