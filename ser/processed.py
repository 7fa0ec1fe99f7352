"""Corpora → the tables in ``processed_data/``: every recording, the clips kept, and 162 numbers for each clip.

``ser prepare DIR…`` runs it. The tables hold no audio and no path outside the folders given; the same recordings give
the same bytes, whatever the number of workers and however often a run was broken off.
"""

from __future__ import annotations

import contextlib
import csv
import io
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ser.constants import EMOTIONS, OTHER_EMOTION
from ser.corpora import FoundFile, find_files
from ser.engine import HERE, EngineSettings
from ser.errors import CorpusError
from ser.features import summary_names
from ser.measure import Job, Measurement, Progress, measure_all

RECORDINGS, CLIPS, FEATURES = "recordings.csv", "clips.csv", "features.parquet"
WORK_LOG = ".work/measured.jsonl"
UNRECOGNISED = "not named as a known corpus names its recordings"
CLIP_COLUMNS = (
    "path", "corpus", "speaker", "gender", "age_years", "language", "emotion", "corpus_emotion", "intensity",
    "sentence", "style", "duration_s", "pitch_hz", "sample_rate_hz", "channels", "size_bytes", "sha256",
)  # fmt: skip
LATER_COLUMNS = ("pitch_hz",)  # tables made before may lack them; they are empty then
RECORDING_COLUMNS = (*CLIP_COLUMNS, "kept", "reason")
_NUMBERS = {
    "age_years": "Int64",
    "duration_s": "float64",
    "pitch_hz": "float64",
    "sample_rate_hz": "Int64",
    "channels": "Int64",
    "size_bytes": "int64",
}


@dataclass(frozen=True)
class Row:
    """A line of ``recordings.csv``: a file, what was measured (None where unrecognised), and why it was dropped."""

    file: FoundFile
    size_bytes: int
    measurement: Measurement | None
    reason: str

    @property
    def kept(self) -> bool:
        """Whether it stands in ``clips.csv`` too."""
        return not self.reason


def prepare(
    roots: Sequence[Path],
    out_dir: Path,
    engine: EngineSettings = HERE,
    progress: Progress | None = None,
) -> list[Row]:
    """Measures all recordings below the roots and writes the three tables.

    Args:
        roots: folders that hold corpora, or are one.
        out_dir: where the tables go; made where it is missing. Its ``.work`` folder keeps what is finished.
        engine: the workers that measure; by default this process.
        progress: called with files done and files in all.

    Returns:
        The rows of ``recordings.csv``, sorted by path.

    Raises:
        CorpusError: no corpora there, nothing usable, or the tables can't be written.
        ToolMissingError: ffmpeg is needed and missing.
    """
    files = find_files(roots)
    stats = {file.path: file.location.stat(follow_symlinks=file.location.exists()) for file in files}
    keys = {path: f"{path}|{stat.st_size}|{stat.st_mtime_ns}" for path, stat in stats.items()}
    jobs = [Job(keys[file.path], file.location) for file in files if file.clip]
    with _writing_to(out_dir):
        (out_dir / WORK_LOG).parent.mkdir(parents=True, exist_ok=True)
    measured = measure_all(jobs, out_dir / WORK_LOG, engine, progress)
    seen = {file.path: measured[keys[file.path]] for file in files if file.clip}
    reasons = _reasons(files, seen)
    rows = [Row(file, stats[file.path].st_size, seen.get(file.path), reasons.get(file.path, "")) for file in files]
    if not any(row.kept for row in rows):
        raise CorpusError(f"None of {len(rows)} recordings can be used; the first: {rows[0].reason}.")
    with _writing_to(out_dir):
        _write_tables(rows, out_dir)
    return rows


