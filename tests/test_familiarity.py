"""The space in which corpora lie, with corpora whose places are known."""

import numpy as np
import pytest

from ser.familiarity import Space


@pytest.fixture
def clips() -> tuple[np.ndarray, np.ndarray]:
    """Two corpora of 400 clips in 20 dimensions; they spread widely in the first one, narrowly in the others."""
    rng = np.random.default_rng(0)
    spread = np.array([10.0] + [0.5] * 19)
    centres = np.zeros((2, 20))
    centres[1, 1] = 8.0
    means = np.concatenate([centre + spread * rng.standard_normal((400, 20)) for centre in centres])
    return means.astype(np.float32), np.repeat([0, 1], 400)


def test_distance_counts_directions_by_how_far_clips_of_a_corpus_differ(clips: tuple[np.ndarray, np.ndarray]) -> None:
    means, corpora = clips
    space = Space.of(means, corpora, np.ones(len(means)))
    assert np.median(space.distances(means)) < 0.3  # 20 of the 300 directions are in use
    far_where_wide, far_where_narrow = np.zeros((1, 20), np.float32), np.zeros((1, 20), np.float32)
    far_where_wide[0, 0] = far_where_narrow[0, 2] = 5.0
    wide, narrow = space.distances(far_where_wide), space.distances(far_where_narrow)
    assert wide < np.median(space.distances(means)) < np.max(space.distances(means)) < narrow


def test_the_nearest_centre_counts(clips: tuple[np.ndarray, np.ndarray]) -> None:
    means, corpora = clips
    space = Space.of(means, corpora, np.ones(len(means)))
    middle = np.zeros((3, 20), np.float32)
    middle[1, 1], middle[2, 1] = 4.0, 8.0
    distances = space.distances(middle)
    assert distances[1] > 10 * max(distances[0], distances[2])


def test_weights_move_the_centre() -> None:
    means = np.array([[0.0, 1.0], [0.0, -1.0], [4.0, 1.0], [4.0, -1.0]], np.float32)
    space = Space.of(means, np.zeros(4, np.int64), np.array([1.0, 1.0, 0.0, 0.0]) + 1e-9)
    assert space.distances(means[:2]).max() < space.distances(means[2:]).min()
