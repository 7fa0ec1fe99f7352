"""Live sound: results come while it does, hold no more than 6 s, and agree with those of a file."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import ser
from ser import streaming
from ser.constants import EMOTIONS, SAMPLE_RATE_HZ
from ser.errors import AudioError, NotAudioError
from ser.prediction import Step
from ser.recognizer import Recognizer
from ser.speech import Span
from ser.streaming import LiveResult, stream
from ser.sureness import SureFrom
from tests.conftest import voice_like

HAPPY, SAD = (np.where(np.array(EMOTIONS) == word, 0.65, 0.05) for word in ("happy", "sad"))


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return ser.load()


def pieces(samples: NDArray[np.floating], count: int) -> Iterator[NDArray[np.floating]]:
    for start in range(0, len(samples), count):
        yield samples[start : start + count]


class Ears:
    """Hears happy in the first 6 s and sad after; notes what it was asked."""

    def __init__(self, voice: float = 1.0) -> None:
        self.asked: list[Span] = []
        self.voice = voice

    def __call__(self, samples: NDArray[np.float32], span: Span) -> Step:
        assert len(samples) == span.stop - span.start <= 6 * SAMPLE_RATE_HZ
        self.asked.append(span)
        return Step(span, HAPPY if span.start < 6 * SAMPLE_RATE_HZ else SAD, self.voice, 0.8)


def results(samples: NDArray[np.floating], count: int = 1600, ears: Ears | None = None) -> list[LiveResult]:
    return list(stream(pieces(samples, count), SAMPLE_RATE_HZ, ears or Ears(), SureFrom(0.5, 0.9), 1.0))


def test_the_last_result_of_a_short_stream_is_that_of_a_file(recognizer: Recognizer) -> None:
    sound = voice_like(4.0)
    found = list(recognizer.stream(pieces(sound, 999)))
    assert [one.heard_s for one in found] == [1.0, 2.0, 3.0, 4.0, 4.0]
    assert [one.is_last for one in found] == [False, False, False, False, True]
    last, whole = found[-1].so_far, recognizer.predict(sound)
    assert last is not None
    assert last.probabilities == pytest.approx([whole.probabilities[emotion] for emotion in EMOTIONS], abs=1e-6)
    assert last.voice == pytest.approx(whole.voice, abs=1e-6)
    assert found[-1].has_voice == whole.has_voice


def test_another_rate_and_two_channels_are_heard_alike(recognizer: Recognizer) -> None:
    sound = voice_like(3.0, 44_100)
    stereo = np.stack([sound, sound], axis=1)
    last = list(recognizer.stream(pieces(stereo, 4410), 44_100, every_s=3.0))[-1]
    whole = recognizer.predict(voice_like(3.0))
    assert last.heard_s == pytest.approx(3.0, abs=0.001)
    assert last.so_far is not None
    assert last.so_far.probabilities == pytest.approx([whole.probabilities[emotion] for emotion in EMOTIONS], abs=0.1)


@pytest.mark.parametrize("count", [160, 7777, 400_000])
def test_the_size_of_the_chunks_changes_nothing(count: int) -> None:
    found = results(voice_like(14.0), count)
    assert [one.heard_s for one in found] == [*map(float, range(1, 15)), 14.0]
    assert [one.emotion for one in found[:6]] == ["happy"] * 6
    expected = (6 * HAPPY + 8 * SAD) / 14
    assert found[-1].so_far is not None
    assert found[-1].so_far.probabilities == pytest.approx(expected, abs=0.02)
    assert found[-1].now is not None
    assert found[-1].now.scores[0].emotion == "sad"
    assert found[-1].emotion == "sad"


def test_a_long_stream_holds_the_last_six_seconds() -> None:
    ears = Ears()
    endless = itertools.islice(itertools.cycle([voice_like(1.0)]), 60)
    for _ in stream(endless, SAMPLE_RATE_HZ, ears, SureFrom(), 6.0):
        pass
    assert max(span.stop - span.start for span in ears.asked) == 6 * SAMPLE_RATE_HZ
    assert max(span.stop for span in ears.asked) == 60 * SAMPLE_RATE_HZ


def test_where_nobody_speaks_the_model_is_not_asked() -> None:
    ears = Ears()
    found = results(np.zeros(3 * SAMPLE_RATE_HZ, np.float32), ears=ears)
    assert ears.asked == []
    assert [(one.now, one.so_far, one.emotion, one.probability, one.is_sure) for one in found] == [
        (None, None, None, 0.0, False)
    ] * 4
    after = results(np.concatenate([voice_like(5.0), np.zeros(9 * SAMPLE_RATE_HZ, np.float32)]))
    assert after[-1].now is None
    assert after[-1].emotion == "happy"


def test_doubt_follows_the_limits_of_the_model() -> None:
    assert results(voice_like(2.0))[-1].is_sure
    no_voice = results(voice_like(2.0), ears=Ears(voice=0.2))[-1]
    assert (no_voice.has_voice, no_voice.emotion, no_voice.is_sure) == (False, None, False)
    assert len(no_voice.scores) == 8


def test_a_stream_that_is_too_short_says_nothing() -> None:
    assert [one.so_far for one in results(voice_like(0.4))] == [None]
    assert [one.heard_s for one in results(np.zeros(0, np.float32))] == [0.0]


def test_what_is_no_sound_is_refused_with_its_place() -> None:
    good = np.zeros(100, np.float32)
    bad: Any
    for bad, words in (
        (np.zeros(10, np.int16), "Chunk 2 of live sound has dtype int16"),
        (np.zeros((2, 2, 2)), "has 3 dimensions"),
        (np.array([np.nan]), "not numbers"),
    ):
        with pytest.raises(NotAudioError, match=words):
            list(stream([good, bad], SAMPLE_RATE_HZ, Ears(), SureFrom(), 1.0))
    with pytest.raises(NotAudioError, match="a sample rate of 100 Hz"):
        list(stream([good], 100, Ears(), SureFrom(), 1.0))
    for every_s in (0.1, 60.0):
        with pytest.raises(AudioError, match="every_s is"):
            list(stream([good], SAMPLE_RATE_HZ, Ears(), SureFrom(), every_s))


def test_results_come_while_sound_does() -> None:
    """Nothing waits for the end."""
    taken = []

    def microphone() -> Iterator[NDArray[np.float32]]:
        for number in itertools.count():
            taken.append(number)
            yield voice_like(0.5)

    first = next(stream(microphone(), SAMPLE_RATE_HZ, Ears(), SureFrom(), streaming.EVERY_S))
    assert (first.heard_s, len(taken)) == (1.0, 2)
