"""Reports and manifest → the tables and lines of a model card, as Markdown."""

from __future__ import annotations

from typing import Any

from ser.catalogue import DEFAULT_MODEL
from ser.corpora import CORPORA
from ser.corpus_titles import corpus_title
from ser.draws import TrainSettings
from ser.metrics import CALIBRATION_BINS

GAP_NAMED = 0.05
WATTS = 30.0  # assumed for two server cores at work; not measured
FLAGS = {"epochs": "--epochs", "epoch_clips": "--epoch-clips", "seed": "--seed"}

Report = dict[str, Any]
Reports = dict[str, Report]


def tested(report: Report) -> str:
    """What a report is about; songs teach, but only speech is tested."""
    return (
        f"{corpus_title(report['corpus'])} speech" if report["corpus"] == "ravdess" else corpus_title(report["corpus"])
    )


def command(report: Report) -> str:
    """The command that made a report: what differs from the defaults is written out."""
    words = ["ser evaluate", *([] if report["model"] == DEFAULT_MODEL else [report["model"]]), "DATA"]
    if report["protocol"] != "speaker":
        words.append(f"--protocol {report['protocol']}")
    words += ["--corpus", *report["tested"]]
    if report["variant"]:
        words += ["--taught-by", *report["trained_on"]]
    training = report["settings"]["training"]
    words += [
        f"{flag} {training[name]}" for name, flag in FLAGS.items() if training[name] != getattr(TrainSettings(), name)
    ]
    return " ".join(words)


def interval(report: Report) -> str:
    """``0.70 to 0.78``."""
    low, high = report["uar_interval"]
    return f"{low:.2f} to {high:.2f}"


def corpus_rows(manifest: Report) -> str:
    """A table row a corpus that taught the weights."""
    licences = {corpus.name: corpus.licence for corpus in CORPORA}
    return "\n".join(
        f"| {corpus_title(name)} | {c['speakers']} | {c['clips']} | {licences[name]} |"
        for name, c in manifest["corpora"].items()
    )


def of_protocol(reports: Reports, protocol: str) -> list[Report]:
    """Reports of one protocol with the shipped recipe, in order of name."""
    return [r for _, r in sorted(reports.items()) if r["protocol"] == protocol and not r["variant"]]


def mean_left_out(reports: Reports) -> str:
    """The mean over corpora that were left out whole, as a sentence; empty if there is none."""
    found = of_protocol(reports, "corpus")
    if not found:
        return ""
    mean, own = (sum(r[name] for r in found) / len(found) for name in ("uar", "uar_own_emotions"))
    names = ", ".join(corpus_title(r["corpus"]) for r in found)
    return f"Mean over the corpora left out whole ({names}): **{mean:.3f}**, own emotions only {own:.3f}."


def words_cost(reports: Reports) -> str:
    """What unheard sentences cost beside unheard voices, as a sentence; empty where that was not measured."""
    found = [r for r in of_protocol(reports, "sentence") if f"speaker/{r['corpus']}" in reports]
    if not found:
        return ""
    each = ", ".join(
        f"{corpus_title(r['corpus'])} {r['uar'] - reports['speaker/' + r['corpus']]['uar']:+.3f}" for r in found
    )
    return f"Sentences that nobody was heard to say cost, against known ones from voices as new: {each}."


def score_rows(reports: Reports) -> str:
    """A table row a report."""
    order = ("speaker", "sentence", "corpus")
    found = sorted(reports.values(), key=lambda r: (order.index(r["protocol"]), r["corpus"], r["variant"]))
    left_out = {"speaker": "speaker", "sentence": "speaker and sentence", "corpus": "corpus"}
    return "\n".join(
        f"| {tested(r)} | {left_out[r['protocol']]} | {', '.join(map(corpus_title, r['trained_on']))} "
        f"| {len(r['recall'])} | {r['speakers']} | {r['clips']} | **{r['uar']:.3f}** | {interval(r)} "
        f"| {r['uar_own_emotions']:.3f} | {r['accuracy']:.3f} |"
        for r in found
    )


def recall_lines(reports: Reports) -> str:
    """Recall of each emotion, a line a report."""
    return "\n".join(
        f"- {key}: " + ", ".join(f"{name} {value:.2f}" for name, value in r["recall"].items())
        for key, r in sorted(reports.items())
    )


