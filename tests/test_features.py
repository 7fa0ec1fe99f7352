"""The one extractor: fixed values, an independent implementation, and laws that must hold for any sound."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ser import features
from ser.constants import HOP_SAMPLES, MEL_BANDS, SAMPLE_RATE_HZ, SUMMARY_SIZE, WINDOW_SAMPLES
from tests.conftest import tone, voice_like

Samples = NDArray[np.float32]


def _slaney_mel(frequency_hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Hz → mel, linear below 1 kHz and logarithmic above (Slaney, Auditory Toolbox, 1998)."""
    linear = frequency_hz * 3 / 200
    return np.where(frequency_hz < 1000, linear, 15 + 27 * np.log(np.maximum(frequency_hz, 1) / 1000) / np.log(6.4))


def _slaney_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp(np.log(6.4) * (mel - 15) / 27))


def _oracle_log_mel(samples: Samples) -> NDArray[np.float64]:
    """The log-mel written from its definition, without librosa, in double precision."""
    half = WINDOW_SAMPLES // 2
    padded = np.pad(samples.astype(np.float64), half)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW_SAMPLES) / WINDOW_SAMPLES)
    count = 1 + len(samples) // HOP_SAMPLES
    frames = np.stack([padded[i * HOP_SAMPLES : i * HOP_SAMPLES + WINDOW_SAMPLES] * window for i in range(count)])
    power = np.abs(np.fft.rfft(frames, axis=1)) ** 2
    bins_hz = np.fft.rfftfreq(WINDOW_SAMPLES, 1 / SAMPLE_RATE_HZ)
    edges_hz = _slaney_hz(np.linspace(0, _slaney_mel(np.array(SAMPLE_RATE_HZ / 2)), MEL_BANDS + 2))
    low, centre, high = edges_hz[:-2, None], edges_hz[1:-1, None], edges_hz[2:, None]
    triangles = np.maximum(0, np.minimum((bins_hz - low) / (centre - low), (high - bins_hz) / (high - centre)))
    decades = np.log10(np.maximum((triangles * 2 / (high - low)) @ power.T, 1e-10))
    return (np.maximum(decades, decades.max() - 8) + 4) / 4


@pytest.mark.parametrize("make", [voice_like, lambda: tone(1.0, 16_000), lambda: voice_like(0.777, seed=3)])
def test_log_mel_agrees_with_its_definition(make: object) -> None:
    assert callable(make)
    samples = make()
    got = features.log_mel(samples)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, _oracle_log_mel(samples), atol=1e-4)


def test_log_mel_golden(voice: Samples) -> None:
    got = features.log_mel(voice)
    assert got.shape == (80, 201)
    places = [(0, 0), (5, 50), (10, 100), (20, 150), (40, 17), (60, 120), (79, 200)]
    expected = [0.214703, 0.503866, 0.569099, 0.998965, 0.839264, -0.353024, -0.345826]
    np.testing.assert_allclose([got[place] for place in places], expected, atol=1e-4)
    assert got.mean() == pytest.approx(0.243756, abs=1e-4)
    assert got.std() == pytest.approx(0.458878, abs=1e-4)


def test_log_mel_of_tenfold_amplitude_is_half_higher(voice: Samples) -> None:
    """Ten times the amplitude is two decades of power, and the log-mel divides decades by four."""
    np.testing.assert_allclose(features.log_mel(10 * voice), features.log_mel(voice) + 0.5, atol=1e-4)


@pytest.mark.parametrize("factor", [0.03, 0.5, 4.0])
def test_the_model_hears_every_level_alike(voice: Samples, factor: float) -> None:
    got = features.levelled_log_mel(np.float32(factor) * voice)
    np.testing.assert_allclose(got, features.levelled_log_mel(voice), atol=1e-4)


