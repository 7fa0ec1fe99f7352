"""``ser train [MODEL] [DATA]``: trains a model on all corpora, or those of its recipe, and ships it into ``model/``."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

import numpy as np
from rich.console import Console
from scipy.special import expit

from ser.calibration import softmax
from ser.catalogue import MODEL_FOLDER
from ser.classic import train_and_ship
from ser.commands.corpus_data import (
    add_data_arguments,
    load_data,
    load_outsiders,
    print_line,
    recipe_of,
    words_of,
)
from ser.commands.material import Materials, add_copy_arguments, progress_bars, read_table
from ser.commands.training_flags import bundled_settings, changed_spec
from ser.comparison import ClipSet
from ser.constants import EMOTIONS
from ser.frames import FrameStore
from ser.models.registry import spec_of
from ser.models.speech_cnn_lstm import HeadSettings
from ser.outsiders import TESTED
from ser.recipes import RECIPES, Recipe
from ser.shipping import ship
from ser.splits import shipping_split
from ser.training import Fit, fit_head, predict_logits

VALIDATION_NOTE = (
    "These speakers chose the epoch and the scales, which makes the figures optimistic; after that the pooled path "
    "learnt from them too. Figures on speakers that nothing was chosen on are in report.json."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of ``ser train``."""
    add_data_arguments(parser)
    add_copy_arguments(parser)
    parser.add_argument("--out", type=Path, help="folder for the model (default: its own in model/)")


def outsider_scores(fit: Fit, sounds: FrameStore) -> dict[str, dict[str, float]]:
    """What the model says of kinds of sound without a voice that it was not taught: a row a kind."""
    told = predict_logits(fit.head, sounds, np.arange(len(sounds.spans)))
    top = softmax(told["joint"]).max(axis=1)
    sure = top >= fit.sure_from.at(expit(told["familiar"][:, 0].astype(np.float64)))
    parts = zip(TESTED, np.split(top, len(TESTED)), np.split(sure, len(TESTED)), strict=True)
    return {
        kind: {"sounds": len(values), "median_probability": float(np.median(values)), "sure": float(np.mean(are_sure))}
        for kind, values, are_sure in parts
    }


def run(options: argparse.Namespace) -> int:
    """Trains with validation speakers apart, calibrates on those, writes weights and manifest."""
    name, root = words_of(options)
    return _train_bundled(recipe_of(name), root, options) if name in RECIPES else _train_classic(name, root, options)


def _train_classic(name: str, root: Path, options: argparse.Namespace) -> int:
    spec, console = changed_spec(spec_of(name), options), Console()
    table = read_table(root, options.tables, options.speaker_clips)
    material = Materials(root, options, table).of(spec, ClipSet("all", (), EMOTIONS), learnt_only=True)
    with progress_bars(console) as bars:
        folder = options.out or MODEL_FOLDER / name
        manifest, uar = train_and_ship(spec, material, folder, options.finished / "shipped" / name, bars)
    print_line("validation UAR " + ", ".join(f"{corpus} {value:.3f}" for corpus, value in uar.items()))
    print_line(f"Manifest: {manifest}")
    return 0


def _train_bundled(recipe: Recipe, root: Path, options: argparse.Namespace) -> int:
    settings, head_settings = bundled_settings(options), HeadSettings()
    data = load_data(root, options, head_settings, recipe.corpora)
    split = shipping_split(data.table)
    fit = fit_head(data, split, settings, head_settings, print_line)
    trained = data.table[data.table["emotion"].isin(EMOTIONS)]
    facts = {
        "title": recipe.title,
        "use": recipe.use,
        "sure_from": asdict(fit.sure_from),
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
        "outsiders": outsider_scores(fit, load_outsiders(TESTED, options, head_settings)),
        "history": list(fit.history),
        "train_s": round(fit.train_s, 1),
    }
    folder = options.out or MODEL_FOLDER / recipe.name
    print(f"Manifest: {ship(fit.head, fit.scales, fit.settings, folder, facts)}")
    return 0
