"""Curves of the lab, against sounds whose curves are known."""

from __future__ import annotations

import librosa
import numpy as np
import pytest

from ser import curve_plots, curves
from ser.audio import from_samples
from ser.constants import SAMPLE_RATE_HZ

TIME_S = np.arange(2 * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ


def harmonics(hz: float) -> np.ndarray:
    """A voice-like tone: a fundamental and its harmonics."""
    parts = [np.sin(2 * np.pi * hz * k * TIME_S) / k for k in range(1, 9)]
    return np.asarray(0.2 * np.sum(parts, axis=0), dtype=np.float32)


@pytest.mark.parametrize("hz", [110.0, 220.0, 330.0])
def test_pitch_is_the_fundamental_and_silence_has_none(hz: float) -> None:
    samples = harmonics(hz)
    samples[SAMPLE_RATE_HZ:] = 0.0
    found = curves.pitch_hz(samples)
    assert found[5:25] == pytest.approx(hz, rel=0.01)
    assert np.isnan(found[-20:]).all()


def test_the_typical_pitch_is_the_middle_of_the_voiced_frames() -> None:
    samples = harmonics(200.0)
    samples[SAMPLE_RATE_HZ:] = 0.0  # pauses do not count
    assert curves.typical_pitch_hz(samples) == pytest.approx(200.0, rel=0.01)
    assert curves.typical_pitch_hz(np.zeros(SAMPLE_RATE_HZ, np.float32)) is None


def test_the_spectrogram_is_librosa_s() -> None:
    samples = harmonics(200.0)
    found = curves.spectrogram(samples)
    whole = np.abs(librosa.stft(samples, n_fft=2048, hop_length=512)) ** 2
    np.testing.assert_allclose(found, librosa.power_to_db(whole, ref=np.max, amin=1e-20, top_db=80.0), atol=1e-3)


def test_silence_has_curves_too() -> None:
    silence = np.zeros(SAMPLE_RATE_HZ, np.float32)
    assert not np.any(curves.rms(silence))
    assert not np.any(curves.zero_crossings(silence))
    _, decibels = curves.fourier_spectrum(silence)
    assert np.isfinite(decibels).all()
    assert np.isfinite(curves.spectrogram(silence)).all()


def test_loudness_and_zero_crossings_of_a_tone() -> None:
    tone = (0.5 * np.sin(2 * np.pi * 1000.0 * TIME_S)).astype(np.float32)
    assert curves.rms(tone)[5:-5] == pytest.approx(0.5 / np.sqrt(2.0), rel=0.01)
    assert curves.zero_crossings(tone)[5:-5] == pytest.approx(2 * 1000.0 / SAMPLE_RATE_HZ, rel=0.02)


def test_the_spectrum_peaks_at_the_tone() -> None:
    hertz, decibels = curves.fourier_spectrum((0.5 * np.sin(2 * np.pi * 1500.0 * TIME_S)).astype(np.float32))
    assert hertz[np.argmax(decibels)] == pytest.approx(1500.0, abs=10.0)
    assert decibels.max() == pytest.approx(0.0, abs=1e-4)
    assert decibels.min() >= curves.SPECTRUM_FLOOR_DB - 1e-3


def test_chroma_of_an_a_is_an_a() -> None:
    found = curves.chroma((0.5 * np.sin(2 * np.pi * 440.0 * TIME_S)).astype(np.float32))
    assert curve_plots.TONES[int(found[:, 10].argmax())] == "A"


@pytest.mark.parametrize("duration_s", [0.5, 2.0, 60.0])
@pytest.mark.parametrize(
    "name", ["rms", "zero_crossings", "pitch", "chroma", "fourier_spectrum", "fourier_spectrogram"]
)
def test_each_curve_has_a_small_figure(name: str, duration_s: float) -> None:
    time_s = np.arange(round(duration_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    recording = from_samples((0.3 * np.sin(2 * np.pi * 200.0 * time_s)).astype(np.float32), SAMPLE_RATE_HZ)
    figure = getattr(curve_plots, name)(recording)
    assert len(figure.to_json()) < 200_000
    assert figure.layout.yaxis.title.text
    if name != "fourier_spectrum":
        assert tuple(figure.layout.xaxis.range) == (0.0, pytest.approx(duration_s, abs=0.01))
