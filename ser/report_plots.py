"""Stored reports → plotly figures: confusion, calibration, learning curves, robustness, models side by side.

They read the dictionaries in ``model/*/report.json``, ``robustness.json`` and ``model/comparison/results.json``, not
the classes that wrote them, so that the page never loads the training side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go

from ser.plots import EMOTION_LOOKS, GREY, INK, LOUDNESS, finish, with_legend
from ser.ranking import Placed

WARM: Final = "#CA6213"
Report = Mapping[str, Any]
STRIPES: Final = {"fillmode": "overlay", "fgcolor": "rgba(255,255,255,0.6)"}
# What a bar of a protocol looks like: never by colour alone.
PROTOCOL_LOOKS: Final = {
    "speaker": ("voices never heard", INK, ""),
    "corpus": ("corpora never heard", "#0253C1", "x"),
    "random": ("random clips", GREY, "/"),
    "published": ("flawed split, as published", WARM, "\\"),
}


def confusion(report: Report) -> go.Figure:
    """What was answered for each emotion, in percent of its clips; rows are the truth."""
    counts = np.array(report["confusion"], dtype=np.float64)
    there = [i for i, row in enumerate(counts) if row.sum()]
    shares = 100 * counts[there] / counts[there].sum(axis=1, keepdims=True)
    words = [EMOTION_LOOKS[label].word for label in report["labels"]]
    figure = go.Figure(
        go.Heatmap(
            z=np.round(shares, 1),
            x=words,
            y=[words[i] for i in there],
            customdata=counts[there].astype(np.int64),
            zmin=0,
            zmax=100,
            colorscale=LOUDNESS,
            showscale=False,
            texttemplate="%{z:.0f}",
            hovertemplate="%{y}, heard as %{x}: %{z:.0f} % (%{customdata} clips)<extra></extra>",
        )
    )
    figure.update_xaxes(title="answer", side="bottom", fixedrange=True)
    figure.update_yaxes(title="truth", autorange="reversed", fixedrange=True)
    return finish(figure, height_px=360)


def reliability(report: Report) -> go.Figure:
    """Share of right answers against the probability stated; on the diagonal a probability means what it says."""
    bins = report["reliability"]
    stated, right = ([100 * one[name] for one in bins] for name in ("probability", "accuracy"))
    figure = go.Figure()
    figure.add_scatter(x=[0, 100], y=[0, 100], mode="lines", line={"color": GREY, "dash": "dot"}, hoverinfo="skip")
    figure.add_scatter(
        x=stated, y=right, mode="lines+markers", line={"color": INK},
        marker={"size": [6 + 0.6 * np.sqrt(one["clips"]) for one in bins]}, customdata=[one["clips"] for one in bins],
        hovertemplate="says %{x:.0f} %, right in %{y:.0f} % (%{customdata} clips)<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(title="probability stated (%)", range=[0, 103], fixedrange=True)
    figure.update_yaxes(title="answers that are right (%)", range=[0, 103], fixedrange=True)
    return finish(figure, height_px=340)


def risk_coverage(report: Report) -> go.Figure:
    """Accuracy if only the surest answers are given, by the share of clips that leaves."""
    points = np.array(report["risk_coverage"], dtype=np.float64)
    figure = go.Figure(
        go.Scatter(
            x=100 * points[:, 0], y=100 * points[:, 1], mode="lines+markers", line={"color": INK},
            hovertemplate="the surest %{x:.0f} % of clips: %{y:.0f} % right<extra></extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(title="clips answered, the surest first (%)", range=[0, 103], fixedrange=True)
    figure.update_yaxes(title="answers that are right (%)", range=[0, 103], fixedrange=True)
    return finish(figure, height_px=340)


def learning_curves(histories: Sequence[Sequence[Mapping[str, float]]]) -> go.Figure:
    """Loss on training and on validation speakers over epochs, a pair of curves a fold."""
    figure = go.Figure()
    for fold, history in enumerate(histories, start=1):
        for name, key, colour, dash in (
            ("training", "loss", INK, "solid"),
            ("validation", "validation_loss", WARM, "dash"),
        ):
            values = [row.get(key, row.get("val_loss", np.nan)) if key != "loss" else row["loss"] for row in history]
            figure.add_scatter(
                x=np.arange(1, len(history) + 1), y=values, mode="lines", name=name, legendgroup=name,
                showlegend=fold == 1, line={"color": colour, "dash": dash, "width": 1.5}, opacity=0.8,
                hovertemplate=f"fold {fold}, epoch %{{x}}: {name} loss %{{y:.3f}}<extra></extra>",
            )  # fmt: skip
    figure.update_xaxes(title="epoch")
    figure.update_yaxes(title="loss")
    return with_legend(finish(figure, height_px=340))


def robustness(conditions: Sequence[Mapping[str, Any]]) -> go.Figure:
    """Recall under each condition, as recorded first."""
    names = [one["condition"] for one in conditions]
    values = [100 * one["mean"] for one in conditions]
    figure = go.Figure(
        go.Bar(
            x=np.round(values, 1), y=names, orientation="h", text=[f"{value:.0f} %" for value in values],
            textposition="outside", cliponaxis=False, marker={"color": [INK, *[GREY] * (len(names) - 1)]},
            hovertemplate="%{y}: %{x:.1f} %<extra></extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(range=[0, 110], visible=False, fixedrange=True)
    figure.update_yaxes(autorange="reversed", fixedrange=True)
    return finish(figure, height_px=60 + 34 * len(names))


def side_by_side(cells: Mapping[str, Report], clips: str) -> go.Figure:
    """Recall of each model on a set of clips, a bar a protocol, the best on voices never heard on top.

    Args:
        cells: of ``results.json``.
    """
    found: dict[str, dict[str, float]] = {}
    for key, cell in cells.items():
        name, protocol, model = key.split("/")
        if name == clips:
            found.setdefault(model, {})[protocol] = 100 * cell["report"]["uar"]
    models = sorted(found, key=lambda model: found[model].get("speaker", -1.0), reverse=True)
    figure = go.Figure()
    for protocol, (words, colour, pattern) in PROTOCOL_LOOKS.items():
        if not any(protocol in scores for scores in found.values()):
            continue
        values = [found[model].get(protocol) for model in models]
        figure.add_bar(
            x=values, y=models, orientation="h", name=words,
            marker={"color": colour, "pattern": STRIPES | {"shape": pattern}},
            hovertemplate=f"%{{y}}, {words}: %{{x:.1f}} %<extra></extra>",
        )  # fmt: skip
    figure.update_layout(barmode="group", bargap=0.25)
    figure.update_xaxes(title="unweighted average recall (%)", range=[0, 104], fixedrange=True)
    figure.update_yaxes(autorange="reversed", fixedrange=True)
    return with_legend(finish(figure, height_px=110 + 22 * sum(len(scores) for scores in found.values())))


def people_and_models(placed: Sequence[Placed]) -> go.Figure:
    """Recall of people and of models on the same clips, in the order given; people's bars are striped."""
    names = [one.who + (" (one fold)" if one.part else "") for one in placed]
    figure = go.Figure(
        go.Bar(
            x=[100 * one.uar for one in placed], y=names, orientation="h",
            text=[f"{one.uar:.0%}" for one in placed], textposition="outside", cliponaxis=False,
            marker={
                "color": [WARM if one.person else INK for one in placed],
                "pattern": STRIPES | {"shape": ["/" if one.person else "" for one in placed]},
            },
            hovertemplate="%{y}: %{x:.1f} %<extra></extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(range=[0, 110], visible=False, fixedrange=True)
    figure.update_yaxes(autorange="reversed", fixedrange=True)
    return finish(figure, height_px=60 + 28 * len(names))
