"""``ser evaluate [MODEL] [DATA]``: unweighted average recall on speakers who were not heard in training."""

from __future__ import annotations

import argparse
from pathlib import Path

from ser.catalogue import MODEL_FOLDER
from ser.commands.corpus_data import (
    ROOT,
    add_data_arguments,
    load_data,
    print_line,
    recipe_of,
    words_of,
)
from ser.commands.material import Materials, add_copy_arguments, asks_other_rows, progress_bars, read_table
from ser.commands.training_flags import bundled_settings, changed_spec, given
from ser.comparison import Cell, ClipSet, run_cell
from ser.constants import EMOTIONS
from ser.errors import ModelError
from ser.evaluation import Plan, evaluate
from ser.models.registry import spec_of
from ser.models.speech_cnn_lstm import HeadSettings
from ser.protocols import PROTOCOLS
from ser.recipes import RECIPES
from ser.report import Report, write_report
from ser.splits import WARNINGS
from ser.standings import TABLE, store

CHANGED = ".cache/changed"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of ``ser evaluate``."""
    add_data_arguments(parser)
    parser.add_argument(
        "--corpus", nargs="+", default=["ravdess"], metavar="NAME",
        help="whose speakers are tested; several are folded at once (default: ravdess)",
    )  # fmt: skip
    parser.add_argument(
        "--protocol",
        choices=PROTOCOLS,
        default="speaker",
        help="leave out a fold's speakers (default), these and some sentences, or each of the corpora whole; or split "
        "clips at random, or as many published demos do, which lets voices or even recordings leak",
    )
    parser.add_argument(
        "--taught-by", nargs="+", default=[], metavar="NAME",
        help="corpora to train on (default: those of the model's recipe, as the shipped weights)",
    )  # fmt: skip
    add_copy_arguments(parser)
    parser.add_argument(
        "--report", type=Path,
        help="file for a bundled model's report (default: report.json in its folder); for classic models and for "
        f"protocols that leak a folder for the table (default: model/comparison, and {CHANGED} where settings, clips "
        "or copies are others than the comparison's)",
    )  # fmt: skip
    parser.add_argument(
        "--kept", type=Path, default=ROOT / ".cache" / "folds", help="folder for the answers of finished folds"
    )


def print_report(report: Report) -> None:
    """Recall per emotion and the confusion matrix, as tables."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    shown = [emotion for emotion in EMOTIONS if emotion in report.recall]
    table = Table("truth ↓, answer →", *(emotion[:8] for emotion in EMOTIONS), "recall")
    for emotion in shown:
        row = report.confusion[EMOTIONS.index(emotion)]
        table.add_row(emotion, *(str(n) for n in row), f"{report.recall[emotion]:.3f}")
    console.print(table)
    low, high = report.uar_interval
    console.print(
        f"{report.corpus}, left out by {report.protocol}, {report.speakers} speakers, {report.clips} clips, "
        f"{len(shown)} emotions: unweighted average recall {report.uar:.3f} (95 % interval {low:.3f} to {high:.3f}), "
        f"accuracy {report.accuracy:.3f}, calibration error {report.calibration_error:.3f}; where it is sure "
        f"({report.sure.coverage:.0%} of the clips) accuracy {report.sure.accuracy:.3f}"
    )


def run(options: argparse.Namespace) -> int:
    """Trains and scores every fold, prints and stores a report for each corpus."""
    name, root = words_of(options)
    if name not in RECIPES or options.protocol in WARNINGS:
        return _evaluate_alike(name, root, options)
    settings, head, recipe = bundled_settings(options), HeadSettings(), recipe_of(name)
    data = load_data(root, options, head, options.taught_by or recipe.corpora)
    variant = f"taught by {', '.join(options.taught_by)}" if options.taught_by else ""
    plan = Plan(options.protocol, tuple(options.corpus), recipe.name, variant, kept=options.kept)
    path = options.report or MODEL_FOLDER / recipe.name / "report.json"
    for report in evaluate(data, plan, settings, head, print_line):
        write_report(report, path)
        print_report(report)
        print(f"Report '{report.key}' is in {path}")
    return 0


def _evaluate_alike(name: str, root: Path, options: argparse.Namespace) -> int:
    """Classic models, and protocols that leak: the model is trained on the tested corpora alone, as in the comparison.

    The result stands in the comparison's table.
    """
    from rich.console import Console

    if options.taught_by or options.protocol == "sentence":
        raise ModelError("--taught-by and the protocol 'sentence' work for the bundled models only.")
    spec, corpora, console = changed_spec(spec_of(name), options), tuple(options.corpus), Console()
    clips = ClipSet("+".join(corpora), corpora, EMOTIONS)
    material = Materials(root, options, read_table(root, options.tables, options.speaker_clips)).of(spec, clips)
    with progress_bars(console) as bars:
        result = run_cell(Cell(spec, options.protocol, clips), material, options.finished, print_line, bars)
    # A changed model, or other rows, must not stand in the table as if they were those of all the others.
    changed = bool(given(options)) or asks_other_rows(options)
    folder = options.report or (ROOT / CHANGED if changed else MODEL_FOLDER / "comparison")
    store([result], folder)
    print_report(result.report)
    if options.protocol in WARNINGS:
        print_line(WARNINGS[options.protocol])
    print_line(f"Table: {folder / TABLE}")
    return 0
