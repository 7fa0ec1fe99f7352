"""Curves and pictures of hours stay small and lose no peak."""

from __future__ import annotations

import numpy as np
import pytest

from ser import decimation
from ser.constants import SAMPLE_RATE_HZ
from ser.intake import rounded


def test_waveform_keeps_short_recordings_as_they_are() -> None:
    samples = (0.5 * np.sin(np.arange(3200) / 9)).astype(np.float32)
    time_s, amplitude = decimation.envelope(samples)
    np.testing.assert_array_equal(amplitude, samples)
    assert time_s[-1] == pytest.approx(0.2, abs=1e-4)


@pytest.mark.parametrize("length", [4001, 16_000, 96_123, 9_600_000])
def test_envelope_is_small_and_keeps_the_peak(length: int) -> None:
    samples = np.zeros(length, dtype=np.float32)
    samples[length // 3], samples[-1] = 0.9, -0.8  # single-sample clicks
    time_s, amplitude = decimation.envelope(samples)
    assert len(time_s) == len(amplitude) <= decimation.ENVELOPE_POINTS_MAX
    assert amplitude.max() == pytest.approx(0.9)
    assert amplitude.min() == pytest.approx(-0.8)
    at_s = time_s[np.argmax(amplitude)]
    assert at_s == pytest.approx(length / 3 / SAMPLE_RATE_HZ, abs=length / SAMPLE_RATE_HZ / 1000)


@pytest.mark.parametrize(("columns", "step"), [(10, 1), (1500, 1), (1501, 2), (4500, 3), (60_001, 41)])
def test_shrink_keeps_maxima_and_the_time_axis(columns: int, step: int) -> None:
    picture = np.zeros((2, columns), dtype=np.float32)
    picture[1, columns - 1] = 7.0
    small, seen = decimation.shrink(picture, np.max)
    assert seen == step
    assert small.shape == (2, -(-columns // step))
    assert small[1, -1] == 7.0
    assert small[0].max() == 0.0


def test_shrink_by_mean_keeps_the_level() -> None:
    small, _ = decimation.shrink(np.full((1, 3001), 2.5, dtype=np.float32), np.mean)
    np.testing.assert_array_equal(small, 2.5)


def test_the_envelope_of_integers_is_that_of_floats() -> None:
    samples = (0.5 * np.sin(np.arange(50_000) / 9)).astype(np.float32)
    times, curve = decimation.envelope(samples)
    same_times, same_curve = decimation.envelope(rounded(samples))
    np.testing.assert_array_equal(times, same_times)
    np.testing.assert_allclose(curve, same_curve, atol=2e-4)
