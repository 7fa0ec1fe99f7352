"""One recording → what the tables need of it, and the log that lets a killed run go on where it was."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ser.audio import load
from ser.constants import DURATION_MAX_S, DURATION_MIN_S, SAMPLE_RATE_HZ, SUMMARY_SIZE
from ser.curves import typical_pitch_hz
from ser.engine import EngineSettings, run_all
from ser.errors import (
    AudioError,
    CorpusError,
    EmptyAudioError,
    SilentAudioError,
    TooLongError,
    TooShortError,
)
from ser.features import summary
from ser.fingerprint import sound_sha256

# Raise it when the meaning of a measurement changes, so that logs of older runs are not used.
MEASURE_VERSION = 3
CLIP_MIN_S = 1.0
CHUNK_FILES = 16
_REASONS: dict[type[AudioError], str] = {
    EmptyAudioError: "empty",
    SilentAudioError: "silent",
    TooShortError: f"shorter than {CLIP_MIN_S:g} s",
    TooLongError: f"longer than {DURATION_MAX_S / 3600:g} h",
}
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Measurement:
    """What decoding a file gave.

    Attributes:
        duration_s, sample_rate_hz, channels: of the file; None where it was refused.
        sha256: of the decoded sound (mono, 16 kHz, rounded to 16 bits), so that copies are found whatever their
            file's name, header or tags; empty where it was refused.
        pitch_hz: typical pitch of the voice, as :func:`ser.curves.typical_pitch_hz` measures it; None where nothing is
            voiced, or the file was refused.
        reason: why it can't be used; empty where it can.
        features: the 162-number summary, float32, as base64 of its little-endian bytes; empty where there is a reason.
        final: whether reading the file again would give the same. A decoder that gave up may have been killed.
    """

    duration_s: float | None = None
    sample_rate_hz: int | None = None
    channels: int | None = None
    sha256: str = ""
    pitch_hz: float | None = None
    reason: str = ""
    features: str = ""
    final: bool = True

    def summary(self) -> NDArray[np.float32]:
        """The summary as numbers, shape (162,), float32."""
        values = np.frombuffer(base64.b64decode(self.features), dtype="<f4")
        return np.asarray(values.reshape(SUMMARY_SIZE), dtype=np.float32)


@dataclass(frozen=True)
class Job:
    """A file to measure. ``key`` names it in the log: path, size and time of change."""

    key: str
    location: Path


def measure(location: Path) -> Measurement:
    """Decodes a file and computes its summary.

    Raises:
        ToolMissingError: ffmpeg is needed and missing, which is no fault of the file.
    """
    from threadpoolctl import threadpool_limits

    if not location.is_file():
        return Measurement(reason="a link to a file that is not there", final=False)
    try:
        recording = load(location)
    except AudioError as error:
        known = _REASONS.get(type(error))
        # Nothing of this machine goes into the tables.
        words = str(error).replace(str(location), location.name)
        return Measurement(reason=known or f"can't be decoded: {words}", final=known is not None)
    seen = Measurement(
        duration_s=round(recording.duration_s, 3),
        sample_rate_hz=recording.source.sample_rate_hz,
        channels=recording.source.channels,
        sha256=sound_sha256(recording),
    )
    if recording.duration_s < CLIP_MIN_S:
        return replace(seen, reason=_REASONS[TooShortError])
    # One thread each: no fight for cores, and sums come out the same whatever the number of workers.
    with threadpool_limits(1):
        features = summary(recording.samples).astype("<f4")
        pitch_hz = typical_pitch_hz(recording.samples)
    seen = replace(seen, pitch_hz=None if pitch_hz is None else round(pitch_hz, 1))
    return replace(seen, features=base64.b64encode(features.tobytes()).decode("ascii"))


def settings_key() -> str:
    """Everything but the file that a measurement depends on."""
    numbers = f"v{MEASURE_VERSION} {SAMPLE_RATE_HZ} {DURATION_MIN_S} {DURATION_MAX_S} {CLIP_MIN_S} {SUMMARY_SIZE}"
    return " ".join([numbers, *(f"{name} {version(name)}" for name in ("numpy", "soxr"))])


def measure_all(
    jobs: Sequence[Job], log_path: Path, engine: EngineSettings, progress: Progress | None = None
) -> dict[str, Measurement]:
    """Measures what the log does not hold yet; every finished chunk is written to the log at once.

    Args:
        jobs: files, with keys that differ.
        log_path: JSON lines; made where it is missing.
        engine: the workers.
        progress: called with files done and files in all, first with those that the log held.

    Returns:
        Measurement by key, for every job.

    Raises:
        EngineError: workers can't be reached, or were killed. What was finished is kept.
        ToolMissingError: ffmpeg is needed and missing.
    """
    wanted = {job.key for job in jobs}
    done = {key: value for key, value in _read_log(log_path).items() if key in wanted}
    if progress:
        progress(len(done), len(jobs))
    missing = [job for job in jobs if job.key not in done]
    if not missing:
        return done
    chunks = [missing[at : at + CHUNK_FILES] for at in range(0, len(missing), CHUNK_FILES)]
    with log_path.open("a", encoding="utf-8") as log:
        for results in run_all(_measure_chunk, chunks, engine):
            for key, measurement in results:
                done[key] = measurement
                if measurement.final:
                    entry = {"settings": settings_key(), "key": key, **asdict(measurement)}
                    log.write(json.dumps(entry, ensure_ascii=False) + "\n")
            log.flush()
            if progress:
                progress(len(done), len(jobs))
    return done


def _measure_chunk(chunk: Sequence[Job]) -> list[tuple[str, Measurement]]:
    return [(job.key, measure(job.location)) for job in chunk]


def _read_log(log_path: Path) -> dict[str, Measurement]:
    """What earlier runs with the same settings finished. A run that was killed may leave half a line: it is cut off."""
    if not log_path.exists():
        log_path.parent.mkdir(parents=True, exist_ok=True)
        return {}
    data = log_path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    if len(whole) < len(data):
        log_path.write_bytes(whole)
    known: dict[str, Measurement] = {}
    for number, line in enumerate(whole.decode("utf-8").split("\n")[:-1], start=1):
        try:
            entry = json.loads(line)
            settings, key = entry.pop("settings"), entry.pop("key")
            if settings == settings_key():
                known[key] = Measurement(**entry)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise CorpusError(
                f"{log_path}, line {number}, can't be read ({error}). Delete the file and run again."
            ) from error
    return known
