"""Sound for tests, made here: no recording of a person is kept in the project."""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from ser import ffmpeg
from ser.constants import SAMPLE_RATE_HZ
from ser.engine import EngineSettings
from tests.clusters import started


@pytest.fixture(autouse=True)
def _own_main() -> Iterator[None]:
    """Streamlit's test client leaves its script as ``__main__``, which worker processes would then run."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture(scope="session")
def dask_worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineSettings]:
    """One worker of Dask, for all tests that kill none: it loads the model once."""
    with started(tmp_path_factory.mktemp("dask"), 1) as found:
        yield found.settings


# What ffmpeg is told to make a file of each kind.
ENCODER_ARGS: dict[str, tuple[str, ...]] = {
    "mp3": ("-c:a", "libmp3lame", "-b:a", "128k", "-f", "mp3"),
    "m4a": ("-c:a", "aac", "-f", "mp4"),  # the index (moov) comes last, as phones write it
    "ogg": ("-c:a", "libvorbis", "-f", "ogg"),
    "opus": ("-c:a", "libopus", "-f", "ogg"),
    "flac": ("-c:a", "flac", "-f", "flac"),
    "mp3 in wav": ("-c:a", "libmp3lame", "-f", "wav"),
    "webm": ("-c:a", "libopus", "-f", "webm"),
    "mp3 vbr": ("-c:a", "libmp3lame", "-q:a", "4", "-f", "mp3"),
    "mp3 low": ("-ar", "8000", "-c:a", "libmp3lame", "-b:a", "8k", "-write_xing", "0", "-f", "mp3"),
    "wma": ("-c:a", "wmav2", "-f", "asf"),
    "aiff": ("-c:a", "pcm_s16be", "-f", "aiff"),
    "aac": ("-c:a", "aac", "-f", "adts"),
    "ac3": ("-c:a", "ac3", "-f", "ac3"),
    "eac3": ("-c:a", "eac3", "-f", "eac3"),
    "mov": (
        *("-f", "lavfi", "-i", "color=size=64x64:duration=1", "-map", "0:a", "-map", "1:v", "-c:v", "mjpeg"),
        *("-c:a", "aac", "-f", "mov"),
    ),
}


def voice_like(duration_s: float = 2.0, rate_hz: int = SAMPLE_RATE_HZ, seed: int = 0) -> NDArray[np.float32]:
    """A voiced sound: 20 harmonics of 150 Hz with vibrato, formant-like weights, syllables and a little noise.

    Returns:
        shape (round(duration_s · rate_hz),), float32, peak 0.5.
    """
    time_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    phase = 2 * np.pi * (150.0 * time_s - 4.0 / (2 * np.pi * 5.0) * np.cos(2 * np.pi * 5.0 * time_s))
    tone = np.zeros_like(time_s)
    for harmonic in range(1, 21):
        frequency_hz = 150.0 * harmonic
        if frequency_hz < 0.45 * rate_hz:
            formants = np.exp(-(((frequency_hz - 600.0) / 300.0) ** 2)) + 0.4 * np.exp(
                -(((frequency_hz - 1800.0) / 400.0) ** 2)
            )
            tone += (formants + 0.02) * np.sin(harmonic * phase)
    syllables = 0.55 + 0.45 * np.sin(2 * np.pi * 3.0 * time_s - 1.0)
    noise = np.random.default_rng(seed).standard_normal(len(time_s))
    sound = tone * syllables + 0.01 * noise
    return np.asarray(0.5 * sound / np.abs(sound).max(), dtype=np.float32)


def tone(duration_s: float, rate_hz: int, frequency_hz: float = 440.0, peak: float = 0.5) -> NDArray[np.float32]:
    """A sine, shape (n,), float32."""
    time_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    return np.asarray(peak * np.sin(2 * np.pi * frequency_hz * time_s), dtype=np.float32)


def wav_bytes(samples: NDArray[np.floating], rate_hz: int, subtype: str = "PCM_16") -> bytes:
    """A WAV file of samples (n,) or (n, channels)."""
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate_hz, subtype=subtype, format="WAV")
    return buffer.getvalue()


def encode(wav: bytes, kind: str) -> bytes:
    """The same sound as a file of another kind (a key of ``ENCODER_ARGS``), as a seekable file would hold it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sound"
        command = [ffmpeg.ffmpeg_path(), "-v", "error", "-i", "pipe:0", *ENCODER_ARGS[kind], str(path)]
        subprocess.run(command, input=wav, check=True, capture_output=True)
        return path.read_bytes()


def dominant_hz(samples: NDArray[np.float32]) -> float:
    """Frequency of the strongest line in samples at 16 kHz."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * SAMPLE_RATE_HZ / len(samples))


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The page's model, replaced by one that answers as told (:class:`tests.scripted_page.Scripted`)."""
    from ser.catalogue import DEFAULT_MODEL
    from tests.scripted_page import Scripted, replaced  # here, because few tests need Streamlit

    model = Scripted()
    with replaced(monkeypatch, {DEFAULT_MODEL: model}):
        yield model


@pytest.fixture(scope="session")
def voice() -> NDArray[np.float32]:
    """Two seconds of a voice-like sound, shape (32000,), float32, 16 kHz."""
    return voice_like()


@pytest.fixture(scope="session")
def make_wav() -> Callable[..., bytes]:
    """A function (duration_s, rate_hz, channels, subtype) → WAV bytes of the voice-like sound."""

    def make(
        duration_s: float = 2.0, rate_hz: int = SAMPLE_RATE_HZ, channels: int = 1, subtype: str = "PCM_16"
    ) -> bytes:
        sound = voice_like(duration_s, rate_hz)
        return wav_bytes(np.repeat(sound[:, None], channels, axis=1), rate_hz, subtype)

    return make


@pytest.fixture(scope="session")
def make_encoded(make_wav: Callable[..., bytes]) -> Callable[..., bytes]:
    """A function (kind, duration_s, rate_hz, channels) → bytes of an MP3, M4A, OGG, Opus, FLAC or WebM file."""
    made: dict[tuple[object, ...], bytes] = {}

    def make(kind: str, duration_s: float = 2.0, rate_hz: int = 44_100, channels: int = 2) -> bytes:
        key = (kind, duration_s, rate_hz, channels)
        if key not in made:
            made[key] = encode(make_wav(duration_s, rate_hz, channels), kind)
        return made[key]

    return make
