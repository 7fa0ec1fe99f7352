"""Mel power, decibels and MFCC, by librosa's formulas in plain numpy; why not by librosa, see :mod:`ser.short_time`.

The mel scale and its filters are those of Slaney's Auditory Toolbox (Interval Research, technical report 1998-010).
"""

from __future__ import annotations

import functools
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ser.constants import SAMPLE_RATE_HZ
from ser.short_time import projected

# Linear below 1 kHz with three mels to 200 Hz, logarithmic above, where 27 mels are a factor of 6.4.
HZ_PER_MEL: Final = 200.0 / 3.0
LINEAR_UP_TO_HZ: Final = 1000.0
LOG_HZ_PER_MEL: Final = np.log(6.4) / 27.0
POWER_MIN: Final = 1e-10
RANGE_DB: Final = 80.0

Float32Array = NDArray[np.float32]


def mel_power(samples: Float32Array, window_samples: int, hop_samples: int, bands: int) -> Float32Array:
    """Power in each mel band and frame; as ``librosa.feature.melspectrogram``.

    Args:
        samples: shape (n,), float32, mono, 16 kHz.
        window_samples: even.
        hop_samples: from one frame to the next.
        bands: from 0 to 8000 Hz.

    Returns:
        shape (bands, 1 + n // hop), float32.
    """
    return projected(mel_filters(bands, window_samples), samples, window_samples, hop_samples)


def mel_edges_hz(bands: int) -> NDArray[np.float64]:
    """Where mel bands from 0 to 8000 Hz begin, peak and end: band i from [i] over [i + 1] to [i + 2]; (bands + 2,)."""
    log_from = LINEAR_UP_TO_HZ / HZ_PER_MEL
    top = log_from + np.log(SAMPLE_RATE_HZ / 2 / LINEAR_UP_TO_HZ) / LOG_HZ_PER_MEL
    mels = np.linspace(0.0, top, bands + 2)
    above = LINEAR_UP_TO_HZ * np.exp(LOG_HZ_PER_MEL * (mels - log_from))
    return np.where(mels < log_from, HZ_PER_MEL * mels, above)


@functools.cache
def mel_filters(bands: int, window_samples: int) -> Float32Array:
    """Triangles over the bins of a Fourier transform, each of the same area; shape (bands, 1 + window // 2)."""
    bins_hz = np.fft.rfftfreq(window_samples, 1 / SAMPLE_RATE_HZ)
    edges_hz = mel_edges_hz(bands)
    low, centre, high = (edges_hz[i : i + bands, None] for i in range(3))
    rising, falling = (bins_hz - low) / (centre - low), (high - bins_hz) / (high - centre)
    return np.asarray(np.maximum(0.0, np.minimum(rising, falling)) * 2.0 / (high - low), dtype=np.float32)


def decibels(power: Float32Array, range_db: float = RANGE_DB) -> Float32Array:
    """Decibels of power, at most ``range_db`` below the strongest place; as ``librosa.power_to_db``."""
    found = np.float32(10.0) * np.log10(np.maximum(power, np.float32(POWER_MIN)))
    return np.maximum(found, found.max() - np.float32(range_db))


def cepstrum(power: Float32Array, count: int) -> Float32Array:
    """The first ``count`` mel-frequency cepstral coefficients of mel power (bands, t); as ``librosa.feature.mfcc``.

    Returns:
        shape (count, t), float32.
    """
    return np.asarray(_cosines(count, len(power)) @ decibels(power), dtype=np.float32)


@functools.cache
def _cosines(count: int, bands: int) -> NDArray[np.float64]:
    """The first rows of the orthonormal discrete cosine transform of type 2, (count, bands), as ``scipy.fft.dct``."""
    rows = np.sqrt(2.0 / bands) * np.cos(np.pi / bands * np.outer(np.arange(count), np.arange(bands) + 0.5))
    rows[0] /= np.sqrt(2.0)
    return np.asarray(rows)
