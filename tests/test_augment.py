import numpy as np
import pytest

from ser.augment import (
    CHANGES,
    AugmentSettings,
    Chain,
    add_noise,
    add_room,
    add_shift,
    augment,
    change_gain,
    change_pitch,
    change_speed,
    stretch,
    telephone,
    through_codec,
    through_microphone,
)
from ser.errors import CorpusError
from tests.conftest import voice_like


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


def test_a_microphone_colours_the_sound_smoothly_and_keeps_its_peak() -> None:
    rng = np.random.default_rng(3)
    noise = rng.standard_normal(64_000).astype(np.float32)
    heard = through_microphone(noise, rng)
    assert np.abs(heard).max() == pytest.approx(np.abs(noise).max(), rel=1e-5)
    gain_db = 20 * np.log10(np.abs(np.fft.rfft(heard))[1:] / np.abs(np.fft.rfft(noise))[1:])
    assert 1.0 < gain_db.std() < 12.0
    assert np.abs(np.diff(gain_db)).max() < 0.2


def test_a_shift_moves_the_sound_and_keeps_the_length(tone: np.ndarray) -> None:
    later, earlier = add_shift(tone, 0.1), add_shift(tone, -0.1)
    assert len(later) == len(earlier) == len(tone)
    np.testing.assert_array_equal(later[1600:], tone[:-1600])
    np.testing.assert_array_equal(earlier[:-1600], tone[1600:])
    assert not later[:1600].any()
    np.testing.assert_array_equal(add_shift(tone, 0.0), tone)


def test_stretching_keeps_the_pitch_and_pitching_the_length(tone: np.ndarray) -> None:
    fast, high = stretch(tone, 1.25), change_pitch(tone, 12.0)
    assert len(fast) == pytest.approx(len(tone) / 1.25, abs=512)
    assert _peak_hz(fast) == pytest.approx(1000, abs=10)
    assert len(high) == len(tone)
    assert _peak_hz(high) == pytest.approx(2000, abs=20)


def test_a_codec_keeps_length_and_most_of_the_sound() -> None:
    sound = voice_like(2.0)
    heard = through_codec(sound, 0.9)
    assert len(heard) == len(sound)
    assert 0.8 < np.corrcoef(sound, heard)[0, 1] < 0.9999


@pytest.mark.parametrize("name", CHANGES)
def test_each_change_by_name_is_seeded_and_changes(name: str) -> None:
    sound = voice_like(1.0)
    chain = Chain.parse(name)
    first, second = (chain(sound, np.random.default_rng(1)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert first.dtype == np.float32
    assert np.isfinite(first).all()
    assert len(first) != len(sound) or np.abs(first - sound).max() > 1e-3


def test_a_chain_is_read_as_it_is_written() -> None:
    chain = Chain.parse("stretch+pitch=0.5")
    assert chain.steps == (("stretch", 1.0), ("pitch", 0.5))
    assert str(chain) == "stretch+pitch=0.5"
    stronger, plain = Chain.parse("noise=4"), Chain.parse("noise")
    sound = voice_like(1.0)
    added = [np.std(one(sound, np.random.default_rng(0)) - sound) for one in (stronger, plain)]
    assert added[0] == pytest.approx(4 * added[1], rel=1e-3)


@pytest.mark.parametrize("text", ["", "echo", "noise=0", "noise=-1", "noise=loud", "noise+", "noise=inf"])
def test_what_is_no_change_is_named(text: str) -> None:
    with pytest.raises(CorpusError, match="is no change to a recording"):
        Chain.parse(text)