def test_levelling_moves_the_whole_picture_and_brings_loud_frames_to_the_level(voice: Samples) -> None:
    plain, levelled = features.log_mel(voice), features.levelled_log_mel(voice)
    np.testing.assert_allclose(levelled - plain, (levelled - plain).mean(), atol=1e-4)
    loud = np.quantile((10 ** (4.0 * levelled.astype(np.float64) - 4.0)).sum(axis=0), 0.9)
    assert loud == pytest.approx(10.0, rel=0.01)
    silence = np.zeros(16_000, dtype=np.float32)
    np.testing.assert_allclose(features.levelled_log_mel(silence), features.log_mel(silence))


def test_log_mel_floor_is_two_below_the_maximum() -> None:
    got = features.log_mel(tone(1.0, 16_000))
    assert got.max() - got.min() == pytest.approx(2.0, abs=1e-5)


def test_log_mel_of_zeros_is_finite() -> None:
    got = features.log_mel(np.zeros(16_000, dtype=np.float32))
    # The processor's own log10 may miss -10 by a step of a float32, 9.5e-7.
    np.testing.assert_allclose(got, (-10 + 4) / 4, rtol=0, atol=1e-6)


def test_log_mel_moves_with_the_sound(voice: Samples) -> None:
    delayed = np.concatenate([np.zeros(10 * HOP_SAMPLES, dtype=np.float32), voice])
    np.testing.assert_allclose(features.log_mel(delayed)[:, 15:205], features.log_mel(voice)[:, 5:195], atol=1e-4)


def test_tone_lies_in_its_band() -> None:
    for frequency_hz in (200.0, 440.0, 1000.0, 3000.0):
        band = features.log_mel(tone(1.0, 16_000, frequency_hz))[:, 50].argmax()
        nearest = np.abs(features.mel_frequencies_hz() - frequency_hz).argmin()
        assert abs(int(band) - int(nearest)) <= 1


def test_mel_frequencies() -> None:
    got = features.mel_frequencies_hz()
    assert got.shape == (80,)
    assert np.all(np.diff(got) > 0)
    mel = np.linspace(0, float(_slaney_mel(np.array(8000.0))), 82)[1:-1]
    np.testing.assert_allclose(got, _slaney_hz(mel), rtol=1e-5)


def test_mfcc_golden(voice: Samples) -> None:
    got = features.mfcc(voice, 13)
    assert got.shape == (13, 63)
    assert got.dtype == np.float32
    places = [(0, 0), (1, 10), (5, 30), (12, 62)]
    expected = [-260.75192, 72.454224, -39.203236, -0.34218]
    np.testing.assert_allclose([got[place] for place in places], expected, rtol=1e-5, atol=1e-3)


def test_more_mfcc_begin_with_the_same(voice: Samples) -> None:
    many = features.mfcc(voice, 40)
    assert many.shape == (40, 63)
    np.testing.assert_allclose(many[:13], features.mfcc(voice, 13), atol=1e-3)


def test_deltas_golden(voice: Samples) -> None:
    got = features.mfcc_with_deltas(voice, 13)
    assert got.shape == (39, 63)
    np.testing.assert_array_equal(got[:13], features.mfcc(voice, 13))
    places = [(13, 20), (20, 40), (30, 31)]
    np.testing.assert_allclose([got[place] for place in places], [-0.138204, -0.189827, 0.620716], atol=1e-3)


def test_delta_is_the_slope() -> None:
    """Inside the clip a delta is the least-squares slope over nine frames."""
    got = features.mfcc_with_deltas(voice_like(3.0), 13)
    weights = np.arange(-4, 5)
    window = got[2, 40:49]
    assert got[15, 44] == pytest.approx(float(weights @ window / (weights @ weights)), abs=1e-3)


