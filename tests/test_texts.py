"""Figures in texts are those of the stored reports; what the texts point at is there."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from scripts.make_card import card, stored_reports, with_scores
from ser.catalogue import DEFAULT_MODEL, MODEL_FOLDER
from ser.constants import EMOTIONS
from ser.metrics import unweighted_average_recall
from ser.recipes import RECIPES
from ser.standings import in_markdown

ROOT = Path(__file__).resolve().parent.parent
REPORTS = {f"{name}: {key}": report for name in RECIPES for key, report in stored_reports(name).items()}


def test_the_readme_has_the_scores_that_its_script_writes() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert with_scores(readme, *(stored_reports(name) for name in RECIPES)) == readme
    assert f"**{stored_reports(DEFAULT_MODEL)['speaker/ravdess']['uar']:.3f}**" in readme


def test_the_comparison_s_table_is_made_of_its_results() -> None:
    folder = MODEL_FOLDER / "comparison"
    kept = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    assert in_markdown(kept) == (folder / "README.md").read_text(encoding="utf-8")


def test_the_readme_tells_leakage_as_the_comparison_measured_it() -> None:
    cells = json.loads((MODEL_FOLDER / "comparison" / "results.json").read_text(encoding="utf-8"))["cells"]
    scores = [cells[f"pooled/{split}/mlp"]["report"]["accuracy"] for split in ("published", "random", "speaker")]
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    assert (
        "right in **{:.2f}** of the clips if lightly altered copies are split at random, in **{:.2f}** if".format(
            *scores
        )
        in readme
    )
    assert f"in **{scores[2]:.2f}** on voices that it never heard" in readme


@pytest.mark.parametrize("key", sorted(REPORTS))
def test_a_report_agrees_with_its_own_confusion_matrix(key: str) -> None:
    report = REPORTS[key]
    truth, answer = [], []
    for i, row in enumerate(report["confusion"]):
        for j, count in enumerate(row):
            truth += [i] * count
            answer += [j] * count
    assert len(truth) == report["clips"]
    assert unweighted_average_recall(np.array(truth), np.array(answer)) == pytest.approx(report["uar"])
    assert tuple(report["labels"]) == EMOTIONS


@pytest.mark.parametrize("key", sorted(REPORTS))
def test_no_tested_speaker_chose_anything(key: str) -> None:
    tested: list[str] = []
    for fold in REPORTS[key]["folds"]:
        assert not set(fold["test_speakers"]) & set(fold["validation_speakers"])
        tested += [name for name in fold["test_speakers"] if name.startswith(f"{REPORTS[key]['corpus']}/")]
    assert len(tested) == len(set(tested)) == REPORTS[key]["speakers"]


@pytest.mark.parametrize("name", RECIPES)
def test_the_card_is_what_its_script_writes(name: str) -> None:
    text = (MODEL_FOLDER / name / "CARD.md").read_text(encoding="utf-8")
    assert text == card(MODEL_FOLDER / name)
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", text)
    assert pictures
    assert all((MODEL_FOLDER / name / picture).is_file() for picture in pictures)


@pytest.mark.parametrize("name", RECIPES)
def test_the_manifest_is_that_of_its_recipe(name: str) -> None:
    manifest = json.loads((MODEL_FOLDER / name / "manifest.json").read_text(encoding="utf-8"))
    recipe = RECIPES[name]
    assert (manifest["name"], manifest["title"], manifest["use"]) == (name, recipe.title, recipe.use)
    assert not recipe.corpora or set(manifest["corpora"]) == set(recipe.corpora)


def test_links_and_pictures_of_the_readme_exist() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = [target for target in re.findall(r"\]\(([^)]+)\)", readme) if not target.startswith("http")]
    assert targets
    assert all((ROOT / target).is_file() for target in targets)
