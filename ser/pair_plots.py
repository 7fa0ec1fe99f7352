"""Two recordings → figures that show them together, in the manner of :mod:`ser.plots`. Knows no page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from ser import curves, plots
from ser.audio import Recording
from ser.constants import EMOTIONS
from ser.curve_plots import by_frame, set_pitch_axis
from ser.language import tr
from ser.prediction import Prediction

# First solid, second hatched: told apart without colour.
PATTERNS = ("", "/")
DASHES = ("solid", "dot")


@dataclass(frozen=True)
class Voice:
    """How a voice speaks, in numbers that people know.

    Attributes:
        pitch_hz: median of the voiced frames; None where nothing is voiced.
        melody_semitones: between the tenth and the ninetieth percentile of the pitch; None like the pitch.
        loudness_db: of the speech's frames, median, under full scale.
        duration_s: of the recording.
    """

    pitch_hz: float | None
    melody_semitones: float | None
    loudness_db: float
    duration_s: float

    @classmethod
    def of(cls, recording: Recording) -> Voice:
        """Measures a recording."""
        pitch = curves.pitch_hz(recording.samples)
        voiced = pitch[~np.isnan(pitch)]
        loudness = curves.rms(recording.samples)
        loud = loudness[loudness >= loudness.max() * 10 ** (-curves.VOICED_BELOW_PEAK_DB / 20)]
        level_db = 20.0 * float(np.log10(max(float(np.median(loud)), 1e-5)))
        if not len(voiced):
            return cls(None, None, level_db, recording.duration_s)
        low, middle, high = np.percentile(voiced, [10, 50, 90])
        return cls(float(middle), 12.0 * float(np.log2(high / low)), level_db, recording.duration_s)


def bars(pair: Sequence[Prediction], names: Sequence[str]) -> go.Figure:
    """Probabilities of the eight emotions, a pair of bars each."""
    figure = go.Figure()
    colours = [plots.EMOTION_LOOKS[emotion].colour for emotion in EMOTIONS]
    words = [f"{one.icon} {one.said.capitalize()}" for one in plots.EMOTION_LOOKS.values()]
    for prediction, name, pattern in zip(pair, names, PATTERNS, strict=True):
        percent = [round(100.0 * prediction.probabilities[emotion], 1) for emotion in EMOTIONS]
        figure.add_bar(
            x=words, y=percent, name=name,
            marker={"color": colours, "pattern": {"shape": pattern, "fgcolor": "#FFFFFF"}},
            text=[f"{value:.0f}" if value >= 0.5 else "" for value in percent], textposition="outside",
            hovertemplate=f"{name}: %{{x}} %{{y:.1f}} %<extra></extra>",
        )  # fmt: skip
    figure.update_layout(barmode="group", bargap=0.25, bargroupgap=0.06)
    figure.update_yaxes(title=tr("Probability (%)"), range=[0, 112], fixedrange=True, nticks=4)
    figure.update_xaxes(fixedrange=True)
    return plots.with_legend(plots.finish(figure, height_px=320))


def pitches(pair: Sequence[Recording], names: Sequence[str]) -> go.Figure:
    """The melodies of both, each from its own start."""
    figure = go.Figure()
    for recording, name, dash, colour in zip(pair, names, DASHES, (plots.INK, "#CA6213"), strict=True):
        times_s, curve = by_frame(curves.pitch_hz(recording.samples))
        figure.add_scatter(
            x=times_s, y=curve, mode="lines", name=name, connectgaps=False,
            line={"color": colour, "width": 2, "dash": dash},
            hovertemplate=f"%{{x:.2f}} {tr('s')}: %{{y:.0f}} Hz<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(title=tr("Time (s)"), range=[0.0, max(one.duration_s for one in pair)])
    return plots.with_legend(plots.finish(set_pitch_axis(figure), height_px=260))
