"""``ser compare [DATA]``: every model on the same clips and splits, in one table."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from traceback import extract_tb

from rich.console import Console
from rich.progress import Progress

from ser.catalogue import MODEL_FOLDER
from ser.commands.corpus_data import ROOT, add_speaker_clips, print_line
from ser.commands.material import Materials, add_copy_arguments, progress_bars, read_table
from ser.commands.workers import add_engine_arguments
from ser.comparison import SETS, Cell, ClipSet, Result, cell_made_of, run_cell
from ser.constants import DATA_VARIABLE
from ser.cores import keep_to_one_core
from ser.engine import EngineSettings, run_all
from ser.errors import CorpusError, ModelError, SerError
from ser.models.registry import MODELS, ModelSpec, spec_of
from ser.models.spectrogram import BACKBONES
from ser.people import listeners
from ser.protocols import COMPARED
from ser.standings import TABLE, standing, store

# Cheapest first, so that most of the table stands soon.
QUICK = ("linear", "mlp", "xgboost", "catboost", "lstm_mfcc", "lstm_mfcc_wide", "speech_linear", "speech_cnn_lstm")
COSTLY = (*BACKBONES, "spectrogram_cnn")
# On all corpora these take hours a protocol: one fold of it, which the table says.
LONG = ("lstm", "lstm_deep", "attention")
LOG = "log.txt"
ASKED = ("clips", "model", "protocol", "folds", "speaker_clips", "augment", "train_copies", "copies_seed", "missing")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of ``ser compare``."""
    parser.add_argument(
        "data", nargs="?", type=Path, default=os.environ.get(DATA_VARIABLE) or None,
        help="the folder that holds the corpora, as given to 'ser prepare' (default: the variable SER_DATA)",
    )  # fmt: skip
    parser.add_argument("--model", nargs="+", default=list(MODELS), metavar="NAME", help=f"of {', '.join(MODELS)}")
    parser.add_argument(
        "--protocol", nargs="+", default=["speaker", "random", "published"], choices=COMPARED,
        help="splits: by speaker, a corpus left out, random clips, or the flawed one that many demos use",
    )  # fmt: skip
    parser.add_argument("--clips", nargs="+", default=list(SETS), choices=tuple(SETS), help="sets of clips")
    parser.add_argument("--tables", type=Path, default=ROOT / "processed_data", help="tables of 'ser prepare'")
    add_speaker_clips(parser)
    parser.add_argument("--folds", type=int, default=0, help="only the first so many of a protocol's folds")
    parser.add_argument(
        "--trainings", type=int, default=1, metavar="N",
        help="cells trained side by side, each on one core: small networks are through sooner so "
        "(default: 1, on all cores)",
    )  # fmt: skip
    parser.add_argument(
        "--missing", action="store_true",
        help="only what the table in OUT lacks, or has of other clips, splits, settings or features: adds a model, or "
        "goes on where another machine stopped",
    )  # fmt: skip
    parser.add_argument("--cache", type=Path, default=ROOT / ".cache" / "frames", help="folder for speech frames")
    add_copy_arguments(parser)
    parser.add_argument("--out", type=Path, default=MODEL_FOLDER / "comparison", help="folder for the table")
    add_engine_arguments(parser, "to make inputs")


def planned(options: argparse.Namespace) -> list[Cell]:
    """The cells, the cheapest first; image networks on RAVDESS only, one fold.

    Raises:
        ModelError: a name is unknown.
    """
    specs = [spec_of(name) for name in options.model]
    cells = []
    for spec in sorted(specs, key=lambda spec: list(MODELS).index(spec.name)):
        for clips in (SETS[name] for name in SETS if name in options.clips):
            if spec.name in COSTLY and clips.name != "ravdess":
                continue
            for protocol in options.protocol:
                folds = options.folds or _folds(spec, clips)
                if protocol == "corpus" and clips.corpora:
                    continue  # a single corpus can't be left out
                cells.append(Cell(spec, protocol, clips, folds))

    def cost(cell: Cell) -> tuple[bool, ...]:
        name = cell.spec.name
        return name in COSTLY, name not in QUICK, not cell.clips.corpora, name in LONG

    return sorted(cells, key=cost)


def lacking(cells: list[Cell], materials: Materials, folder: Path) -> list[Cell]:
    """Those cells that a folder's table lacks, or has made of something else."""
    there = standing(folder)

    def stands(cell: Cell) -> bool:
        return cell_made_of(cell, materials.outline(cell.spec, cell.clips)) == there[cell.key]

    return [cell for cell in cells if not there.get(cell.key) or not stands(cell)]