@contextlib.contextmanager
def _writing_to(out_dir: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CorpusError(f"'{out_dir}' can't be written: {error.strerror}. Name another folder with --out.") from error


def _reasons(files: Sequence[FoundFile], measured: Mapping[str, Measurement]) -> dict[str, str]:
    """Path → why a file is dropped, for those that are."""
    reasons: dict[str, str] = {}
    same: dict[str, list[FoundFile]] = defaultdict(list)
    for file in files:
        if file.clip is None:
            reasons[file.path] = UNRECOGNISED
        elif measured[file.path].reason:
            reasons[file.path] = measured[file.path].reason
        else:
            same[measured[file.path].sha256].append(file)
    for copies in same.values():
        reasons.update(_reasons_of_copies(copies))
    return reasons


def _reasons_of_copies(copies: Sequence[FoundFile]) -> dict[str, str]:
    """Of recordings with one sound the first stays, unless they contradict each other: then nobody knows the label."""
    labels = {c.path: (c.clip.speaker, c.clip.emotion, c.clip.corpus_emotion) for c in copies if c.clip}
    if len(set(labels.values())) == 1:
        first = copies[0].path
        return {copy.path: f"same sound as {first}" for copy in copies[1:]}
    return {
        path: f"same sound as {next(p for p in labels if labels[p] != label)}, labelled otherwise"
        for path, label in labels.items()
    }


def _record(row: Row) -> dict[str, object]:
    clip, seen = row.file.clip, row.measurement or Measurement()
    record: dict[str, object] = {
        "path": row.file.path,
        "duration_s": "" if seen.duration_s is None else f"{seen.duration_s:.3f}",
        "pitch_hz": "" if seen.pitch_hz is None else f"{seen.pitch_hz:.1f}",
        "sample_rate_hz": seen.sample_rate_hz,
        "channels": seen.channels,
        "size_bytes": row.size_bytes,
        "sha256": seen.sha256,
        "kept": row.kept,
        "reason": row.reason,
    }
    return {**{name: getattr(clip, name, "") for name in CLIP_COLUMNS if name not in record}, **record}


def _write_tables(rows: Sequence[Row], out_dir: Path) -> None:
    kept = [row for row in rows if row.kept]
    _replace(out_dir / FEATURES, _features_parquet(kept))
    _replace(out_dir / CLIPS, _csv_bytes(kept, CLIP_COLUMNS))
    _replace(out_dir / RECORDINGS, _csv_bytes(rows, RECORDING_COLUMNS))


def _csv_bytes(rows: Sequence[Row], columns: Sequence[str]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(_record(row) for row in rows)
    return text.getvalue().encode("utf-8")


def _features_parquet(kept: Sequence[Row]) -> bytes:
    import pyarrow
    import pyarrow.parquet

    values = np.stack([row.measurement.summary() for row in kept if row.measurement])
    columns = {"path": pyarrow.array([row.file.path for row in kept], pyarrow.string())}
    columns |= {name: pyarrow.array(values[:, i]) for i, name in enumerate(summary_names())}
    sink = io.BytesIO()
    # Whole numbers aside, sound has no repeated values for a dictionary to save.
    pyarrow.parquet.write_table(pyarrow.table(columns), sink, compression="zstd", use_dictionary=False)
    return sink.getvalue()


def _replace(path: Path, data: bytes) -> None:
    """Writes a file whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(data)
    part.replace(path)


def read_clips(table_dir: Path) -> pd.DataFrame:
    """``clips.csv``: one row a clip, columns ``CLIP_COLUMNS``; words and ids as str, the rest as numbers.

    Raises:
        CorpusError: the table is missing or lacks columns.
    """
    return _read(table_dir / CLIPS, CLIP_COLUMNS)


def read_recordings(table_dir: Path) -> pd.DataFrame:
    """``recordings.csv``: every file, kept or not, columns ``RECORDING_COLUMNS``; ``kept`` is bool.

    Raises:
        CorpusError: the table is missing or lacks columns.
    """
    table = _read(table_dir / RECORDINGS, RECORDING_COLUMNS)
    table["kept"] = table["kept"] == "True"
    return table


def read_features(table_dir: Path) -> pd.DataFrame:
    """``features.parquet``: index ``path`` in the order of ``clips.csv``, 162 columns, float32.

    Raises:
        CorpusError: the table is missing or has other columns.
    """
    path = table_dir / FEATURES
    if not path.is_file():
        raise CorpusError(f"{path} is missing. Make it with: ser prepare DIR")
    table = pd.read_parquet(path).set_index("path")
    if tuple(table.columns) != summary_names():
        raise CorpusError(f"{path} has {len(table.columns)} other columns than the 162 expected. Run: ser prepare DIR")
    return table


def _read(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    if not path.is_file():
        raise CorpusError(f"{path} is missing. Make it with: ser prepare DIR")
    # Everything as text first: "01" is a sentence's name, and an empty cell is an empty word.
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    table = table.assign(**{name: "" for name in LATER_COLUMNS if name not in table})
    missing = [name for name in columns if name not in table.columns]
    if missing:
        raise CorpusError(f"{path} lacks the columns {', '.join(missing)}. Make it anew with: ser prepare DIR")
    for name, kind in _NUMBERS.items():
        table[name] = pd.to_numeric(table[name].replace("", None)).astype(kind)
    return table[list(columns)]


def summary_counts(clips: pd.DataFrame) -> pd.DataFrame:
    """Clips by corpus (rows, sorted) and emotion (columns: the canonical ones in order, then "other"), int64."""
    counts = pd.crosstab(clips["corpus"], clips["emotion"])
    return counts.reindex(columns=[*EMOTIONS, OTHER_EMOTION], fill_value=0).astype("int64")
