"""The one feature extractor: training, serving and plots all call these functions.

Everything is computed from mono float32 samples at 16 kHz. librosa's features without librosa: see
:mod:`ser.short_time`.

Examples:
    >>> second = np.random.default_rng(0).normal(0.0, 0.1, 16_000).astype(np.float32)
    >>> log_mel(second).shape, mfcc(second).shape, summary(second).shape
    ((80, 101), (13, 32), (162,))
    >>> names = summary_names()
    >>> names[0], names[13], names[-1]
    ('zcr', 'mfcc_00', 'mel_127')
    >>> louder = levelled_log_mel(2 * second)
    >>> bool(np.allclose(louder, levelled_log_mel(second), atol=1e-5))
    True
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ser import mel, short_time
from ser.chroma import chroma
from ser.constants import (
    HOP_SAMPLES,
    LOG_MEL_FLOOR_DECADES,
    LOG_MEL_LEVEL,
    LOG_MEL_LEVEL_QUANTILE,
    LOG_MEL_POWER_MIN,
    MEL_BANDS,
    MFCC_FRAME_COUNT,
    MFCC_FRAMES,
    MFCC_MEAN_COUNT,
    PICTURE_RANGE_DB,
    PICTURE_SIDE,
    SAMPLE_RATE_HZ,
    SUMMARY_CHROMA,
    SUMMARY_HOP_SAMPLES,
    SUMMARY_MEL_BANDS,
    SUMMARY_MFCC,
    SUMMARY_WINDOW_SAMPLES,
    TRIM_BELOW_PEAK_DB,
    TRIM_HOP_SAMPLES,
    TRIM_MARGIN_SAMPLES,
    TRIM_WINDOW_SAMPLES,
    WINDOW_SAMPLES,
)

ROLLOFF_SHARE = 0.85

Float32Array = NDArray[np.float32]


def front_end() -> dict[str, float]:
    """Every number that shapes what the bundled model hears; stored in its manifest and compared on load."""
    return {
        "sample_rate_hz": SAMPLE_RATE_HZ,
        "window_samples": WINDOW_SAMPLES,
        "hop_samples": HOP_SAMPLES,
        "mel_bands": MEL_BANDS,
        "log_mel_floor_decades": LOG_MEL_FLOOR_DECADES,
        "log_mel_power_min": LOG_MEL_POWER_MIN,
        "log_mel_level": LOG_MEL_LEVEL,
        "log_mel_level_quantile": LOG_MEL_LEVEL_QUANTILE,
        "trim_below_peak_db": TRIM_BELOW_PEAK_DB,
        "trim_window_samples": TRIM_WINDOW_SAMPLES,
        "trim_hop_samples": TRIM_HOP_SAMPLES,
        "trim_margin_samples": TRIM_MARGIN_SAMPLES,
    }


def trim_silence(samples: Float32Array) -> Float32Array:
    """Cuts silence before and after speech, leaving 0.1 s of it on both sides.

    Corpora differ in how long actors pause before they speak; left in, those pauses change every mean over frames.

    Args:
        samples: shape (n,), float32, mono, 16 kHz.

    Returns:
        A view of ``samples``: from the first to the last frame within 35 dB of the loudest one.
    """
    start, stop = short_time.sounding(samples, TRIM_BELOW_PEAK_DB, TRIM_WINDOW_SAMPLES, TRIM_HOP_SAMPLES)
    return samples[max(0, start - TRIM_MARGIN_SAMPLES) : stop + TRIM_MARGIN_SAMPLES]


def log_mel(samples: Float32Array) -> Float32Array:
    """Log-mel spectrogram as Whisper reads it (Radford et al. 2022; openai/whisper ``audio.py``).

    Args:
        samples: shape (n,), float32, mono, 16 kHz, range about -1 … 1.

    Returns:
        shape (80, 1 + n // 160), float32: log10 of mel power, floored 8 decades below the maximum, then
        (x + 4) / 4, which leaves speech in about -1 … 1.5. Column t is centred on second t / 100.
    """
    return _log_of(_mel_power(samples))


def levelled_log_mel(samples: Float32Array) -> Float32Array:
    """:func:`log_mel` as the model hears it: brought to one level, whatever the distance to the microphone.

    The tenth loudest of a hundred frames gets a fixed power, so that a click does not decide, and neither do pauses.
    Without it a recording 30 dB quieter than those that taught the model lost it 19 points of recall.

    Args:
        samples: shape (n,), float32, mono, 16 kHz.

    Returns:
        shape (80, 1 + n // 160), float32; the same for ``samples`` times any factor, up to rounding.
    """
    power = _mel_power(samples)
    level = float(np.quantile(power.sum(axis=0), LOG_MEL_LEVEL_QUANTILE))
    return _log_of(power * np.float32(LOG_MEL_LEVEL / level) if level > 0.0 else power)


def _mel_power(samples: Float32Array) -> Float32Array:
    """Mel power, shape (80, 1 + n // 160), float32."""
    return mel.mel_power(samples, WINDOW_SAMPLES, HOP_SAMPLES, MEL_BANDS)


def _log_of(power: Float32Array) -> Float32Array:
    """Whisper's logarithm of mel power; see :func:`log_mel`."""
    decades = np.log10(np.maximum(power, LOG_MEL_POWER_MIN))
    floored = np.maximum(decades, decades.max() - LOG_MEL_FLOOR_DECADES)
    return np.asarray((floored + 4.0) / 4.0, dtype=np.float32)


def mel_frequencies_hz() -> Float32Array:
    """Centre frequency of each band of :func:`log_mel`, shape (80,), float32, Hz (Slaney's mel scale)."""
    return mel.mel_edges_hz(MEL_BANDS)[1:-1].astype(np.float32)


def mfcc(samples: Float32Array, count: int = 13) -> Float32Array:
    """Mel-frequency cepstral coefficients, librosa's defaults (128 bands, 2048-sample window, 512-sample hop).

    Args:
        samples: shape (n,), float32, mono, 16 kHz.
        count: number of coefficients; the project's models use 13 and 40.

    Returns:
        shape (count, 1 + n // 512), float32. Column t is centred on second t · 0.032.
    """
    return mel.cepstrum(mel.mel_power(samples, SUMMARY_WINDOW_SAMPLES, SUMMARY_HOP_SAMPLES, SUMMARY_MEL_BANDS), count)


def mfcc_with_deltas(samples: Float32Array, count: int = 13) -> Float32Array:
    """MFCC with their first and second differences over time, stacked.

    Returns:
        shape (3 · count, 1 + n // 512), float32: coefficients, deltas, delta-deltas (Savitzky-Golay over nine
        frames, fewer where the clip is shorter than nine frames).
    """
    import librosa

    base = mfcc(samples, count)
    frames = base.shape[1]
    width = min(9, frames - 1 + frames % 2)  # the largest odd width that fits
    if width < 3:
        return np.concatenate([base, np.zeros_like(base), np.zeros_like(base)])
    # A fit of order 1 or 2 needs more points than its order; the shortest clips make do with constant slopes.
    second = librosa.feature.delta(base, width=width, order=2) if width > 3 else np.zeros_like(base)
    return np.asarray(np.concatenate([base, librosa.feature.delta(base, width=width), second]), dtype=np.float32)


def summary(samples: Float32Array) -> Float32Array:
    """The 162 numbers that the field's classic models read: means over frames, librosa's default window.

    Order: zero-crossing rate (1), chroma from the STFT's magnitude (12), MFCC (20), RMS (1), mel power (128).

    Args:
        samples: shape (n,), float32, mono, 16 kHz.

    Returns:
        shape (162,), float32.
    """
    frames = SUMMARY_WINDOW_SAMPLES, SUMMARY_HOP_SAMPLES
    power = mel.mel_power(samples, *frames, SUMMARY_MEL_BANDS)
    parts = (
        short_time.zero_crossing_rate(samples, *frames)[None],
        chroma(samples, *frames, exponent=1.0),
        mel.cepstrum(power, SUMMARY_MFCC),
        short_time.rms(samples, *frames)[None],
        power,
    )
    return np.concatenate([part.mean(axis=1) for part in parts])


def summary_names() -> tuple[str, ...]:
    """Column names of :func:`summary`, 162 of them, in order."""
    return (
        "zcr",
        *(f"chroma_{i:02d}" for i in range(SUMMARY_CHROMA)),
        *(f"mfcc_{i:02d}" for i in range(SUMMARY_MFCC)),
        "rms",
        *(f"mel_{i:03d}" for i in range(SUMMARY_MEL_BANDS)),
    )


def mfcc_mean(samples: Float32Array) -> Float32Array:
    """:func:`mfcc` averaged over time, shape (13,), float32."""
    return np.asarray(mfcc(samples, MFCC_MEAN_COUNT).mean(axis=1), dtype=np.float32)


def mfcc_frames(samples: Float32Array) -> Float32Array:
    """:func:`mfcc` over the first 4 s of speech, shape (125, 40), float32; zero behind a shorter clip's end."""
    found = mfcc(trim_silence(samples), MFCC_FRAME_COUNT).T[:MFCC_FRAMES]
    return np.pad(found, ((0, MFCC_FRAMES - len(found)), (0, 0)))


def mel_picture(samples: Float32Array) -> Float32Array:
    """The mel spectrogram of the first 3 s of speech as a picture.

    Returns:
        shape (96, 96, 1), float32, 0 … 1: low bands first, time from left to right, 80 dB between black and the
        loudest place; black behind a shorter clip's end.
    """
    heard = trim_silence(samples)
    power = mel.mel_power(heard, SUMMARY_WINDOW_SAMPLES, SUMMARY_HOP_SAMPLES, PICTURE_SIDE)[:, :PICTURE_SIDE]
    level_db = mel.decibels(power, PICTURE_RANGE_DB)
    shade = 1.0 + (level_db - level_db.max()) / PICTURE_RANGE_DB
    padded = np.pad(shade, ((0, 0), (0, PICTURE_SIDE - shade.shape[1])))
    return np.asarray(padded[:, :, None], dtype=np.float32)


@dataclass(frozen=True)
class SpectralExtras:
    """Curves over time that plots show beside the main three; each shape (t,), float32."""

    time_s: Float32Array
    rms: Float32Array
    zero_crossing_rate: Float32Array  # share of samples, 0 … 1
    centroid_hz: Float32Array
    rolloff_hz: Float32Array  # 85 % of the magnitude lies below
    chroma: Float32Array  # shape (12, t), 0 … 1


def spectral_extras(samples: Float32Array) -> SpectralExtras:
    """RMS, zero crossings, centroid, roll-off and chroma over time, for mono float32 samples at 16 kHz."""
    frames = SUMMARY_WINDOW_SAMPLES, SUMMARY_HOP_SAMPLES
    count = 1 + len(samples) // SUMMARY_HOP_SAMPLES
    bins_hz = np.fft.rfftfreq(SUMMARY_WINDOW_SAMPLES, 1 / SAMPLE_RATE_HZ).astype(np.float32)
    centroid_hz, rolloff_hz = np.zeros(count, np.float32), np.zeros(count, np.float32)
    for numbers, power in short_time.power_spectra(samples, *frames):
        below = np.cumsum(np.sqrt(power), axis=0)
        centroid_hz[numbers] = bins_hz @ np.sqrt(power) / np.maximum(below[-1], np.finfo(np.float32).tiny)
        rolloff_hz[numbers] = bins_hz[np.argmax(below >= np.float32(ROLLOFF_SHARE) * below[-1], axis=0)]
    return SpectralExtras(
        time_s=(np.arange(count) * SUMMARY_HOP_SAMPLES / SAMPLE_RATE_HZ).astype(np.float32),
        rms=short_time.rms(samples, *frames),
        zero_crossing_rate=short_time.zero_crossing_rate(samples, *frames),
        centroid_hz=centroid_hz,
        rolloff_hz=rolloff_hz,
        chroma=chroma(samples, *frames, exponent=1.0),
    )
