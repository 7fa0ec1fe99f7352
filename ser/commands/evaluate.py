"""``ser evaluate DATA``: unweighted average recall on speakers who were not heard in training."""

from __future__ import annotations

import argparse
from pathlib import Path

from ser.commands.corpus_data import add_data_arguments, load_data, only_corpus, print_line, train_settings
from ser.constants import EMOTIONS
from ser.evaluation import Report, evaluate_speakers, write_report
from ser.models.speech_cnn_lstm import HeadSettings
from ser.recognizer import DEFAULT_MODEL, MODEL_FOLDER


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of ``ser evaluate``."""
    add_data_arguments(parser)
    parser.add_argument("--corpus", default="ravdess", help="whose speakers are tested (default: ravdess)")
    parser.add_argument(
        "--train-on",
        choices=("all", "same"),
        default="all",
        help="all corpora at hand, as the shipped model does, or the tested corpus alone, as most papers do",
    )
    parser.add_argument("--report", type=Path, default=MODEL_FOLDER / DEFAULT_MODEL / "report.json")


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
    console.print(
        f"{report.corpus}, {report.speakers} speakers in {len(report.folds)} folds, {report.clips} clips, "
        f"{len(shown)} emotions: unweighted average recall {report.uar:.3f}, accuracy {report.accuracy:.3f}, "
        f"calibration error {report.calibration_error:.3f}"
    )


def run(options: argparse.Namespace) -> int:
    """Trains and scores every fold, prints and stores the report."""
    head = HeadSettings()
    data = load_data(options, head)
    if options.train_on == "same":
        data = only_corpus(data, options.corpus)
    report = evaluate_speakers(data.store, data.table, options.corpus, train_settings(options), head, print_line)
    write_report(report, options.report)
    print_report(report)
    print(f"Report '{report.key}' is in {options.report}")
    return 0
