"""Evaluation on synthetic frames: each speaker is scored once, by a head that never heard them."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ser import evaluation
from ser.constants import EMOTIONS
from ser.draws import CorpusData
from ser.evaluation import Fold, Plan, evaluate
from ser.frames import FrameStore
from ser.report import FoldScore, write_report
from ser.sureness import SureFrom
from tests import small_training
from tests.small_training import HEAD, TAUGHT, small_store, small_table

QUICK = replace(small_training.QUICK, epochs=1)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """Two corpora, the second without the last emotion."""
    second = small_table("b")
    return pd.concat([small_table(), second[second["emotion"] != TAUGHT[-1]]], ignore_index=True)


@pytest.fixture(scope="module")
def store(table: pd.DataFrame) -> FrameStore:
    return small_store(table)


def test_each_speaker_is_scored_once_and_the_settings_are_stored(
    table: pd.DataFrame, store: FrameStore, tmp_path: Path
) -> None:
    first, second = evaluate(CorpusData(table, store), Plan("speaker", ("a", "b"), "m"), QUICK, HEAD, lambda _: None)
    assert (first.corpus, second.corpus) == ("a", "b")
    assert first.clips == 10 * len(TAUGHT) * 4
    assert first.speakers == second.speakers == 10
    assert set(first.recall) == set(TAUGHT)
    assert set(second.recall) == set(TAUGHT[:-1])
    assert sum(map(sum, first.confusion)) == first.clips
    tested = [name for fold in first.folds for name in fold.test_speakers]
    assert len(tested) == len(set(tested)) == 20
    assert 0.0 < first.sure.coverage <= 1.0
    assert first.sure.accuracy > 0.7
    for fold in first.folds:
        assert not set(fold.test_speakers) & set(fold.validation_speakers)
    write_report(first, tmp_path / "report.json")
    stored = json.loads((tmp_path / "report.json").read_text())["speaker/a"]
    assert stored["uar"] == first.uar > 0.7
    assert stored["settings"]["training"]["epoch_clips"] == QUICK.epoch_clips


def test_labels_that_say_nothing_score_at_chance() -> None:
    """The guard against leakage: with shuffled labels, unheard speakers can't be understood."""
    only = small_table()
    rng = np.random.default_rng(1)
    shuffled = only.assign(emotion=rng.permutation(only["emotion"].to_numpy()))
    (report,) = evaluate(
        CorpusData(shuffled, small_store(only)),
        Plan("speaker", ("a",), "m", "taught by a"),
        QUICK,
        HEAD,
        lambda _: None,
    )
    assert report.key == "speaker/a taught by a"
    assert report.uar < 1 / len(TAUGHT) + 0.2


def test_a_corpus_left_out_is_scored_on_what_the_others_teach(table: pd.DataFrame, store: FrameStore) -> None:
    (report,) = evaluate(CorpusData(table, store), Plan("corpus", ("a",), "m"), QUICK, HEAD, lambda _: None)
    assert report.trained_on == ("b",)
    assert set(report.recall) == set(TAUGHT[:-1])
    assert all(name.startswith("b/") for fold in report.folds for name in fold.validation_speakers)


def test_a_killed_run_goes_on_and_a_changed_setting_starts_anew(
    table: pd.DataFrame, store: FrameStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: list[int] = []

    def answer(_data: object, _split: object, rows: np.ndarray, *_: object) -> Fold:
        trained.append(len(rows))
        score = FoldScore(("x",), ("y",), len(rows), (1.0,), SureFrom(0.5, 0.75), 1, 1.0)
        return Fold(np.full((1, len(rows), len(EMOTIONS)), 1 / len(EMOTIONS)), np.full(len(rows), 0.25), score)

    monkeypatch.setattr(evaluation, "_answer_fold", answer)
    plan = Plan("speaker", ("a",), "m", kept=tmp_path / "kept")
    whole = evaluate(CorpusData(table, store), plan, QUICK, HEAD, lambda _: None)
    kept = sorted((tmp_path / "kept").iterdir())
    assert len(kept) == len(trained) == 5
    kept[0].unlink()
    again = evaluate(CorpusData(table, store), plan, QUICK, HEAD, lambda _: None)
    assert len(trained) == 6
    assert again == whole
    evaluate(CorpusData(table, store), plan, replace(QUICK, epochs=7), HEAD, lambda _: None)
    assert len(trained) == 11
