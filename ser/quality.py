"""What is wrong with a recording's sound, said so that a person can mend it. The prediction is made all the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ser.audio import Recording
from ser.constants import SAMPLE_RATE_HZ
from ser.language import mark
from ser.speech import Span, Speech

# The thresholds are rules of thumb of sound engineering; none is fitted on data.
CLIPPED_SHARE = 5e-4  # of the file's samples at full scale; whole syllables flattened reach one per cent
QUIET_DB = -48.0  # level of speech below full scale; telephones and studios record at -45 … -15
NOISY_DB = 15.0  # speech over background
NARROW_BAND_HZ = 4000.0  # telephones pass 300 … 3400 Hz
NARROW_DB = -50.0  # power above that, against power below
SPECTRUM_SAMPLES = 1024
MEASURED_MAX_S = 120.0
LEVEL_SAMPLES = SAMPLE_RATE_HZ // 50
BACKGROUND_QUANTILE = 0.1

CLIPPED = mark(
    "Clipped: {share:.1%} of the samples are at full scale. "
    "Turn the input level down, or step back from the microphone."
)
QUIET = mark("Very quiet: the voice is at {level_db:.0f} dB of full scale. Come closer.")
NOISY = mark(
    "Noisy: the voice is only {above_db:.0f} dB above the background. "
    "Record in a quieter place, or closer to the microphone."
)
NARROW = mark("Telephone sound: there is nothing above 4 kHz, where part of the expression lies.")

OF_THE_VOICE = ("quiet", "noisy")  # kinds that say nothing where there is no voice


@dataclass(frozen=True)
class Remark:
    """One thing that is wrong: ``kind`` for programs, ``text`` for people, from a template and its values."""

    kind: str
    template: str
    values: Mapping[str, float] = field(default_factory=dict, hash=False)

    @property
    def text(self) -> str:
        """In English."""
        return self.template.format(**self.values) if self.values else self.template


def remarks(recording: Recording, speech: Speech) -> tuple[Remark, ...]:
    """What may make the answer less reliable, the gravest first; empty for a good recording."""
    samples = recording.span(0, round(MEASURED_MAX_S * SAMPLE_RATE_HZ))
    levels_db = _levels_db(samples)
    spoken = _within(speech.spans, len(levels_db))
    found = []
    if recording.source.clipped_share >= CLIPPED_SHARE:
        found.append(Remark("clipped", CLIPPED, {"share": recording.source.clipped_share}))
    if spoken.any():
        level_db = _mean_db(levels_db[spoken])
        background_db = float(np.quantile(levels_db, BACKGROUND_QUANTILE))
        if level_db < QUIET_DB:
            found.append(Remark("quiet", QUIET, {"level_db": level_db}))
        if level_db - background_db < NOISY_DB:
            found.append(Remark("noisy", NOISY, {"above_db": level_db - background_db}))
    if _is_narrow(samples):
        found.append(Remark("narrow", NARROW))
    return tuple(found)


def _levels_db(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """Level of each 20 ms, in dB of full scale, floor -100."""
    whole = samples[: len(samples) // LEVEL_SAMPLES * LEVEL_SAMPLES].reshape(-1, LEVEL_SAMPLES)
    return np.asarray(10 * np.log10(np.mean(np.square(whole, dtype=np.float64), axis=1) + 1e-10))


def _within(spans: tuple[Span, ...], count: int) -> NDArray[np.bool_]:
    """Which of the 20 ms steps lie in a span."""
    inside = np.zeros(count, np.bool_)
    for span in spans:
        inside[span.start // LEVEL_SAMPLES : span.stop // LEVEL_SAMPLES] = True
    return inside


def _mean_db(levels_db: NDArray[np.float64]) -> float:
    return float(10 * np.log10(np.mean(10 ** (levels_db / 10))))


def _is_narrow(samples: NDArray[np.float32]) -> bool:
    frequency_hz, power = mean_spectrum(samples)
    low, high = power[frequency_hz < NARROW_BAND_HZ].sum(), power[frequency_hz >= NARROW_BAND_HZ + 300].sum()
    return bool(10 * np.log10((high + 1e-20) / (low + 1e-20)) < NARROW_DB)


def mean_spectrum(
    samples: NDArray[np.float32], size: int = SPECTRUM_SAMPLES
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Power density averaged over half-overlapping windows (Welch 1967), as ``scipy.signal.welch`` has it by default.

    Written out, because scipy's takes five times as long on a clip, and its import half a second.

    Args:
        samples: shape (n,), float32, mono, 16 kHz; no shorter than a window.
        size: of the window in samples, even.

    Returns:
        frequencies in Hz and power per Hz, each (1 + size // 2,).
    """
    hop = size // 2
    window = np.hanning(size + 1)[:-1].astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(samples, size)[::hop]
    power: NDArray[np.float64] = np.zeros(size // 2 + 1)
    block = 256  # so many windows at once: two minutes would take 60 MB
    for start in range(0, len(frames), block):
        part = frames[start : start + block]
        spectrum = np.fft.rfft((part - part.mean(axis=1, keepdims=True)) * window)
        power += np.square(np.abs(spectrum), dtype=np.float64).sum(axis=0)
    power *= 2.0 / (len(frames) * SAMPLE_RATE_HZ * np.square(window, dtype=np.float64).sum())
    power[[0, -1]] /= 2.0  # these two have no mirror image
    return np.asarray(np.fft.rfftfreq(size, 1 / SAMPLE_RATE_HZ), np.float64), power
