"""The pooled path against scikit-learn and a mixture worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from ser.calibration import softmax
from ser.constants import EMOTIONS
from ser.draws import Draws, targets_of
from ser.frames import FrameStore
from ser.models.speech_cnn_lstm import HeadSettings, build_head
from ser.regression import (
    Lesson,
    answers_by_others,
    fit_pooled,
    fit_strangers,
    fit_voice,
    pooled_statistics,
    statistics_of,
)
from ser.splits import speaker_folds
from ser.training import predict_logits, standardise_from
from tests.small_training import HEAD, QUICK, TAUGHT, small_store, small_table


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """Two corpora; the second has but two of the emotions."""
    second = small_table("b")
    return pd.concat([small_table(), second[second["emotion"].isin(TAUGHT[:2])]], ignore_index=True)


@pytest.fixture(scope="module")
def store(table: pd.DataFrame) -> FrameStore:
    return small_store(table)


def _layer(statistics: np.ndarray, layer: object) -> np.ndarray:
    return statistics @ np.asarray(layer.kernel) + np.asarray(layer.bias)  # type: ignore[attr-defined]


def test_one_corpus_gets_one_regression(table: pd.DataFrame, store: FrameStore) -> None:
    head = build_head(HEAD)
    clips = np.flatnonzero((table["corpus"] == "a").to_numpy())
    draws = Draws(store, table, clips, QUICK)
    standardise_from(head, store, draws.clips, seed=0)
    fit_pooled(head, Lesson.of(statistics_of(head, draws), draws, table, ("a",)))
    logits = predict_logits(head, store, draws.clips)["pooled"]
    assert np.mean(logits.argmax(1) == targets_of(table)[draws.clips]) > 0.9
    statistics = pooled_statistics(store, draws.clips, 0, head)
    np.testing.assert_allclose(
        softmax(logits), softmax(_layer(statistics[:, :512], head.get_layer("pooled").common)), atol=1e-3
    )
    untaught = [i for i, emotion in enumerate(EMOTIONS) if emotion not in TAUGHT]
    assert not set(logits.argmax(1)) & set(untaught)


def test_two_corpora_get_a_mixture_beside_the_common_one(table: pd.DataFrame, store: FrameStore) -> None:
    head = build_head(HeadSettings(**{**HEAD.to_json(), "corpora": ("a", "b")}))
    draws = Draws(store, table, speaker_folds(table, ["a", "b"])[0].train, QUICK)
    standardise_from(head, store, draws.clips, seed=0)
    fit_pooled(head, Lesson.of(statistics_of(head, draws), draws, table, ("a", "b")))
    path, statistics = head.get_layer("pooled"), pooled_statistics(store, draws.clips, 0, head)
    common = softmax(_layer(statistics[:, :512], path.common))
    each = softmax(_layer(statistics, path.experts).reshape(-1, 2, len(EMOTIONS)))
    share = softmax(_layer(statistics, path.gate))
    by_hand = common * np.einsum("nc,nce->ne", share, each)
    logits = predict_logits(head, store, draws.clips)["pooled"]
    np.testing.assert_allclose(softmax(logits), by_hand / by_hand.sum(axis=1, keepdims=True), atol=1e-3)
    assert np.mean(logits.argmax(1) == targets_of(table)[draws.clips]) > 0.9
    in_b = (table["corpus"].to_numpy()[draws.clips] == "b").astype(np.int64)
    assert np.mean(share.argmax(axis=1) == in_b) > 0.9
    assert each[:, 1, EMOTIONS.index(TAUGHT[2])].max() < 0.05


def test_what_is_no_voice_gets_even_probabilities(table: pd.DataFrame, store: FrameStore) -> None:
    head = build_head(HEAD)
    draws = Draws(store, table, speaker_folds(table, ["a"])[0].train, QUICK)
    standardise_from(head, store, draws.clips, seed=0)
    fit_pooled(head, Lesson.of(statistics_of(head, draws), draws, table, ("a",)))
    before = predict_logits(head, store, draws.clips)
    assert softmax(before["joint"]).max(axis=1).mean() > 0.5
    np.testing.assert_allclose(
        softmax(before["joint"]), softmax(before["sequence"] + before["pooled"]), atol=1e-4
    )  # until it is fitted, everything is a voice
    rng = np.random.default_rng(3)
    sounds, spans = [], []
    for start in range(0, 40 * 20, 20):
        sounds.append((5.0 + rng.standard_normal((20, 512))).astype(np.float16))
        spans.append([[0, start, 20]])
    outsiders = FrameStore((np.concatenate(sounds),), np.array(spans))
    fit_voice(head, statistics_of(head, draws), FrameStore(outsiders.shards, outsiders.spans[:20]))
    unheard = softmax(predict_logits(head, outsiders, np.arange(20, 40))["joint"])
    assert unheard.max() < 0.2
    assert np.abs(softmax(predict_logits(head, store, draws.clips)["joint"]) - softmax(before["joint"])).max() < 0.1


def test_strangers_are_answered_by_all_corpora_evenly_or_by_the_others_alone(
    table: pd.DataFrame, store: FrameStore
) -> None:
    head = build_head(HeadSettings(**{**HEAD.to_json(), "corpora": ("a", "b")}))
    draws = Draws(store, table, speaker_folds(table, ["a", "b"])[0].train, QUICK)
    standardise_from(head, store, draws.clips, seed=0)
    statistics = statistics_of(head, draws)
    lesson = Lesson.of(statistics, draws, table, ("a", "b"))
    fit_strangers(head, lesson)
    each = softmax(_layer(statistics[:, :512], head.get_layer("strangers").experts).reshape(-1, 2, len(EMOTIONS)))
    told = np.exp(predict_logits(head, store, draws.clips)["strangers"])
    np.testing.assert_allclose(told, each.mean(axis=1), atol=1e-3)
    others = np.exp(answers_by_others(head, statistics, lesson))
    np.testing.assert_allclose(others, each[np.arange(len(each)), 1 - lesson.corpora], atol=1e-4)


def test_settings_survive_json() -> None:
    settings = HeadSettings(corpora=("a", "b"))
    stored = {name: list(v) if isinstance(v, tuple) else v for name, v in settings.to_json().items()}
    assert HeadSettings.from_json(stored) == settings
