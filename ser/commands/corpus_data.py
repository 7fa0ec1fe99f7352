"""What ``ser train`` and ``ser evaluate`` share: flags, the table of clips, and their speech frames."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from ser.catalogue import DEFAULT_MODEL
from ser.commands.training_flags import add_training_arguments
from ser.commands.workers import add_engine_arguments, engine_of
from ser.constants import DATA_VARIABLE
from ser.draws import CorpusData
from ser.errors import CorpusError, ModelError
from ser.frames import FrameSettings, FrameStore, cache_frames, cache_outsiders
from ser.models.registry import MODELS
from ser.models.speech_cnn_lstm import HeadSettings
from ser.outsiders import TAUGHT, Kind
from ser.processed import read_clips
from ser.recipes import RECIPES, Recipe

OUTSIDERS = 60  # synthesised sounds of each kind
# The bundled model first: it is the default.
MODEL_NAMES = (*RECIPES, *(name for name in MODELS if name not in RECIPES))
ROOT = Path(__file__).resolve().parent.parent.parent
SPEAKER_CLIPS = 400


def add_words(parser: argparse.ArgumentParser) -> None:
    """Which model, and where audio and tables are."""
    parser.add_argument(
        "words",
        nargs="*",
        metavar="MODEL DATA",
        help=f"the model ({', '.join(MODEL_NAMES)}; default: the first) and the folder that holds the corpora, as "
        "given to 'ser prepare' (default: the variable SER_DATA)",
    )
    parser.add_argument("--model", metavar="NAME", help="the model, if it is not named among the words")
    parser.add_argument("--tables", type=Path, default=ROOT / "processed_data", help="tables of 'ser prepare'")


def add_speaker_clips(parser: argparse.ArgumentParser) -> None:
    """How many clips of one speaker are taken, so that large corpora don't outweigh the others."""
    parser.add_argument(
        "--speaker-clips", type=int, default=SPEAKER_CLIPS, metavar="N",
        help="clips taken of each speaker at most (default: %(default)s)",
    )  # fmt: skip


def add_data_arguments(parser: argparse.ArgumentParser) -> None:
    """The words, where the cache is, and how to train."""
    add_words(parser)
    parser.add_argument("--cache", type=Path, default=ROOT / ".cache" / "frames", help="folder for speech frames")
    add_engine_arguments(parser, "to make frames")
    add_speaker_clips(parser)
    add_training_arguments(parser)


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


def load_data(root: Path, options: argparse.Namespace, head: HeadSettings, corpora: Sequence[str]) -> CorpusData:
    """Clips of the tables that lie under the data folder, with their frames.

    Args:
        root: the data folder.
        options: the flags of :func:`add_data_arguments`.
        head: says which encoder layers it hears.
        corpora: the only ones wanted; empty for all.

    Raises:
        CorpusError: none of the tables' clips is in the folder, or one of the corpora has none.
    """
    table = read_clips(options.tables)
    there = [(root / path).is_file() for path in table["path"]]
    if not any(there):
        raise CorpusError(
            f"None of the {len(table)} clips of {options.tables} is under '{root}'. "
            f"Run: ser prepare {root} --out FOLDER, then give --tables FOLDER."
        )
    table = limit_speakers(table[there], options.speaker_clips)
    if missing := sorted(set(corpora) - set(table["corpus"])):
        known = ", ".join(sorted(table["corpus"].unique()))
        raise CorpusError(f"No clips of {', '.join(missing)} are under '{root}'. Corpora there: {known}.")
    if corpora:
        table = table[table["corpus"].isin(corpora)].reset_index(drop=True)
    frames = FrameSettings(encoder_layers=head.encoder_layers)
    store = cache_frames(root, list(table["path"]), frames, options.cache, engine_of(options))
    return CorpusData(table, store, load_outsiders(TAUGHT, options, head))


def load_outsiders(kinds: Mapping[str, Kind], options: argparse.Namespace, head: HeadSettings) -> FrameStore:
    """Frames of sounds without a voice, as many of each kind, kind after kind."""
    return cache_outsiders(kinds, OUTSIDERS, FrameSettings(encoder_layers=head.encoder_layers), options.cache)


def words_of(options: argparse.Namespace) -> tuple[str, Path]:
    """The model's name and the data folder that a command line names, in either order.

    Raises:
        SerError: there is no data folder, or there are more words than these two.
    """
    asked = [options.model] if options.model else []
    names = asked + [word for word in options.words if word in MODEL_NAMES] or [DEFAULT_MODEL]
    folders = [word for word in options.words if word not in MODEL_NAMES] or [os.environ.get(DATA_VARIABLE, "")]
    if len(names) > 1 or len(folders) > 1:
        raise CorpusError(f"One model and one data folder were expected, not: {' '.join([*asked, *options.words])}.")
    if names[0] not in MODEL_NAMES:
        raise ModelError(f"There is no model '{names[0]}'. Models: {', '.join(MODEL_NAMES)}.")
    if not folders[0]:
        raise CorpusError("No data folder: name one, or set SER_DATA to the folder that holds the corpora.")
    if not Path(folders[0]).is_dir():
        raise CorpusError(f"'{folders[0]}' is neither a folder of corpora nor a model ({', '.join(MODEL_NAMES)}).")
    return names[0], Path(folders[0])


def recipe_of(name: str) -> Recipe:
    """The recipe of a bundled model.

    Raises:
        ModelError: it is a classic one, which has none.
    """
    if name not in RECIPES:
        raise ModelError(f"'{name}' is no bundled model; this works for {', '.join(RECIPES)} only.")
    return RECIPES[name]
