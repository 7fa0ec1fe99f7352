"""What ``ser compare``, and ``train`` and ``evaluate`` of classic models, share: flags, clips, and inputs of models."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from ser.augment import CHANGES, Chain
from ser.commands.corpus_data import ROOT, SPEAKER_CLIPS, limit_speakers
from ser.commands.workers import engine_of
from ser.comparison import MILD_COPIES, ClipSet
from ser.errors import CorpusError
from ser.fitting import Material
from ser.frames import FrameSettings, FrameStore, cache_frames, cache_key
from ser.input_cache import InputSettings, cache_inputs, inputs_key
from ser.inputs import INPUTS, SPEECH_FRAMES
from ser.models.registry import ModelSpec
from ser.processed import read_clips

MANY_CLIPS = 5_000


def add_copy_arguments(parser: argparse.ArgumentParser) -> None:
    """Which altered copies classic models learn from, and where inputs and finished folds are kept."""
    parser.add_argument(
        "--augment", nargs="*", metavar="CHANGE",
        help="classic models: an altered copy of each clip for each word: a change, such as noise, or changes "
        f"and strengths, such as stretch+pitch=0.5; none without words. Changes: {', '.join(CHANGES)} "
        f"(default: {' '.join(InputSettings().copies)}; milder ones where all corpora are compared: "
        f"{' '.join(MILD_COPIES)})",
    )  # fmt: skip
    parser.add_argument(
        "--train-copies", type=int, metavar="N",
        help="of these copies, a training clip brings the first N along; the protocol 'published' uses all in any case "
        f"(default: 1, and 0 for {MANY_CLIPS:,} clips or more, which need none and would take twice as long)",
    )  # fmt: skip
    parser.add_argument("--copies-seed", type=int, default=0, help="of the copies (default: 0)")
    parser.add_argument("--inputs", type=Path, default=ROOT / ".cache" / "inputs", help="folder for what models read")
    parser.add_argument(
        "--finished", type=Path, default=ROOT / ".cache" / "compare",
        help="folder for the finished folds of classic models, and for the state of those that were broken off",
    )  # fmt: skip


def read_table(root: Path, tables: Path, speaker_clips: int) -> pd.DataFrame:
    """The clips of the tables that lie under the data folder.

    Raises:
        CorpusError: none of them is there.
    """
    table = read_clips(tables)
    table = table[[(root / path).is_file() for path in table["path"]]]
    if table.empty:
        raise CorpusError(f"None of the clips of {tables} is under '{root}'. Run: ser prepare {root}")
    return limit_speakers(table, speaker_clips)


def progress_bars(console: Console) -> Progress:
    """Bars with time passed and time left, gone when done."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def asks_other_rows(options: argparse.Namespace) -> bool:
    """Whether the command line wants other clips, or other copies of them, than the comparison is made with."""
    copies = options.augment is not None or options.train_copies is not None or options.copies_seed != 0
    return copies or bool(options.speaker_clips != SPEAKER_CLIPS)


class Materials:
    """Inputs of the clips, made when a model first asks for them."""

    def __init__(self, root: Path, options: argparse.Namespace, table: pd.DataFrame) -> None:
        self.root, self.options, self.table = root, options, table
        self.frame_settings = FrameSettings()
        for text in options.augment or ():  # what is no change is refused before anything is made or written
            Chain.parse(text)

    def prepare(self, specs: Iterable[ModelSpec], clips: ClipSet) -> None:
        """Makes what several models read of a set in one pass: the altered copies cost more than the features."""
        kinds = sorted({spec.input for spec in specs} - {SPEECH_FRAMES})
        if kinds:
            self._inputs(clips, kinds, self._settings(clips))

    def _settings(self, clips: ClipSet) -> InputSettings:
        asked = clips.copies if self.options.augment is None else self.options.augment
        return InputSettings(tuple(str(Chain.parse(text)) for text in asked), self.options.copies_seed)

    def _inputs(self, clips: ClipSet, kinds: list[str], settings: InputSettings) -> dict[str, NDArray[np.float32]]:
        table, options = clips.of(self.table), self.options
        return cache_inputs(self.root, table, kinds, settings, options.inputs, engine_of(options))

    def of(self, spec: ModelSpec, clips: ClipSet, learnt_only: bool = False) -> Material:
        """What a model reads of a set of clips.

        Args:
            learnt_only: without copies that only the protocol 'published' asks for; to make them takes longest.
        """
        outline = self.outline(spec, clips, learnt_only)
        if spec.input != SPEECH_FRAMES:
            made = InputSettings(outline.settings["copies"], outline.settings["seed"])
            return replace(outline, values=self._inputs(clips, [spec.input], made)[spec.input])
        frames = self._frames(outline.table)
        if spec.estimator is None:
            return replace(outline, values=None, frames=frames)
        values = np.stack([frames.statistics(version) for version in range(frames.spans.shape[1])], axis=1)
        return replace(outline, values=values)

    def outline(self, spec: ModelSpec, clips: ClipSet, learnt_only: bool = False) -> Material:
        """The same with zeros, for which no input is made or read: enough to tell which results stand already."""
        table = clips.of(self.table)
        if spec.input == SPEECH_FRAMES:
            settings = {"input": spec.input} | asdict(self.frame_settings)
            blank = np.broadcast_to(np.float32(0), (len(table), 1 + self.frame_settings.copies, 1))
            return Material(table, clips.emotions, settings, blank, made_by=cache_key(self.frame_settings))
        few = int(len(table) < MANY_CLIPS)
        train_copies = few if self.options.train_copies is None else int(self.options.train_copies)
        made = self._settings(clips)
        if learnt_only:
            made = replace(made, copies=made.copies[:train_copies])
        settings = {"input": spec.input, "train_copies": train_copies} | asdict(made)
        blank = np.broadcast_to(np.float32(0), (len(table), 1 + len(made.copies), *INPUTS[spec.input].shape))
        return Material(table, clips.emotions, settings, blank, train_copies=train_copies, made_by=inputs_key())

    def _frames(self, table: pd.DataFrame) -> FrameStore:
        paths = list(table["path"])
        return cache_frames(self.root, paths, self.frame_settings, self.options.cache, engine_of(self.options))