def sure_rows(reports: Reports) -> str:
    """Calibration, and what is left where the model calls itself sure: a table row a report."""
    return "\n".join(
        f"| {key} | {r['calibration_error']:.3f} | {r['familiar']:.0%} | {r['sure']['coverage']:.0%} "
        f"| {r['sure']['accuracy']:.3f} | {r['accuracy']:.3f} |"
        for key, r in sorted(reports.items())
    )


def calibration_of_all(reports: Reports) -> float:
    """Calibration error over the clips of all corpora together, speakers left out."""
    gaps: dict[int, float] = {}
    found = of_protocol(reports, "speaker")
    for one in (one for r in found for one in r["reliability"]):
        place = min(int(one["probability"] * CALIBRATION_BINS), CALIBRATION_BINS - 1)
        gaps[place] = gaps.get(place, 0.0) + one["clips"] * (one["probability"] - one["accuracy"])
    return sum(map(abs, gaps.values())) / sum(r["clips"] for r in found)


def outsider_rows(manifest: Report) -> str:
    """A table row a kind of sound that is no voice."""
    return "\n".join(
        f"| {kind} | {row['sounds']} | {row['median_probability']:.2f} | {row['sure']:.0%} |"
        for kind, row in manifest["outsiders"].items()
    )


def altered_rows(reports: Reports) -> str:
    """Recall of clips as recorded and of their altered copies: a table row a report."""
    return "\n".join(
        f"| {key} | {r['uar']:.3f} | {r['uar_altered']:.3f} | {r['uar_altered'] - r['uar']:+.3f} |"
        for key, r in sorted(reports.items())
        if r["uar_altered"] is not None
    )


def condition_lines(conditions: list[Report], model: str) -> str:
    """What single conditions cost: a sentence and a table row a condition; empty where that was not measured."""
    if not conditions:
        return ""
    first = conditions[0]
    corpora = ", ".join(map(corpus_title, first["uar"]))
    lines = [
        f"Single conditions, each on the same {first['clips']} clips of validation speakers, through everything that",
        "serves a recording, by a model of the same recipe that never learnt from these speakers; recall is the mean",
        f"of {corpora} (`ser robustness {model}DATA`):",
        "",
        "| condition | recall | difference | called sure | familiar | no speech found |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {one['condition']} | {one['mean']:.3f} | {one['mean'] - first['mean']:+.3f} | {one['sure']:.0%} "
        f"| {one['familiar']:.0%} | {one['unheard']} |"
        for one in conditions
    ]
    return "\n".join(lines)


def group_lines(reports: Reports) -> str:
    """Recall of each group, with the gap between the best and the worst understood; large gaps stand out."""
    lines = []
    for r in of_protocol(reports, "speaker"):
        for kind, values in r["groups"].items():
            gap = max(values.values()) - min(values.values())
            shown = f"**gap {gap:.2f}**" if gap > GAP_NAMED else f"gap {gap:.2f}"
            each = ", ".join(f"{name} {value:.2f}" for name, value in values.items())
            lines.append(f"- {tested(r)}, by {kind}: {each} ({shown})")
    return "\n".join(lines) or "No corpus here tells of groups."


def example_rows(report: Report) -> str:
    """A table row a clip."""
    return "\n".join(
        f"| {e['path']} | {e['truth']} | {e['answer']} | {e['probability']:.2f} "
        f"| {'' if e['truth'] == e['answer'] else '✗'} |"
        for e in report["examples"]
    )


def cost_lines(manifest: Report, reports: Reports) -> str:
    """Time of training and of evaluation, and what that takes in energy at an assumed power."""

    def line(what: str, seconds: float) -> str:
        return f"- {what}: {seconds / 60:.0f} min, about {WATTS * seconds / 3.6e6:.3f} kWh"

    folds = {(tuple(f["test_speakers"]), f["train_s"]) for r in reports.values() for f in r["folds"]}
    lines = [line("training the shipped weights", manifest["train_s"])]
    lines.append(line(f"the {len(folds)} trainings behind the figures", sum(seconds for _, seconds in folds)))
    return "\n".join(lines)


def command_lines(reports: Reports) -> str:
    """Each command once."""
    return "\n".join(dict.fromkeys(command(r) for _, r in sorted(reports.items())))
