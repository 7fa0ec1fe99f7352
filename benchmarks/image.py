"""``make image``: builds the image, runs it as servers do, and writes what it weighs into docs/performance.md."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass

from benchmarks.measure import ROOT, write_between

LARGEST = 10
LIMIT_MB = 1100
WHOLE, PROJECT = "/", "/app"
# What each of the large ones is there for; one that is not here stops the table, so that nothing large comes unseen.
PURPOSES = {
    "ai-edge-litert": "runs the models",
    "altair": "a part of Streamlit's",
    "fastapi-offline": "the API's document without a network",
    "imageio-ffmpeg": "ffmpeg, which decodes everything but WAV",
    "narwhals": "a part of plotly's and Streamlit's",
    "numpy": "samples, features, with its BLAS",
    "pandas": "tables of the page",
    "pillow": "a part of Streamlit's",
    "plotly": "figures",
    "protobuf": "a part of Streamlit's",
    "pyarrow": "tables to the browser (Streamlit's), Parquet",
    "pydantic": "checks what the API is asked",
    "pydeck": "a part of Streamlit's",
    "pydantic-core": "checks what the API is asked",
    "pygments": "a part of rich's",
    "soundfile": "reads WAV",
    "streamlit": "the page",
    "tsdownsample": "waveforms of hours in thousands of points",
}


@dataclass(frozen=True)
class Weights:
    """Bytes of an image: of all that is in it, of the project in it, and of each package."""

    whole: int
    project: int
    packages: dict[str, int]

    @classmethod
    def of(cls, lines: list[str]) -> Weights:
        """From what scripts/container.sh says: ``weighs BYTES NAME``.

        Raises:
            SystemExit: the script said nothing of the whole or of the packages.
        """
        found = {name: int(size) for word, size, name in (line.split() for line in lines if line.startswith("weighs"))}
        if not {WHOLE, PROJECT} < set(found):
            raise SystemExit("scripts/container.sh did not say what the image weighs.")
        return cls(found.pop(WHOLE), found.pop(PROJECT), found)

    def words(self) -> str:
        """As a table: the largest packages with what they are for, and the rest."""
        order = sorted(self.packages, key=lambda name: -self.packages[name])
        if unknown := [name for name in order[:LARGEST] if name not in PURPOSES]:
            raise SystemExit(f"Say in benchmarks/image.py what these are for: {', '.join(unknown)}.")
        others = sum(self.packages[name] for name in order[LARGEST:])
        base = self.whole - self.project - sum(self.packages.values())
        rows = [
            *((name, self.packages[name], PURPOSES[name]) for name in order[:LARGEST]),
            (f"{len(order) - LARGEST} more packages", others, ""),
            ("the project", self.project, "models, tables, sources"),
            ("Debian, Python", base, "the base image; what Python compiled of the packages"),
            ("**all**", self.whole, f"at most {LIMIT_MB} MB is aimed at: {self.hit()}"),
        ]
        return "\n".join(["| what | MB | for |", "|---|---:|---|", *(_row(*one) for one in rows)])

    def hit(self) -> str:
        """Whether the aim is reached."""
        return "hit" if self.whole <= LIMIT_MB * 1e6 else "**missed**"


def _row(name: str, size: int, purpose: str) -> str:
    return f"| {name} | {size / 1e6:.0f} | {purpose} |"


def main() -> None:
    """Builds, checks, writes."""
    command = [str(ROOT / "scripts" / "container.sh")]
    environment = {**os.environ, "PYTHON": sys.executable}
    lines = []
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line)
    if process.returncode:
        raise SystemExit(process.returncode)
    text = Weights.of(lines).words()
    print(text)
    write_between("image", text)


if __name__ == "__main__":
    main()
