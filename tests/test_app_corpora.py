"""The page about the corpora: its numbers are the tables', and figures follow what is chosen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from ser import corpus_plots
from ser.processed import read_clips
from ser.ui import corpora


def script() -> None:
    from ser.ui import corpora

    corpora.page()


@pytest.fixture
def page() -> AppTest:
    found = AppTest.from_function(script, default_timeout=60).run()
    assert not found.exception
    return found


def metrics(page: AppTest) -> dict[str, str]:
    return {one.label: str(one.value) for one in page.metric}


def test_numbers_are_the_tables(page: AppTest) -> None:
    table = read_clips(corpora.TABLES)
    assert metrics(page)["Clips"] == f"{len(table):,}"
    assert metrics(page)["Speakers"] == str(table["speaker"].nunique())
    assert len(page.get("plotly_chart")) == 3


def test_what_is_chosen_is_shown(page: AppTest) -> None:
    page.pills(key="corpora-chosen").set_value(["emodb"]).run()
    assert not page.exception
    assert metrics(page)["Languages"] == "1"
    page.segmented_control(key="corpora-by").set_value("gender").run()
    assert not page.exception
    page.pills(key="corpora-chosen").set_value([]).run()
    assert "Choose a corpus" in page.info[0].value


def test_without_tables_it_says_how_to_make_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(corpora, "TABLES", tmp_path)
    page = AppTest.from_function(script, default_timeout=60).run()
    assert "ser prepare" in page.info[0].value


def some_clips() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "emotion": ["angry", "sad", "angry", "sad", "other"],
            "corpus": ["a", "a", "b", "b", "b"],
            "speaker": ["a/1", "a/1", "b/1", "b/1", "b/1"],
            "gender": ["female", "female", "male", "male", "male"],
            "duration_s": [1.0, 2.0, 3.0, 4.0, 5.0],
        }
    )


def test_counts_add_up_and_are_told_apart_without_colour() -> None:
    figure = corpus_plots.counts(some_clips(), "gender")
    assert sum(sum(bar.y) for bar in figure.data) == 5
    assert len({bar.marker.pattern.shape for bar in figure.data}) == 2
    assert "other" in figure.data[0].x
    assert len(corpus_plots.lengths(some_clips()).data) == 2


def test_timbre_is_measured_against_the_speakers_own_mean() -> None:
    clips = some_clips().iloc[:4]
    offset = np.array([100.0, 100.0, -50.0, -50.0])  # voices differ more than moods
    mood = np.array([1.0, -1.0, 1.0, -1.0])
    features = pd.DataFrame({f"mfcc_{i:02d}": offset + mood * (i + 1) for i in range(corpus_plots.MFCC_SHOWN)})
    heat = corpus_plots.mean_mfcc(clips, features).data[0]
    assert list(heat.y) == ["angry", "sad"]
    np.testing.assert_allclose(heat.z, [[1.0] * 20, [-1.0] * 20])
