"""Figures in texts are those of the stored reports; what the texts point at is there."""

import json
import re
from pathlib import Path

import pytest

from scripts.make_card import card, command
from ser.constants import EMOTIONS
from ser.metrics import unweighted_average_recall
from ser.recognizer import DEFAULT_MODEL, MODEL_FOLDER

ROOT = Path(__file__).resolve().parent.parent
FOLDER = MODEL_FOLDER / DEFAULT_MODEL
REPORTS = json.loads((FOLDER / "report.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("key", sorted(REPORTS))
def test_the_readme_quotes_each_report_with_its_command(key: str) -> None:
    readme, report = (ROOT / "README.md").read_text(encoding="utf-8"), REPORTS[key]
    row = next(line for line in readme.splitlines() if line.startswith("|") and f"`{command(report)}`" in line)
    assert f"**{report['uar']:.3f}**" in row


@pytest.mark.parametrize("key", sorted(REPORTS))
def test_a_report_agrees_with_its_own_confusion_matrix(key: str) -> None:
    report = REPORTS[key]
    truth, answer = [], []
    for i, row in enumerate(report["confusion"]):
        for j, count in enumerate(row):
            truth += [i] * count
            answer += [j] * count
    import numpy as np

    assert len(truth) == report["clips"]
    assert unweighted_average_recall(np.array(truth), np.array(answer)) == pytest.approx(report["uar"])
    assert tuple(report["labels"]) == EMOTIONS


@pytest.mark.parametrize("key", sorted(REPORTS))
def test_no_tested_speaker_chose_anything(key: str) -> None:
    tested: list[str] = []
    for fold in REPORTS[key]["folds"]:
        assert not set(fold["test_speakers"]) & set(fold["validation_speakers"])
        tested += fold["test_speakers"]
    assert len(tested) == len(set(tested)) == REPORTS[key]["speakers"]


def test_the_card_is_what_its_script_writes() -> None:
    assert (FOLDER / "CARD.md").read_text(encoding="utf-8") == card(FOLDER)


def test_links_and_pictures_of_the_readme_exist() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = [target for target in re.findall(r"\]\(([^)]+)\)", readme) if not target.startswith("http")]
    assert targets
    assert all((ROOT / target).is_file() for target in targets)
