"""``make archive``: 20,000 clips on one worker and on two; throughput, scaling, memory, and what sharing out costs.

The clips are the project's own synthesised voices, repeated and altered, so that no two sound the same but for one in
twenty, which is a copy. The table goes to docs/performance.md, the numbers to docs/archive.json, and from them what 1,
10 and 100 workers would do and cost, on paper.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import soundfile
from numpy.typing import NDArray
from rich.console import Console

from benchmarks.measure import ROOT, machine, write_between
from ser.audio import load
from ser.batch import run as batch
from ser.batch.run import BatchSettings
from ser.batch.tally import Progress
from ser.constants import SAMPLE_RATE_HZ
from ser.engine import Engine, EngineSettings

CLIPS, CLIP_S, COPIES = 20_000, 3.0, 0.05
SHARE_ALONE = 0.25  # of the clips, for one worker: the rate does not depend on their number
NOTHINGS = 3_000
SAMPLE_EVERY_S = 1.0
NUMBERS = ROOT / "docs" / "archive.json"
# What Azure asked for an hour of a D2as v5 (two cores, 8 GB, Linux, West Europe, pay as you go), from its public list.
VM_USD_AN_HOUR, VM_CORES = 0.104, 2
BLOB_BYTES_A_S = 60e9 / 8  # egress of one standard account in most regions, from Azure's scalability targets
say = Console(stderr=True).print


@dataclass(frozen=True)
class Run:
    """One run of an archive.

    Attributes:
        memory_mb: resident memory of all workers, at a quarter of the run, at half, and at its end.
    """

    workers: int
    clips: int
    audio_h: float
    wall_s: float
    working_s: float  # without the start of the workers
    hours_an_hour: float
    reading_ms: float  # a clip, of one worker: bytes to samples and digest
    hearing_ms: float  # a clip, of one worker: samples to answer
    memory_mb: tuple[float, float, float]


def make_clips(folder: Path, count: int) -> None:
    """Three seconds each of an example voice, from a random place, as loud as chance wants, in a little noise."""
    voices = [load(path).samples for path in sorted((ROOT / "ser" / "ui" / "examples").glob("*.ogg"))]
    rng, length = np.random.default_rng(0), round(CLIP_S * SAMPLE_RATE_HZ)
    for number in range(count):
        path = folder / f"{number // 1000:03d}" / f"{number:06d}.wav"
        path.parent.mkdir(exist_ok=True)
        if number and rng.random() < COPIES:
            shutil.copyfile(next(folder.rglob("*.wav")), path)
        else:
            soundfile.write(path, _altered(voices[rng.integers(len(voices))], length, rng), SAMPLE_RATE_HZ)


def _altered(voice: NDArray[np.float32], length: int, rng: np.random.Generator) -> NDArray[np.float32]:
    start = rng.integers(max(1, len(voice) - length))
    piece = np.resize(voice[start:], length)
    noise = rng.standard_normal(length).astype(np.float32) * 10 ** rng.uniform(-4, -2)
    return np.asarray((piece * 10 ** rng.uniform(-0.5, 0.0) + noise).clip(-1, 1), dtype=np.float32)


class _Watch:
    """Memory of this process's children, over time."""

    def __init__(self) -> None:
        self.seen: list[float] = []

    @contextmanager
    def running(self) -> Iterator[None]:
        done = threading.Event()

        def look() -> None:
            while not done.wait(SAMPLE_EVERY_S):
                children = psutil.Process().children(recursive=True)
                self.seen.append(sum(one.memory_info().rss for one in children if one.is_running()) / 1e6)

        thread = threading.Thread(target=look, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


def measured(source: Path, output: Path, workers: int) -> Run:
    """One run, and what its workers held."""
    first: list[float] = []
    marks: dict[float, float] = {}
    watch = _Watch()

    def told(now: Progress) -> None:
        first.append(now.elapsed_s)
        for share in (0.25, 0.5):
            if now.files >= share * now.of and watch.seen:
                marks.setdefault(share, watch.seen[-1])
        say(f"{workers} workers: {now.files:,} of {now.of:,}, {now.hours_an_hour:.0f} h an hour", end="\r")

    with watch.running():
        report = batch.run(BatchSettings(str(source), str(output), engine=EngineSettings(workers)), told)
        last = watch.seen[-2] if len(watch.seen) > 1 else 0.0  # the very last may be of workers that are ending
    heard, working_s = report["heard"], report["wall_s"] - first[0]
    return Run(
        workers=workers, clips=report["recordings"], audio_h=report["audio_s"] / 3600, wall_s=report["wall_s"],
        working_s=working_s, hours_an_hour=report["audio_s"] / working_s,
        reading_ms=1000 * report["reading_s"] / report["recordings"], hearing_ms=1000 * report["hearing_s"] / heard,
        memory_mb=(marks.get(0.25, 0.0), marks.get(0.5, 0.0), last),
    )  # fmt: skip


def _nothing(_: int) -> None:
    return None


def task_ms() -> float:
    """What Dask's scheduler and this client need for one piece of work in which nothing is done."""
    with Engine(EngineSettings(workers=2)) as engine:
        list(engine.run(_nothing, range(100)))
        begun_s = time.perf_counter()
        list(engine.run(_nothing, range(NOTHINGS)))
        return 1000 * (time.perf_counter() - begun_s) / NOTHINGS


def on_paper(two: Run, overhead_ms: float, clip_bytes: int, pieces: int) -> str:
    """What more workers would do, by what one needs for a clip and what each bottleneck lets through."""
    clip_s = (two.reading_ms + two.hearing_ms) / 1000
    piece_s = two.clips / pieces * clip_s
    scheduler = 1000 / (3 * overhead_ms) * (two.clips / pieces)  # three tasks a piece
    storage = BLOB_BYTES_A_S / clip_bytes
    lines = ["| workers | h of sound an hour | clips a second | USD an hour | USD for 1,000 h of sound | next limit |"]
    lines.append("|---|---|---|---|---|---|")
    for workers in (1, 10, 100):
        clips = min(workers / clip_s, scheduler, storage)
        hours = clips * CLIP_S
        usd = workers / VM_CORES * VM_USD_AN_HOUR
        limits = {"the workers' cores": workers / clip_s, "the scheduler": scheduler, "the store": storage}
        first = sorted(limits, key=lambda name: limits[name])
        lines.append(
            f"| {workers} | {hours:,.0f} | {clips:,.0f} | {usd:.2f} | {1000 * usd / hours:.2f} | {first[1]}, at "
            f"{limits[first[1]] * clip_s:,.0f} workers |"
        )
    lines += [
        "",
        f"A worker is one core. It needs {1000 * clip_s:.1f} ms for a clip of {CLIP_S:g} s ({two.reading_ms:.1f} to "
        f"read and decode, {two.hearing_ms:.1f} to hear), so a piece of work, {two.clips / pieces:.0f} clips, is "
        f"{piece_s:.1f} s; its three tasks cost scheduler and client {3 * overhead_ms:.1f} ms. A store that gives "
        f"{BLOB_BYTES_A_S / 1e9:.1f} GB/s (a standard account's target) gives {storage:,.0f} such clips a second, of "
        f"{clip_bytes / 1000:.0f} kB each as WAV; as MP3 six times as many. A machine of {VM_CORES} cores costs "
        f"{VM_USD_AN_HOUR} USD an hour (D2as v5, Linux, pay as you go, from the public list when this was written).",
    ]
    return "\n".join(lines)


def table(one: Run, two: Run) -> str:
    """Both runs, and what the second gains."""
    lines = ["| workers | clips | h of sound | seconds | h of sound an hour | memory at ¼, ½ and the end (MB) |"]
    lines.append("|---|---|---|---|---|---|")
    for run in (one, two):
        memory = ", ".join(f"{value:.0f}" for value in run.memory_mb)
        lines.append(
            f"| {run.workers} | {run.clips:,} | {run.audio_h:.1f} | {run.wall_s:.0f} ({run.working_s:.0f} at work) | "
            f"{run.hours_an_hour:,.0f} | {memory} |"
        )
    lines += ["", f"Two workers do {two.hours_an_hour / one.hours_an_hour:.2f} times what one does."]
    return "\n".join(lines)


def main() -> None:
    """Measures, and writes both tables."""
    options = argparse.ArgumentParser(description="Hears an archive of generated clips on one worker and on two.")
    options.add_argument("--clips", type=int, default=CLIPS, help="default: %(default)s")
    options.add_argument("--quick", action="store_true", help="nothing is written")
    chosen = options.parse_args()
    here = machine()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part, count in (("alone", round(chosen.clips * SHARE_ALONE)), ("all", chosen.clips)):
            say(f"making {count:,} clips …")
            (folder / part).mkdir()
            make_clips(folder / part, count)
        clip_bytes = next((folder / "all").rglob("*.wav")).stat().st_size
        overhead_ms = task_ms()
        say(f"a piece of work in which nothing is done: {overhead_ms:.2f} ms")
        one = measured(folder / "alone", folder / "out1", 1)
        two = measured(folder / "all", folder / "out2", 2)
        pieces = json.loads((folder / "out2" / "report.json").read_text(encoding="utf-8"))["runs"][0]["pieces"]
    text = f"{here.words()}\n\n{table(one, two)}\n\n{on_paper(two, overhead_ms, clip_bytes, pieces)}"
    numbers: dict[str, Any] = {"machine": asdict(here), "runs": [asdict(one), asdict(two)], "task_ms": overhead_ms}
    print(text)
    if not chosen.quick:
        NUMBERS.write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")
        write_between("archive", text)


if __name__ == "__main__":
    main()
