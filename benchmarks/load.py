"""``make load``: fifty visitors at once against a server that this command starts, by locust, and a run for the memory.

Each visitor sends a clip of 3 s every ten seconds through the API, with random waits before the first. Then 2,000
requests by eight visitors without a pause show whether memory stays where it is. Both go to docs/performance.md.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import soundfile
from rich.console import Console

from benchmarks.measure import ROOT, machine, megabytes, predict, server, voice, write_between

USERS, EVERY_S, LASTS_S = 50, 10, 300
FLAT_USERS, FLAT_REQUESTS, FLAT_PART = 8, 2000, 500
FLAT_MAX_MB = 20.0
say = Console(stderr=True).print


@dataclass(frozen=True)
class Load:
    """What locust saw, and the server's memory before and after."""

    requests: int
    errors: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    before_mb: float
    after_mb: float

    def words(self) -> str:
        """As a line of the table."""
        return (
            f"| {self.requests} | {self.errors} | {self.p50_ms:.0f} | {self.p95_ms:.0f} | {self.p99_ms:.0f} "
            f"| {self.before_mb:.0f} | {self.after_mb:.0f} |"
        )


def clip() -> bytes:
    """Three seconds of a voice-like sound as WAV."""
    file = io.BytesIO()
    soundfile.write(file, voice(), 16_000, format="WAV")
    return file.getvalue()


def asked_by_fifty(address: str, pid: int, lasts_s: int) -> Load:
    """Runs locust in a process of its own: it bends Python's sockets to its will."""
    before_mb = megabytes(pid)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "clip.wav").write_bytes(clip())
        command = [
            *(sys.executable, "-m", "locust", "-f", "benchmarks/visitor.py", "--headless", "--only-summary"),
            *("--host", address, "--users", str(USERS), "--spawn-rate", str(USERS / EVERY_S)),
            *("--run-time", f"{lasts_s}s", "--stop-timeout", "30", "--csv", f"{folder}/seen"),
        ]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "SER_LOAD_CLIP": f"{folder}/clip.wav"}
        done = subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True)
        seen = Path(folder) / "seen_stats.csv"
        if not seen.is_file():  # failed requests end locust with 1 too, and are counted below
            raise SystemExit(f"locust failed: {done.stderr.strip().splitlines()[-1:]}")
        with seen.open(encoding="utf-8") as file:
            told = next(row for row in csv.DictReader(file) if row["Name"] == "Aggregated")
    p50_ms, p95_ms, p99_ms = (float(told[share]) for share in ("50%", "95%", "99%"))
    counts = int(told["Request Count"]), int(told["Failure Count"])
    return Load(*counts, p50_ms, p95_ms, p99_ms, before_mb, megabytes(pid))


def memory_over(address: str, pid: int, requests: int) -> list[float]:
    """Resident memory, in MB, after each part of so many requests by several clients at once."""
    from concurrent.futures import ThreadPoolExecutor

    data, seen = clip(), []
    with ThreadPoolExecutor(FLAT_USERS) as pool:
        for done in range(0, requests, FLAT_PART):
            list(pool.map(lambda _: predict(address, data), range(min(FLAT_PART, requests - done))))
            seen.append(megabytes(pid))
            say(f"{done + FLAT_PART} requests: {seen[-1]:.0f} MB")
    return seen


def main() -> None:
    """Measures, and writes the table."""
    options = argparse.ArgumentParser(description="Puts a server of its own under load (about eight minutes).")
    options.add_argument("--quick", action="store_true", help="twenty seconds, and nothing is written")
    quick = options.parse_args().quick
    here = machine()
    with server() as (address, pid, _):
        for _ in range(FLAT_USERS):
            predict(address, clip())
        load = asked_by_fifty(address, pid, 20 if quick else LASTS_S)
        say(load.words())
        memory_mb = memory_over(address, pid, FLAT_PART if quick else FLAT_REQUESTS)
    grown_mb = memory_mb[-1] - memory_mb[0]
    steps = ", ".join(f"{one:.0f}" for one in memory_mb)
    text = "\n".join([
        here.words(), "",
        f"{USERS} visitors, each sending a clip of 3 s every {EVERY_S} s for {LASTS_S // 60} minutes:", "",
        "| requests | errors | p50 (ms) | p95 (ms) | p99 (ms) | memory before (MB) | after (MB) |",
        "|---|---|---|---|---|---|---|", load.words(), "",
        f"{FLAT_REQUESTS} requests by {FLAT_USERS} clients without a pause, memory in MB after each {FLAT_PART}: "
        f"{steps}: "
        f"{'flat' if grown_mb <= FLAT_MAX_MB else '**growing**'} ({grown_mb:+.0f} MB; flat is up to {FLAT_MAX_MB:g}).",
    ])  # fmt: skip
    print(text)
    if not quick:
        write_between("load", text)
        content = {"machine": asdict(here), "load": asdict(load), "memory_mb": memory_mb}
        (ROOT / "docs" / "load.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
