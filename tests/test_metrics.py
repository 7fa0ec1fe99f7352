import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score
from sklearn.metrics import confusion_matrix as oracle_confusion

from ser.metrics import (
    confusion_matrix,
    expected_calibration_error,
    recalls,
    reliability,
    risk_coverage,
    speaker_interval,
    sure_threshold,
    unweighted_average_recall,
)


def test_scores_agree_with_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    truth, answer = rng.integers(0, 8, 500), rng.integers(0, 8, 500)
    assert unweighted_average_recall(truth, answer) == pytest.approx(balanced_accuracy_score(truth, answer))
    np.testing.assert_array_equal(confusion_matrix(truth, answer), oracle_confusion(truth, answer))


def test_recall_counts_only_classes_that_occur() -> None:
    truth, answer = np.array([0, 0, 4, 4]), np.array([0, 2, 4, 4])
    assert recalls(truth, answer) == {"angry": 0.5, "happy": 1.0}
    assert unweighted_average_recall(truth, answer) == 0.75


def test_no_clips_is_an_error() -> None:
    with pytest.raises(ValueError, match="No clips"):
        unweighted_average_recall(np.zeros(0, np.int64), np.zeros(0, np.int64))


def test_calibration_error_of_known_cases() -> None:
    sure_and_right = np.eye(8)[[1, 2, 3]]
    assert expected_calibration_error(sure_and_right, np.array([1, 2, 3])) == 0.0
    assert expected_calibration_error(sure_and_right, np.array([0, 0, 0])) == pytest.approx(1.0)
    half = np.full((4, 2), 0.5)
    assert expected_calibration_error(half, np.array([0, 0, 1, 1])) == pytest.approx(0.0)


def test_the_interval_is_over_speakers_not_clips() -> None:
    """Half the voices are understood, half not: with ten voices that is uncertain, however many clips each gives."""
    speakers = np.repeat([f"s{i}" for i in range(10)], 200)
    truth = np.tile([0, 1], 1000)
    answer = np.where(np.repeat(np.arange(10) % 2, 200) == 1, truth, 1 - truth)
    low, high = speaker_interval(truth, answer, speakers)
    assert low < 0.25
    assert high > 0.75
    assert speaker_interval(truth, truth, speakers) == (1.0, 1.0)


def answers_with(top: list[float], right: list[bool]) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of two classes with these top ones, and the truth that makes them right or wrong."""
    probabilities = np.array([[value, 1 - value] for value in top])
    return probabilities, np.array([0 if yes else 1 for yes in right])


def test_the_threshold_keeps_as_many_answers_as_the_accuracy_allows() -> None:
    probabilities, truth = answers_with([0.95, 0.9, 0.8, 0.7, 0.6], [True, True, False, True, False])
    even = np.ones(5)
    assert sure_threshold(probabilities, truth, even, 0.75) == 0.7
    assert sure_threshold(probabilities, truth, even, 0.9) == 0.9
    # The wrong answer at 0.8 counts little: those above 0.6 may all be called sure.
    assert sure_threshold(probabilities, truth, np.array([1, 1, 0.1, 1, 1]), 0.9) == 0.7


def test_without_a_right_answer_nothing_is_sure() -> None:
    probabilities, truth = answers_with([0.9, 0.8], [False, False])
    assert sure_threshold(probabilities, truth, np.ones(2)) == 1.0


def test_the_surest_answers_come_first_in_risk_and_coverage() -> None:
    probabilities, truth = answers_with([0.6, 0.9, 0.8, 0.7], [False, True, True, False])
    assert risk_coverage(probabilities, truth, steps=4) == ((0.25, 1.0), (0.5, 1.0), (0.75, 2 / 3), (1.0, 0.5))
    assert risk_coverage(probabilities, truth, steps=20)[-1] == (1.0, 0.5)


def test_reliability_counts_each_clip_in_its_bin() -> None:
    probabilities, truth = answers_with([0.61, 0.69, 0.95, 1.0], [False, True, True, True])
    low, high = reliability(probabilities, truth)
    assert (low.clips, low.accuracy, high.clips, high.accuracy) == (2, 0.5, 2, 1.0)
    assert low.probability == pytest.approx(0.65)
    assert expected_calibration_error(probabilities, truth) == pytest.approx((2 * 0.15 + 2 * 0.025) / 4)
