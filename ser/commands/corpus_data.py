"""What ``ser train`` and ``ser evaluate`` share: flags, the table of clips, and their speech frames."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass, fields, replace
from pathlib import Path

import pandas as pd

from ser.draws import TrainSettings
from ser.errors import CorpusError
from ser.frames import FrameSettings, FrameStore, cache_frames
from ser.models.speech_cnn_lstm import HeadSettings
from ser.processed import read_clips

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True, eq=False)
class CorpusData:
    """Clips that are at hand, and their frames in the same order."""

    table: pd.DataFrame
    store: FrameStore


def add_data_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the audio, the tables and the cache are, and how to train."""
    parser.add_argument(
        "data",
        nargs="?",
        type=Path,
        default=os.environ.get("SER_DATA"),
        help="folder that holds the corpora, as given to 'ser prepare' (default: the variable SER_DATA)",
    )
    parser.add_argument("--tables", type=Path, default=ROOT / "processed_data", help="tables of 'ser prepare'")
    parser.add_argument("--cache", type=Path, default=ROOT / ".cache" / "frames", help="folder for speech frames")
    parser.add_argument("--workers", type=int, default=0, help="processes that make frames (default: one a core)")
    parser.add_argument(
        "--speaker-clips", type=int, default=400, help="clips taken of each speaker at most (default: 400)"
    )
    for field in fields(TrainSettings):
        flag, default = "--" + field.name.replace("_", "-"), field.default
        parser.add_argument(flag, type=type(default), default=default, help=f"default: {default}")


def print_line(line: str) -> None:
    """Prints at once, so that a log file shows how far a run is."""
    print(line, flush=True)


def limit_speakers(table: pd.DataFrame, clips: int) -> pd.DataFrame:
    """At most ``clips`` of each speaker, spread evenly over the table's order.

    A corpus of two voices teaches little more with thousands of clips of them than with hundreds.
    """
    place = table.groupby("speaker").cumcount()
    size = table.groupby("speaker")["path"].transform("size")
    kept = (place * clips // size) != ((place - 1) * clips // size)
    return table[kept | (size <= clips)].reset_index(drop=True)


def train_settings(options: argparse.Namespace) -> TrainSettings:
    """The flags that name a field of :class:`~ser.training.TrainSettings`."""
    chosen = {field.name: getattr(options, field.name) for field in fields(TrainSettings)}
    return replace(TrainSettings(), **chosen)


def load_data(options: argparse.Namespace, head: HeadSettings) -> CorpusData:
    """Clips of the tables that lie under the data folder, with their frames.

    Raises:
        CorpusError: no folder was given, or none of the tables' clips is in it.
    """
    if options.data is None:
        raise CorpusError("No data folder: name one, or set SER_DATA to the folder that holds the corpora.")
    root = Path(options.data)
    table = read_clips(options.tables)
    there = [(root / path).is_file() for path in table["path"]]
    if not any(there):
        raise CorpusError(
            f"None of the {len(table)} clips of {options.tables} is under '{root}'. "
            f"Run: ser prepare {root} --out FOLDER, then give --tables FOLDER."
        )
    table = limit_speakers(table[there], options.speaker_clips)
    frames = FrameSettings(encoder_layers=head.encoder_layers)
    return CorpusData(table, cache_frames(root, list(table["path"]), frames, options.cache, options.workers))


def only_corpus(data: CorpusData, corpus: str) -> CorpusData:
    """The clips and frames of one corpus; empty where it is not there."""
    there = (data.table["corpus"] == corpus).to_numpy()
    return CorpusData(data.table[there].reset_index(drop=True), replace(data.store, spans=data.store.spans[there]))
