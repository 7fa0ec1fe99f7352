"""What the classic models read of a clip, made once and kept: summaries, MFCC, mel pictures, of clips and their copies.

A cache is keyed by what went into it: the settings and the code of the features and of the changes that make the
copies, the seed, and the clips by the SHA-256 of their sound. Neither a changed setting nor a changed clip ever reads
an old cache. It is written clip batch by clip batch, so that a killed run goes on where it was.
"""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ser import augment, chroma, features, mel, short_time
from ser.audio import load
from ser.augment import Chain, copy_generator
from ser.constants import SUMMARY_HOP_SAMPLES, SUMMARY_WINDOW_SAMPLES
from ser.engine import EngineSettings, run_all
from ser.inputs import INPUTS

BATCH_CLIPS = 100
Array = NDArray[np.float32]


@dataclass(frozen=True)
class InputSettings:
    """What copies there are beside each clip, and how they are drawn.

    Attributes:
        copies: a chain for each, as :class:`~ser.augment.Chain` writes them.
        seed: of the copies; the same on every run.
    """

    copies: tuple[str, ...] = ("stretch=0.5+pitch=0.35", "noise", "shift")
    seed: int = 0


@dataclass(frozen=True)
class _Job:
    root: Path
    clips: tuple[tuple[str, str], ...]  # path, SHA-256 of the sound
    kinds: tuple[str, ...]
    settings: InputSettings
    folder: Path

    @property
    def stem(self) -> str:
        """Changes with anything that its numbers depend on."""
        content = json.dumps([_numbers(), asdict(self.settings), self.clips], sort_keys=True).encode()
        return hashlib.sha256(content + _source()).hexdigest()[:16]

    def path(self, kind: str) -> Path:
        """Where one kind of its inputs lies."""
        return self.folder / kind / f"{self.stem}.npy"

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(kind for kind in self.kinds if not self.path(kind).is_file())


def _numbers() -> dict[str, object]:
    return {"window": SUMMARY_WINDOW_SAMPLES, "hop": SUMMARY_HOP_SAMPLES, **features.front_end()}


def _source() -> bytes:
    return "".join(map(inspect.getsource, (features, short_time, mel, chroma, augment))).encode()


def inputs_key() -> str:
    """Sixteen hexadecimal digits that change with the code and the numbers that make inputs, whatever the clips."""
    return hashlib.sha256(json.dumps(_numbers(), sort_keys=True).encode() + _source()).hexdigest()[:16]


def cache_inputs(
    root: Path,
    table: pd.DataFrame,
    kinds: Sequence[str],
    settings: InputSettings,
    cache: Path,
    engine: EngineSettings = EngineSettings(),
) -> dict[str, Array]:
    """Inputs of all clips and their copies, from the cache where it has them.

    Args:
        root: the folder that the table's paths are relative to.
        table: has columns ``path`` and ``sha256``; its order is the answer's.
        kinds: keys of :data:`~ser.inputs.INPUTS`; all are made in one pass over the clips.
        settings: see :class:`InputSettings`.
        cache: folder.
        engine: the workers.

    Returns:
        kind → shape (clips, 1 + copies, …), float32, behind those two what :data:`~ser.inputs.INPUTS` says.

    Raises:
        AudioError: a clip can't be decoded any more.
    """
    from rich.progress import track

    clips = tuple(zip(table["path"].astype(str), table["sha256"].astype(str), strict=True))
    batches = [clips[i : i + BATCH_CLIPS] for i in range(0, len(clips), BATCH_CLIPS)]
    jobs = [_Job(root.resolve(), batch, tuple(kinds), settings, cache.resolve()) for batch in batches]
    if todo := [job for job in jobs if job.missing]:
        for _ in track(run_all(_make, todo, engine), f"Inputs ({', '.join(kinds)})", total=len(todo)):
            pass
    return {kind: np.concatenate([np.load(job.path(kind)) for job in jobs]) for kind in kinds}


def _make(job: _Job) -> None:
    """Writes what is missing of one batch of clips."""
    from threadpoolctl import threadpool_limits

    chains = [Chain.parse(text) for text in job.settings.copies]
    made: dict[str, list[list[Array]]] = {kind: [] for kind in job.missing}
    with threadpool_limits(1):
        for path, _ in job.clips:
            samples = load(job.root / path).samples
            versions = [samples] + [
                chain(samples, copy_generator(job.settings.seed, number, path)) for number, chain in enumerate(chains)
            ]
            for kind, rows in made.items():
                rows.append([INPUTS[kind].make(version) for version in versions])
    for kind, rows in made.items():
        target = job.path(kind)
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f"{target.stem}.part.npy")
        np.save(draft, np.array(rows, np.float32))
        draft.replace(target)
