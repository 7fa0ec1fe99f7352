"""Conditions change the sound as they say, and the table counts what the recognizer says."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import soundfile

from ser.audio import from_samples
from ser.constants import EMOTIONS, SAMPLE_RATE_HZ
from ser.errors import CorpusError, SilentAudioError
from ser.prediction import EmotionScore, Prediction, Timing
from ser.robustness import AS_RECORDED, CONDITIONS, as_mp3, drawn, endure, write
from tests.conftest import voice_like

RNG = np.random.default_rng(0)


def level_db(samples: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(np.square(samples, dtype=np.float64))))


@pytest.mark.parametrize(("condition", "snr_db"), [("noise, 20 dB", 20), ("noise, 10 dB", 10), ("noise, 5 dB", 5)])
def test_noise_has_the_level_that_its_name_says(condition: str, snr_db: float) -> None:
    sound = voice_like(2.0)
    noise = CONDITIONS[condition](sound, np.random.default_rng(1)) - sound
    assert level_db(sound) - level_db(noise) == pytest.approx(snr_db, abs=0.2)


def test_lengths_and_levels() -> None:
    sound = voice_like(2.0)
    length = {name: len(change(sound, np.random.default_rng(0))) / len(sound) for name, change in CONDITIONS.items()}
    assert length["10 % faster"] == pytest.approx(1 / 1.1, abs=0.01)
    assert length["10 % slower"] == pytest.approx(1 / 0.9, abs=0.01)
    assert all(length[name] == pytest.approx(1.0, abs=0.06) for name in CONDITIONS if not name.startswith("10 %"))
    assert level_db(CONDITIONS["30 dB quieter"](sound, RNG)) == pytest.approx(level_db(sound) - 30, abs=0.1)


def test_mp3_is_heard_through_and_loses_a_little() -> None:
    sound = voice_like(2.0)
    copy = as_mp3(sound)
    length = min(len(copy), len(sound))
    assert 0.9 < np.corrcoef(sound[:length], copy[:length])[0, 1] < 0.99999


class Parrot:
    """Says happy, whatever it hears; is sure and familiar with the loud."""

    def predict(self, samples: Any) -> Prediction:
        order = ("happy", *(one for one in EMOTIONS if one != "happy"))
        scores = tuple(EmotionScore(one, 0.65 if one == "happy" else 0.05) for one in order)
        loud = float(np.abs(samples).max()) > 0.1
        heard = from_samples(samples, SAMPLE_RATE_HZ)
        return Prediction(scores, "parrot", heard, Timing(0, 0, 0), 0.5 if loud else 0.9, familiar=float(loud))


@pytest.fixture
def table(tmp_path: Path) -> pd.DataFrame:
    rows = []
    for corpus, emotion in (("a", "happy"), ("a", "sad"), ("b", "happy"), ("b", "angry")):
        for take in range(3):
            path = f"{corpus}-{emotion}-{take}.wav"
            soundfile.write(tmp_path / path, voice_like(1.0, seed=take), SAMPLE_RATE_HZ)
            rows.append((path, corpus, f"{corpus}/1", emotion, "speech"))
    return pd.DataFrame(rows, columns=["path", "corpus", "speaker", "emotion", "style"])


def test_the_table_counts_what_is_said(table: pd.DataFrame, tmp_path: Path) -> None:
    found = list(endure(Parrot(), table, tmp_path))  # type: ignore[arg-type]
    assert [one.condition for one in found] == list(CONDITIONS)
    assert all(one.uar == {"a": 0.5, "b": 0.5} and one.mean == 0.5 and one.clips == 12 for one in found)
    by_name = {one.condition: one for one in found}
    assert (by_name[AS_RECORDED].sure, by_name[AS_RECORDED].familiar) == (1.0, 1.0)
    assert (by_name["30 dB quieter"].sure, by_name["30 dB quieter"].familiar) == (0.0, 0.0)
    write(found, {}, tmp_path / "robustness.json")
    assert "MP3, 32 kbit/s" in (tmp_path / "robustness.json").read_text()


def test_what_is_refused_is_a_miss(table: pd.DataFrame, tmp_path: Path) -> None:
    class Deaf(Parrot):
        def predict(self, samples: Any) -> Prediction:
            if float(np.abs(samples).max()) < 0.1:
                raise SilentAudioError("too quiet")
            return super().predict(samples)

    by_name = {one.condition: one for one in endure(Deaf(), table, tmp_path)}  # type: ignore[arg-type]
    assert by_name["30 dB quieter"].unheard == 12
    assert by_name["30 dB quieter"].mean == 0.0
    assert by_name[AS_RECORDED].unheard == 0


def test_clips_are_drawn_evenly_and_alike_on_every_run(table: pd.DataFrame) -> None:
    some = drawn(table, 8)
    assert set(some.groupby(["corpus", "emotion"]).size()) == {2}
    assert some.equals(drawn(table, 8))
    with pytest.raises(CorpusError, match="No clip of a validation speaker"):
        drawn(table.assign(style="song"), 8)
