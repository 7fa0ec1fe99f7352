"""What benchmarks share: figures with their spread, the machine, a server of one's own, a place in a document."""

from __future__ import annotations

import os
import platform
import re
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import psutil

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "performance.md"
START_MAX_S = 120.0


@dataclass(frozen=True)
class Figure:
    """A number measured several times: median, and from the smallest to the largest."""

    median: float
    low: float
    high: float
    runs: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Figure:
        """Of one number a run."""
        return cls(statistics.median(values), min(values), max(values), len(values))

    def words(self, digits: int = 0) -> str:
        """``12 (11 to 14)``."""
        return f"{self.median:.{digits}f} ({self.low:.{digits}f} to {self.high:.{digits}f})"


@dataclass(frozen=True)
class Machine:
    """Where and when."""

    processor: str
    cores: int
    memory_gb: float
    system: str
    python: str
    load_before: float
    when: str

    def words(self) -> str:
        """One sentence."""
        return (
            f"{self.when}, {self.processor}, {self.cores} cores, {self.memory_gb:.0f} GB, {self.system}, "
            f"Python {self.python}; load of the machine just before: {self.load_before:.1f}."
        )


def machine() -> Machine:
    """This one, now."""
    names = Path("/proc/cpuinfo")
    found = re.search(r"^model name\s*: (.+)$", names.read_text(), re.MULTILINE) if names.exists() else None
    return Machine(
        processor=found[1] if found else platform.processor() or platform.machine(),
        cores=os.cpu_count() or 1,
        memory_gb=psutil.virtual_memory().total / 1e9,
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        load_before=psutil.getloadavg()[0],
        when=datetime.now(UTC).date().isoformat(),
    )


def megabytes(pid: int) -> float:
    """Resident memory of a process, in MB of a million bytes."""
    return float(psutil.Process(pid).memory_info().rss / 1e6)


def voice(duration_s: float = 3.0, rate_hz: int = 16_000) -> np.ndarray:
    """A voice-like sound, shape (n,), float32: harmonics with vibrato and syllables."""
    time_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    phase = 2 * np.pi * (150.0 * time_s - 4.0 / (2 * np.pi * 5.0) * np.cos(2 * np.pi * 5.0 * time_s))
    weights = [np.exp(-(((150.0 * h - 600.0) / 300.0) ** 2)) + 0.02 for h in range(1, 21)]
    tone = sum(weight * np.sin(h * phase) for h, weight in enumerate(weights, start=1))
    sound = tone * (0.55 + 0.45 * np.sin(2 * np.pi * 3.0 * time_s)) + 0.01 * np.random.default_rng(0).normal(
        size=len(time_s)
    )
    return np.asarray(0.5 * sound / np.abs(sound).max(), np.float32)


@contextmanager
def server() -> Iterator[tuple[str, int, float]]:
    """Page and API, started and stopped again; gives address, process and the seconds until it was healthy."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "ser", "app", "--port", str(port), "--address", "127.0.0.1"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    started_s = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        while not _healthy(address):
            if process.poll() is not None or time.perf_counter() - started_s > START_MAX_S:
                raise SystemExit(f"The server did not get healthy; run this to see why: {' '.join(command)}")
            time.sleep(0.02)
        yield address, process.pid, time.perf_counter() - started_s
    finally:
        process.terminate()
        process.wait(timeout=20)


def _healthy(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def predict(address: str, data: bytes) -> None:
    """Asks the API about a file's bytes."""
    request = urllib.request.Request(f"{address}/api/v1/predict", data, {"Content-Type": "audio/wav"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        answer.read()


def write_between(name: str, text: str, document: Path = DOCUMENT) -> None:
    """Puts a text between a document's markers ``<!-- NAME, by make NAME -->`` and ``<!-- end of NAME -->``."""
    begin, end = f"<!-- {name}, by make {name} -->", f"<!-- end of {name} -->"
    old = document.read_text(encoding="utf-8")
    if old.count(begin) != 1 or old.count(end) != 1:
        raise SystemExit(f"{document} must hold the lines {begin} and {end} once each.")
    head, tail = old.split(begin)[0], old.split(end)[1]
    document.write_text(f"{head}{begin}\n{text.strip()}\n{end}{tail}", encoding="utf-8")
