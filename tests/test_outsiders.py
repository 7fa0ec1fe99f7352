"""Synthesised sounds: as long and as loud as promised, and the same on every run."""

import numpy as np
import pytest

from ser.constants import SAMPLE_RATE_HZ
from ser.outsiders import DURATION_S, TAUGHT, TESTED, synthesise


@pytest.mark.parametrize("name", [*TAUGHT, *TESTED])
def test_each_kind_is_a_sound(name: str) -> None:
    kind = (TAUGHT | TESTED)[name]
    for seed in range(3):
        sound = synthesise(kind, np.random.default_rng(seed))
        assert sound.dtype == np.float32
        assert DURATION_S[0] <= len(sound) / SAMPLE_RATE_HZ + 1e-3
        assert len(sound) / SAMPLE_RATE_HZ <= DURATION_S[1]
        assert np.isfinite(sound).all()
        assert 0.04 < np.abs(sound).max() < 1.0
        np.testing.assert_array_equal(sound, synthesise(kind, np.random.default_rng(seed)))


def test_kinds_that_are_scored_are_never_taught() -> None:
    assert not set(TAUGHT) & set(TESTED)
    assert not set(TAUGHT.values()) & set(TESTED.values())
