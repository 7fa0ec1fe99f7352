"""Reports of answers that are known beforehand."""

import numpy as np
import pandas as pd
import pytest

from ser.answers import Answers, age_bands
from ser.constants import EMOTIONS
from ser.report import Evaluated, Report, summarise
from ser.sureness import SureFrom

TOLD = ("happy", "sad")


def report_of(answers: Answers, protocol: str = "speaker", variant: str = "") -> Report:
    return summarise(answers, (), "a", ("a", "b"), Evaluated("m", protocol, variant, ("a",), {}))


@pytest.fixture
def answers() -> Answers:
    """Women are always understood; men's sadness is always taken for calm, which the corpus lacks."""
    rows = [
        {"path": f"{speaker}-{emotion}-{take}", "corpus": "a", "speaker": f"a/{speaker}", "emotion": emotion,
         "gender": "female" if speaker % 2 else "male", "intensity": "unspecified", "sentence": "1",
         "age_years": 25 if speaker < 4 else None}
        for speaker in range(8) for emotion in TOLD for take in range(10)
    ]  # fmt: skip
    table = pd.DataFrame(rows)
    said = ["calm" if row.gender == "male" and row.emotion == "sad" else row.emotion for row in table.itertuples()]
    probabilities = np.full((len(table), len(EMOTIONS)), 0.01)
    probabilities[np.arange(len(table)), [EMOTIONS.index(name) for name in said]] = 0.8
    probabilities[np.arange(len(table)), [EMOTIONS.index(name) for name in table["emotion"]]] += 0.1
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    altered = np.roll(probabilities, 1, axis=1)  # never right
    return Answers.of(
        table, np.arange(len(table)), np.stack([probabilities, altered]), np.ones(len(table)), SureFrom(0.85, 1.0)
    )


def test_recall_interval_and_groups_of_known_answers(answers: Answers) -> None:
    report = report_of(answers)
    assert report.recall == {"happy": 1.0, "sad": 0.5}
    assert report.uar == 0.75
    assert report.uar_altered == 0.0
    low, high = report.uar_interval
    assert 0.5 <= low < report.uar < high <= 1.0
    assert report.groups == {"gender": {"female": 1.0, "male": 0.5}}
    assert report.speakers == 8
    assert len(report.examples) == len({example.path for example in report.examples}) == 10
    assert {example.answer for example in report.examples} <= {"happy", "sad", "calm"}


def test_emotions_that_the_corpus_lacks_can_be_barred(answers: Answers) -> None:
    assert report_of(answers, "corpus").uar_own_emotions == 1.0


def test_where_it_is_sure_it_is_right(answers: Answers) -> None:
    """Doubted are the men's sad clips alone, whose probability is spread over two emotions."""
    report = report_of(answers)
    assert report.sure.coverage == 0.75
    assert report.sure.accuracy == 1.0
    shares = [share for share, _ in report.risk_coverage]
    assert shares == sorted(shares)
    assert report.risk_coverage[-1] == (1.0, report.accuracy) == (1.0, 0.75)


def test_ages_in_bands() -> None:
    assert age_bands(pd.Series([20, 29, 30, 44, 45, 74, None])) == [
        "under 30", "under 30", "30 to 44", "30 to 44", "45 and over", "45 and over", "unknown",
    ]  # fmt: skip


def test_the_key_tells_protocol_corpus_and_variant(answers: Answers) -> None:
    assert report_of(answers).key == "speaker/a"
    assert report_of(answers, "corpus").key == "corpus/a"
    assert report_of(answers, variant="taught by a").key == "speaker/a taught by a"
    assert report_of(answers, "corpus").trained_on == ("b",)
