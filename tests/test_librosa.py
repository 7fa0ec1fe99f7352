"""ser.short_time, ser.mel, ser.chroma, ser.pitch and the summary made of them, held to librosa."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ser import features, mel, short_time
from ser.chroma import chroma
from ser.constants import (
    HOP_SAMPLES,
    LOG_MEL_FLOOR_DECADES,
    MEL_BANDS,
    PICTURE_SIDE,
    SAMPLE_RATE_HZ,
    SUMMARY_HOP_SAMPLES,
    SUMMARY_MEL_BANDS,
    SUMMARY_MFCC,
    SUMMARY_WINDOW_SAMPLES,
    TRIM_BELOW_PEAK_DB,
    TRIM_HOP_SAMPLES,
    TRIM_WINDOW_SAMPLES,
    WINDOW_SAMPLES,
)
from ser.curves import PITCH_RANGE_HZ
from ser.pitch import yin
from tests.conftest import tone, voice_like

Samples = NDArray[np.float32]
# Window, hop and bands of the log-mel, of the MFCC, and of the picture of the spectrogram.
SHAPES = (
    (WINDOW_SAMPLES, HOP_SAMPLES, MEL_BANDS),
    (SUMMARY_WINDOW_SAMPLES, SUMMARY_HOP_SAMPLES, SUMMARY_MEL_BANDS),
    (SUMMARY_WINDOW_SAMPLES, SUMMARY_HOP_SAMPLES, PICTURE_SIDE),
)


def noise(count: int, seed: int = 0) -> Samples:
    return (0.1 * np.random.default_rng(seed).standard_normal(count)).astype(np.float32)


LENGTHS = (1, 159, 160, 161, 399, 400, 401, 2047, 2048, 2049, 65_536)
SOUNDS: dict[str, Callable[[], Samples]] = {
    "noise": lambda: noise(48_000),
    "voice": lambda: voice_like(3.0),
    "voice between silences": lambda: np.pad(voice_like(0.7), 9_000),
    "quiet voice": lambda: np.float32(1e-4) * voice_like(1.0),
    "tone": lambda: tone(1.0, SAMPLE_RATE_HZ),
    "silence": lambda: np.zeros(16_000, np.float32),
    "step": lambda: np.repeat(np.array([0.0, 0.5], np.float32), 5_000),
    **{f"{count} samples": partial(noise, count) for count in LENGTHS},
}
FRAMES = SUMMARY_WINDOW_SAMPLES, SUMMARY_HOP_SAMPLES


def magnitudes(samples: Samples, window: int, hop: int) -> NDArray[np.floating]:
    """librosa's, without its warning of clips shorter than a window, which are meant here."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "n_fft=")
        return np.asarray(np.abs(librosa.stft(samples, n_fft=window, hop_length=hop)))


def theirs(samples: Samples, window: int, hop: int, bands: int) -> NDArray[np.floating]:
    power = magnitudes(samples, window, hop) ** 2
    return np.asarray(librosa.feature.melspectrogram(S=power, sr=SAMPLE_RATE_HZ, n_mels=bands))


@pytest.mark.parametrize(("window", "hop", "bands"), SHAPES)
@pytest.mark.parametrize("name", SOUNDS)
def test_mel_power_is_librosa_s(name: str, window: int, hop: int, bands: int) -> None:
    samples = SOUNDS[name]()
    got, wanted = mel.mel_power(samples, window, hop, bands), theirs(samples, window, hop, bands)
    assert got.dtype == np.float32
    assert got.shape == wanted.shape == (bands, 1 + len(samples) // hop)
    np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-6 * 10**-LOG_MEL_FLOOR_DECADES * wanted.max())


@pytest.mark.parametrize("name", SOUNDS)
def test_the_log_mel_is_that_of_librosa_s_power(name: str) -> None:
    """To a millionth of what the model reads, whose range is two."""
    samples = SOUNDS[name]()
    power = theirs(samples, WINDOW_SAMPLES, HOP_SAMPLES, MEL_BANDS)
    decades = np.log10(np.maximum(power.astype(np.float64), 1e-10))
    wanted = (np.maximum(decades, decades.max() - LOG_MEL_FLOOR_DECADES) + 4.0) / 4.0
    np.testing.assert_allclose(features.log_mel(samples), wanted, rtol=0, atol=1e-6)


def test_filters_and_edges_are_librosa_s() -> None:
    for window, _, bands in SHAPES:
        wanted = librosa.filters.mel(sr=SAMPLE_RATE_HZ, n_fft=window, n_mels=bands)
        np.testing.assert_allclose(mel.mel_filters(bands, window), wanted, rtol=0, atol=1e-8)
        edges_hz = librosa.mel_frequencies(n_mels=bands + 2, fmin=0.0, fmax=SAMPLE_RATE_HZ / 2)
        np.testing.assert_allclose(mel.mel_edges_hz(bands), edges_hz, rtol=1e-12)


@pytest.mark.parametrize("count", [13, 40])
@pytest.mark.parametrize("name", SOUNDS)
def test_mfcc_are_librosa_s(name: str, count: int) -> None:
    samples = SOUNDS[name]()
    power = theirs(samples, SUMMARY_WINDOW_SAMPLES, SUMMARY_HOP_SAMPLES, SUMMARY_MEL_BANDS)
    wanted = librosa.feature.mfcc(S=librosa.power_to_db(power), n_mfcc=count)
    got = features.mfcc(samples, count)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, wanted, rtol=0, atol=1e-6 * np.abs(wanted).max())


