"""Dask's scheduler and workers as processes, as people start them, for tests that share or kill them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from ser.engine import EngineSettings


@dataclass(frozen=True)
class Cluster:
    """A scheduler and two workers, as people start them."""

    address: str
    scheduler: subprocess.Popen[bytes]
    workers: tuple[subprocess.Popen[bytes], ...]

    @property
    def settings(self) -> EngineSettings:
        return EngineSettings(scheduler=self.address)


@contextmanager
def started(folder: Path, count: int) -> Iterator[Cluster]:
    """A scheduler and so many workers, each a process."""
    place = folder / "scheduler.json"
    environment = dict(os.environ, PYTHONPATH=str(Path(__file__).parent.parent))
    with ExitStack() as stack:

        def start(*words: str) -> subprocess.Popen[bytes]:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", *words, "--no-dashboard", "--scheduler-file", str(place)],
                env=environment, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            stack.enter_context(process)
            stack.callback(process.kill)
            return process

        scheduler = start("scheduler", "--host", "127.0.0.1", "--port", "0")
        workers = tuple(start("worker", "--nthreads", "1", "--no-nanny") for _ in range(count))
        while not place.exists() or not place.read_text(encoding="utf-8").strip():
            assert scheduler.poll() is None
            time.sleep(0.05)
        yield Cluster(json.loads(place.read_text(encoding="utf-8"))["address"], scheduler, workers)
