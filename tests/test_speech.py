"""Where somebody speaks, on sounds whose silence is known."""

import itertools

import numpy as np
import pytest

from ser.audio import Recording, from_samples
from ser.constants import SAMPLE_RATE_HZ
from ser.speech import Span, find_speech
from tests.conftest import voice_like


def with_pauses(*parts_s: float) -> Recording:
    """Voice and faint noise by turns, beginning with voice; lengths in seconds."""
    rng = np.random.default_rng(0)
    parts = [
        voice_like(length_s) if i % 2 == 0 else 1e-4 * rng.standard_normal(round(length_s * SAMPLE_RATE_HZ))
        for i, length_s in enumerate(parts_s)
    ]
    return from_samples(np.concatenate(parts).astype(np.float32), SAMPLE_RATE_HZ)


def test_a_long_pause_parts_two_spans_and_a_short_one_does_not() -> None:
    speech = find_speech(with_pauses(2.0, 1.5, 2.0, 0.15, 1.0))
    assert [span.start_s for span in speech.spans] == pytest.approx([0.0, 3.5], abs=0.2)
    assert [span.stop_s for span in speech.spans] == pytest.approx([2.0, 6.65], abs=0.25)
    assert speech.share == pytest.approx(5.15 / 6.65, abs=0.06)


def test_a_click_is_no_word() -> None:
    sound = np.zeros(3 * SAMPLE_RATE_HZ, np.float32)
    sound[16_000:16_800] = voice_like(0.05)
    assert find_speech(from_samples(sound, SAMPLE_RATE_HZ)).spans == ()


def test_quiet_speech_is_found() -> None:
    loud = with_pauses(2.0, 1.0)
    quiet = from_samples(loud.samples * 0.03, SAMPLE_RATE_HZ)
    assert find_speech(quiet).speech_s == pytest.approx(find_speech(loud).speech_s, abs=0.4)


def test_spans_are_in_order_apart_and_within(voice: np.ndarray) -> None:
    recording = with_pauses(*(0.7 + 0.1 * (i % 4) for i in range(40)))
    spans = find_speech(recording).spans
    edges = [edge for span in spans for edge in (span.start, span.stop)]
    assert edges == sorted(edges)
    assert edges[0] >= 0
    assert edges[-1] <= len(recording.stored)
    assert all(b.start > a.stop for a, b in itertools.pairwise(spans))


def test_long_recordings_kept_as_integers_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = with_pauses(3.0, 2.0, 3.0)
    monkeypatch.setattr("ser.intake.EXACT_MAX_S", 1.0)
    rounded = from_samples(exact.samples, SAMPLE_RATE_HZ)
    assert rounded.stored.dtype == np.int16
    assert find_speech(rounded) == find_speech(exact)


def test_a_span_tells_its_seconds() -> None:
    span = Span(8_000, 24_000)
    assert (span.start_s, span.stop_s, span.duration_s) == (0.5, 1.5, 1.0)
