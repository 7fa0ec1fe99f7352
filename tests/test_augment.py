import numpy as np
import pytest

from ser.augment import (
    AugmentSettings,
    add_noise,
    add_room,
    augment,
    change_gain,
    change_speed,
    telephone,
)


@pytest.fixture
def tone() -> np.ndarray:
    time = np.arange(16_000) / 16_000
    return (0.3 * np.sin(2 * np.pi * 1000 * time)).astype(np.float32)


def _peak_hz(samples: np.ndarray) -> float:
    return float(np.abs(np.fft.rfft(samples)).argmax() * 16_000 / len(samples))


def test_speed_changes_length_and_pitch_together(tone: np.ndarray) -> None:
    fast = change_speed(tone, 1.25)
    assert len(fast) == pytest.approx(len(tone) / 1.25, abs=2)
    assert _peak_hz(fast) == pytest.approx(1250, abs=3)


def test_gain_in_decibels_and_never_beyond_full_scale(tone: np.ndarray) -> None:
    np.testing.assert_allclose(change_gain(tone, -20.0), tone * 0.1, rtol=1e-5)
    assert np.abs(change_gain(tone, 40.0)).max() == pytest.approx(1.0)


@pytest.mark.parametrize("snr_db", [0.0, 20.0])
def test_noise_has_the_ratio_asked_for(tone: np.ndarray, snr_db: float) -> None:
    noise = add_noise(tone, snr_db, np.random.default_rng(0)) - tone
    measured = 10 * np.log10(np.mean(tone**2) / np.mean(noise**2))
    assert measured == pytest.approx(snr_db, abs=0.1)


def test_room_adds_a_tail_and_keeps_the_peak() -> None:
    click = np.zeros(16_000, np.float32)
    click[1000] = 0.5
    wet = add_room(click, 0.3, np.random.default_rng(0))
    assert np.abs(wet).max() == pytest.approx(0.5, rel=1e-5)
    assert np.abs(wet[1001:4000]).max() > 0.001
    assert np.abs(wet[:1000]).max() < 1e-6


def test_telephone_removes_what_lies_above_four_kilohertz() -> None:
    time = np.arange(16_000) / 16_000
    high = (0.3 * np.sin(2 * np.pi * 6000 * time)).astype(np.float32)
    assert np.abs(telephone(high)).mean() < 0.01 * np.abs(high).mean()


def test_a_copy_is_the_same_for_the_same_seed_and_differs_from_the_clip(tone: np.ndarray) -> None:
    first, second = (augment(tone, AugmentSettings(), np.random.default_rng(7)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert first.dtype == np.float32
    assert len(first) != len(tone)
    assert np.isfinite(first).all()