def _folds(spec: ModelSpec, clips: ClipSet) -> int:
    """How many folds of a protocol fit into the hours that the whole comparison may take; 0 for all."""
    return 1 if spec.name in BACKBONES or (spec.name in LONG and not clips.corpora) else 0


class _Log:
    """Prints lines, and keeps them with the time beside the table, run after run."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self, line: str) -> None:
        print_line(line)
        self.keep(line)

    def keep(self, line: str) -> None:
        """Does not print it."""
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{datetime.now(UTC):%Y-%m-%d %H:%M} {line}\n")


def _asked(options: argparse.Namespace) -> str:
    """What was asked for; folders, which are this machine's, left out."""
    chosen = {name: getattr(options, name) for name in ASKED}
    return ", ".join(f"{name}: {value}" for name, value in chosen.items())


@dataclass(frozen=True)
class _Job:
    """A cell, and what its worker needs to know beside."""

    options: argparse.Namespace
    cell: Cell


@dataclass(frozen=True)
class _Done:
    """A cell's result, or why there is none, and the seconds that it took."""

    cell: Cell
    result: Result | None
    error: str
    took_s: float


def _done(cell: Cell, materials: Materials, log: _Log, bars: Progress | None) -> _Done:
    options, started_s = materials.options, time.perf_counter()
    result, words = None, ""
    try:
        result = run_cell(cell, materials.of(cell.spec, cell.clips), options.finished, log, bars)
    except ModelError as error:
        words = str(error)
    except SerError:
        raise  # of the data: it would end every other cell as well
    except Exception as error:  # noqa: BLE001 - nobody watches: a fault in one cell must not cost the others
        where = " < ".join(f"{Path(at.filename).name}:{at.lineno}" for at in reversed(extract_tb(error.__traceback__)))
        log.keep(f"{cell.key}: {type(error).__name__} in {where}")
        words = f"{cell.key} was ended by a fault of the program ({type(error).__name__}: {error})."
    return _Done(cell, result, words, time.perf_counter() - started_s)


def _done_by_worker(job: _Job) -> _Done:
    """In a process of its own, on one core."""
    from distributed import get_worker

    options = job.options
    keep_to_one_core(int(get_worker().name))
    table = read_table(options.data, options.tables, options.speaker_clips)
    return _done(job.cell, Materials(options.data, options, table), _Log(options.out / LOG), None)


def _all_done(cells: list[Cell], materials: Materials, log: _Log) -> Iterator[_Done]:
    """Each cell as it is through: in their order, or side by side as workers come free."""
    options = materials.options
    if options.trainings > 1 and len(cells) > 1:
        jobs = [_Job(options, cell) for cell in cells]
        yield from run_all(_done_by_worker, jobs, EngineSettings(options.trainings))
        return
    console = Console()
    for cell in cells:
        with progress_bars(console) as bars:
            done = _done(cell, materials, log, bars)
        yield done


def run(options: argparse.Namespace) -> int:
    """Runs all cells, keeps each as it is done, goes on where a model can't be had and says so at last."""
    if options.data is None or not Path(options.data).is_dir():
        raise CorpusError("No data folder: name one, or set SER_DATA to the folder that holds the corpora.")
    table = read_table(options.data, options.tables, options.speaker_clips)
    cells, materials = planned(options), Materials(options.data, options, table)
    if options.missing:
        whole, cells = cells, lacking(cells, materials, options.out)
        print_line(f"{len(whole) - len(cells)} of {len(whole)} cells stand in {options.out / TABLE} already")
    print_line(f"{len(cells)} cells, the cheapest first; finished folds are kept in {options.finished}")
    store([], options.out, listeners(options.data, table))
    log = _Log(options.out / LOG)
    log.keep(_asked(options))
    for name in options.clips:
        materials.prepare([cell.spec for cell in cells if cell.clips.name == name], SETS[name])
    failed: dict[str, None] = {}
    for number, done in enumerate(_all_done(cells, materials, log), start=1):
        if done.result is None:
            failed[done.error] = None
            log(f"{number} of {len(cells)}: {done.cell.key}: {done.error}")
            continue
        store([done.result], options.out)
        report = done.result.report
        low, high = report.uar_interval
        log(
            f"{number} of {len(cells)}: {done.cell.key}: accuracy {report.accuracy:.3f}, UAR {report.uar:.3f} "
            f"({low:.3f} to {high:.3f}), {done.took_s:.0f} s"
        )
    print_line(f"Table: {options.out / TABLE}")
    if failed:
        raise ModelError(" ".join(failed))
    return 0
