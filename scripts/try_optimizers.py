"""How far an LSTM over 162 numbers gets in a short training with each optimiser and learning rate.

python -m scripts.try_optimizers DATA trains on the training speakers of the first of five folds by speaker of all
corpora, and asks its validation speakers; the fold's test speakers, on whom ``ser compare`` reports, are not looked at.
Four minutes of one core a training.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

from ser.commands.material import Materials, add_copy_arguments, read_table
from ser.commands.workers import add_engine_arguments
from ser.comparison import SETS
from ser.fitting import train_classic
from ser.models.registry import NetworkSettings, spec_of
from ser.protocols import splits_of

TABLES = Path(__file__).resolve().parent.parent / "processed_data"
SPEAKER_CLIPS = 400  # as ser compare has it
ROW_VISITS = 20_480
TRIED = ("adamw=0.002", "adamw=0.01", "muon=0.006", "muon=0.012")


def main() -> None:
    """A line for each optimiser and rate: accuracy on validation speakers, epoch by epoch."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder that holds the corpora")
    parser.add_argument("--model", default="lstm", help="a network of ser compare (default: lstm)")
    parser.add_argument("--tried", nargs="+", default=TRIED, metavar="OPTIMISER=RATE", help=f"default: {TRIED}")
    parser.add_argument("--row-visits", type=int, default=ROW_VISITS, help=f"rows seen (default: {ROW_VISITS})")
    add_copy_arguments(parser)
    add_engine_arguments(parser, "to make inputs")
    options = parser.parse_args()
    table = read_table(options.data, TABLES, SPEAKER_CLIPS)
    spec = spec_of(options.model)
    material = Materials(options.data, options, table).of(spec, SETS["pooled"])
    corpora = sorted(material.table["corpus"].unique())
    split = material.version_rows(splits_of("speaker", material.table, corpora, sparse=True)[0])
    train, validation = material.rows(split.train), material.rows(split.validation)
    print(f"{len(train.targets)} rows teach, {len(validation.targets)} are asked, {options.row_visits} visits")
    for tried in options.tried:
        optimizer, rate = tried.split("=")
        of = spec.training if optimizer == spec.training.optimizer else NetworkSettings()
        training = replace(
            spec.training, optimizer=optimizer, learning_rate=float(rate), weight_decay=of.weight_decay,
            row_visits=options.row_visits,
        )  # fmt: skip
        with tempfile.TemporaryDirectory(prefix="ser-") as folder:
            chosen = replace(spec, training=training)
            trained = train_classic(chosen, train, validation, len(material.emotions), Path(folder))
        heard = ", ".join(f"{row['val_accuracy']:.3f}" for row in trained.history)
        loss = trained.history[-1]["loss"]
        print(f"{tried}: validation accuracy {heard}; training loss {loss:.3f}; {trained.train_s:.0f} s", flush=True)


if __name__ == "__main__":
    main()
