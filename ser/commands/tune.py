"""``ser tune MODEL [DATA]``: searches a classic model's settings, judged by validation speakers alone."""

from __future__ import annotations

import argparse
from pathlib import Path

from ser.commands.corpus_data import ROOT, add_speaker_clips, add_words, print_line, words_of
from ser.commands.material import Materials, add_copy_arguments, read_table
from ser.commands.training_flags import as_flags
from ser.commands.workers import add_engine_arguments
from ser.comparison import SETS
from ser.models.registry import spec_of
from ser.tuning import tune


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of ``ser tune``."""
    add_words(parser)
    parser.add_argument("--trials", type=int, default=20, help="settings to try, earlier runs counted (default: 20)")
    parser.add_argument("--clips", default="ravdess", choices=tuple(SETS), help="set of clips (default: ravdess)")
    add_speaker_clips(parser)
    parser.add_argument("--cache", type=Path, default=ROOT / ".cache" / "frames", help="folder for speech frames")
    add_copy_arguments(parser)
    add_engine_arguments(parser, "to make inputs")
    parser.add_argument(
        "--journal", type=Path,
        help="file that keeps the trials; several processes may share it (default: one a model and set, in .cache)",
    )  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Searches, and prints the best settings found, as flags."""
    name, root = words_of(options)
    table = read_table(root, options.tables, options.speaker_clips)
    spec = spec_of(name)
    material = Materials(root, options, table).of(spec, SETS[options.clips])
    journal = options.journal or ROOT / ".cache" / "tune" / f"{name}-{options.clips}.journal"
    found = tune(spec, material, options.trials, journal, print_line)
    print_line(
        f"Best of {found.trials} trials: validation UAR {found.uar:.3f}, too high by what choosing is worth. To use:"
    )
    print_line(f"  ser train {name} {root} {as_flags(spec, found.settings)}")
    print_line("ser evaluate takes the same flags; the speakers who chose these settings are among those it tests.")
    print_line(f"Trials: {journal}")
    return 0
