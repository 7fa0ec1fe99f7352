"""The page about the models: what each is good for, and how good, with every figure from a stored report."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from ser import report_plots
from ser.catalogue import MODEL_FOLDER, known_models
from ser.corpus_titles import corpus_title
from ser.manifest import read_json
from ser.ranking import beside_people
from ser.ui import look, pictures

WORDS = {
    "speaker": "voices never heard",
    "sentence": "voices and sentences never heard",
    "corpus": "the whole corpus never heard",
}
SHORT = {"speaker": "voices", "sentence": "voices, sentences", "corpus": "the whole corpus"}
COMPARISON = MODEL_FOLDER / "comparison" / "results.json"


@st.cache_data(show_spinner=False)
def stored(path: str, changed_ns: int) -> dict[str, Any]:
    """A JSON file; read again only when it has changed."""
    return read_json(Path(path))


def _read(path: Path) -> dict[str, Any]:
    return stored(str(path), path.stat().st_mtime_ns) if path.is_file() else {}


def page() -> None:
    """Draws the page."""
    look.head(
        "How good are the models?",
        "Measured on voices that they had never heard. Each figure comes from a report that a command made.",
    )
    infos = {one.name: one for one in known_models()}
    reported = [name for name in infos if (MODEL_FOLDER / name / "report.json").is_file()]
    name = st.selectbox(
        "Model",
        reported,
        format_func=lambda one: f"{infos[one].title} ({one})",
        filter_mode=None,
        key="about-model",
    )
    with look.drawing():
        if name:
            st.caption(look.plain(infos[name].use))
            _scores(name)
            _details(name)
        _comparison()


def _scores(name: str) -> None:
    reports = _read(MODEL_FOLDER / name / "report.json")
    rows = [
        {
            "Clips": corpus_title(one["corpus"]),
            "Never heard": SHORT.get(one["protocol"], one["protocol"]),
            "Emotions": len(one["recall"]),
            "Speakers": one["speakers"],
            "Recall": 100 * one["uar"],
            "95 % interval": f"{one['uar_interval'][0]:.2f} to {one['uar_interval'][1]:.2f}",
            "Answers": 100 * one["sure"]["coverage"],
            "right": 100 * one["sure"]["accuracy"],
        }
        for one in sorted(reports.values(), key=lambda one: (list(WORDS).index(one["protocol"]), one["corpus"]))
        if not one["variant"]
    ]
    percent = {
        column: st.column_config.ProgressColumn(column, min_value=0.0, max_value=100.0, format="%.0f %%", width="small")
        for column in ("Recall", "Answers", "right")
    }
    st.dataframe(pd.DataFrame(rows), hide_index=True, column_config=percent, width="stretch")
    st.caption(
        "Recall: the mean of the emotions' shares that were found (unweighted average recall). Answers: the share of "
        "clips where the model was sure enough to give one answer; right: the share of those answers that is."
    )


def _details(name: str) -> None:
    reports = _read(MODEL_FOLDER / name / "report.json")
    key = st.selectbox(
        "Look closer at", sorted(reports, key=lambda one: (not one.startswith("speaker"), one)), key="about-report",
        format_func=lambda one: _report_title(reports[one]), filter_mode=None,
    )  # fmt: skip
    report = reports[key]
    left, right = st.columns(2)
    with left.container(border=True):
        st.markdown("**What was taken for what**")
        pictures.chart(report_plots.confusion(report), "confusion", f"{name}-{key}", _confusion_words(report))
        st.caption("Percent of each row's clips; the diagonal is right.")
    with right.container(border=True):
        st.markdown("**Does its confidence mean something?**")
        alt = f"Calibration: the mean gap is {report['calibration_error']:.3f}"
        pictures.chart(report_plots.reliability(report), "reliability", f"{name}-{key}", alt)
        st.caption("On the dotted line, 70 % means right in 70 of 100 cases. Large dots are many clips.")
    left, right = st.columns(2)
    with left.container(border=True):
        st.markdown("**Fewer answers, better answers**")
        alt = "Accuracy if only the surest answers are given"
        pictures.chart(report_plots.risk_coverage(report), "risk", f"{name}-{key}", alt)
    conditions = _read(MODEL_FOLDER / name / "robustness.json").get("conditions")
    if conditions:
        with right.container(border=True):
            st.markdown("**Worse recordings**")
            alt = ", ".join(f"{one['condition']} {one['mean']:.0%}" for one in conditions)
            pictures.chart(report_plots.robustness(conditions), "robustness", name, f"Recall by condition: {alt}")
    _examples(report)


def _report_title(report: Mapping[str, Any]) -> str:
    taught = f" ({report['variant']})" if report["variant"] else ""
    corpus = corpus_title(report["corpus"])
    return f"{corpus}, {WORDS.get(report['protocol'], report['protocol'])}{taught}"


def _confusion_words(report: Mapping[str, Any]) -> str:
    each = ", ".join(f"{emotion} {value:.0%}" for emotion, value in report["recall"].items())
    return f"Confusion matrix; share of each emotion that was found: {each}"


def _examples(report: Mapping[str, Any]) -> None:
    with st.expander("Ten clips, drawn blindly", icon=":material/format_list_bulleted:"):
        rows = [
            {"Clip": one["path"], "Truth": one["truth"], "Answer": one["answer"], "Probability": one["probability"],
             "": "right" if one["truth"] == one["answer"] else "wrong"}
            for one in report["examples"]
        ]  # fmt: skip
        percent = st.column_config.NumberColumn(format="percent")
        st.dataframe(pd.DataFrame(rows), hide_index=True, column_config={"Probability": percent})


def _comparison() -> None:
    kept = _read(COMPARISON)
    if not kept.get("cells"):
        return
    st.subheader("All models of the field, side by side", anchor=False)
    sets = sorted({key.split("/")[0] for key in kept["cells"]}, key=lambda one: one != "ravdess")
    clips = st.segmented_control(
        "Clips",
        sets,
        default=sets[0],
        required=True,
        format_func=corpus_title,
        key="about-set",
    )
    with st.container(border=True):
        alt = "Recall of each model by protocol; the table below has the numbers"
        pictures.chart(report_plots.side_by_side(kept["cells"], clips), "models", clips, alt)
        st.caption(
            "The striped bars are how demos get their 90 %: copies of one recording, or the same voices, stood on both "
            "sides of the split. The plain bar is what a new voice gets."
        )
    _cells_table(kept["cells"], clips)
    _one_cell(kept["cells"], clips)
    _people(kept)


def _people(kept: Mapping[str, Any]) -> None:
    if not kept.get("people"):
        return
    one, placed = kept["people"], beside_people(kept)
    if placed:
        with st.container(border=True):
            st.markdown("**And people?**")
            alt = "Recall on CREMA-D: " + ", ".join(f"{each.who} {each.uar:.0%}" for each in placed)
            pictures.chart(report_plots.people_and_models(placed), "people", "crema-d", alt)
            st.caption(
                "Recall on CREMA-D's clips, sound alone. The models were taught by other actors of the same recordings "
                "and may answer surprise too; the listeners chose among six emotions and were taught by life alone."
            )
    st.caption(
        f"People who heard CREMA-D's sound alone named the emotion meant in {one['accuracy']:.0%} of "
        f"{one['votes']:,} votes; the most frequent vote was right in {one['majority_accuracy']:.0%} of the clips."
    )


def _cells_table(cells: Mapping[str, Any], clips: str) -> None:
    rows, splits = [], list(report_plots.PROTOCOL_LOOKS)
    for key, cell in sorted(
        cells.items(), key=lambda one: (splits.index(one[0].split("/")[1]), -one[1]["report"]["uar"])
    ):
        name, protocol, model = key.split("/")
        if name == clips:
            report = cell["report"]
            rows.append(
                {"Model": model, "Split": protocol, "Accuracy": report["accuracy"], "Recall": report["uar"],
                 "95 % interval": f"{report['uar_interval'][0]:.2f} to {report['uar_interval'][1]:.2f}",
                 "Macro F1": cell["macro_f1"], "Parameters": cell["parameters"],
                 "File (MB)": round(cell["file_bytes"] / 1e6, 1), "Training (s)": round(cell["train_s"]),
                 "On cores": cell["cores"], "A 3 s clip (ms)": round(cell["clip_ms"]), "Folds": cell["folds"],
                 "Note": cell["note"]}
            )  # fmt: skip
    percent = {name: st.column_config.NumberColumn(format="percent") for name in ("Accuracy", "Recall", "Macro F1")}
    with st.expander("The numbers", icon=":material/table_chart:"):
        st.dataframe(  # trees alone have no number of parameters
            pd.DataFrame(rows), hide_index=True, column_config=percent, width="stretch", placeholder="–"
        )


def _one_cell(cells: Mapping[str, Any], clips: str) -> None:
    """Confusion matrix, learning curves and examples of one model under one split."""
    keys = sorted((key for key in cells if key.startswith(f"{clips}/")), key=lambda key: ("/speaker/" not in key, key))
    chosen = st.selectbox(
        "Look closer at one of them", keys, key="about-cell", filter_mode=None,
        format_func=lambda key: "{2}, split by {1}".format(*key.split("/")),
    )  # fmt: skip
    report, histories = cells[chosen]["report"], cells[chosen]["histories"]
    left, right = st.columns(2)
    with left.container(border=True):
        st.markdown("**What was taken for what**")
        pictures.chart(report_plots.confusion(report), "confusion", f"cell-{chosen}", _confusion_words(report))
    if any(histories):
        with right.container(border=True):
            st.markdown("**How it learnt**")
            alt = f"Loss over epochs of {chosen}"
            pictures.chart(report_plots.learning_curves(histories), "curves", chosen, alt)
    _examples(report)
