"""Seeded changes to a clip that leave its emotion alone: what other voices, rooms, microphones and lines would do.

Used in training only. Every function takes and gives mono float32 samples at 16 kHz; randomness comes from the
generator handed in, so that a clip's n-th copy is the same on every run. Copies stay in the fold of their clip.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import soxr
from numpy.typing import NDArray

from ser.constants import SAMPLE_RATE_HZ

Samples = NDArray[np.float32]

TELEPHONE_RATE_HZ: Final = 8_000
MU_LAW: Final = 255.0  # ITU-T G.711


@dataclass(frozen=True)
class AugmentSettings:
    """Ranges from which each copy draws; chances are 0 … 1.

    Speed changes pitch and tempo together, as another speaker's vocal tract would; it is the change that helped most
    in Jaiswal & Mower Provost 2021, who also found that noise must stay mild or it changes what listeners hear.
    """

    speed: tuple[float, float] = (0.87, 1.15)
    gain_db: tuple[float, float] = (-12.0, 6.0)
    noise_chance: float = 0.5
    noise_snr_db: tuple[float, float] = (15.0, 35.0)
    room_chance: float = 0.3
    room_decay_s: tuple[float, float] = (0.1, 0.4)
    telephone_chance: float = 0.1


def change_speed(samples: Samples, factor: float) -> Samples:
    """Plays ``factor`` times as fast: shorter and higher for factors above 1."""
    return np.asarray(soxr.resample(samples, SAMPLE_RATE_HZ * factor, SAMPLE_RATE_HZ), dtype=np.float32)


def change_gain(samples: Samples, gain_db: float) -> Samples:
    """Louder or quieter by ``gain_db`` decibels, never beyond full scale."""
    louder = samples * np.float32(10 ** (gain_db / 20))
    peak = float(np.abs(louder).max())
    return louder / np.float32(peak) if peak > 1.0 else louder


def add_noise(samples: Samples, snr_db: float, rng: np.random.Generator) -> Samples:
    """Adds coloured noise (white to pink) at a signal-to-noise ratio over the whole clip."""
    spectrum = np.fft.rfft(rng.standard_normal(len(samples)))
    slope = rng.uniform(0.0, 1.0)  # 0 is white, 1 falls like 1/f in power
    spectrum /= np.maximum(np.arange(len(spectrum)), 1.0) ** (slope / 2)
    noise = np.fft.irfft(spectrum, len(samples))
    level = np.sqrt(np.mean(samples**2) / max(float(np.mean(noise**2)), 1e-12)) * 10 ** (-snr_db / 20)
    return (samples + level * noise).astype(np.float32)


def add_room(samples: Samples, decay_s: float, rng: np.random.Generator) -> Samples:
    """Reverberation: an exponentially decaying noise tail (60 dB in ``decay_s``) behind the direct sound."""
    from scipy.signal import fftconvolve

    size = int(decay_s * SAMPLE_RATE_HZ)
    tail = rng.standard_normal(size) * 10 ** (-3 * np.arange(size) / size)
    tail *= rng.uniform(0.2, 0.7) / np.sqrt(np.sum(tail**2))
    tail[0] = 1.0
    wet = fftconvolve(samples, tail)[: len(samples)]
    return np.asarray(wet * (np.abs(samples).max() / max(float(np.abs(wet).max()), 1e-9)), dtype=np.float32)


def telephone(samples: Samples) -> Samples:
    """An old telephone line: 8 kHz sampling and mu-law coding."""
    narrow = np.clip(soxr.resample(samples, SAMPLE_RATE_HZ, TELEPHONE_RATE_HZ), -1.0, 1.0)
    code = np.round(np.sign(narrow) * np.log1p(MU_LAW * np.abs(narrow)) / np.log1p(MU_LAW) * 127) / 127
    heard = np.sign(code) * np.expm1(np.abs(code) * np.log1p(MU_LAW)) / MU_LAW
    return np.asarray(soxr.resample(heard, TELEPHONE_RATE_HZ, SAMPLE_RATE_HZ), dtype=np.float32)


def augment(samples: Samples, settings: AugmentSettings, rng: np.random.Generator) -> Samples:
    """One random copy of a clip: speed, then room, noise and telephone by chance, then gain."""
    copy = change_speed(samples, rng.uniform(*settings.speed))
    if rng.random() < settings.room_chance:
        copy = add_room(copy, rng.uniform(*settings.room_decay_s), rng)
    if rng.random() < settings.noise_chance:
        copy = add_noise(copy, rng.uniform(*settings.noise_snr_db), rng)
    if rng.random() < settings.telephone_chance:
        copy = telephone(copy)
    return change_gain(copy, rng.uniform(*settings.gain_db))
