"""Where each corpus may be had: what is fetched where its licence and its authors let anybody, else where to ask.

A checksum stands here only where its publisher states it. Zenodo and Dataverse publish one for each file and are asked
for it when a corpus is fetched (:mod:`ser.corpora.listing`); the others publish none, so that SHA-256 of what came is
shown and kept instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

ZENODO: Final = "https://zenodo.org"


@dataclass(frozen=True)
class Part:
    """A file to fetch.

    Attributes:
        name: what it is called.
        url: where it is.
        folder: where it, or what is packed in it, goes below the corpus's own folder.
        checksum: ``md5:…`` or ``sha256:…`` as published; empty where nobody publishes one.
        size_bytes: as published; 0 where it is not known before the server says it.
        strip: how many folders at the beginning of the names in an archive are left out.
    """

    name: str
    url: str
    folder: str = ""
    checksum: str = ""
    size_bytes: int = 0
    strip: int = 0

    @property
    def is_archive(self) -> bool:
        """Whether it is to be unpacked."""
        return self.name.endswith(".zip")


@dataclass(frozen=True)
class ZenodoRecord:
    """Files of a record, whose MD5 the server is asked for."""

    number: int
    files: tuple[str, ...]
    server: str = ZENODO


@dataclass(frozen=True)
class DataverseSet:
    """All files of a data set, whose MD5 the server is asked for."""

    doi: str
    server: str


@dataclass(frozen=True)
class Source:
    """How a corpus is had.

    Attributes:
        parts: what is fetched, if that is known before.
        listing: who says what is fetched, if not.
        clips: recordings as the authors count them; 0 where it is not fetched.
        about_mb: what is fetched, roughly, for people.
        checked_by: what is compared with what came, in words.
        ask: why it is not fetched and what to do; empty where it is.
    """

    parts: tuple[Part, ...] = ()
    listing: ZenodoRecord | DataverseSet | None = None
    clips: int = 0
    about_mb: int = 0
    checked_by: str = "none published"
    ask: str = ""


_RAVDESS_FILES: Final = f"{ZENODO}/records/1188976/files"
# The authors' own mirror, to which their README sends those whom GitHub's limit on large files keeps out.
_CREMA_D_MIRROR: Final = "https://gitlab.com/cs-cooper-lab/crema-d-mirror/-/archive/main"
_NEMO_COMMIT: Final = "06f1f83dde8f1a780443a57d53b2af3971af34ab"

SOURCES: Final[dict[str, Source]] = {
    "ravdess": Source(
        # MD5 and size as https://zenodo.org/records/1188976 states them.
        parts=(
            Part(
                "Audio_Speech_Actors_01-24.zip",
                f"{_RAVDESS_FILES}/Audio_Speech_Actors_01-24.zip?download=1",
                "Audio_Speech_Actors_01-24",
                "md5:bc696df654c87fed845eb13823edef8a",
                208_468_073,
            ),
            Part(
                "Audio_Song_Actors_01-24.zip",
                f"{_RAVDESS_FILES}/Audio_Song_Actors_01-24.zip?download=1",
                "Audio_Song_Actors_01-24",
                "md5:5411230427d67a21e18aa4d466e6d1b9",
                225_505_317,
            ),
        ),
        clips=2452,
        about_mb=434,
        checked_by="MD5 by Zenodo",
    ),
    "crema-d": Source(
        parts=(
            Part("AudioWAV.zip", f"{_CREMA_D_MIRROR}/crema-d-mirror-main.zip?path=AudioWAV", strip=1),
            Part(
                "VideoDemographics.csv",
                "https://raw.githubusercontent.com/CheyneyComputerScience/CREMA-D/master/VideoDemographics.csv",
            ),
        ),
        clips=7442,
        about_mb=600,
    ),
    "tess": Source(
        listing=DataverseSet("doi:10.5683/SP2/E8H2MF", "https://borealisdata.ca"),
        clips=2800,
        about_mb=270,
        checked_by="MD5 by Borealis",
    ),
    "savee": Source(ask="register with its authors, who then send a password"),
    "emodb": Source(
        parts=(Part("emodb.zip", "http://emodb.bilderbar.info/download/download.zip"),), clips=535, about_mb=40
    ),
    "emovo": Source(ask="no licence is stated; ask the authors named in its paper"),
    "casia": Source(ask="by an agreement with the Chinese Linguistic Data Consortium"),
    "shemo": Source(ask="for academic use; follow the links of its authors"),
    "cafe": Source(
        listing=ZenodoRecord(1478765, ("CaFE_48k.zip",)), clips=936, about_mb=400, checked_by="MD5 by Zenodo"
    ),
    "aesdd": Source(ask="its licence is unclear; ask its authors"),
    "jl-corpus": Source(
        parts=(Part("jl-corpus.zip", "https://www.kaggle.com/api/v1/datasets/download/tli725/jl-corpus"),),
        clips=2400,
        about_mb=450,
    ),
    "nemo": Source(
        parts=(Part("nemo.zip", f"https://codeload.github.com/amu-cai/nEMO/zip/{_NEMO_COMMIT}", strip=1),),
        clips=4481,
        about_mb=500,
    ),
}
