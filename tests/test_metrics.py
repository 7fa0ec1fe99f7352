import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score
from sklearn.metrics import confusion_matrix as oracle_confusion

from ser.metrics import confusion_matrix, expected_calibration_error, recalls, unweighted_average_recall


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
