"""How much of each of the twelve tones a sound has, whatever the octave (Ellis 2007, "Chroma feature analysis").

By librosa's formulas in plain numpy; why not by librosa, see :mod:`ser.short_time`.
"""

from __future__ import annotations

import functools
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ser.constants import SAMPLE_RATE_HZ
from ser.short_time import projected

TONES: Final = 12
LOWEST_A_HZ: Final = 440.0 / 16
CENTRE_OCTAVE: Final = 5.0  # above the lowest A; octaves away from it count for less
OCTAVES_WIDE: Final = 2.0
SEMITONES_FROM_A_TO_C: Final = 3

Float32Array = NDArray[np.float32]


def chroma(samples: Float32Array, window_samples: int, hop_samples: int, exponent: float = 2.0) -> Float32Array:
    """As ``librosa.feature.chroma_stft`` without an estimate of the tuning.

    Args:
        samples: shape (n,), float32, mono, 16 kHz.
        window_samples: even.
        hop_samples: from one frame to the next.
        exponent: 2 weighs frequencies by their power, 1 by their magnitude.

    Returns:
        shape (12, 1 + n // hop), float32: C to B, the strongest tone of each frame 1; zeros in silence.
    """
    found = projected(_tone_filters(window_samples), samples, window_samples, hop_samples, exponent)
    strongest = found.max(axis=0)
    found /= np.where(strongest < np.finfo(np.float32).tiny, np.float32(1.0), strongest)
    return found


@functools.cache
def _tone_filters(window_samples: int) -> Float32Array:
    """Bumps round each tone in all octaves over the bins of a Fourier transform; shape (12, 1 + window // 2)."""
    bins = 1 + window_samples // 2
    hertz = np.arange(1, bins + 1) * SAMPLE_RATE_HZ / window_samples
    semitones = TONES * np.log2(hertz / LOWEST_A_HZ)
    # 0 Hz has no tone: one and a half octaves below the next bin, it spreads over all of them.
    semitones = np.concatenate([[semitones[0] - 1.5 * TONES], semitones])
    widths = np.maximum(np.diff(semitones), 1.0)
    away = (semitones[:-1] - np.arange(TONES)[:, None] + TONES / 2) % TONES - TONES / 2
    bumps = np.exp(-0.5 * (2.0 * away / widths) ** 2)
    bumps /= np.sqrt(np.sum(bumps**2, axis=0))
    bumps *= np.exp(-0.5 * ((semitones[:-1] / TONES - CENTRE_OCTAVE) / OCTAVES_WIDE) ** 2)
    return np.roll(bumps, -SEMITONES_FROM_A_TO_C, axis=0).astype(np.float32)
