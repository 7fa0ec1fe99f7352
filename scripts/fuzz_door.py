"""Fuzzes the decoder's door: whatever bytes come, a recording or a SerError comes out, in time, and nothing else.

Atheris (libFuzzer for Python) changes the odd files of the tests, guided by which lines of the door they reach. It is
not among the project's packages: ``pip install atheris``.

python -m scripts.fuzz_door --seconds 600 [--kept FOLDER]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["ser.audio", "ser.containers", "ser.intake", "ser.ffmpeg"]):
    from ser import audio
    from ser.errors import SerError

from tests.bad_audio import Canary, everything

SLOW_S = 20.0
LARGEST_BYTES = 200_000
TOLD_EVERY = 250


class Door:
    """What came out, counted; a crash, or an answer that takes too long, ends the run with the bytes kept."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()

    def __call__(self, data: bytes) -> None:
        started_s = time.monotonic()
        try:
            recording = audio.load(data, "fuzzed")
        except SerError as error:
            self.outcomes[type(error).__name__] += 1
            said = str(error)
        else:
            self.outcomes["Recording"] += 1
            said = str(len(recording.stored) or "")
        assert said, "neither sound nor a sentence"
        took_s = time.monotonic() - started_s
        assert took_s < SLOW_S, f"{took_s:.0f} s"
        if self.outcomes.total() % TOLD_EVERY == 0:
            print(f"{self.outcomes.total()} files: {dict(self.outcomes.most_common())}", flush=True)


def main() -> None:
    """Runs until the time is over and prints what came out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--kept", type=Path, help="folder for the inputs that reached something new")
    options = parser.parse_args()
    door = Door()
    with tempfile.TemporaryDirectory() as folder:
        kept = options.kept or Path(folder) / "kept"
        kept.mkdir(parents=True, exist_ok=True)
        seeds = Path(folder) / "seeds"
        seeds.mkdir()
        count = 0
        for name, data in everything(Canary(Path(folder) / "canary", "http://127.0.0.1:9/")).items():
            if len(data) <= LARGEST_BYTES:
                (seeds / f"{count:03d}-{Path(name).suffix.lstrip('.') or 'none'}").write_bytes(data)
                count += 1
        print(f"{count} seeds", flush=True)
        flags = [f"-max_total_time={options.seconds}", f"-max_len={LARGEST_BYTES}", "-timeout=60", "-rss_limit_mb=4096"]
        atheris.Setup([sys.argv[0], *flags, f"-artifact_prefix={kept}/", str(kept), str(seeds)], door)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
