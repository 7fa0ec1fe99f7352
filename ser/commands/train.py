"""``ser train DATA``: trains the bundled model on all corpora and ships it into ``model/``."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from ser.commands.corpus_data import add_data_arguments, load_data, print_line, train_settings
from ser.constants import EMOTIONS
from ser.models.speech_cnn_lstm import HeadSettings
from ser.recognizer import DEFAULT_MODEL, MODEL_FOLDER
from ser.shipping import ship
from ser.splits import shipping_split
from ser.training import fit_head

VALIDATION_NOTE = (
    "These speakers chose the epoch and the scales, which makes the figures optimistic; after that the pooled path "
    "learnt from them too. Figures on speakers that nothing was chosen on are in report.json."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of ``ser train``."""
    add_data_arguments(parser)
    parser.add_argument("--out", type=Path, default=MODEL_FOLDER / DEFAULT_MODEL, help="folder for the model")


def run(options: argparse.Namespace) -> int:
    """Trains with validation speakers apart, calibrates on those, writes weights and manifest."""
    settings, head_settings = train_settings(options), HeadSettings()
    data = load_data(options, head_settings)
    split = shipping_split(data.table)
    fit = fit_head(data.store, data.table, split, settings, head_settings, print_line)
    trained = data.table[data.table["emotion"].isin(EMOTIONS)]
    facts = {
        "corpora": {
            str(corpus): {"clips": len(part), "speakers": int(part["speaker"].nunique())}
            for corpus, part in trained.groupby("corpus")
        },
        "validation_speakers": sorted(data.table["speaker"].iloc[split.validation].unique()),
        "validation": {
            "uar": fit.validation_uar,
            "calibration_error": fit.validation_calibration_error,
            "note": VALIDATION_NOTE,
        },
        "training": asdict(settings),
        "history": list(fit.history),
    }
    print(f"Manifest: {ship(fit.head, fit.scales, head_settings, options.out, facts)}")
    return 0
