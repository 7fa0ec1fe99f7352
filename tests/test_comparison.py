"""The comparison: clips and splits of a cell, resuming, the table, and how people are scored beside models."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ser import fitting, fold_keys
from ser.comparison import SETS, Cell, ClipSet, run_cell
from ser.errors import CorpusError, ModelError
from ser.fitting import Material
from ser.models.registry import spec_of
from ser.people import listeners
from ser.protocols import splits_of
from ser.splits import WARNINGS
from ser.standings import in_markdown, store

SET = ClipSet("small", (), ("angry", "happy", "sad"))


def small_table() -> pd.DataFrame:
    """Ten speakers, three emotions, four clips of each."""
    rows = [
        (f"{speaker}-{emotion}-{take}", "a", f"a/{speaker}", emotion, "speech", "female" if speaker % 2 else "male")
        for speaker in range(10) for emotion in SET.emotions for take in range(4)
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["path", "corpus", "speaker", "emotion", "style", "gender"])
    return table.assign(intensity="unspecified", sentence="x", age_years=None)


def small_material(versions: int = 3) -> Material:
    """Numbers that tell the emotion a little and the recording much; copies are almost the clip."""
    table = small_table()
    rng = np.random.default_rng(0)
    clips = rng.standard_normal((len(table), 162)).astype(np.float32)
    for i, emotion in enumerate(SET.emotions):
        clips[(table["emotion"] == emotion).to_numpy(), i] += 1.0
    copies = clips[:, None] + 0.05 * rng.standard_normal((len(table), versions, 162)).astype(np.float32)
    return Material(table, SET.emotions, {"input": "summary", "copies": ("noise",)}, values=copies)


@pytest.mark.parametrize("protocol", ["speaker", "random"])
def test_copies_stay_with_their_clip_and_on_the_training_side(protocol: str) -> None:
    material = small_material()
    for split in splits_of(protocol, material.table, sorted(material.table["corpus"].unique()), sparse=True):
        rows = material.version_rows(split)
        assert len(rows.train) == 3 * len(split.train)
        assert not set(rows.train // 3) & set(rows.test // 3)
        assert not set(rows.train // 3) & set(rows.validation // 3)
        assert not np.any(rows.test % 3)
        assert not np.any(rows.validation % 3)
        if protocol == "speaker":
            heard = set(material.table["speaker"].iloc[split.train])
            assert not heard & set(material.table["speaker"].iloc[split.test])


def test_a_split_of_clips_trains_with_as_many_copies_as_it_is_told() -> None:
    material = replace(small_material(), train_copies=1)
    split = splits_of("random", material.table, [])[0]
    assert sorted(material.version_rows(split).train % 3) == [0] * len(split.train) + [1] * len(split.train)


def test_the_flawed_protocol_has_the_leak_it_is_there_to_show(tmp_path: Path) -> None:
    material = small_material()
    scores = {
        protocol: run_cell(Cell(spec_of("mlp"), protocol, SET), material, tmp_path, lambda _: None).report.uar
        for protocol in ("random", "published")
    }
    assert scores["published"] > scores["random"] + 0.2
    with pytest.raises(ModelError, match="needs altered copies"):
        run_cell(Cell(spec_of("mlp"), "published", SET), small_material(versions=1), tmp_path)


def test_a_finished_fold_is_read_and_a_changed_setting_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    material, cell = small_material(), Cell(spec_of("linear"), "speaker", SET, folds=2)
    first = run_cell(cell, material, tmp_path, lambda _: None)
    assert (first.folds, len(first.report.folds), first.report.clips) == (2, 2, 48)
    monkeypatch.setattr(fitting, "_fit_classic", None)  # whatever is trained now would fail
    assert run_cell(cell, material, tmp_path, lambda _: None) == first
    other = Material(material.table, material.emotions, {"input": "other"}, values=material.values)
    with pytest.raises(TypeError):
        run_cell(cell, other, tmp_path, lambda _: None)
    estimator = cell.spec.estimator
    assert estimator
    weaker = replace(cell.spec, estimator=lambda seed: estimator(seed).set_params(C=0.5))
    with pytest.raises(TypeError):
        run_cell(replace(cell, spec=weaker), material, tmp_path, lambda _: None)


def test_a_fold_of_an_image_network_is_kept_by_where_it_started(monkeypatch: pytest.MonkeyPatch) -> None:
    small = small_material()
    material = replace(small, values=np.zeros((len(small.table), 1, 96, 96, 1), np.float32))
    spec, split = spec_of("mobilenetv2"), splits_of("random", small.table, [])[0]
    keys = []
    for start in ("from scratch", "from scratch", "from ImageNet"):
        monkeypatch.setattr(fold_keys, "starts_from", lambda _, start=start: start)
        keys.append(fold_keys.fold_key(fold_keys.made_of(spec, material), material, split))
    assert keys[0] == keys[1] != keys[2]


def test_a_report_says_what_the_score_is_worth(tmp_path: Path) -> None:
    material = small_material()
    results = [
        run_cell(Cell(spec_of("linear"), protocol, SET), material, tmp_path, lambda _: None)
        for protocol in ("speaker", "random", "published")
    ]
    kept = store(results, tmp_path / "out")
    text = (tmp_path / "out" / "README.md").read_text()
    assert text == in_markdown(kept)
    assert text.count("`linear`") == 3
    assert WARNINGS["published"] in text
    assert WARNINGS["random"] in text
    assert text.count("Copies beside each clip, as for `--augment`: `noise`.") == 1
    assert text.index("split by `speaker`") < text.index("split by `random`") < text.index("split by `published`")
    cells = {name: cell | {"train_s": 900.0, "folds": 4, "cores": 2} for name, cell in kept["cells"].items()}
    assert "took 6.0 hours of a core" in in_markdown({"cells": cells})
    speakers = kept["cells"]["small/speaker/linear"]["report"]["speakers"]
    one_fold = kept["cells"]["small/speaker/linear"] | {"folds": 1}
    one_fold["report"] = one_fold["report"] | {"speakers": 1, "model": "first"}
    beside = in_markdown({"cells": kept["cells"] | {"small/speaker/first": one_fold}})
    assert f"split by `speaker`: 3 emotions, {speakers} speakers" in beside
    assert "`first`: 1 of 5 folds only." in beside
    stored = json.loads((tmp_path / "out" / "results.json").read_text())["cells"]
    assert stored["small/published/linear"]["warning"] == WARNINGS["published"]
    assert "warning" not in stored["small/speaker/linear"]
    cell = stored["small/speaker/linear"]
    assert cell["parameters"] == 3 * 163
    assert len(cell["report"]["examples"]) == 10
    assert 0.0 < cell["macro_f1"] <= 1.0


def test_sets_join_calm_to_neutral_and_refuse_what_is_not_there() -> None:
    table = pd.DataFrame(
        [("a", "ravdess", "calm", "speech"), ("b", "ravdess", "neutral", "speech"), ("c", "ravdess", "sad", "song"),
         ("d", "emodb", "other", "speech"), ("e", "emodb", "sad", "speech")],
        columns=["path", "corpus", "emotion", "style"],
    )  # fmt: skip
    assert list(SETS["pooled"].of(table)["emotion"]) == ["neutral", "neutral", "sad"]
    assert list(SETS["ravdess"].of(table)["path"]) == ["a", "b"]
    with pytest.raises(CorpusError, match="No clips of ravdess are there. Corpora there: emodb"):
        SETS["ravdess"].of(table[table["corpus"] == "emodb"])
    with pytest.raises(CorpusError, match="No clip fits"):
        ClipSet("none", (), ("disgust",)).of(table)


def test_people_are_scored_as_models_are(tmp_path: Path) -> None:
    (tmp_path / "crema-d").mkdir()
    (tmp_path / "crema-d" / "human_ratings.csv").write_text(
        "file,angry,disgust,fearful,happy,neutral,sad,responses\n1,6,2,0,0,2,0,10\n2,0,0,0,5,5,0,10\n9,1,0,0,0,0,0,1\n"
    )
    table = pd.DataFrame(
        [("x/1.wav", "crema-d", "angry"), ("x/2.wav", "crema-d", "happy"), ("x/3.wav", "crema-d", "sad")],
        columns=["path", "corpus", "emotion"],
    )
    found = listeners(tmp_path, table)
    assert found is not None
    assert (found.votes, found.clips) == (20, 2)
    assert found.accuracy == pytest.approx(0.55)
    assert found.uar == pytest.approx((0.6 + 0.5) / 2)
    assert found.majority_accuracy == pytest.approx(0.75)
    assert listeners(tmp_path / "elsewhere", table) is None
    (tmp_path / "crema-d" / "human_ratings.csv").write_text("file,angry\n1,2\n")
    with pytest.raises(CorpusError, match="lacks the columns disgust"):
        listeners(tmp_path, table)
