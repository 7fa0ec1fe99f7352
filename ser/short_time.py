"""Sound in short overlapping frames: power spectra, loudness, zero crossings, and where silence at the ends ends.

In plain numpy, by librosa's formulas (McFee et al. 2015, https://doi.org/10.25080/Majora-7b98e3ed-003); the tests hold
every function to librosa. So are :mod:`ser.mel`, :mod:`ser.chroma` and :mod:`ser.pitch`. librosa itself brings numba,
scikit-learn and most of scipy along, which are 300 MB of memory and seconds at every start; training, where that does
not count, uses it for what is not written here.

Everywhere frame t is centred on sample t · hop: zeros are added at both ends.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

AMPLITUDE_MIN: Final = 1e-5  # nothing is quieter than this: -100 dB
CROSSING_MIN: Final = 1e-10  # what lies closer to zero counts as positive
BLOCK_SAMPLES: Final = 1 << 16  # of frames at once: what fits a processor's cache

Float32Array = NDArray[np.float32]


def blocks(samples: Float32Array, window_samples: int, hop_samples: int) -> Iterator[tuple[slice, Float32Array]]:
    """Frames (m, window), some at a time, each time with their numbers; views, not to be written to.

    Args:
        samples: shape (n,), float32.
        window_samples: even.
        hop_samples: from one frame to the next; there are 1 + n // hop in all.
    """
    padded = np.pad(samples, window_samples // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, window_samples)[::hop_samples]
    size = BLOCK_SAMPLES // window_samples
    for start in range(0, len(frames), size):
        part = frames[start : start + size]
        yield slice(start, start + len(part)), part


def power_spectra(samples: Float32Array, window_samples: int, hop_samples: int) -> Iterator[tuple[slice, Float32Array]]:
    """Squared magnitude of the Fourier transform of frames under a periodic Hann window, some frames at a time.

    Yields:
        the frames' numbers, and shape (1 + window // 2, m), float32.
    """
    window = hann(window_samples)
    for numbers, frames in blocks(samples, window_samples, hop_samples):
        spectrum = np.fft.rfft(frames * window)
        yield numbers, (spectrum.real**2 + spectrum.imag**2).T.astype(np.float32)


def projected(
    filters: Float32Array, samples: Float32Array, window_samples: int, hop_samples: int, exponent: float = 2.0
) -> Float32Array:
    """Filters (k, 1 + window // 2) over each frame's magnitudes to the power of ``exponent``: (k, 1 + n // hop)."""
    found = np.empty((len(filters), 1 + len(samples) // hop_samples), np.float32)
    for numbers, power in power_spectra(samples, window_samples, hop_samples):
        found[:, numbers] = filters @ (power if exponent == 2.0 else power ** np.float32(exponent / 2.0))
    return found


@functools.cache
def hann(size: int) -> NDArray[np.float64]:
    """A Hann window without its last sample, shape (size,), as Fourier transforms of a stream want it.

    In double precision, and with it the transform: in single precision the quietest mel bands, eight decades below the
    loudest, would come out 4e-6 of the log-mel away from librosa's; so it is 2e-7, for a third of a millisecond.
    """
    return np.hanning(size + 1)[:-1]


def rms(samples: Float32Array, window_samples: int, hop_samples: int) -> Float32Array:
    """Root mean square of each frame, shape (1 + n // hop,), float32."""
    found = np.empty(1 + len(samples) // hop_samples, np.float32)
    for numbers, frames in blocks(samples, window_samples, hop_samples):
        found[numbers] = np.sqrt(np.mean(np.square(frames), axis=1))
    return found


def zero_crossing_rate(samples: Float32Array, window_samples: int, hop_samples: int) -> Float32Array:
    """Share of a frame's samples that differ in sign from the one before, shape (1 + n // hop,), float32, 0 … 1.

    Beyond its ends the sound goes on as it began or ended, which are no crossings.
    """
    negative = np.pad(samples, window_samples // 2, mode="edge") < -CROSSING_MIN
    until = np.concatenate([[0], np.cumsum(negative[1:] != negative[:-1])])
    first = np.arange(1 + len(samples) // hop_samples) * hop_samples
    return ((until[first + window_samples - 1] - until[first]) / window_samples).astype(np.float32)


def sounding(samples: Float32Array, below_peak_db: float, window_samples: int, hop_samples: int) -> tuple[int, int]:
    """From which sample to before which one frames lie within ``below_peak_db`` of the loudest one.

    The very indices of ``librosa.effects.trim``: steps and roundings are the same.
    """
    power = np.square(rms(samples, window_samples, hop_samples))
    level_db = np.float32(10.0) * np.log10(np.maximum(power, np.float32(AMPLITUDE_MIN**2)))
    (loud,) = np.nonzero(level_db - level_db.max() > -below_peak_db)
    return int(loud[0]) * hop_samples, min(len(samples), int(loud[-1] + 1) * hop_samples)
