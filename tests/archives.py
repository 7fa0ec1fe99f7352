"""An archive of generated recordings, and what must be true of its answers."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from tests.conftest import encode, voice_like, wav_bytes

CLIPS = 25  # different sounds
ROWS = CLIPS + 3
EXAMPLES = Path(__file__).parent.parent / "ser" / "ui" / "examples"
SOUNDS = (".wav", ".flac", ".ogg")


def make_archive(folder: Path) -> Path:
    """Clips of different sounds in two folders; one of them again as FLAC and one by another name; one is no sound."""
    for name in ("deep", ".hidden"):
        (folder / name).mkdir(parents=True)
    (folder / "speech.ogg").write_bytes((EXAMPLES / "lively.ogg").read_bytes())
    for number in range(CLIPS - 1):
        sound = wav_bytes(voice_like(1.0, seed=number), 16_000)
        (folder / ("deep" if number % 2 else "") / f"{number:02d}.wav").write_bytes(sound)
    first = (folder / "00.wav").read_bytes()
    (folder / "again.flac").write_bytes(encode(first, "flac"))
    (folder / "deep" / "copy.wav").write_bytes(first)
    (folder / "deep" / "text.mp3").write_bytes(b"no sound")
    (folder / ".hidden" / "00.wav").write_bytes(first)
    (folder / "notes.txt").write_bytes(b"no recording")
    return folder


def rows(output: Path, table: str = "answers") -> pd.DataFrame:
    """A table of an archive."""
    return pd.read_parquet(output / table)


def require_whole(archive: Path, output: Path) -> None:
    """A row for every recording, none twice, and each sound heard once."""
    answers, rejects = rows(output), rows(output, "rejects")
    names = {str(path) for path in archive.rglob("*") if path.suffix in SOUNDS and path.parent.name != ".hidden"}
    assert sorted(answers["file"]) == sorted(names)
    assert list(rejects["file"]) == [str(archive / "deep" / "text.mp3")]
    heard = answers[answers["same_as"].isna()]
    assert len(heard) == heard["sha256"].nunique() == CLIPS
    copies = answers[answers["same_as"].notna()].merge(answers, left_on="same_as", right_on="file")
    assert len(copies) == 2
    assert (copies["sha256_x"] == copies["sha256_y"]).all()
    assert (copies["angry_x"] == copies["angry_y"]).all()
