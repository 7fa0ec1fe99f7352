"""The page about the corpora: its numbers are the tables', and figures follow what is chosen."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from ser import corpus_plots
from ser.constants import DATA_VARIABLE
from ser.processed import prepare, read_clips
from ser.ui import corpora, corpus_examples
from tests.corpus_trees import write_tone


def script() -> None:
    from ser.ui import corpora

    corpora.page()


@pytest.fixture(autouse=True)
def no_recordings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(DATA_VARIABLE, raising=False)


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
    assert len(page.get("plotly_chart")) == 4


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
            "pitch_hz": [250.0, 180.0, 140.0, np.nan, 100.0],
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


def test_pitch_is_told_by_gender_without_colour_alone() -> None:
    women, men = corpus_plots.pitch(some_clips()).data
    assert dict(zip(women.x, women.y, strict=True)) == {"angry": 250.0, "sad": 180.0}
    assert dict(zip(men.x, men.y, strict=True)) == {"angry": 140.0}  # no pitch, and no emotion of ours, do not count
    assert women.marker.symbol != men.marker.symbol


@pytest.fixture
def at_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Corpora whose recordings are there, and their tables; the page knows of both."""
    data, tables = tmp_path / "data", tmp_path / "tables"
    for name in ("1001_DFA_ANG_XX", "1002_DFA_ANG_XX", "1003_DFA_ANG_XX", "1002_IEO_ANG_XX", "1002_IEO_SAD_XX"):
        write_tone(data / f"crema-d/AudioWAV/{name}.wav")
    prepare([data], tables)
    monkeypatch.setattr(corpora, "TABLES", tables)
    monkeypatch.setenv(DATA_VARIABLE, str(data))
    return data


def example_titles(page: AppTest) -> list[str]:
    return [one.value for one in page.markdown if one.value.startswith(("**A woman", "**A man"))]


def test_examples_by_emotion_and_gender_are_heard_and_seen(at_hand: Path, page: AppTest) -> None:
    woman, man = example_titles(page)
    assert woman in (f"**A woman**: CREMA-D, speaker {number}" for number in (1002, 1003))
    assert man == "**A man**: CREMA-D, speaker 1001"  # the same words; no man says the others
    assert len(page.get("audio")) == 2
    assert len(page.get("plotly_chart")) == 4 + 2 * len(corpus_examples.FIGURES)
    page.button(key="example-others").click().run()
    assert not page.exception
    assert example_titles(page)[0] not in (woman, man)
    assert example_titles(page)[1] == man
    page.segmented_control(key="example-emotion").set_value("sad").run()
    assert len(example_titles(page)) == 1  # there is no man


def test_an_example_that_changed_since_is_told(at_hand: Path) -> None:
    (at_hand / "crema-d/AudioWAV/1001_DFA_ANG_XX.wav").write_bytes(b"RIFF")
    page = AppTest.from_function(script, default_timeout=60).run()
    assert not page.exception
    assert len(page.warning) == 1
    assert len(page.get("audio")) == 1


def test_without_recordings_it_says_how_to_see_examples(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    assert any("set SER_DATA" in one.value for one in page.caption)
    monkeypatch.setenv(DATA_VARIABLE, "/nowhere")
    assert any("under /nowhere" in one.value for one in page.run().caption)


def test_several_folders_carry_their_names(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_tone(tmp_path / name / "x.wav")
    roots = os.pathsep.join(str(tmp_path / name) for name in ("a", "b"))
    assert set(corpus_examples.located(roots, ("a/x.wav", "b/x.wav", "x.wav"))) == {"a/x.wav", "b/x.wav"}


def test_tables_of_an_older_version_lack_the_pitch_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    read_clips(corpora.TABLES).drop(columns="pitch_hz").to_csv(tmp_path / corpora.CLIPS)
    monkeypatch.setattr(corpora, "TABLES", tmp_path)
    page = AppTest.from_function(script, default_timeout=60).run()
    assert not page.exception
    assert len(page.get("plotly_chart")) == 2  # neither pitch nor timbre
    assert any("do not tell the pitch" in one.value for one in page.caption)


def test_a_table_is_read_anew_when_it_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "clips.csv"
    for changed_ns, emotion in enumerate(("sad", "happy")):
        path.write_text(f"path,emotion\na.wav,{emotion}\n")
        assert corpora.read_clips(str(path), changed_ns)["emotion"].item() == emotion
