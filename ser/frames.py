"""Speech frames of whole corpora, made once and kept: the frozen encoder is most of the cost of training.

A cache is keyed by what went into it: encoder weights, front end and settings, and within it each clip by path and
size. A changed setting therefore never reads old frames. Shards are written one by one, so that a killed run goes on
where it was, and clips that join later are added.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ser import outsiders
from ser.audio import load
from ser.augment import AugmentSettings, augment, copy_generator
from ser.constants import MODEL_WINDOW_S, SAMPLE_RATE_HZ
from ser.engine import EngineSettings, run_all
from ser.errors import AudioError
from ser.features import front_end, levelled_log_mel, trim_silence
from ser.litert import LiteRtModel, export_litert
from ser.manifest import read_json
from ser.outsiders import Kind

SHARD_CLIPS = 50


@dataclass(frozen=True)
class FrameSettings:
    """What a cache of frames is made of.

    Attributes:
        encoder_layers: encoder layers side by side, 1-based.
        copies: augmented copies beside each clip.
        augmentation: ranges of those copies.
        seed: of the copies; the same on every run.
        max_duration_s: longer clips are cut there, as one window of the served model is.
    """

    encoder_layers: tuple[int, ...] = (2, 3)
    copies: int = 1
    augmentation: AugmentSettings = AugmentSettings()
    seed: int = 0
    max_duration_s: float = MODEL_WINDOW_S


@dataclass(frozen=True, eq=False)
class FrameStore:
    """Frames of many clips.

    Attributes:
        shards: arrays (frames, 512 · layers), float16, memory-mapped, 25 frames a second.
        spans: clip index → for each version (0 the clip itself, then its copies) shard, first frame, frame count;
            shape (clips, 1 + copies, 3), int64. A count of 0 marks a clip that could not be decoded.
    """

    shards: tuple[NDArray[np.float16], ...]
    spans: NDArray[np.int64]

    def frames(self, clip: int, version: int = 0) -> NDArray[np.float16]:
        """Frames of one version of one clip, shape (t, 512 · layers), float16."""
        shard, start, count = self.spans[clip, version]
        return self.shards[shard][start : start + count]

    def statistics(self, version: int = 0) -> NDArray[np.float32]:
        """Mean and deviation over time of one version of each clip, shape (clips, 2 · 512 · layers), float32."""
        rows = []
        for clip in range(len(self.spans)):
            frames = self.frames(clip, version).astype(np.float32)
            rows.append(np.concatenate([frames.mean(axis=0), frames.std(axis=0)]))
        return np.stack(rows)

    def lengths(self, version: int = 0) -> NDArray[np.int64]:
        """Frame count of each clip, shape (clips,)."""
        return np.asarray(self.spans[:, version, 2])


def cache_key(settings: FrameSettings) -> str:
    """Sixteen hexadecimal digits that change with the encoder and with any setting."""
    from ser.encoder import ENCODER_FOLDER

    encoder = read_json(ENCODER_FOLDER / "manifest.json")["sha256"]
    content = json.dumps([encoder, front_end(), asdict(settings)], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def cache_frames(
    root: Path, paths: Sequence[str], settings: FrameSettings, cache: Path, engine: EngineSettings = EngineSettings()
) -> FrameStore:
    """Frames of all clips, from the cache where it has them.

    Args:
        root: the folder that the paths are relative to.
        paths: clips; their order is the store's.
        settings: see :class:`FrameSettings`.
        cache: folder for shards; about 120 kB a clip and version.
        engine: the workers.
    """
    from rich.progress import track

    folder = cache / cache_key(settings)
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"{path}:{(root / path).stat().st_size}" for path in paths]
    known = _read_index(folder)
    missing = [path for path, name in zip(paths, names, strict=True) if name not in known]
    chunks = [missing[i : i + SHARD_CLIPS] for i in range(0, len(missing), SHARD_CLIPS)]
    if chunks:
        encoder = _encoder_file(settings, folder)
        jobs = [_Job(root.resolve(), tuple(chunk), settings, encoder) for chunk in chunks]
        for _ in track(run_all(_make_shard, jobs, engine), "Speech frames", total=len(jobs)):
            pass
        known = _read_index(folder)
    return _open_store(folder, [known[name] for name in names])


def cache_outsiders(kinds: Mapping[str, Kind], count: int, settings: FrameSettings, cache: Path) -> FrameStore:
    """Frames of ``count`` synthesised sounds of each kind, kind after kind, without copies; from the cache if there."""
    folder = cache / cache_key(settings)
    folder.mkdir(parents=True, exist_ok=True)
    source = Path(outsiders.__file__).read_bytes()
    key = hashlib.sha256(json.dumps([list(kinds), count, settings.seed]).encode() + source).hexdigest()[:12]
    path = folder / f"outsiders-{key}.npz"
    if not path.is_file():
        encoder = _encoder_file(settings, folder)
        rng = np.random.default_rng(settings.seed)
        sounds = [outsiders.synthesise(kind, rng) for kind in kinds.values() for _ in range(count)]
        frames = [_encode(trim_silence(sound), encoder) for sound in sounds]
        draft = path.with_suffix(".part.npz")
        np.savez(draft, frames=np.concatenate(frames), lengths=[len(part) for part in frames])
        draft.replace(path)
    with np.load(path) as stored:
        lengths, shard = stored["lengths"], stored["frames"]
    starts = np.cumsum(lengths) - lengths
    return FrameStore((shard,), np.stack([np.zeros_like(lengths), starts, lengths], axis=1)[:, None, :])


def _encoder_file(settings: FrameSettings, folder: Path) -> Path:
    """The encoder of a cache, written when it is first needed."""
    path = folder.resolve() / "encoder.tflite"
    if not path.is_file():
        _write_encoder(settings.encoder_layers, path)
    return path


def _read_index(folder: Path) -> dict[str, tuple[str, list[list[int]]]]:
    """``path:size`` → shard and, for each version, first frame and frame count."""
    index = {}
    for file in sorted(folder.glob("*.json")):
        for name, spans in json.loads(file.read_text(encoding="utf-8")).items():
            index[name] = (file.stem, spans)
    return index


def _open_store(folder: Path, entries: Sequence[tuple[str, list[list[int]]]]) -> FrameStore:
    stems = sorted({stem for stem, _ in entries})
    number = {stem: i for i, stem in enumerate(stems)}
    shards = tuple(np.load(folder / f"{stem}.npy", mmap_mode="r") for stem in stems)
    spans = [[[number[stem], start, count] for start, count in versions] for stem, versions in entries]
    return FrameStore(shards, np.array(spans, dtype=np.int64))


def _write_encoder(layers: tuple[int, ...], path: Path) -> None:
    """The encoder with averaged pairs of frames, as a LiteRT file for the worker processes."""
    import keras

    from ser.encoder import load_encoder
    from ser.models.speech_cnn_lstm import average_pairs

    encoder = load_encoder(layers)
    draft = path.with_suffix(".part")
    export_litert(keras.Model(encoder.input, average_pairs(encoder.output)), draft)
    draft.replace(path)


@dataclass(frozen=True)
class _Job:
    """Clips whose frames make a shard, and the encoder, in whose folder it is written."""

    root: Path
    paths: tuple[str, ...]
    settings: FrameSettings
    encoder: Path


@functools.lru_cache(maxsize=1)
def _encoder(path: Path) -> LiteRtModel:
    """Loaded once a worker; one thread, because each core has a worker."""
    return LiteRtModel(path, threads=1)


def _encode(samples: NDArray[np.float32], encoder: Path) -> NDArray[np.float16]:
    """Samples → averaged pairs of speech frames, (t, 512 · layers)."""
    return _encoder(encoder)(levelled_log_mel(samples).T).astype(np.float16)


def _versions(job: _Job, path: str) -> Iterator[NDArray[np.float16]]:
    """Frames of a clip and of its copies; empty arrays where it can't be decoded."""
    settings = job.settings
    longest = int(settings.max_duration_s * SAMPLE_RATE_HZ)
    try:
        samples = load(job.root / path).samples
    except AudioError:
        # Dropped clips are named, with the reason, in processed_data; here they only keep their place.
        for _ in range(1 + settings.copies):
            yield np.zeros((0, 512 * len(settings.encoder_layers)), np.float16)
        return
    yield _encode(trim_silence(samples)[:longest], job.encoder)
    for copy in range(settings.copies):
        changed = augment(samples, settings.augmentation, copy_generator(settings.seed, copy, path))
        yield _encode(trim_silence(changed)[:longest], job.encoder)


def _make_shard(job: _Job) -> None:
    """Writes one shard, then its index, whose presence says that the shard is whole."""
    from threadpoolctl import threadpool_limits

    folder = job.encoder.parent
    stem = hashlib.sha256("\n".join(job.paths).encode()).hexdigest()[:12]
    arrays: list[NDArray[np.float16]] = []
    index: dict[str, list[list[int]]] = {}
    start = 0
    # numpy's idle threads would turn in circles for the next sum, which made this five times as slow.
    with threadpool_limits(1):
        for path in job.paths:
            versions = list(_versions(job, path))
            spans = []
            for frames in versions:
                spans.append([start, len(frames)])
                start += len(frames)
            index[f"{path}:{(job.root / path).stat().st_size}"] = spans
            arrays += versions
    np.save(folder / f"{stem}.npy", np.concatenate(arrays))
    draft = folder / f"{stem}.part"
    draft.write_text(json.dumps(index), encoding="utf-8")
    draft.replace(folder / f"{stem}.json")
