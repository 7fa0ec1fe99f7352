"""Sounds that are no speech, synthesised: what a model of voices should not commit itself on.

``TAUGHT`` kinds teach the head what is no voice; ``TESTED`` kinds are only ever scored (by ``ser train``, into the
manifest), so that the score says something about sounds that were not foreseen. Each kind is a function of a length in
samples and a generator; :func:`synthesise` makes a sound of it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ser.constants import SAMPLE_RATE_HZ

Samples = NDArray[np.float64]
Kind = Callable[[int, np.random.Generator], Samples]

DURATION_S = (1.0, 5.0)


def _time_s(size: int) -> Samples:
    return np.arange(size) / SAMPLE_RATE_HZ


def noise(size: int, rng: np.random.Generator) -> Samples:
    """Steady noise from blue over white and pink to brown."""
    spectrum = np.fft.rfft(rng.standard_normal(size))
    spectrum /= np.maximum(np.arange(len(spectrum)), 1.0) ** rng.uniform(-0.5, 1.0)
    return np.fft.irfft(spectrum, size)


def tone(size: int, rng: np.random.Generator) -> Samples:
    """One sine, 60 Hz to 4 kHz."""
    return np.sin(2 * np.pi * np.exp(rng.uniform(np.log(60), np.log(4000))) * _time_s(size))


def hum(size: int, rng: np.random.Generator) -> Samples:
    """Mains or a machine: a low note with steady harmonics, and some noise."""
    pitch_hz = rng.uniform(40, 130)
    strengths = rng.uniform(0, 1, 12) / np.arange(1, 13)
    waves = np.sin(2 * np.pi * pitch_hz * np.arange(1, 13)[:, None] * _time_s(size))
    return np.asarray(strengths @ waves + rng.uniform(0, 0.3) * rng.standard_normal(size))


def _note(pitch_hz: float, size: int, decay_s: float, harmonics: int, rng: np.random.Generator) -> Samples:
    time_s = _time_s(size)
    waves = [np.sin(2 * np.pi * pitch_hz * k * time_s + rng.uniform(0, 6)) / k for k in range(1, harmonics + 1)]
    return np.asarray(np.sum(waves, axis=0) * np.minimum(1.0, time_s / 0.01) * np.exp(-time_s / decay_s))


def melody(size: int, rng: np.random.Generator) -> Samples:
    """Single plucked notes of a scale."""
    scale = rng.choice((110.0, 220.0, 440.0)) * 2 ** (np.array([0, 2, 4, 5, 7, 9, 11, 12, 14, 16]) / 12)
    beat = int(SAMPLE_RATE_HZ * rng.uniform(0.12, 0.4))
    out = np.zeros(size + 4 * beat)
    for start in range(0, size, beat):
        out[start : start + 4 * beat] += _note(rng.choice(scale), 4 * beat, rng.uniform(0.1, 0.5), 6, rng)
    return out[:size]


def chords(size: int, rng: np.random.Generator) -> Samples:
    """Slow chords, as of an organ or strings, over a beat of noise."""
    out, beat = np.zeros(size), int(SAMPLE_RATE_HZ * rng.uniform(0.5, 1.2))
    for start in range(0, size, beat):
        root, part = 110.0 * 2 ** (rng.integers(0, 12) / 12), min(beat, size - start)
        for step in rng.choice(([0, 4, 7], [0, 3, 7], [0, 5, 9])):
            out[start : start + part] += _note(root * 2 ** (step / 12), part, 5.0, int(rng.integers(3, 12)), rng)
        hit = min(part, SAMPLE_RATE_HZ // 12)
        out[start : start + hit] += rng.standard_normal(hit) * np.linspace(1, 0, hit) ** 2
    return out


def clicks(size: int, rng: np.random.Generator) -> Samples:
    """Taps, rain, a keyboard: short bursts at random times."""
    out = 0.01 * rng.standard_normal(size)
    for start in rng.integers(0, size, max(3, int(size / SAMPLE_RATE_HZ * rng.uniform(2, 40)))):
        length = min(size - start, int(rng.integers(20, 600)))
        out[start : start + length] += rng.standard_normal(length) * np.exp(-6 * np.arange(length) / length)
    return out


def sweep(size: int, rng: np.random.Generator) -> Samples:
    """A siren: a note that glides up and down."""
    middle_hz, depth, rate_hz = rng.uniform(300, 1500), rng.uniform(0.2, 0.8), rng.uniform(0.2, 4)
    pitch_hz = middle_hz * (1 + depth * np.sin(2 * np.pi * rate_hz * _time_s(size)))
    phase = 2 * np.pi * np.cumsum(pitch_hz) / SAMPLE_RATE_HZ
    return np.asarray(np.sin(phase) + 0.3 * np.sin(2 * phase) + 0.01 * rng.standard_normal(size))


def wind(size: int, rng: np.random.Generator) -> Samples:
    """Dark noise whose loudness wanders."""
    swell = np.interp(np.arange(size), np.linspace(0, size, 12), rng.uniform(0.1, 1.0, 12))
    return noise(size, rng) * swell


def bells(size: int, rng: np.random.Generator) -> Samples:
    """Struck metal: partials that are no harmonics, dying away."""
    out, time_s = np.zeros(size), _time_s(size)
    partials = np.array([0.56, 0.92, 1.19, 1.71, 2.0, 2.74, 3.0, 3.76, 4.07])
    for start in np.sort(rng.integers(0, max(1, size - 2000), 1 + size // (2 * SAMPLE_RATE_HZ))):
        waves = np.sin(2 * np.pi * rng.uniform(200, 900) * partials[:, None] * time_s[: size - start])
        out[start:] += (waves * np.exp(-time_s[: size - start] * np.sqrt(partials)[:, None] * rng.uniform(1, 6))).sum(0)
    return out


def engine(size: int, rng: np.random.Generator) -> Samples:
    """A motor: bursts of noise, many a second, faster and slower."""
    rate_hz = rng.uniform(15, 60) * (1 + 0.3 * np.sin(2 * np.pi * rng.uniform(0.1, 0.7) * _time_s(size)))
    cycle = np.cumsum(rate_hz) / SAMPLE_RATE_HZ % 1.0
    return np.asarray(noise(size, rng) * np.exp(-5 * cycle))


def drums(size: int, rng: np.random.Generator) -> Samples:
    """A beat of kick, snare and hat."""
    out, beat = np.zeros(size + SAMPLE_RATE_HZ), int(SAMPLE_RATE_HZ * rng.uniform(0.1, 0.25))
    time_s = _time_s(SAMPLE_RATE_HZ // 2)
    hiss = rng.standard_normal(len(time_s))
    kick = np.sin(2 * np.pi * 55 * time_s + 12 * np.exp(-time_s * 30)) * np.exp(-time_s * 9)
    for number, start in enumerate(range(0, size, beat)):
        out[start : start + len(time_s)] += 0.3 * hiss * np.exp(-time_s * 60)
        if number % 4 == 0:
            out[start : start + len(time_s)] += 2 * kick
        elif number % 4 == 2:
            out[start : start + len(time_s)] += hiss * np.exp(-time_s * 15)
    return out[:size]


def crickets(size: int, rng: np.random.Generator) -> Samples:
    """Chirps, as of insects and birds: high notes in short groups."""
    pitch_hz, rate_hz = rng.uniform(2000, 5000), rng.uniform(8, 30)
    time_s = _time_s(size)
    gate = (np.sin(2 * np.pi * rate_hz * time_s) > 0) & (np.sin(2 * np.pi * rng.uniform(0.5, 3) * time_s) > 0)
    glide = 1 + rng.uniform(0, 0.3) * np.sin(2 * np.pi * rate_hz * time_s)
    return np.asarray(np.sin(2 * np.pi * np.cumsum(pitch_hz * glide) / SAMPLE_RATE_HZ) * gate)


TAUGHT: dict[str, Kind] = {
    "noise": noise, "tone": tone, "hum": hum, "melody": melody, "clicks": clicks, "sweep": sweep, "wind": wind,
}  # fmt: skip
TESTED: dict[str, Kind] = {
    "chords": chords, "bells": bells, "engine": engine, "drums": drums, "crickets": crickets,
}  # fmt: skip


def synthesise(kind: Kind, rng: np.random.Generator) -> NDArray[np.float32]:
    """One sound of a kind, 1 to 5 s, with a peak drawn from 0.05 to 0.9 and a trace of noise beneath."""
    size = int(rng.uniform(*DURATION_S) * SAMPLE_RATE_HZ)
    sound = kind(size, rng)
    sound = sound / max(float(np.abs(sound).max()), 1e-9) + 1e-4 * rng.standard_normal(size)
    return (np.exp(rng.uniform(np.log(0.05), np.log(0.9))) * sound).astype(np.float32)
