"""The classifier is one of scikit-learn's: what its own checks can't feed with a table is checked here with sound."""

from __future__ import annotations

import pickle
import warnings
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import estimator_checks

from ser.classifier import Sound, SpeechEmotionClassifier
from ser.errors import ModelError, NotAudioError, TooShortError
from tests.conftest import tone

RATE_HZ = 16_000


def sounds(count: int = 12) -> tuple[list[NDArray[np.float32]], list[str]]:
    """Low tones that are sad and high ones that are happy, of different lengths."""
    high = [number % 2 == 1 for number in range(count)]
    made = [tone(0.6 + 0.02 * n, RATE_HZ, (2000 if up else 200) + 10 * n) for n, up in enumerate(high)]
    return made, ["happy" if up else "sad" for up in high]


@pytest.fixture(scope="module")
def fitted() -> SpeechEmotionClassifier:
    return SpeechEmotionClassifier().fit(*sounds())


def test_the_checks_of_scikit_learn_that_feed_no_table_hold() -> None:
    """The others feed rows of a few numbers, which are no recordings; scikit-learn says that it leaves them out."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        results = estimator_checks.check_estimator(SpeechEmotionClassifier())
    assert results
    assert [one for one in results if one["status"] != "passed"] == []
    assert any("which requires input" in str(one.message) for one in said)


@pytest.mark.parametrize(
    "name",
    [
        *("no_attributes_set_in_init", "parameters_default_constructible", "get_params_invariance", "set_params"),
        *("estimator_repr", "valid_tag_types", "estimator_tags_renamed", "mixin_order", "estimator_cloneable"),
    ],
)
def test_its_checks_of_parameters_and_tags_hold_one_by_one(name: str) -> None:
    """They need no data, and scikit-learn leaves them out together with those that feed a table."""
    getattr(estimator_checks, f"check_{name}")("SpeechEmotionClassifier", SpeechEmotionClassifier())


def test_it_learns_and_its_answers_fit_each_other(fitted: SpeechEmotionClassifier) -> None:
    X, y = sounds()
    assert is_classifier(fitted)
    assert list(fitted.classes_) == ["happy", "sad"]
    assert list(fitted.predict(X)) == y
    probabilities = fitted.predict_proba(X)
    assert probabilities.shape == (12, 2)
    assert probabilities.sum(axis=1) == pytest.approx(1.0)
    assert fitted.score(X, y) == 1.0


def test_paths_bytes_and_samples_say_the_same(fitted: SpeechEmotionClassifier, tmp_path: Path) -> None:
    sound = sounds()[0][0]
    soundfile.write(tmp_path / "a.wav", sound, RATE_HZ, subtype="FLOAT")
    path = tmp_path / "a.wav"
    forms: list[Sound] = [str(path), path, path.read_bytes(), sound, sound[:, None]]
    found = fitted.predict_proba(forms)
    assert found == pytest.approx(np.repeat(found[:1], len(forms), axis=0), abs=1e-6)


def test_answers_do_not_depend_on_the_others_nor_on_order(fitted: SpeechEmotionClassifier) -> None:
    X, _ = sounds()
    whole = fitted.predict_proba(X)
    assert fitted.predict_proba(X[::-1])[::-1] == pytest.approx(whole)
    assert fitted.predict_proba(X[3:4]) == pytest.approx(whole[3:4])


def test_clones_pickles_and_second_fits_are_alike(fitted: SpeechEmotionClassifier) -> None:
    X, y = sounds()
    expected = fitted.predict_proba(X)
    again = clone(fitted)
    assert not hasattr(again, "classes_")
    assert again.get_params() == fitted.get_params()
    assert again.fit(X, y).predict_proba(X) == pytest.approx(expected)
    assert again.fit(X, y).predict_proba(X) == pytest.approx(expected)
    assert pickle.loads(pickle.dumps(fitted)).predict_proba(X) == pytest.approx(expected)


def test_it_works_in_pipelines_and_cross_validation() -> None:
    X, y = sounds(8)
    louder = FunctionTransformer(lambda many: [0.5 * one for one in many])
    pipeline = make_pipeline(louder, SpeechEmotionClassifier())
    speakers = [0, 0, 0, 0, 1, 1, 1, 1]
    scores = cross_val_score(pipeline, X, y, groups=speakers, cv=GroupKFold(2), scoring="balanced_accuracy")
    assert list(scores) == [1.0, 1.0]


def test_numbers_as_labels_and_a_random_state_are_kept() -> None:
    X, _ = sounds(4)
    found = SpeechEmotionClassifier(random_state=np.random.RandomState(3)).fit(X, [7, 3, 7, 3])
    assert list(found.predict(X)) == [7, 3, 7, 3]


def test_what_does_not_fit_is_refused(fitted: SpeechEmotionClassifier) -> None:
    X, y = sounds(4)
    with pytest.raises(NotFittedError):
        SpeechEmotionClassifier().predict(X)
    for bad_y, words in (
        (y[:3], "inconsistent numbers"),
        (["sad"] * 4, "single class"),
        ([0.1, 0.2, 0.3, 0.4], "label"),
    ):
        with pytest.raises(ValueError, match=words):
            SpeechEmotionClassifier().fit(X, bad_y)
    with pytest.raises(ValueError, match="holds no recordings"):
        fitted.predict([])
    with pytest.raises(ValueError, match="a single recording"):
        fitted.predict("voice.wav")
    with pytest.raises(TooShortError, match=r"X\[1\]"):
        fitted.predict([X[0], X[0][:100]])
    with pytest.raises(NotAudioError, match="does not exist"):
        fitted.predict(["none.wav"])
    with pytest.raises(ModelError, match="'vgg16' is no classifier of scikit-learn's kind"):
        SpeechEmotionClassifier("vgg16").fit(X, y)
