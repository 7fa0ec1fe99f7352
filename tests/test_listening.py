"""Several workers say what one would, whatever the batches."""

import numpy as np
import pytest

from ser import listening
from ser.audio import Recording, from_samples
from ser.constants import SAMPLE_RATE_HZ
from ser.passages import BLOCK_SAMPLES, Passage
from ser.prediction import Step
from ser.speech import Span


class CountingCrew(listening.Crew):
    """Encodes a block as one frame a second that holds its mean; answers with the mean of a window's frames."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.encoded = self.answered = 0

    def hear(self, samples: np.ndarray) -> np.ndarray:
        self.encoded += 1
        return samples.reshape(6, -1).mean(axis=1, keepdims=True)

    def answer(self, frames: np.ndarray) -> np.ndarray:
        self.answered += 1
        return np.full(8, frames.mean(), np.float32)


def as_step(told: np.ndarray, span: Span) -> Step:
    return Step(span, told.astype(np.float64))


def seconds(duration_s: int) -> Recording:
    """Each second holds its own number."""
    return from_samples(np.repeat(np.arange(1, duration_s + 1), SAMPLE_RATE_HZ).astype(np.float32), SAMPLE_RATE_HZ)


def passage(start_s: int, blocks: int, rest_s: int = 0) -> Passage:
    start = start_s * SAMPLE_RATE_HZ
    spans = tuple(Span(start + i * BLOCK_SAMPLES, start + (i + 1) * BLOCK_SAMPLES) for i in range(blocks))
    stop = spans[-1].stop + rest_s * SAMPLE_RATE_HZ
    return Passage(spans, Span(stop - BLOCK_SAMPLES, stop) if rest_s else None)


@pytest.mark.parametrize("batch", [1, 2, 3, 32])
@pytest.mark.parametrize("workers", [1, 3])
def test_steps_are_means_of_windows_whatever_the_batch(
    batch: int, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "BATCH_BLOCKS", batch)
    crew = CountingCrew(workers)
    steps = listening.listen(seconds(30), [passage(0, 3, rest_s=1), passage(20, 1)], crew, as_step)
    assert [(one.span.start_s, one.span.stop_s) for one in steps] == [
        (0, 3), (3, 6), (6, 9), (9, 12), (12, 15), (15, 18), (18, 19), (20, 23), (23, 26),
    ]  # fmt: skip
    # Blocks have the means 3.5, 9.5, 15.5; across their edges 6.5, 12.5; the last six seconds 16.5; alone 23.5.
    assert [one.probabilities[0] for one in steps] == pytest.approx(
        [3.5, (3.5 + 6.5) / 2, (9.5 + 6.5) / 2, (9.5 + 12.5) / 2, (15.5 + 12.5) / 2, 15.5, 16.5, 23.5, 23.5]
    )
    assert crew.encoded == 5
    assert crew.answered == 7


def test_a_model_that_cannot_join_hears_the_windows_across_edges_itself() -> None:
    joins, hears = CountingCrew(1), CountingCrew(1)
    hears.joins = False
    both = [listening.listen(seconds(30), [passage(0, 3)], crew, as_step) for crew in (joins, hears)]
    assert [one.probabilities[0] for one in both[0]] == pytest.approx([one.probabilities[0] for one in both[1]])
    assert (joins.encoded, hears.encoded) == (3, 5)


def test_a_failure_in_a_worker_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    crew = CountingCrew(2)
    monkeypatch.setattr(crew, "answer", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        listening.listen(seconds(30), [passage(0, 3)], crew, as_step)


def test_progress_grows_to_the_whole() -> None:
    told: list[tuple[float, float]] = []
    listening.listen(seconds(30), [passage(0, 4, rest_s=2)], CountingCrew(1), as_step, lambda *one: told.append(one))
    assert told == [(26.0, 26.0)]
