"""The tables in ``processed_data/`` → plotly figures: how many clips of what, how long, and how emotions differ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from ser.constants import EMOTIONS
from ser.curve_plots import set_pitch_axis
from ser.plots import EMOTION_LOOKS, GREY, INK, LOUDNESS, finish, with_legend
from ser.report_plots import STRIPES

OTHER = "other"
MFCC_SHOWN = 20


@dataclass(frozen=True)
class GenderLook:
    """How a gender is drawn: colour, pattern of a bar, symbol of a point."""

    colour: str
    pattern: str
    symbol: str


# Patterns and symbols stand beside the colours, so that no colour says anything alone.
GENDERS = {
    "female": GenderLook("#A34687", "", "circle"),
    "male": GenderLook(INK, "/", "square"),
    "unknown": GenderLook(GREY, "x", "x"),
}


def counts(table: pd.DataFrame, by: str) -> go.Figure:
    """Clips of each emotion, a part of the bar a value of ``by`` (corpus, gender, language or style)."""
    emotions = [*EMOTIONS, *([OTHER] if (table["emotion"] == OTHER).any() else [])]
    figure = go.Figure()
    shades = _shades(table[by].nunique())
    for place, (value, part) in enumerate(table.groupby(by)):
        found = part["emotion"].value_counts()
        look = GENDERS.get(str(value), GenderLook(shades[place], "", ""))
        figure.add_bar(
            x=[_word(emotion) for emotion in emotions],
            y=[int(found.get(emotion, 0)) for emotion in emotions],
            name=str(value),
            marker={
                "color": look.colour,
                "pattern": STRIPES | {"shape": look.pattern},
            },
            hovertemplate=f"%{{x}}, {value}: %{{y}} clips<extra></extra>",
        )
    figure.update_layout(barmode="stack", bargap=0.25)
    figure.update_yaxes(title="clips", fixedrange=True)
    figure.update_xaxes(fixedrange=True)
    return with_legend(finish(figure, height_px=340))


def lengths(table: pd.DataFrame) -> go.Figure:
    """How long clips are, a box a corpus: median, middle half, and whiskers of one and a half times that half."""
    figure = go.Figure()
    for corpus, part in table.groupby("corpus"):
        low, first, middle, third, high = part["duration_s"].quantile([0.02, 0.25, 0.5, 0.75, 0.98])
        figure.add_box(
            y=[str(corpus)], q1=[first], median=[middle], q3=[third], lowerfence=[low], upperfence=[high],
            orientation="h", line={"color": INK}, hoverinfo="x",
        )  # fmt: skip
    figure.update_xaxes(title="seconds", rangemode="tozero", fixedrange=True)
    figure.update_yaxes(fixedrange=True)
    return finish(figure, height_px=110 + 36 * table["corpus"].nunique())


def mean_mfcc(clips: pd.DataFrame, features: pd.DataFrame) -> go.Figure:
    """Each emotion's averaged MFCC against the mean of its speakers, in deviations: what sets it apart.

    Speakers are subtracted first: voices differ more than moods.

    Args:
        clips, features: rows in the same order.
    """
    columns = [f"mfcc_{i:02d}" for i in range(MFCC_SHOWN)]
    values = features[columns].to_numpy(np.float64)
    means = pd.DataFrame(values).groupby(clips["speaker"].to_numpy()).transform("mean").to_numpy()
    centred = (values - means) / np.maximum((values - means).std(axis=0), 1e-9)
    emotions = [emotion for emotion in EMOTIONS if (clips["emotion"] == emotion).any()]
    rows = [centred[(clips["emotion"] == emotion).to_numpy()].mean(axis=0) for emotion in emotions]
    figure = go.Figure(
        go.Heatmap(
            z=np.round(rows, 2), y=[_word(emotion) for emotion in emotions], x0=0, dx=1, zmin=-1, zmax=1,
            colorscale="RdBu_r", colorbar={"thickness": 10, "outlinewidth": 0},
            hovertemplate="%{y}, coefficient %{x}: %{z} deviations from the speaker's mean<extra></extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(title="coefficient (0 is loudness)", dtick=2, fixedrange=True)
    figure.update_yaxes(autorange="reversed", fixedrange=True)
    return finish(figure, height_px=340)


def pitch(clips: pd.DataFrame) -> go.Figure:
    """How high each emotion is spoken: median over the clips of each gender, and the middle half of them as a bar.

    Args:
        clips: with ``emotion``, ``gender`` and ``pitch_hz``; rows without a pitch do not count.
    """
    voiced = clips[clips["pitch_hz"].notna()]
    emotions = [emotion for emotion in EMOTIONS if (voiced["emotion"] == emotion).any()]
    figure = go.Figure()
    for gender, part in voiced[voiced["emotion"].isin(emotions)].groupby("gender"):
        low, middle, high = (part.groupby("emotion")["pitch_hz"].quantile(at).round(1) for at in (0.25, 0.5, 0.75))
        look = GENDERS[str(gender)]
        here = [emotion for emotion in emotions if emotion in middle.index]
        figure.add_scatter(
            x=[_word(emotion) for emotion in here], y=middle[here], mode="markers", name=str(gender),
            marker={"color": look.colour, "symbol": look.symbol, "size": 10},
            error_y={"array": (high - middle)[here], "arrayminus": (middle - low)[here], "width": 0, "thickness": 2},
            hovertemplate=f"%{{x}}, {gender}: %{{y:.0f}} Hz<extra></extra>",
        )  # fmt: skip
    figure.update_layout(scattermode="group", scattergap=0.6)
    figure.update_xaxes(fixedrange=True, categoryorder="array", categoryarray=[_word(emotion) for emotion in emotions])
    return with_legend(finish(set_pitch_axis(figure), height_px=340))


def _word(emotion: str) -> str:
    return EMOTION_LOOKS[emotion].word if emotion in EMOTION_LOOKS else emotion


def _shades(count: int) -> list[str]:
    """Colours from one scale, from dark to light, far enough from black and white for both themes."""
    places = np.linspace(2, len(LOUDNESS) - 2, max(count, 1))
    return [LOUDNESS[round(place)] for place in places]
