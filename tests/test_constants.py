"""Numbers that others rely on, and how they hang together."""

from __future__ import annotations

from ser import constants


def test_audio_numbers_are_whispers() -> None:
    assert (constants.SAMPLE_RATE_HZ, constants.WINDOW_SAMPLES, constants.HOP_SAMPLES) == (16_000, 400, 160)
    assert (constants.MEL_BANDS, constants.MEL_FRAMES_PER_S, constants.SPEECH_FRAMES_PER_S) == (80, 100, 50)
    assert constants.ENCODER_POSITIONS == 30 * constants.SPEECH_FRAMES_PER_S
    assert constants.ENCODER_WIDTH % constants.ENCODER_HEADS == 0


def test_summary_has_162_numbers() -> None:
    assert constants.SUMMARY_SIZE == 162


def test_emotions_are_sorted_and_unlike_other() -> None:
    assert len(constants.EMOTIONS) == len(set(constants.EMOTIONS)) == 8
    assert list(constants.EMOTIONS) == sorted(constants.EMOTIONS)
    assert constants.OTHER_EMOTION not in constants.EMOTIONS


def test_one_window_fits_the_encoder_and_windows_overlap() -> None:
    assert constants.MODEL_WINDOW_S * constants.SPEECH_FRAMES_PER_S <= constants.ENCODER_POSITIONS
    assert 0 < constants.DURATION_MIN_S < constants.MODEL_WINDOW_S < constants.DURATION_MAX_S
