"""Figures of stored reports show the numbers that stand there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ser import report_plots
from ser.catalogue import DEFAULT_MODEL, MODEL_FOLDER
from ser.constants import EMOTIONS
from ser.manifest import read_json
from ser.ranking import Placed


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    return dict(read_json(MODEL_FOLDER / DEFAULT_MODEL / "report.json")["speaker/crema-d"])


def test_confusion_in_percent_of_each_row(report: dict[str, Any]) -> None:
    heat = report_plots.confusion(report).data[0]
    assert np.asarray(heat.z).shape == (6, len(EMOTIONS))
    np.testing.assert_allclose(np.asarray(heat.z).sum(axis=1), 100.0, atol=0.5)
    angry = list(heat.y).index("angry")
    assert heat.z[angry][EMOTIONS.index("angry")] == pytest.approx(100 * report["recall"]["angry"], abs=0.1)


def test_calibration_and_coverage_are_the_reports(report: dict[str, Any]) -> None:
    curve = report_plots.reliability(report).data[1]
    assert list(curve.x) == [100 * one["probability"] for one in report["reliability"]]
    coverage = report_plots.risk_coverage(report).data[0]
    assert coverage.x[-1] == pytest.approx(100.0)
    assert coverage.y[-1] == pytest.approx(100 * report["accuracy"])


def test_learning_curves_of_networks_and_of_the_bundled_model() -> None:
    network = [{"epoch": 0, "loss": 2.0, "val_loss": 1.5}, {"epoch": 1, "loss": 1.0, "val_loss": 1.2}]
    bundled = [{"epoch": 1, "loss": 1.7, "validation_loss": 0.7}]
    figure = report_plots.learning_curves([network, bundled])
    assert [list(curve.y) for curve in figure.data] == [[2.0, 1.0], [1.5, 1.2], [1.7], [0.7]]
    assert [curve.showlegend for curve in figure.data] == [True, True, False, False]


def test_conditions_keep_their_order() -> None:
    conditions = [{"condition": "as recorded", "mean": 0.75}, {"condition": "telephone", "mean": 0.7}]
    bars = report_plots.robustness(conditions).data[0]
    assert list(bars.y) == ["as recorded", "telephone"]
    assert list(bars.text) == ["75 %", "70 %"]


def test_models_stand_in_the_order_of_new_voices_not_of_leaks() -> None:
    def cell(uar: float) -> dict[str, Any]:
        return {"report": {"uar": uar}}

    cells = {
        "a/speaker/one": cell(0.4),
        "a/published/one": cell(0.95),
        "a/speaker/two": cell(0.6),
        "b/speaker/x": cell(1),
    }
    figure = report_plots.side_by_side(cells, "a")
    speaker, published = figure.data
    assert list(speaker.y) == ["two", "one"]
    assert list(speaker.x) == pytest.approx([60.0, 40.0])
    assert list(published.x) == [None, pytest.approx(95.0)]
    assert published.marker.pattern.shape
    assert speaker.name == "voices never heard"


def test_people_stand_among_the_models_and_look_different() -> None:
    placed = (Placed("b", 0.7, False), Placed("people", 0.45, True), Placed("c", 0.1, False, part=True))
    (bars,) = report_plots.people_and_models(placed).data
    assert list(bars.x) == pytest.approx([70.0, 45.0, 10.0])
    assert list(bars.y) == ["b", "people", "c (one fold)"]
    assert [bool(shape) for shape in bars.marker.pattern.shape] == [False, True, False]
    assert bars.marker.color[0] == bars.marker.color[2] != bars.marker.color[1]
