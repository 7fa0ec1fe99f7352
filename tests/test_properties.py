"""What holds for any sound, length, rate, channel layout and container: bytes → recording → features."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ser import audio
from ser.constants import HOP_SAMPLES, MEL_BANDS, SAMPLE_RATE_HZ
from ser.features import log_mel, trim_silence
from ser.speech import find_speech
from tests.conftest import encode, wav_bytes

RATES_HZ = st.sampled_from([4_000, 8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000])
LENGTHS_S = st.floats(0.5, 3.0)
SEEDS = st.integers(0, 2**32 - 1)
EXAMPLES = settings(max_examples=30, deadline=None)


def sound(seed: int, duration_s: float, rate_hz: int) -> NDArray[np.float32]:
    """Some harmonics and noise, loud or quiet, with or without a pause; at least as long as it says."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(int(np.ceil(duration_s * rate_hz)) + 1) / rate_hz
    tones = sum(
        rng.uniform(0, 1) * np.sin(2 * np.pi * rng.uniform(80, 0.4 * rate_hz) * time_s + rng.uniform(0, 6))
        for _ in range(4)
    )
    made = tones + 10 ** rng.uniform(-4, 0) * rng.standard_normal(len(time_s))
    made[(time_s > rng.uniform(0, 3)) & (time_s < rng.uniform(0, 3))] = 0.0
    made[0] += 0.5  # never all silence
    return np.asarray(10 ** rng.uniform(-2, -0.1) * made / np.abs(made).max(), dtype=np.float32)


@EXAMPLES
@given(SEEDS, LENGTHS_S, RATES_HZ)
def test_length_and_range_survive_any_rate(seed: int, duration_s: float, rate_hz: int) -> None:
    given_sound = sound(seed, duration_s, rate_hz)
    recording = audio.load(wav_bytes(given_sound, rate_hz, "FLOAT"))
    assert abs(len(recording.stored) - len(given_sound) * SAMPLE_RATE_HZ / rate_hz) <= 2
    assert np.isfinite(recording.samples).all()
    assert np.abs(recording.samples).max() <= 2.0 * np.abs(given_sound).max()  # a resampler rings at edges


@EXAMPLES
@given(SEEDS, LENGTHS_S, RATES_HZ, st.integers(2, 8))
def test_copies_of_a_channel_change_nothing(seed: int, duration_s: float, rate_hz: int, channels: int) -> None:
    mono = sound(seed, duration_s, rate_hz)
    one = audio.load(wav_bytes(mono, rate_hz, "FLOAT"))
    many = audio.load(wav_bytes(np.repeat(mono[:, None], channels, axis=1), rate_hz, "FLOAT"))
    np.testing.assert_allclose(many.samples, one.samples, atol=1e-6)
    assert many.source.channels == channels


@settings(max_examples=10, deadline=None)
@given(SEEDS, LENGTHS_S, st.sampled_from([16_000, 44_100, 48_000]), st.sampled_from(["flac", "aiff"]))
def test_a_lossless_container_changes_nothing(seed: int, duration_s: float, rate_hz: int, kind: str) -> None:
    wav = wav_bytes(sound(seed, duration_s, rate_hz), rate_hz)
    np.testing.assert_allclose(audio.load(encode(wav, kind)).samples, audio.load(wav).samples, atol=1e-6)


@EXAMPLES
@given(SEEDS, LENGTHS_S)
def test_features_are_finite_and_have_their_shape(seed: int, duration_s: float) -> None:
    samples = audio.from_samples(sound(seed, duration_s, SAMPLE_RATE_HZ), SAMPLE_RATE_HZ).samples
    trimmed = trim_silence(samples)
    assert 0 < len(trimmed) <= len(samples)
    mel = log_mel(trimmed)
    assert mel.shape == (MEL_BANDS, 1 + len(trimmed) // HOP_SAMPLES)
    assert np.isfinite(mel).all()
    assert mel.max() - mel.min() <= 2.0 + 1e-6  # eight decades, divided by four


@EXAMPLES
@given(SEEDS, LENGTHS_S)
def test_speech_lies_within_the_sound(seed: int, duration_s: float) -> None:
    recording = audio.from_samples(sound(seed, duration_s, SAMPLE_RATE_HZ), SAMPLE_RATE_HZ)
    speech = find_speech(recording)
    assert 0.0 <= speech.share <= 1.0 + 1e-9
    assert all(0 <= span.start < span.stop <= len(recording.stored) for span in speech.spans)
