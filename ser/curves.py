"""What a lab wants to see beside what the models hear: loudness, zero crossings, pitch, chroma, Fourier spectrum.

No model reads these; :mod:`ser.features` has what models read. Everything is from mono float32 samples at 16 kHz, with
the window and hop of the summaries.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ser import chroma as tones
from ser import pitch, short_time
from ser.constants import SUMMARY_HOP_SAMPLES, SUMMARY_WINDOW_SAMPLES
from ser.quality import mean_spectrum

FRAMES: Final = SUMMARY_WINDOW_SAMPLES, SUMMARY_HOP_SAMPLES
PITCH_RANGE_HZ: Final = (60.0, 500.0)
VOICED_BELOW_PEAK_DB: Final = 25.0  # quieter frames have no pitch, whatever YIN says
SPECTRUM_FLOOR_DB: Final = -100.0
SPECTROGRAM_FLOOR_DB: Final = -80.0

Float32Array = NDArray[np.float32]


def rms(samples: Float32Array) -> Float32Array:
    """Root mean square of each frame, shape (1 + n // 512,), float32, 0 … 1."""
    return short_time.rms(samples, *FRAMES)


def zero_crossings(samples: Float32Array) -> Float32Array:
    """Share of neighbouring samples that differ in sign, by frame, shape (1 + n // 512,), float32, 0 … 1."""
    return short_time.zero_crossing_rate(samples, *FRAMES)


def pitch_hz(samples: Float32Array) -> Float32Array:
    """Fundamental frequency by YIN (de Cheveigné & Kawahara 2002), 60 to 500 Hz.

    Returns:
        shape (1 + n // 512,), float32, hertz; NaN in frames 25 dB below the loudest or more, and where YIN found
        nothing but the end of its range.
    """
    low, high = PITCH_RANGE_HZ
    found = pitch.yin(samples, low, high, *FRAMES)
    loudness = rms(samples)
    quiet = loudness < loudness.max() * 10 ** (-VOICED_BELOW_PEAK_DB / 20)
    at_an_end = (found <= 1.02 * low) | (found >= 0.98 * high)
    return np.where(quiet | at_an_end, np.nan, found).astype(np.float32)


def typical_pitch_hz(samples: Float32Array) -> float | None:
    """Median pitch of the voiced frames in hertz: half of them are higher. Frames an octave off hardly move it.

    Returns:
        60 … 500; None where nothing is voiced.
    """
    found = pitch_hz(samples)
    voiced = found[~np.isnan(found)]
    return float(np.median(voiced)) if len(voiced) else None


def spectrogram(samples: Float32Array) -> Float32Array:
    """Power of each frequency by frame (short-time Fourier transform, Hann window), in decibels under the strongest.

    Returns:
        shape (1025, 1 + n // 512), float32, -80 … 0; rows from 0 Hz to half the sampling rate.
    """
    power = np.concatenate([part for _, part in short_time.power_spectra(samples, *FRAMES)], axis=1)
    strongest = max(float(power.max()), float(np.finfo(np.float32).tiny))
    least = np.float32(10 ** (SPECTROGRAM_FLOOR_DB / 10))
    return np.float32(10.0) * np.log10(np.maximum(power / np.float32(strongest), least))


def chroma(samples: Float32Array) -> Float32Array:
    """Share of each of the twelve tones, C to B, by frame: shape (12, 1 + n // 512), float32, 0 … 1."""
    return tones.chroma(samples, *FRAMES)


def fourier_spectrum(samples: Float32Array) -> tuple[Float32Array, Float32Array]:
    """Mean power over the recording by frequency (Welch 1967, Hann windows of 2048 samples, half overlapping).

    Returns:
        Frequencies in hertz and decibels under the strongest one, both shape (1025,), float32; at least -100 dB.
    """
    hertz, power = mean_spectrum(samples, SUMMARY_WINDOW_SAMPLES)
    strongest = max(float(power.max()), float(np.finfo(np.float32).tiny))
    decibels = 10.0 * np.log10(np.maximum(power / strongest, 10 ** (SPECTRUM_FLOOR_DB / 10)))
    return hertz.astype(np.float32), decibels.astype(np.float32)
