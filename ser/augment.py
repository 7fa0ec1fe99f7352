"""Seeded changes to a clip that leave its emotion alone: what other voices, rooms, microphones and lines would do.

Used in training only. Every function takes and gives mono float32 samples at 16 kHz; randomness comes from the
generator handed in, so that a clip's n-th copy is the same on every run. Copies stay in the fold of their clip.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import soxr
from numpy.typing import NDArray

from ser.constants import SAMPLE_RATE_HZ
from ser.errors import CorpusError

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
    microphone_chance: float = 0.5


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


def through_microphone(samples: Samples, rng: np.random.Generator, strength_db: float = 5.0) -> Samples:
    """Another microphone's or room's colour: a smooth random gain over the mel scale, a tilt and four waves.

    Within about ± 8 dB for the default strength; the peak stays.
    """
    spectrum = np.fft.rfft(samples)
    hz = np.linspace(0.0, SAMPLE_RATE_HZ / 2, len(spectrum))
    place = np.log1p(hz / 700.0) / np.log1p(SAMPLE_RATE_HZ / 2 / 700.0)  # mel scale (O'Shaughnessy 1987), 0 … 1
    gain_db = rng.normal(0.0, 0.8 * strength_db) * (2.0 * place - 1.0)
    for wave in (1, 2, 3, 4):
        gain_db += rng.normal(0.0, strength_db / wave) * np.cos(np.pi * wave * place + rng.uniform(0.0, 2.0 * np.pi))
    coloured = np.fft.irfft(spectrum * 10.0 ** (gain_db / 20.0), len(samples))
    return np.asarray(coloured * (np.abs(samples).max() / max(float(np.abs(coloured).max()), 1e-9)), dtype=np.float32)


def telephone(samples: Samples) -> Samples:
    """An old telephone line: 8 kHz sampling and mu-law coding."""
    narrow = np.clip(soxr.resample(samples, SAMPLE_RATE_HZ, TELEPHONE_RATE_HZ), -1.0, 1.0)
    code = np.round(np.sign(narrow) * np.log1p(MU_LAW * np.abs(narrow)) / np.log1p(MU_LAW) * 127) / 127
    heard = np.sign(code) * np.expm1(np.abs(code) * np.log1p(MU_LAW)) / MU_LAW
    return np.asarray(soxr.resample(heard, TELEPHONE_RATE_HZ, SAMPLE_RATE_HZ), dtype=np.float32)


def copy_generator(seed: int, copy: int, path: str) -> np.random.Generator:
    """The randomness of a clip's n-th copy: the same on every run, whatever the order of clips."""
    digest = hashlib.sha256(f"{seed}/{copy}/{path}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "little"))


def augment(samples: Samples, settings: AugmentSettings, rng: np.random.Generator) -> Samples:
    """One random copy of a clip: speed, then room, microphone, noise and telephone by chance, then gain."""
    copy = change_speed(samples, rng.uniform(*settings.speed))
    if rng.random() < settings.room_chance:
        copy = add_room(copy, rng.uniform(*settings.room_decay_s), rng)
    if rng.random() < settings.microphone_chance:
        copy = through_microphone(copy, rng)
    if rng.random() < settings.noise_chance:
        copy = add_noise(copy, rng.uniform(*settings.noise_snr_db), rng)
    if rng.random() < settings.telephone_chance:
        copy = telephone(copy)
    return change_gain(copy, rng.uniform(*settings.gain_db))


def add_shift(samples: Samples, shift_s: float) -> Samples:
    """Later by ``shift_s`` seconds (earlier if negative), as long as before; silence comes in, sound falls out."""
    count = max(-len(samples), min(len(samples), round(shift_s * SAMPLE_RATE_HZ)))
    silence = np.zeros(abs(count), np.float32)
    return np.concatenate([silence, samples[:-count]] if count > 0 else [samples[-count:], silence])


def stretch(samples: Samples, rate: float) -> Samples:
    """``rate`` times as fast at the same pitch (phase vocoder, Flanagan & Golden 1966, by librosa)."""
    import librosa

    return np.asarray(librosa.effects.time_stretch(samples, rate=rate), dtype=np.float32)


def change_pitch(samples: Samples, semitones: float) -> Samples:
    """Higher by some semitones at the same tempo (librosa: stretched, then resampled)."""
    import librosa

    shifted = librosa.effects.pitch_shift(samples, sr=SAMPLE_RATE_HZ, n_steps=semitones)
    return np.asarray(shifted, dtype=np.float32)


def through_codec(samples: Samples, compression: float) -> Samples:
    """What Opus leaves of it; ``compression`` is libsndfile's, 0 (best) … 1 (smallest)."""
    import io

    import soundfile

    file = io.BytesIO()
    soundfile.write(file, samples, SAMPLE_RATE_HZ, format="OGG", subtype="OPUS", compression_level=compression)
    heard, _ = soundfile.read(io.BytesIO(file.getvalue()), dtype="float32")
    return np.asarray(heard, dtype=np.float32)


# Changes by name. Strength 1 is what is usual in the field, 0 changes nothing, 2 is twice as much.
CHANGES: Final[dict[str, Callable[[Samples, float, np.random.Generator], Samples]]] = {
    "noise": lambda x, s, rng: add_noise(x, rng.uniform(15.0, 25.0) - 20.0 * float(np.log10(s)), rng),
    "shift": lambda x, s, rng: add_shift(x, s * rng.uniform(-0.2, 0.2)),
    "stretch": lambda x, s, rng: stretch(x, 2.0 ** (s * rng.uniform(-0.3, 0.3))),
    "pitch": lambda x, s, rng: change_pitch(x, s * rng.uniform(-2.0, 2.0)),
    "speed": lambda x, s, rng: change_speed(x, 2.0 ** (s * rng.uniform(-0.2, 0.2))),
    "gain": lambda x, s, rng: change_gain(x, s * rng.uniform(-12.0, 6.0)),
    "reverberation": lambda x, s, rng: add_room(x, s * rng.uniform(0.1, 0.4), rng),
    "codec": lambda x, s, rng: through_codec(x, min(1.0, s * rng.uniform(0.6, 0.95))),
    "microphone": lambda x, s, rng: through_microphone(x, rng, 5.0 * s),
    "telephone": lambda x, _, __: telephone(x),
}


@dataclass(frozen=True)
class Chain:
    """Named changes one after the other, as people write them: ``noise``, ``noise=2``, ``stretch+pitch=0.5``.

    Attributes:
        steps: name in :data:`CHANGES`, and strength above 0.
    """

    steps: tuple[tuple[str, float], ...]

    @classmethod
    def parse(cls, text: str) -> Chain:
        """Reads what :meth:`__str__` writes.

        Raises:
            CorpusError: a name is unknown, or a strength no number above 0.
        """
        steps = []
        for part in text.split("+"):
            name, _, strength = part.partition("=")
            try:
                value = float(strength) if strength else 1.0
            except ValueError:
                value = math.nan
            if name not in CHANGES or not 0.0 < value < math.inf:
                raise CorpusError(
                    f"'{part}' is no change to a recording. Write a name, such as noise, or a name and a strength "
                    f"above 0, such as noise=2, joined by +. Names: {', '.join(CHANGES)}."
                )
            steps.append((name, value))
        return cls(tuple(steps))

    def __str__(self) -> str:
        return "+".join(name if strength == 1.0 else f"{name}={strength:g}" for name, strength in self.steps)

    def __call__(self, samples: Samples, rng: np.random.Generator) -> Samples:
        """A changed copy."""
        for name, strength in self.steps:
            samples = CHANGES[name](samples, strength, rng)
        return samples
