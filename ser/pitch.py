"""Fundamental frequency by YIN (de Cheveigné & Kawahara 2002, https://doi.org/10.1121/1.1458024).

By librosa's formulas in plain numpy; why not by librosa, see :mod:`ser.short_time`.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ser.constants import SAMPLE_RATE_HZ
from ser.short_time import blocks

TROUGH_MAX: Final = 0.1  # the first period whose difference falls below this is taken

Float32Array = NDArray[np.float32]


def yin(samples: Float32Array, low_hz: float, high_hz: float, window_samples: int, hop_samples: int) -> Float32Array:
    """As ``librosa.yin``.

    Args:
        samples: shape (n,), float32, mono, 16 kHz.
        low_hz: of the range that is looked for; a window must hold a period of it.
        high_hz: the range's other end.
        window_samples: even.
        hop_samples: from one frame to the next.

    Returns:
        shape (1 + n // hop,), float32, hertz; where there is no pitch, any of the range.
    """
    shortest = int(SAMPLE_RATE_HZ / high_hz)
    longest = min(int(np.ceil(SAMPLE_RATE_HZ / low_hz)), window_samples - 1)
    found = np.empty(1 + len(samples) // hop_samples, np.float32)
    for numbers, frames in blocks(samples, window_samples, hop_samples):
        difference = _difference(frames, shortest, longest)
        rows, at = np.arange(len(frames)), _first_trough(difference)
        found[numbers] = SAMPLE_RATE_HZ / (shortest + at + _between(difference)[rows, at])
    return found


def _difference(frames: Float32Array, shortest: int, longest: int) -> Float32Array:
    """How unlike a frame (m, window) is to itself one period later, over the mean of all shorter periods (eq. 8).

    Returns:
        shape (m, 1 + longest - shortest).
    """
    spectrum = np.fft.rfft(frames, n=2 * frames.shape[1])
    alike = np.fft.irfft(spectrum.real**2 + spectrum.imag**2)[:, : longest + 1]
    energy = np.cumsum(np.square(frames[:, :longest]), axis=1)
    difference = 2.0 * (alike[:, :1] - alike[:, 1:]) - energy
    mean = np.cumsum(difference, axis=1) / np.arange(1, longest + 1, dtype=np.float32)
    return np.asarray(difference[:, shortest - 1 :] / (mean[:, shortest - 1 :] + np.finfo(np.float32).tiny), np.float32)


def _first_trough(difference: Float32Array) -> NDArray[np.intp]:
    """Where each row first has a trough below the limit; if it has none, its lowest place."""
    trough = np.zeros(difference.shape, np.bool_)
    trough[:, 0] = difference[:, 0] < difference[:, 1]
    trough[:, 1:] = difference[:, 1:] < difference[:, :-1]
    trough[:, 1:-1] &= difference[:, 1:-1] <= difference[:, 2:]
    deep = trough & (difference < TROUGH_MAX)
    return np.where(deep.any(axis=1), deep.argmax(axis=1), difference.argmin(axis=1))


def _between(values: Float32Array) -> Float32Array:
    """By how much the parabola through each place and its neighbours has its vertex beside it; 0 at the ends."""
    bend = values[:, 2:] + values[:, :-2] - 2.0 * values[:, 1:-1]
    slope = (values[:, 2:] - values[:, :-2]) / 2.0
    found = np.zeros_like(values)
    np.divide(-slope, bend, out=found[:, 1:-1], where=np.abs(slope) < np.abs(bend))
    return found
