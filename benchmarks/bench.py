"""``make bench``: time and memory of command line, server, page and one clip, beside a peer, in one table.

Each figure is the median of several runs with the smallest and largest; ours and the peer's runs take turns, so that
what else the machine does meets both. The table goes to docs/performance.md, the numbers to docs/performance.json.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

import soundfile
from rich.console import Console

from benchmarks.measure import ROOT, Figure, machine, megabytes, predict, server, voice, write_between
from benchmarks.paint import visits
from benchmarks.sessions import open_visits

STARTS, SERVERS, WARM_RUNS, CALLS, VISITS, PAINTS = 7, 3, 5, 20, 10, 7
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
say = Console(stderr=True).print


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        limit: what is aimed at; the median must not be above it.
        ratio_min: how many times less than the peer it is to be; None where there is no peer.
    """

    name: str
    unit: str
    ours: Figure
    limit: float
    peer: Figure | None = None
    ratio_min: float | None = None

    @property
    def ratio(self) -> float | None:
        """The peer's median over ours."""
        return self.peer.median / self.ours.median if self.peer else None

    def hit(self) -> bool:
        """Whether both aims are reached."""
        close = self.ratio is None or self.ratio_min is None or self.ratio >= self.ratio_min
        return self.ours.median <= self.limit and close

    def words(self) -> str:
        """As a line of the table."""
        digits = 2 if self.unit == "s" else 1 if self.unit == "ms" else 0
        aim = f"≤ {self.limit:g}" + (f", ≥ {self.ratio_min:g} ×" if self.ratio_min else "")
        peer = self.peer.words(digits) if self.peer else "–"
        ratio = f"{self.ratio:.1f} ×" if self.ratio else "–"
        hit = "hit" if self.hit() else "**missed**"
        return f"| {self.name} ({self.unit}) | {self.ours.words(digits)} | {peer} | {ratio} | {aim} | {hit} |"


def _run(*command: str) -> str:
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed: {done.stderr.strip().splitlines()[-1:]}")
    return done.stdout


def _seconds(*command: str) -> float:
    started_s = time.perf_counter()
    _run(*command)
    return time.perf_counter() - started_s


def starts(model: str, clip: str, runs: int) -> Row:
    """From a new process to its first prediction, on the command line."""
    ours, peer = [], []
    for number in range(runs + 1):  # the first of each warms the disk and is not counted
        pair = _seconds("-m", "ser", "predict", "--format", "jsonl", clip), _seconds("benchmarks/peer.py", model, clip)
        if number:
            ours.append(pair[0])
            peer.append(pair[1])
        say(f"start {number} of {runs}: {pair[0]:.2f} s, peer {pair[1]:.2f} s")
    return Row("process start to first prediction", "s", Figure.of(ours), 1.5, Figure.of(peer), 3.0)


def clips(model: str, wav: str, mp3: str, runs: int) -> tuple[list[Row], Figure]:
    """A clip of 3 s in a warm process, and the peer's memory."""
    told: dict[str, list[dict[str, dict[str, float]]]] = {"ser": [], "peer": []}
    memory = []
    for number in range(1, runs + 1):
        for kind, answers in told.items():
            answer = json.loads(_run("-m", "benchmarks.warm", kind, model, wav, mp3).splitlines()[-1])
            answers.append(answer)
            say(f"warm {number} of {runs}, {kind}: {answer}")
            if kind == "peer":
                memory.append(answer["memory_mb"])
    rows = []
    for suffix, limit in ((".wav", 15.0), (".mp3", 80.0)):
        ours, peer = (Figure.of([one["median_ms"][suffix] for one in told[kind]]) for kind in ("ser", "peer"))
        rows.append(Row(f"3 s of {suffix[1:].upper()}, warm, bytes to probabilities", "ms", ours, limit, peer, 5.0))
    return rows, Figure.of(memory)


def servers(clip: bytes, peer_memory: Figure, runs: int) -> list[Row]:
    """Start of the server, and its memory: alone, and for each visitor who keeps an answer open."""
    ready_s, alone_mb, visit_mb = [], [], []
    for number in range(1, runs + 1):
        with server() as (address, pid, seconds), ExitStack() as visits:
            ready_s.append(seconds)
            for _ in range(CALLS):
                predict(address, clip)
            alone_mb.append(megabytes(pid))
            open_visits(address, clip, 1, visits)  # the first loads what sessions share
            before = megabytes(pid)
            open_visits(address, clip, VISITS, visits)
            visit_mb.append((megabytes(pid) - before) / VISITS)
            say(f"server {number} of {runs}: {seconds:.2f} s, {alone_mb[-1]:.0f} MB, {visit_mb[-1]:.1f} MB a visit")
    return [
        Row("server start to healthy and warm", "s", Figure.of(ready_s), 5.0),
        Row(f"memory of the server after {CALLS} clips; the peer without a server", "MB", Figure.of(alone_mb), 450.0,
            peer_memory, 2.0),
        Row("memory for each visitor with an answer open", "MB", Figure.of(visit_mb), 20.0),
    ]  # fmt: skip


def paints(clip: bytes, runs: int) -> list[Row]:
    """The page on a warm server, in a browser that was never there."""
    with server() as (address, _, _):
        predict(address, clip)
        seen = visits(address, runs)
    for one in seen:
        say(f"visit: first paint {one.painted_s:.2f} s, welcome {one.welcome_s:.2f} s")
    return [
        Row("first paint of the page, browser without a cache", "s", Figure.of([one.painted_s for one in seen]), 1.0),
        Row("the page can be used, browser without a cache", "s", Figure.of([one.welcome_s for one in seen]), 2.0),
    ]


def _files(folder: Path) -> tuple[str, str, str]:
    """The peer's model and the clip as WAV and MP3."""
    model, wav, mp3 = (str(folder / name) for name in ("peer.keras", "clip.wav", "clip.mp3"))
    soundfile.write(wav, voice(), 16_000)
    from ser.ffmpeg import ffmpeg_path

    encode = [ffmpeg_path(), "-v", "error", "-i", wav, "-c:a", "libmp3lame", "-b:a", "128k", mp3]
    subprocess.run(encode, check=True)
    _run("-c", f"from pathlib import Path; from benchmarks import peer; peer.make_model(Path({model!r}))")
    return model, wav, mp3


def main() -> None:
    """Measures, and writes the table."""
    options = argparse.ArgumentParser(description="Measures time and memory beside a peer (about five minutes).")
    options.add_argument("--quick", action="store_true", help="one run of each, and nothing is written")
    quick = options.parse_args().quick
    here = machine()
    with tempfile.TemporaryDirectory() as name:
        model, wav, mp3 = _files(Path(name))
        first = starts(model, wav, 1 if quick else STARTS)
        warm, peer_memory = clips(model, wav, mp3, 1 if quick else WARM_RUNS)
        served = servers(Path(wav).read_bytes(), peer_memory, 1 if quick else SERVERS)
        painted = paints(Path(wav).read_bytes(), 1 if quick else PAINTS)
    rows = [first, served[0], *painted, *warm, *served[1:]]
    lines = [here.words(), "", "| what | ours | peer | ratio | aim | |", "|---|---|---|---|---|---|"]
    text = "\n".join([*lines, *(row.words() for row in rows)])
    print(text)
    if not quick:
        write_between("bench", text)
        numbers = [{**asdict(row), "ratio": row.ratio, "hit": row.hit()} for row in rows]
        content = json.dumps({"machine": asdict(here), "rows": numbers}, indent=1) + "\n"
        (ROOT / "docs" / "performance.json").write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
