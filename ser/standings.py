"""Results of a comparison → one JSON file and one Markdown table."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ser.comparison import Result
from ser.manifest import read_json
from ser.people import Listeners
from ser.protocols import PUBLISHED
from ser.ranking import beside_people
from ser.splits import WARNINGS

RESULTS, TABLE = "results.json", "README.md"
HEAD = """# All models, side by side

Made by `ser compare`; every line comes from `results.json`, which holds settings, confusion matrices, learning curves
and example answers; `log.txt` is its log. Every model of a block saw the same clips and splits. UAR is unweighted
average recall; its interval is the middle 95 % of what other speakers would have given (bootstrap over speakers).
"""
COLUMNS = (
    "model", "accuracy", "UAR", "95 % interval", "macro F1", "calibration error", "parameters", "file", "training",
    "cores", "a 3 s clip",
)  # fmt: skip
FOOT = (
    "Training is the time of one fold on so many cores, features not counted. A clip's time goes from 3 s of samples "
    "to the answer, by Keras or scikit-learn as trained, on the same cores; on speech frames the encoder's share is "
    "not in it, nor its 21 MB."
)

BESIDE_PEOPLE = (
    "Models as pooled, split by `speaker`: taught what other actors of the same recordings meant, never by these "
    "voices, and free to answer a seventh emotion, surprise. The listeners were taught by life alone."
)


def store(results: Iterable[Result], folder: Path, people: Listeners | None = None) -> dict[str, Any]:
    """Adds results to ``results.json`` beside those of earlier runs, and writes the table anew."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / RESULTS
    kept = read_json(path) if path.is_file() else {"cells": {}, "people": None}
    for result in results:
        report = result.report
        key = f"{report.corpus}/{report.protocol}/{report.model}"
        warning = {"warning": WARNINGS[report.protocol]} if report.protocol in WARNINGS else {}
        kept["cells"][key] = asdict(result) | {"macro_f1": result.macro_f1} | warning
    if people:
        kept["people"] = asdict(people)
    draft = path.with_suffix(".part")
    draft.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    draft.replace(path)
    (folder / TABLE).write_text(in_markdown(kept), encoding="utf-8")
    return kept


def standing(folder: Path) -> dict[str, str]:
    """Of each cell that stands in a folder's ``results.json``: what it was made of, ``""`` where that is not told."""
    path = folder / RESULTS
    cells = read_json(path)["cells"] if path.is_file() else {}
    return {key: cell.get("made_of", "") for key, cell in cells.items()}


def in_markdown(kept: dict[str, Any]) -> str:
    """The whole table: a block for each set of clips and protocol, the best model first."""
    blocks: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for key, cell in sorted(kept["cells"].items()):
        clips, protocol, _ = key.split("/")
        blocks.setdefault((clips, protocol), []).append(cell)
    order = ("speaker", "corpus", "random", "published")
    lines = [HEAD]
    for (clips, protocol), cells in sorted(blocks.items(), key=lambda one: (one[0][0], order.index(one[0][1]))):
        lines += _block(clips, protocol, cells)
    if kept.get("people"):
        lines += _people(kept)
    return "\n".join([*lines, f"{FOOT} {_cost(kept['cells'].values())}", ""])


def _cost(cells: Iterable[dict[str, Any]]) -> str:
    core_hours = sum(cell["train_s"] * cell["folds"] * cell["cores"] for cell in cells) / 3600
    return f"All trainings of this table together took {core_hours:.1f} hours of a core."


def _block(clips: str, protocol: str, cells: Sequence[dict[str, Any]]) -> list[str]:
    # Of the models that ran all folds: a single fold has some of the speakers only.
    report = max((cell["report"] for cell in cells), key=lambda one: one["speakers"])
    emotions = sum(1 for row in report["confusion"] if sum(row))
    title = f"## {clips}, split by `{protocol}`: {emotions} emotions, {report['speakers']} speakers"
    lines = [title, "", f"**{cells[0]['warning']}**" if "warning" in cells[0] else "", ""]
    if protocol == PUBLISHED:
        lines += [_copies(cells), ""]
    lines += ["| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS)]
    for cell in sorted(cells, key=lambda one: -one["report"]["uar"]):
        lines.append("| " + " | ".join(_row(cell)) + " |")
    lines.append("")
    notes = [f"`{cell['report']['model']}`: {cell['note']}." for cell in cells if cell["note"]]
    whole = max(cell["folds"] for cell in cells)
    notes += [
        f"`{cell['report']['model']}`: {cell['folds']} of {whole} folds only." for cell in cells
        if cell["folds"] < whole
    ]  # fmt: skip
    return lines + ([" ".join(notes), ""] if notes else [])


def _copies(cells: Sequence[dict[str, Any]]) -> str:
    """Which altered copies were parted at random: how small the changes are decides how much leaks."""
    by_copies: dict[str, list[str]] = {}
    for cell in cells:
        copies = cell["report"]["settings"]["copies"]
        # Speech frames have a number of copies, each with changes of its own.
        drawn = f"{copies} drawn from the ranges in `{RESULTS}`"
        words = drawn if isinstance(copies, int) else ", ".join(f"`{chain}`" for chain in copies)
        by_copies.setdefault(words, []).append(f"`{cell['report']['model']}`")
    if len(by_copies) == 1:
        return f"Copies beside each clip, as for `--augment`: {next(iter(by_copies))}."
    each = (
        f"{words} ({', '.join(models)})" for words, models in sorted(by_copies.items(), key=lambda one: -len(one[1]))
    )
    return f"Copies beside each clip, as for `--augment`: {'; '.join(each)}."


def _row(cell: dict[str, Any]) -> tuple[str, ...]:
    report = cell["report"]
    low, high = report["uar_interval"]
    parameters = f"{cell['parameters']:,}" if cell["parameters"] is not None else "trees"
    return (
        f"`{report['model']}`",
        f"{report['accuracy']:.3f}",
        f"{report['uar']:.3f}",
        f"{low:.3f} to {high:.3f}",
        f"{cell['macro_f1']:.3f}",
        f"{report['calibration_error']:.3f}",
        parameters,
        f"{cell['file_bytes'] / 1e6:.1f} MB",
        f"{cell['train_s']:.0f} s",
        f"{cell['cores']}",
        f"{cell['clip_ms']:.0f} ms",
    )


def _people(kept: dict[str, Any]) -> list[str]:
    people = kept["people"]
    rows = [
        f"| {f'**{one.who}**' if one.person else f'`{one.who}`'}{', one fold' if one.part else ''} | {one.uar:.3f} |"
        for one in beside_people(kept)
    ]
    table = ["| CREMA-D's clips | UAR |", "|---|---|", *rows, "", BESIDE_PEOPLE, ""] if rows else []
    return [
        "## People",
        "",
        f"CREMA-D's listeners, who heard the sound alone and chose among six emotions, named the one that the actor "
        f"meant in {people['accuracy']:.3f} of {people['votes']:,} votes (unweighted average recall "
        f"{people['uar']:.3f}); the most frequent vote on a clip was right in {people['majority_accuracy']:.3f} of "
        f"{people['clips']:,} clips ({people['majority_uar']:.3f}).",
        "",
        *table,
    ]