@pytest.mark.parametrize("range_db", [35.0, 80.0])
def test_decibels_are_librosa_s(range_db: float) -> None:
    power = np.square(noise(10_000)).reshape(100, 100) * np.logspace(-12, 3, 100, dtype=np.float32)
    np.testing.assert_allclose(mel.decibels(power, range_db), librosa.power_to_db(power, top_db=range_db), atol=1e-5)


# Loudness over the clip as a broken line through so many exponents of ten: silence, bursts, fades.
envelopes = st.lists(st.floats(-6.0, 0.0), min_size=2, max_size=12)


@settings(max_examples=300, deadline=None)
@given(count=st.integers(1, 30_000), seed=st.integers(0, 1_000_000), exponents=envelopes, cut=st.booleans())
def test_the_ends_of_silence_are_librosa_s(count: int, seed: int, exponents: list[float], cut: bool) -> None:
    at = np.linspace(0, len(exponents) - 1, count)
    envelope = 10.0 ** np.interp(at, np.arange(len(exponents)), exponents)
    samples = (noise(count, seed) * np.where(cut & (envelope < 1e-3), 0.0, envelope)).astype(np.float32)
    window, hop = TRIM_WINDOW_SAMPLES, TRIM_HOP_SAMPLES
    _, ends = librosa.effects.trim(samples, top_db=TRIM_BELOW_PEAK_DB, frame_length=window, hop_length=hop)
    assert short_time.sounding(samples, TRIM_BELOW_PEAK_DB, window, hop) == tuple(ends)
    loudness = librosa.feature.rms(y=samples, frame_length=window, hop_length=hop)[0]
    np.testing.assert_array_equal(short_time.rms(samples, window, hop), loudness)


@pytest.mark.parametrize("name", SOUNDS)
def test_the_ends_of_known_sounds_are_librosa_s(name: str) -> None:
    samples, window, hop = SOUNDS[name](), TRIM_WINDOW_SAMPLES, TRIM_HOP_SAMPLES
    _, ends = librosa.effects.trim(samples, top_db=TRIM_BELOW_PEAK_DB, frame_length=window, hop_length=hop)
    assert short_time.sounding(samples, TRIM_BELOW_PEAK_DB, window, hop) == tuple(ends)


@pytest.mark.parametrize("name", SOUNDS)
def test_zero_crossings_are_librosa_s(name: str) -> None:
    samples = SOUNDS[name]()
    wanted = librosa.feature.zero_crossing_rate(samples, frame_length=FRAMES[0], hop_length=FRAMES[1])[0]
    np.testing.assert_allclose(short_time.zero_crossing_rate(samples, *FRAMES), wanted, rtol=1e-6)


@pytest.mark.parametrize("exponent", [1.0, 2.0])
@pytest.mark.parametrize("name", SOUNDS)
def test_chroma_is_librosa_s(name: str, exponent: float) -> None:
    samples = SOUNDS[name]()
    wanted = librosa.feature.chroma_stft(S=magnitudes(samples, *FRAMES) ** exponent, sr=SAMPLE_RATE_HZ, tuning=0.0)
    np.testing.assert_allclose(chroma(samples, *FRAMES, exponent), wanted, rtol=0, atol=1e-5)


def glide(low_hz: float, high_hz: float) -> Samples:
    """A voice-like glide of three seconds with harmonics, over a little noise."""
    phase = 2 * np.pi * np.cumsum(np.linspace(low_hz, high_hz, 48_000)) / SAMPLE_RATE_HZ
    sound = np.sum([np.sin(harmonic * phase) / harmonic for harmonic in range(1, 9)], axis=0)
    return np.asarray(0.2 * sound + noise(48_000) / 50, dtype=np.float32)


@pytest.mark.parametrize("samples", [voice_like(3.0), tone(2.0, SAMPLE_RATE_HZ, 123.4), glide(70, 450), glide(300, 90)])
def test_pitch_is_librosa_s(samples: Samples) -> None:
    """Wherever rounding does not choose between two equal troughs, which is all but one frame in a hundred."""
    low, high = PITCH_RANGE_HZ
    wanted = librosa.yin(samples, fmin=low, fmax=high, sr=SAMPLE_RATE_HZ, frame_length=FRAMES[0], hop_length=FRAMES[1])
    got = yin(samples, low, high, *FRAMES)
    assert got.dtype == np.float32
    assert got.shape == wanted.shape
    assert np.mean(np.abs(got / wanted - 1) < 1e-4) > 0.99


@pytest.mark.parametrize("name", SOUNDS)
def test_the_summary_is_librosa_s(name: str) -> None:
    samples = SOUNDS[name]()
    window, hop = FRAMES
    magnitude = magnitudes(samples, window, hop)
    power = theirs(samples, window, hop, SUMMARY_MEL_BANDS)
    parts = (
        librosa.feature.zero_crossing_rate(samples, frame_length=window, hop_length=hop),
        librosa.feature.chroma_stft(S=magnitude, sr=SAMPLE_RATE_HZ, tuning=0.0),
        librosa.feature.mfcc(S=librosa.power_to_db(power), n_mfcc=SUMMARY_MFCC),
        librosa.feature.rms(y=samples, frame_length=window, hop_length=hop),
        power,
    )
    wanted = np.concatenate([part.mean(axis=1) for part in parts])
    np.testing.assert_allclose(features.summary(samples), wanted, rtol=1e-5, atol=1e-5)
