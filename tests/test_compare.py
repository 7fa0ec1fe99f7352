"""``ser compare`` from the words of its line to table and log; what it plans, what it leaves out, what it survives."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import soundfile

from ser import cli
from ser.commands import compare
from ser.commands import evaluate as evaluate_command
from ser.commands.material import Materials, read_table
from ser.comparison import SETS, Cell, cell_made_of
from ser.constants import EMOTIONS, SAMPLE_RATE_HZ
from ser.cores import usable_cores
from ser.errors import CorpusError, ModelError
from ser.models.registry import spec_of
from ser.processed import CLIP_COLUMNS


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


def test_a_fault_in_one_cell_costs_no_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_cell(cell: Cell, *others: Any) -> Any:
        if cell.spec.name == "linear":
            raise ZeroDivisionError("by nothing")
        return original(cell, *others)

    original, data = compare.run_cell, corpus_of_tones(tmp_path)
    monkeypatch.setattr(compare, "run_cell", run_cell)
    flags = ["--tables", str(data), "--inputs", str(tmp_path / "inputs"), "--finished", str(tmp_path / "kept"),
             "--out", str(tmp_path / "out"), "--clips", "ravdess", "--protocol", "random"]  # fmt: skip
    words = ["compare", str(data), "--model", "linear", "xgboost", *flags, "--workers", "1"]
    assert cli.main(words) == ModelError.exit_code
    assert "ravdess/random/linear was ended by a fault of the program (ZeroDiv" in capsys.readouterr().err
    assert set(json.loads((tmp_path / "out" / "results.json").read_text())["cells"]) == {"ravdess/random/xgboost"}
    log = (tmp_path / "out" / "log.txt").read_text()
    assert "ravdess/random/linear: ZeroDivisionError in test_compare.py:" in log
    assert str(tmp_path) not in log


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
