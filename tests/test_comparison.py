"""The comparison: clips and splits of a cell, resuming, the table, and a small one from end to end."""

from __future__ import annotations

import argparse
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from ser import cli, fitting, fold_keys
from ser.commands import compare
from ser.commands import evaluate as evaluate_command
from ser.commands.material import Materials, read_table
from ser.comparison import SETS, Cell, ClipSet, cell_made_of, run_cell
from ser.constants import EMOTIONS, SAMPLE_RATE_HZ
from ser.cores import usable_cores
from ser.errors import CorpusError, ModelError
from ser.fitting import Material
from ser.models.registry import spec_of
from ser.people import listeners
from ser.processed import CLIP_COLUMNS
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


def corpus_of_tones(folder: Path) -> Path:
    """Ten speakers, eight emotions at a pitch each; gives the folder of its tables."""
    rng = np.random.default_rng(0)
    time_s = np.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    rows = []
    for speaker in range(10):
        for i, emotion in enumerate(EMOTIONS):
            path = f"{speaker}-{emotion}.wav"
            pitch = 150.0 * 1.3**i * rng.uniform(0.97, 1.03)
            sound = sum(0.2 / k * np.sin(2 * np.pi * k * pitch * time_s) for k in (1, 2, 3))
            soundfile.write(folder / path, sound + 0.01 * rng.standard_normal(len(time_s)), SAMPLE_RATE_HZ)
            values = {"path": path, "corpus": "ravdess", "speaker": f"ravdess/{speaker}", "emotion": emotion,
                      "gender": "female" if speaker % 2 else "male", "style": "speech", "sha256": path,
                      "language": "en", "corpus_emotion": emotion, "intensity": "normal", "sentence": "1",
                      "duration_s": 1.0, "sample_rate_hz": 16000, "channels": 1, "size_bytes": 32044}  # fmt: skip
            rows.append([values.get(name, "") for name in CLIP_COLUMNS])
    pd.DataFrame(rows, columns=list(CLIP_COLUMNS)).to_csv(folder / "clips.csv", index=False)
    return folder


def test_a_small_comparison_from_end_to_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = corpus_of_tones(tmp_path)
    flags = ["--tables", str(data), "--inputs", str(tmp_path / "inputs"), "--finished", str(tmp_path / "kept"),
             "--out", str(tmp_path / "out"), "--clips", "ravdess", "--augment", "noise", "--workers", "1"]  # fmt: skip
    words = ["compare", str(data), "--model", "linear", "lstm_mfcc", "--protocol", "speaker", "random", *flags]
    assert cli.main([*words, "--folds", "1"]) == 0
    said = capsys.readouterr().out
    assert "4 of 4: ravdess/random/lstm_mfcc" in said
    cells = json.loads((tmp_path / "out" / "results.json").read_text())["cells"]
    assert set(cells) == {f"ravdess/{p}/{m}" for p in ("speaker", "random") for m in ("linear", "lstm_mfcc")}
    assert cells["ravdess/speaker/linear"]["report"]["uar"] > 0.8
    assert len(cells["ravdess/random/lstm_mfcc"]["histories"][0]) > 3
    assert cells["ravdess/speaker/linear"]["report"]["settings"]["copies"] == ["noise"]
    assert "`lstm_mfcc`" in (tmp_path / "out" / "README.md").read_text()
    assert not list((tmp_path / "kept").rglob("training"))
    log = (tmp_path / "out" / "log.txt").read_text().splitlines()
    assert "model: ['linear', 'lstm_mfcc']" in log[0]
    assert log[-1].endswith(said.splitlines()[-2])
    assert str(tmp_path) not in "".join(log)


def test_what_the_table_lacks_alone_is_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = corpus_of_tones(tmp_path)

    def compared(machine: str, *words: str) -> str:
        own = ["--inputs", str(tmp_path / machine / "inputs"), "--finished", str(tmp_path / machine / "kept")]
        flags = ["--tables", str(data), "--out", str(tmp_path / "out"), "--clips", "ravdess", "--protocol", "random"]
        assert cli.main(["compare", str(data), *flags, *own, "--workers", "1", *words]) == 0
        return capsys.readouterr().out

    compared("first", "--model", "linear")
    said = compared("second", "--model", "linear", "--missing")
    assert "1 of 1 cells stand" in said
    assert not list((tmp_path / "second").rglob("*.np?"))  # neither inputs nor folds are made for what stands
    said = compared("second", "--model", "linear", "mlp", "--missing")
    assert "1 of 2 cells stand" in said
    assert "1 of 1: ravdess/random/mlp" in said
    for changed in (["--copies-seed", "1"], ["--speaker-clips", "4"], ["--augment", "gain"]):
        assert "0 of 1 cells stand" in compared("third", "--model", "linear", "--missing", *changed)
    results = tmp_path / "out" / "results.json"
    kept = json.loads(results.read_text())
    del kept["cells"]["ravdess/random/mlp"]["made_of"]  # of a version that did not tell
    results.write_text(json.dumps(kept))
    assert "0 of 1 cells stand" in compared("second", "--model", "mlp", "--missing")


@pytest.mark.parametrize("name", ["linear", "cnn", "attention", "speech_linear", "speech_cnn_lstm"])
def test_the_outline_of_a_material_has_its_keys(name: str, tmp_path: Path) -> None:
    data = corpus_of_tones(tmp_path)
    parser = argparse.ArgumentParser()
    compare.add_arguments(parser)
    options = parser.parse_args([str(data), "--inputs", str(tmp_path / "inputs"), "--cache", str(tmp_path / "frames")])
    materials = Materials(data, options, read_table(data, data, options.speaker_clips))
    spec, clips = spec_of(name), SETS["ravdess"]
    outline, material = materials.outline(spec, clips), materials.of(spec, clips)
    assert outline.versions == material.versions
    for protocol in ("speaker", "published"):
        cell = Cell(spec, protocol, clips, folds=2)
        assert cell_made_of(cell, outline) == cell_made_of(cell, material)


