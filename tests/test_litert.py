"""The runtime answers the same whatever it was asked before."""

from __future__ import annotations

import numpy as np

from ser.litert import LiteRtModel
from ser.recognizer import DEFAULT_MODEL, MODEL_FOLDER, read_json


def test_an_answer_does_not_depend_on_the_lengths_asked_before() -> None:
    manifest = read_json(MODEL_FOLDER / DEFAULT_MODEL / "manifest.json")
    path = MODEL_FOLDER / DEFAULT_MODEL / manifest["file"]
    width = LiteRtModel(path, 1)._interpreter.get_input_details()[0]["shape"][-1]
    rng = np.random.default_rng(0)
    inputs = [rng.normal(size=(length, width)).astype(np.float32) for length in (40, 40, 25, 40, 40)]
    model = LiteRtModel(path, 1)
    for values in inputs:
        np.testing.assert_array_equal(model(values), LiteRtModel(path, 1)(values))
