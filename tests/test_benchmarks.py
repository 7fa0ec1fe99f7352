"""The tables of make bench and make load: what they say, and where they go."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from benchmarks import measure
from benchmarks.bench import Row
from benchmarks.load import Load
from benchmarks.measure import Figure, machine, megabytes, voice, write_between

OURS, PEER = Figure.of([10.0, 14.0, 12.0]), Figure.of([60.0, 61.0, 100.0])


def test_a_row_says_median_spread_ratio_aim_and_whether_it_was_reached() -> None:
    row = Row("a clip", "ms", OURS, 15.0, PEER, 5.0)
    assert row.words() == ("| a clip (ms) | 12.0 (10.0 to 14.0) | 61.0 (60.0 to 100.0) | 5.1 × | ≤ 15, ≥ 5 × | hit |")
    assert Row("a clip", "ms", OURS, 11.0).words().endswith("| – | – | ≤ 11 | **missed** |")
    assert not Row("a clip", "ms", OURS, 15.0, PEER, 6.0).hit()


def test_a_text_goes_between_its_markers_and_nowhere_else(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("head\n<!-- bench, by make bench -->\nold\n<!-- end of bench -->\ntail\n", encoding="utf-8")
    for text in ("new", "newer\n"):
        write_between("bench", text, path)
    assert path.read_text() == "head\n<!-- bench, by make bench -->\nnewer\n<!-- end of bench -->\ntail\n"
    with pytest.raises(SystemExit, match="must hold the lines"):
        write_between("load", "x", path)


@pytest.mark.parametrize("name", ["bench", "load"])
def test_the_document_has_a_place_for_each(name: str, tmp_path: Path) -> None:
    copy = tmp_path / "performance.md"
    copy.write_bytes(measure.DOCUMENT.read_bytes())
    write_between(name, "here", copy)
    assert f"{name} -->\nhere\n" in copy.read_text(encoding="utf-8")


def test_machine_memory_and_voice_are_measured() -> None:
    assert machine().cores > 0
    assert "cores" in machine().words()
    assert 10 < megabytes(os.getpid()) < 10_000
    assert voice().shape == (48_000,)
    assert np.abs(voice()).max() == pytest.approx(0.5)


def test_load_is_one_line() -> None:
    assert Load(1500, 0, 41.0, 60.4, 99.6, 440.0, 450.0).words() == "| 1500 | 0 | 41 | 60 | 100 | 440 | 450 |"