def test_trainings_side_by_side_say_the_same_as_one_after_the_other(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    data = corpus_of_tones(tmp_path)
    for name, trainings in (("one", "1"), ("two", "2")):
        words = ["--tables", str(data), "--inputs", str(tmp_path / "inputs"), "--finished", str(tmp_path / name),
                 "--out", str(tmp_path / f"out-{name}"), "--clips", "ravdess", "--protocol", "random", "speaker",
                 "--folds", "1", "--model", "linear", "lstm_mfcc", "--workers", "1",
                 "--trainings", trainings]  # fmt: skip
        assert cli.main(["compare", str(data), *words]) == 0
    one, two = (json.loads((tmp_path / f"out-{name}" / "results.json").read_text())["cells"] for name in ("one", "two"))
    assert set(one) == set(two)
    assert len(one) == 4
    for key, cell in one.items():
        assert cell["report"]["accuracy"] == pytest.approx(two[key]["report"]["accuracy"], abs=0.1)
        if key.endswith("linear"):
            assert cell["report"]["confusion"] == two[key]["report"]["confusion"]
        else:  # begun with the same weights, gone on with the same rows in the same order
            losses = [[epoch["loss"] for epoch in way["histories"][0][:3]] for way in (cell, two[key])]
            assert losses[0] == pytest.approx(losses[1], rel=1e-4)
        assert cell["cores"] == usable_cores()
        assert two[key]["cores"] == (1 if hasattr(os, "sched_setaffinity") else usable_cores())
    log = (tmp_path / "out-two" / "log.txt").read_text()
    assert "ravdess/random/linear, fold 1: UAR" in log
    assert "4 of 4: ravdess/" in log
    assert "4 of 4: ravdess/" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("words", "folder"),
    [("", "table"), ("--augment noise", "changed"), ("--speaker-clips 4", "changed"), ("--seed 1", "changed")],
)
def test_only_what_is_evaluated_as_in_the_comparison_stands_in_its_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, folder: str
) -> None:
    monkeypatch.setattr(evaluate_command, "MODEL_FOLDER", tmp_path / "table")
    monkeypatch.setattr(evaluate_command, "ROOT", tmp_path / "changed")
    data = corpus_of_tones(tmp_path)
    flags = ["--tables", str(data), "--inputs", str(tmp_path / "inputs"), "--finished", str(tmp_path / "kept"),
             "--protocol", "random", "--workers", "1", *words.split()]  # fmt: skip
    assert cli.main(["evaluate", "linear", str(data), *flags]) == 0
    assert [path.relative_to(tmp_path).parts[0] for path in tmp_path.rglob("results.json")] == [folder]


@pytest.mark.parametrize(("train_copies", "versions"), [("0", 1), ("2", 3)])
def test_training_makes_the_copies_alone_that_it_learns_from(tmp_path: Path, train_copies: str, versions: int) -> None:
    data = corpus_of_tones(tmp_path)
    flags = ["--tables", str(data), "--inputs", str(tmp_path / "inputs"), "--finished", str(tmp_path / "kept"),
             "--out", str(tmp_path / "model"), "--train-copies", train_copies, "--workers", "1"]  # fmt: skip
    assert cli.main(["train", "linear", str(data), *flags]) == 0
    assert {np.load(path).shape[1] for path in (tmp_path / "inputs").rglob("*.npy")} == {versions}


def test_what_cannot_be_compared_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["compare", str(tmp_path / "nowhere")]) == CorpusError.exit_code
    assert "No data folder" in capsys.readouterr().err
    data = corpus_of_tones(tmp_path)
    assert cli.main(["compare", str(data), "--tables", str(data), "--model", "gru"]) == ModelError.exit_code
    assert "There is no model 'gru'" in capsys.readouterr().err
    assert cli.main(["compare", str(data), "--tables", str(data), "--augment", "echo"]) == CorpusError.exit_code
    assert "'echo' is no change" in capsys.readouterr().err


def test_the_plan_runs_the_cheap_first_and_the_image_networks_on_ravdess_alone() -> None:
    parser = argparse.ArgumentParser()
    compare.add_arguments(parser)
    cells = compare.planned(parser.parse_args([]))
    names = [cell.spec.name for cell in cells]
    assert names.index("vgg16") > max(i for i, name in enumerate(names) if name in compare.QUICK)
    slow = [cell.clips.name for cell in cells if cell.spec.name not in (*compare.QUICK, *compare.COSTLY)]
    assert slow == sorted(slow, reverse=True)  # ravdess, which has far fewer clips, before pooled
    assert {cell.clips.name for cell in cells if cell.spec.name == "vgg16"} == {"ravdess"}
    assert {cell.folds for cell in cells if cell.spec.name == "vgg16"} == {1}
    assert {(cell.clips.name, cell.folds) for cell in cells if cell.spec.name == "lstm"} == {
        ("ravdess", 0),
        ("pooled", 1),
    }
    assert {cell.folds for cell in cells if cell.spec.name == "mlp"} == {0}
    assert len(cells) == len({cell.key for cell in cells}) == 3 * (2 * 14 + 5) - 3 * 2
