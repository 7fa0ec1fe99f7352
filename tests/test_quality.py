"""Faults that are made on purpose are named, and a good recording is left alone."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.signal import butter, sosfilt, welch

from ser.audio import Recording, from_samples, load
from ser.constants import SAMPLE_RATE_HZ
from ser.quality import mean_spectrum, remarks
from ser.speech import find_speech
from tests.conftest import voice_like, wav_bytes

RNG = np.random.default_rng(0)


def spoken() -> np.ndarray:
    """Four seconds of voice with pauses and breath-like hiss up to 8 kHz, the background 50 dB lower."""
    sound = np.concatenate([voice_like(1.2), np.zeros(8_000, np.float32), voice_like(1.3), np.zeros(16_000)])
    hiss = RNG.standard_normal(len(sound)) * np.where(sound != 0, 0.01, 0.001)
    return np.asarray(sound + hiss, dtype=np.float32)


def telephone(sound: np.ndarray) -> np.ndarray:
    return np.asarray(sosfilt(butter(10, [300, 3400], "band", fs=SAMPLE_RATE_HZ, output="sos"), sound), np.float32)


FAULTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "clipped": lambda sound: np.clip(sound * 6, -1, 1),
    "quiet": lambda sound: sound * 0.005,
    "noisy": lambda sound: sound + 0.05 * RNG.standard_normal(len(sound)),
    "narrow": telephone,
}


def kinds(recording: Recording) -> list[str]:
    return [remark.kind for remark in remarks(recording, find_speech(recording))]


def test_a_good_recording_is_left_alone() -> None:
    assert kinds(from_samples(spoken(), SAMPLE_RATE_HZ)) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named(fault: str) -> None:
    recording = from_samples(FAULTS[fault](spoken()).astype(np.float32), SAMPLE_RATE_HZ)
    assert kinds(recording) == [fault]
    (remark,) = remarks(recording, find_speech(recording))
    assert remark.text.endswith(".")


def test_clipping_is_seen_in_the_file_and_not_after_mixing_and_resampling() -> None:
    left = np.clip(spoken() * 6, -1, 1)
    file = wav_bytes(np.stack([left, 0.1 * left], axis=1), 44_100)
    recording = load(file)
    assert np.abs(recording.samples).max() < 0.9
    assert recording.source.clipped_share > 0.01


def test_a_recording_without_speech_gets_no_word_about_its_voice() -> None:
    noise = 1e-3 * RNG.standard_normal(3 * SAMPLE_RATE_HZ)
    recording = from_samples(noise, SAMPLE_RATE_HZ)
    assert not set(kinds(recording)) & {"quiet", "noisy"} or find_speech(recording).spans


@pytest.mark.parametrize("size", [1024, 2048])
def test_the_spectrum_is_welch_s(size: int) -> None:
    rng = np.random.default_rng(1)
    for length in (size, 8_000, 48_000, 48_123, 400_000):
        samples = (rng.normal(0, 0.1, length) + 0.05).astype(np.float32)
        frequency_hz, power = mean_spectrum(samples, size)
        wanted_hz, wanted = welch(samples, SAMPLE_RATE_HZ, nperseg=size)
        assert frequency_hz == pytest.approx(wanted_hz)
        assert power[1:] == pytest.approx(wanted[1:], rel=1e-4)
