"""Writes ``model/<name>/CARD.md`` of every shipped model, and the scores in the README, from what commands stored.

Every figure comes from the manifest (``ser train``) or from ``report.json`` (``ser evaluate``).

python -m scripts.make_card
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from scripts import card_tables as tables
from scripts.draw_curves import CURVES_FILE, draw
from ser.catalogue import DEFAULT_MODEL, MODEL_FOLDER
from ser.ears import ENCODER
from ser.manifest import read_json
from ser.recipes import RECIPES

README = Path(__file__).resolve().parent.parent / "README.md"
SCORES_START = "<!-- scores, by scripts/make_card.py -->"
SCORES_END = "<!-- end of scores -->"

TEMPLATE = Path(__file__).with_name("card_template.md")
TAUGHT_GAPS = {
    DEFAULT_MODEL: "Calm is known from one corpus alone, surprise from three; both are the first to be mistaken on "
    "other microphones.",
    f"{DEFAULT_MODEL}_open": "It was taught neither calm nor surprise, and never answers them. Two languages, English "
    "and German.",
}


def readme_scores(reports: tables.Reports, open_reports: tables.Reports) -> str:
    """The README's table: what is left out by speaker first, then by corpus; the open weights last."""
    rows = ["| voices never heard | unweighted average recall | 95 % interval |", "|---|---|---|"]

    def add(report: tables.Report, more: str) -> None:
        said = f"{tables.tested(report)}, {len(report['recall'])} emotions, {report['speakers']} speakers{more}"
        rows.append(f"| {said} | **{report['uar']:.3f}** | {tables.interval(report)} |")

    for report in tables.of_protocol(reports, "speaker"):
        add(report, "")
    for report in tables.of_protocol(reports, "corpus"):
        add(report, ", corpus left out whole")
    for report in tables.of_protocol(open_reports, "speaker"):
        add(report, ", open weights")
    commands = f"{tables.command_lines(reports)}\n{tables.command_lines(open_reports)}"
    return "\n".join([*rows, "", "from", "", "```", commands, "```"])


def with_scores(readme: str, reports: tables.Reports, open_reports: tables.Reports) -> str:
    """The README with its scores made anew."""
    before, rest = readme.split(SCORES_START)
    scores = readme_scores(reports, open_reports)
    return f"{before}{SCORES_START}\n{scores}\n{SCORES_END}{rest.split(SCORES_END)[1]}"


def stored_reports(name: str, folder: Path = MODEL_FOLDER) -> tables.Reports:
    """``report.json`` of a model."""
    return dict(read_json(folder / name / "report.json"))


def stored_conditions(folder: Path) -> list[tables.Report]:
    """``robustness.json`` of the model in a folder; empty where it was not measured."""
    path = folder / "robustness.json"
    return list(read_json(path)["conditions"]) if path.is_file() else []


def served_files(folder: Path, manifest: dict[str, Any]) -> tuple[Path, Path]:
    """What answering needs: encoder and head."""
    return folder.parent / ENCODER / manifest["encoder"]["file"], folder / manifest["file"]


def card(folder: Path) -> str:
    """The card of the model in ``folder``, as Markdown."""
    manifest: dict[str, Any] = read_json(folder / "manifest.json")
    reports = stored_reports(folder.name, folder.parent)
    example_corpus = next(name for name in ("ravdess", "crema-d") if f"speaker/{name}" in reports)
    model = "" if folder.name == DEFAULT_MODEL else f"{folder.name} "
    return TEMPLATE.read_text(encoding="utf-8").format(
        name=manifest["name"],
        labels=", ".join(manifest["labels"]),
        use=manifest["use"],
        layers=" and ".join(str(layer) for layer in manifest["head"]["encoder_layers"]),
        scales=manifest["scales"],
        size_mb=sum(path.stat().st_size for path in served_files(folder, manifest)) / 1e6,
        corpora=tables.corpus_rows(manifest),
        validation_speakers=", ".join(manifest["validation_speakers"]),
        scores=tables.score_rows(reports),
        mean_left_out=tables.mean_left_out(reports),
        words_cost=tables.words_cost(reports),
        recalls=tables.recall_lines(reports),
        limits=manifest["sure_from"],
        sure=tables.sure_rows(reports),
        calibration=tables.calibration_of_all(reports),
        curves=CURVES_FILE,
        outsiders=tables.outsider_rows(manifest),
        altered=tables.altered_rows(reports),
        conditions=tables.condition_lines(stored_conditions(folder), model),
        gap=tables.GAP_NAMED,
        groups=tables.group_lines(reports),
        example_corpus=tables.tested(reports[f"speaker/{example_corpus}"]),
        examples=tables.example_rows(reports[f"speaker/{example_corpus}"]),
        watts=tables.WATTS,
        cost=tables.cost_lines(manifest, reports),
        train_command=f"ser train {model}DATA",
        commands=tables.command_lines(reports),
        gaps_taught=TAUGHT_GAPS[folder.name],
    )


def main() -> None:
    """Writes cards, curves and scores."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    for name in RECIPES:
        (MODEL_FOLDER / name / "CARD.md").write_text(card(MODEL_FOLDER / name), encoding="utf-8")
        draw(stored_reports(name), MODEL_FOLDER / name / CURVES_FILE)
    reports, open_reports = (stored_reports(name) for name in RECIPES)
    README.write_text(with_scores(README.read_text(encoding="utf-8"), reports, open_reports), encoding="utf-8")
    print(f"Written: the cards of {', '.join(RECIPES)}, and the scores in {README}")


if __name__ == "__main__":
    main()
