"""``ser robustness [MODEL] [DATA]``: what noise, codecs, rooms, level and speed cost the shipped weights."""

from __future__ import annotations

import argparse

from rich.progress import Progress

from ser.commands.corpus_data import add_words, words_of
from ser.processed import read_clips
from ser.recognizer import MODEL_FOLDER, load
from ser.robustness import CONDITIONS, drawn, endure, write


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of ``ser robustness``."""
    add_words(parser)
    parser.add_argument("--clips", type=int, default=400, help="about so many clips of validation speakers")


def run(options: argparse.Namespace) -> int:
    """Measures, prints and stores ``robustness.json`` beside the weights."""
    recipe, root = words_of(options)
    recognizer = load(recipe.name)
    table = read_clips(options.tables)
    table = table[[(root / path).is_file() for path in table["path"]]]
    table = drawn(table, set(recognizer.manifest["validation_speakers"]), options.clips)
    found = []
    with Progress() as bars:
        bar = bars.add_task(f"{len(table)} clips, {len(CONDITIONS)} conditions", total=len(table) * len(CONDITIONS))
        for one in endure(recognizer, table, root, lambda: bars.advance(bar)):
            found.append(one)
            bars.print(
                f"{one.condition:16} {one.mean:.3f} ({one.mean - found[0].mean:+.3f}), sure {one.sure:.0%}, familiar "
                f"{one.familiar:.0%}, no speech found in {one.unheard}; "
                + ", ".join(f"{corpus} {value:.3f}" for corpus, value in one.uar.items())
            )
    path = MODEL_FOLDER / recipe.name / "robustness.json"
    write(found, path)
    print(f"Table: {path}")
    return 0
