"""Training on synthetic frames: small, but every stage is the real one."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ser.commands.corpus_data import limit_speakers
from ser.constants import EMOTIONS
from ser.draws import CorpusData, Draws, draw_weights, padded, targets_of
from ser.frames import FrameStore
from ser.metrics import expected_calibration_error
from ser.models.speech_cnn_lstm import build_head
from ser.recognizer import Recognizer
from ser.shipping import ship
from ser.splits import Split, shipping_split, speaker_folds
from ser.training import (
    fit_head,
    fit_scales,
    predict_logits,
    softmax,
    standardise_from,
)
from tests.small_training import HEAD, QUICK, small_store, small_table


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return small_table()


@pytest.fixture(scope="module")
def store(table: pd.DataFrame) -> FrameStore:
    return small_store(table)


def test_a_speaker_gives_at_most_so_many_clips(table: pd.DataFrame) -> None:
    few = limit_speakers(table, 10)
    assert set(few.groupby("speaker").size()) == {10}
    assert few["emotion"].nunique() == table["emotion"].nunique()
    assert limit_speakers(table, 16).equals(table)


def test_targets_name_the_eight_and_mark_the_rest(table: pd.DataFrame) -> None:
    targets = targets_of(table)
    assert set(targets[table["emotion"] == "other"]) == {-1}
    assert set(targets[table["emotion"] == "sad"]) == {EMOTIONS.index("sad")}


def test_draws_weigh_corpora_by_voices_and_emotions_evenly() -> None:
    rows = [("a", f"a/{i}", "happy" if i else "sad") for i in range(9)] + [("b", "b/0", "happy")] * 50
    table = pd.DataFrame(rows, columns=["corpus", "speaker", "emotion"]).assign(path="x")
    weights = draw_weights(table, np.arange(len(table)))
    in_a = (table["corpus"] == "a").to_numpy()
    assert weights.sum() == pytest.approx(1.0)
    assert weights[in_a].sum() / weights[~in_a].sum() == pytest.approx(3.0)
    assert weights[0] == pytest.approx(weights[in_a][1:].sum())


def test_batches_hold_training_rows_only_and_skip_other(table: pd.DataFrame, store: FrameStore) -> None:
    split = speaker_folds(table, ["a"])[0]
    draws = Draws(store, table, split.train, QUICK)
    drawn = np.concatenate([clips for clips, _ in draws.epoch()])
    assert set(drawn) <= set(split.train)
    assert "other" not in set(table["emotion"].iloc[drawn])


def test_padding_never_changes_an_answer(table: pd.DataFrame, store: FrameStore) -> None:
    head = build_head(HEAD)
    standardise_from(head, store, np.arange(20), seed=0)
    alone = padded(store, np.array([3]), np.array([0]))
    length = store.lengths()[3]
    exact = {name: values[:, :length] for name, values in alone.items()}
    longer = {name: np.pad(values, ((0, 0), (0, 48), (0, 0))) for name, values in alone.items()}
    wanted = head.predict_on_batch(exact)
    for batch in (alone, longer):
        found = head.predict_on_batch(batch)
        np.testing.assert_allclose(found["pooled"], wanted["pooled"], atol=1e-4)
        np.testing.assert_allclose(found["sequence"], wanted["sequence"], atol=1e-4)


def test_standardisation_is_fitted_on_the_rows_given(store: FrameStore) -> None:
    head = build_head(HEAD)
    standardise_from(head, store, np.arange(30), seed=0)
    seen = np.concatenate([store.frames(i) for i in range(30)]).astype(np.float32)
    layer = head.get_layer("standardise")
    np.testing.assert_allclose(np.asarray(layer.mean).ravel(), seen.mean(0), atol=1e-3)
    np.testing.assert_allclose(np.asarray(layer.variance).ravel(), seen.var(0), rtol=1e-2)


def test_scales_find_those_that_made_the_data() -> None:
    rng = np.random.default_rng(0)
    sequence, pooled = rng.normal(0, 2, (2, 20_000, 8)).astype(np.float32)
    truth = softmax(0.4 * sequence + 1.2 * pooled)
    chosen = (truth.cumsum(axis=1) > rng.random((20_000, 1))).argmax(axis=1)
    scales = fit_scales(sequence, pooled, chosen, np.full(len(chosen), 1 / len(chosen)))
    assert scales == pytest.approx((0.4, 1.2), abs=0.05)
    calibrated = softmax(scales[0] * sequence + scales[1] * pooled)
    assert expected_calibration_error(calibrated, chosen) < 0.02


def test_a_head_learns_what_is_there_and_the_seed_reproduces_it(table: pd.DataFrame, store: FrameStore) -> None:
    split = speaker_folds(table, ["a"])[0]
    lines: list[str] = []
    fits = [fit_head(CorpusData(table, store), split, QUICK, HEAD, lines.append) for _ in range(2)]
    rows = split.test[targets_of(table)[split.test] >= 0]
    first, second = (predict_logits(fit.head, store, rows)["joint"] for fit in fits)
    np.testing.assert_allclose(first, second, atol=1e-4)
    assert np.mean(first.argmax(1) == targets_of(table)[rows]) > 0.8
    assert len(fits[0].history) == 3
    assert lines[0].startswith("pooled path")
    assert "epoch 1" in lines[1]


def test_with_two_corpora_what_is_unlike_both_is_unfamiliar(table: pd.DataFrame) -> None:
    both = pd.concat([table, small_table("b")], ignore_index=True)
    store = small_store(both)
    moved = (3 * np.random.default_rng(5).standard_normal(512)).astype(np.float16)
    in_b = np.flatnonzero((both["corpus"] == "b").to_numpy())
    for clip in in_b:  # another room: the same direction is added to all of its frames
        store.frames(int(clip))[:] += moved
    split = speaker_folds(both, ["a", "b"])[0]
    fit = fit_head(CorpusData(both, store), split, QUICK, HEAD, lambda _: None)
    rows = split.test[targets_of(both)[split.test] >= 0]
    assert np.mean(predict_logits(fit.head, store, rows)["familiar"] > 0) > 0.9
    answers = predict_logits(fit.head, store, rows)
    for clip in rows:  # a third room
        store.frames(int(clip))[:] -= 2 * moved
    elsewhere = predict_logits(fit.head, store, rows)
    assert np.mean(elsewhere["familiar"] < 0) > 0.9
    assert softmax(elsewhere["joint"]).max(axis=1).mean() < softmax(answers["joint"]).max(axis=1).mean()
    np.testing.assert_allclose(softmax(elsewhere["joint"]), softmax(fit.scales[2] * elsewhere["strangers"]), atol=0.2)


def test_with_one_corpus_everything_is_familiar(table: pd.DataFrame, store: FrameStore) -> None:
    split = speaker_folds(table, ["a"])[0]
    fit = fit_head(CorpusData(table, store), split, QUICK, HEAD, lambda _: None)
    told = predict_logits(fit.head, store, split.test)
    assert told["familiar"].min() > 10
    joint = fit.scales[0] * told["sequence"] + fit.scales[1] * told["pooled"]
    np.testing.assert_allclose(softmax(told["joint"]), softmax(joint), atol=1e-4)


def test_shipping_writes_what_the_recognizer_loads(
    table: pd.DataFrame, store: FrameStore, tmp_path: Path, voice: np.ndarray
) -> None:
    split: Split = shipping_split(table)
    fit = fit_head(CorpusData(table, store), split, QUICK, HEAD, lambda _: None)
    ship(fit.head, fit.scales, fit.settings, tmp_path / "tiny", {"corpora": {"a": {"clips": 1}}})
    recognizer = Recognizer(tmp_path / "tiny")
    assert recognizer.name == "tiny"
    assert tuple(recognizer.manifest["scales"].values()) == fit.scales
    prediction = recognizer.predict(voice)
    assert prediction.probability > 0.125
    assert prediction.voice == pytest.approx(1.0) == prediction.familiar
