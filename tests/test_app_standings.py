"""The page about the models: its figures are those of the stored reports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from ser.catalogue import DEFAULT_MODEL, MODEL_FOLDER
from ser.manifest import read_json
from ser.ui import standings


def script() -> None:
    from ser.ui import standings

    standings.page()


def shown(page: AppTest) -> str:
    return " ".join(str(one.value) for kind in (page.markdown, page.caption, page.subheader) for one in kind)


def test_scores_are_the_stored_ones() -> None:
    page = AppTest.from_function(script).run(timeout=30)
    assert not page.exception
    table = page.dataframe[0].value
    reports = read_json(MODEL_FOLDER / DEFAULT_MODEL / "report.json")
    row = table[(table["Clips"] == "RAVDESS") & (table["Never heard"] == "voices")].iloc[0]
    assert row["Recall"] == pytest.approx(100 * reports["speaker/ravdess"]["uar"])
    assert row["Speakers"] == reports["speaker/ravdess"]["speakers"]
    assert len(page.get("plotly_chart")) >= 3


def test_another_report_and_another_model_can_be_looked_at() -> None:
    page = AppTest.from_function(script).run(timeout=30)
    assert page.selectbox(key="about-report").value == "speaker/crema-d"
    page.selectbox(key="about-report").select("speaker/emodb").run(timeout=30)
    assert not page.exception
    page.selectbox(key="about-model").select(f"{DEFAULT_MODEL}_open").run(timeout=30)
    assert not page.exception
    assert "commercial" in shown(page)


def test_the_comparison_warns_of_the_flawed_split(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = read_json(MODEL_FOLDER / DEFAULT_MODEL / "report.json")["speaker/ravdess"]

    def cell(histories: list[Any]) -> dict[str, Any]:
        return {"report": report, "macro_f1": 0.5, "parameters": 10, "file_bytes": 10_000, "train_s": 3.0, "cores": 2,
                "clip_ms": 4.0, "histories": histories, "folds": 5, "note": ""}  # fmt: skip

    history = [[{"epoch": 0.0, "loss": 2.0, "val_loss": 1.8}]]
    people = {"accuracy": 0.4, "votes": 10, "majority_accuracy": 0.45, "majority_uar": 0.44, "clips": 5, "uar": 0.4}
    cells = {"ravdess/speaker/cnn": cell(history), "ravdess/published/cnn": cell([]), "pooled/speaker/mlp": cell([])}
    path = tmp_path / "results.json"
    path.write_text(json.dumps({"cells": cells, "people": people}))
    monkeypatch.setattr(standings, "COMPARISON", path)
    page = AppTest.from_function(script).run(timeout=30)
    assert not page.exception
    assert "on both sides of the split" in shown(page)
    assert "named the emotion meant in 40% of 10 votes" in shown(page)
    assert "And people?" not in shown(page)
    assert page.selectbox(key="about-cell").options == ["cnn, split by speaker", "cnn, split by published"]
    both = len(page.get("plotly_chart"))
    page.selectbox(key="about-cell").select("ravdess/published/cnn").run(timeout=30)
    assert len(page.get("plotly_chart")) == both - 1  # without a history there are no learning curves
    assert len(page.expander) == 3  # the model's examples, the numbers, this model's examples
    page.segmented_control(key="about-set").select("pooled").run(timeout=30)
    assert not page.exception
    crema_d = {"report": report | {"groups": {"corpus": {"crema-d": 0.6}}}}
    path.write_text(json.dumps({"cells": {"pooled/speaker/mlp": cell([]) | crema_d}, "people": people}))
    page.run(timeout=30)
    assert not page.exception
    assert "And people?" in shown(page)
