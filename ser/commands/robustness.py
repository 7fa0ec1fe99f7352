"""``ser robustness [MODEL] [DATA]``: what noise, codecs, rooms, level and speed cost a model of the same recipe.

The shipped weights have learnt from their validation speakers at last. So a head is trained that has not, with the
same clips, settings and seed, and served as the shipped one is: what it is asked about are voices it never heard.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import asdict
from pathlib import Path

from rich.progress import Progress

from ser.catalogue import MODEL_FOLDER
from ser.commands.corpus_data import add_data_arguments, load_data, print_line, recipe_of, words_of
from ser.commands.training_flags import bundled_settings
from ser.models.speech_cnn_lstm import HeadSettings
from ser.recognizer import load
from ser.robustness import CONDITIONS, drawn, endure, write
from ser.shipping import ship
from ser.splits import shipping_split
from ser.training import fit_head


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of ``ser robustness``."""
    add_data_arguments(parser)
    parser.add_argument("--clips", type=int, default=400, help="about so many clips of validation speakers")
    parser.add_argument("--out", type=Path, help="the table (default: robustness.json in the model's folder)")


def run(options: argparse.Namespace) -> int:
    """Trains, measures, prints and stores the table."""
    settings, head_settings = bundled_settings(options), HeadSettings()
    name, root = words_of(options)
    recipe = recipe_of(name)
    data = load_data(root, options, head_settings, recipe.corpora)
    split = shipping_split(data.table)
    table = drawn(data.table.iloc[split.validation].reset_index(drop=True), options.clips)
    fit = fit_head(data, split, settings, head_settings, print_line, learn_again=False)
    with tempfile.TemporaryDirectory(prefix="ser-") as folder, Progress() as bars:
        ship(fit.head, fit.scales, fit.settings, Path(folder) / recipe.name, {"sure_from": asdict(fit.sure_from)})
        recognizer = load(recipe.name, Path(folder))
        bar = bars.add_task(f"{len(table)} clips, {len(CONDITIONS)} conditions", total=len(table) * len(CONDITIONS))
        found = []
        for one in endure(recognizer, table, root, lambda: bars.advance(bar)):
            found.append(one)
            bars.print(
                f"{one.condition:16} {one.mean:.3f} ({one.mean - found[0].mean:+.3f}), sure {one.sure:.0%}, familiar "
                f"{one.familiar:.0%}, no speech found in {one.unheard}; "
                + ", ".join(f"{corpus} {value:.3f}" for corpus, value in one.uar.items())
            )
    path = options.out or MODEL_FOLDER / recipe.name / "robustness.json"
    write(found, asdict(settings), path)
    print(f"Table: {path}")
    return 0