@pytest.mark.parametrize("duration_s", [0.13, 0.16, 0.2, 0.25, 0.29, 0.5, 0.7])
def test_deltas_of_very_short_clips(duration_s: float) -> None:
    samples = voice_like(duration_s)
    got = features.mfcc_with_deltas(samples, 13)
    assert got.shape == (39, 1 + len(samples) // 512)
    assert got.dtype == np.float32
    assert np.isfinite(got).all()


def test_summary_golden(voice: Samples) -> None:
    got = features.summary(voice)
    assert got.shape == (SUMMARY_SIZE,)
    assert got.dtype == np.float32
    places = [0, 1, 5, 12, 13, 14, 32, 33, 34, 50, 100, 161]
    expected = [
        *(0.194235, 0.359777, 0.175277, 0.400953, -244.46707, 92.092804, -7.437594, 0.093355),
        *(0.000253, 0.0023776, 3.251895, 0.00016338),
    ]
    np.testing.assert_allclose(got[places], expected, rtol=1e-4, atol=1e-5)


def test_summary_is_the_mean_of_the_curves(voice: Samples) -> None:
    got = dict(zip(features.summary_names(), features.summary(voice), strict=True))
    extras = features.spectral_extras(voice)
    assert got["zcr"] == pytest.approx(float(extras.zero_crossing_rate.mean()), abs=1e-5)
    assert got["rms"] == pytest.approx(float(extras.rms.mean()), abs=1e-5)
    assert got["chroma_03"] == pytest.approx(float(extras.chroma[3].mean()), abs=1e-5)
    assert got["mfcc_07"] == pytest.approx(float(features.mfcc(voice, 20)[7].mean()), abs=1e-2)


def test_summary_names() -> None:
    names = features.summary_names()
    assert len(set(names)) == len(names) == SUMMARY_SIZE
    at = {name: i for i, name in enumerate(names)}
    assert (at["zcr"], at["chroma_00"], at["mfcc_00"], at["rms"], at["mel_000"]) == (0, 1, 13, 33, 34)


def test_summary_reacts_to_amplitude_as_it_should(voice: Samples) -> None:
    once, twice = features.summary(voice), features.summary(2 * voice)
    np.testing.assert_allclose(twice[33], 2 * once[33], rtol=1e-4)  # RMS
    np.testing.assert_allclose(twice[34:], 4 * once[34:], rtol=1e-3)  # mel power
    np.testing.assert_allclose(twice[:13], once[:13], atol=1e-3)  # zero crossings and chroma do not


def test_extras_of_a_tone() -> None:
    extras = features.spectral_extras(tone(1.0, 16_000, 1000.0))
    shapes = {getattr(extras, name).shape for name in ("time_s", "rms", "zero_crossing_rate", "centroid_hz")}
    assert shapes == {(32,)}
    assert extras.chroma.shape == (12, 32)
    assert all(getattr(extras, name).dtype == np.float32 for name in extras.__dataclass_fields__)
    inside = slice(4, -4)
    np.testing.assert_allclose(extras.time_s, np.arange(32) * 0.032, atol=1e-6)
    np.testing.assert_allclose(extras.centroid_hz[inside], 1000, rtol=0.01)
    np.testing.assert_allclose(extras.rolloff_hz[inside], 1000, rtol=0.02)
    np.testing.assert_allclose(extras.rms[inside], 0.5 / np.sqrt(2), rtol=0.01)
    np.testing.assert_allclose(extras.zero_crossing_rate[inside], 2 * 1000 / 16_000, rtol=0.02)
    assert extras.chroma[:, 16].argmax() == 11  # 1000 Hz is nearest to B5 (988 Hz)


def test_extras_golden(voice: Samples) -> None:
    extras = features.spectral_extras(voice)
    np.testing.assert_allclose(extras.centroid_hz[[0, 30, 60]], [1347.9857, 1649.8909, 1385.2692], rtol=1e-4)
    np.testing.assert_allclose(extras.rolloff_hz[[0, 30, 60]], [2093.75, 2328.125, 2070.3125])
    np.testing.assert_allclose(extras.rms[[0, 30, 60]], [0.0455698, 0.036782, 0.0649406], atol=1e-5)


def test_silence_round_speech_is_cut_and_a_margin_left(voice: Samples) -> None:
    quiet = np.zeros(16_000, dtype=np.float32)
    got = features.trim_silence(np.concatenate([quiet, tone(1.0, 16_000), quiet]))
    assert len(got) == pytest.approx(16_000 + 2 * 1600, abs=1024)  # a window, for what it smears
    assert len(features.trim_silence(tone(1.0, 16_000))) == 16_000
