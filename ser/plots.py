"""Recording, prediction → plotly figures. Knows no page.

Every figure has a transparent background and leaves its fonts to whoever shows it, so it fits a dark and a light
theme alike.

Figures are kept small: curves and pictures are decimated (:mod:`ser.decimation`), numbers are typed arrays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.colors import sequential

from ser import features
from ser.audio import Recording
from ser.constants import EMOTIONS, HOP_SAMPLES, SAMPLE_RATE_HZ, SUMMARY_HOP_SAMPLES
from ser.decimation import envelope, shrink
from ser.language import EMOTION_WORDS, tr
from ser.prediction import Prediction, Step

STEPS_MAX: Final = 600  # of a timeline; each is eight bars
PAUSES_MAX: Final = 2 * STEPS_MAX  # what is shorter than such a part of a recording is narrower than a pixel
PAUSE_SHOWN_MIN_S: Final = 0.05
# Stroke that reads well on a light and on a dark ground (3:1 or better on both of the page's).
INK: Final = "#2B8C8C"
GREY: Final = "#8C9298"
# Magma, from a dark violet instead of black, so that silence stands out from a dark page.
LOUDNESS: Final = ["#0B0724", *sequential.Magma[1:]]
MEL_TICKS_HZ: Final = (250, 500, 1000, 2000, 4000, 7000)
# features.log_mel divides decades by four: one unit is 40 dB.
DB_PER_LOG_MEL: Final = 40.0


@dataclass(frozen=True)
class EmotionLook:
    """How an emotion is shown: never by colour alone. ``word`` is English; :attr:`said` is what the reader sees."""

    word: str
    icon: str
    colour: str

    @property
    def said(self) -> str:
        """The word in the reader's language."""
        return tr(self.word)


# After Okabe & Ito's palette, moved until the closest two stay CIE76 23 apart under normal sight, protanopia,
# deuteranopia and tritanopia, and each stands out 2:1 from both grounds (tests/test_plots.py holds both).
EMOTION_LOOKS: Final[dict[str, EmotionLook]] = {
    "angry": EmotionLook(EMOTION_WORDS["angry"], "😠", "#CA6213"),
    "calm": EmotionLook(EMOTION_WORDS["calm"], "😌", "#169356"),
    "disgust": EmotionLook(EMOTION_WORDS["disgust"], "🤢", "#66420E"),
    "fearful": EmotionLook(EMOTION_WORDS["fearful"], "😨", "#A34687"),
    "happy": EmotionLook(EMOTION_WORDS["happy"], "😊", "#F1A100"),
    "neutral": EmotionLook(EMOTION_WORDS["neutral"], "😐", "#A0A8AA"),
    "sad": EmotionLook(EMOTION_WORDS["sad"], "😢", "#0253C1"),
    "surprised": EmotionLook(EMOTION_WORDS["surprised"], "😲", "#49B9FF"),
}
assert tuple(EMOTION_LOOKS) == EMOTIONS


def probability_bars(prediction: Prediction) -> go.Figure:
    """Horizontal bars of all eight emotions, likeliest on top, each with icon, word and percentage."""
    looks = [EMOTION_LOOKS[score.emotion] for score in prediction.scores]
    percent = [100.0 * score.probability for score in prediction.scores]
    figure = go.Figure(
        go.Bar(
            x=[round(value, 2) for value in percent],
            y=[f"{look.icon} {look.said.capitalize()}" for look in looks],
            orientation="h",
            marker={"color": [look.colour for look in looks], "cornerradius": 6},
            text=[_percent(value) for value in percent],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:.1f} %<extra></extra>",
        )
    )
    figure.update_layout(bargap=0.32)
    # A fixed scale: a weak answer must look weak. The room on the right is for the labels.
    figure.update_xaxes(range=[0, 114], visible=False, fixedrange=True)
    figure.update_yaxes(autorange="reversed", fixedrange=True, ticks="", tickfont={"size": 15})
    return finish(figure, height_px=330).update_layout(margin_t=0)


def waveform(recording: Recording) -> go.Figure:
    """Amplitude over time in seconds; a long recording as its minima and maxima, so that no peak is lost."""
    time_s, amplitude = envelope(recording.stored)
    figure = go.Figure(
        go.Scatter(
            x=time_s,
            y=amplitude,
            mode="lines",
            line={"color": INK, "width": 1},
            hovertemplate=f"%{{x:.2f}} {tr('s')}: %{{y:.3f}}<extra></extra>",
        )
    )
    set_time_axis(figure, recording)
    figure.update_yaxes(title=tr("Amplitude"), zeroline=True, fixedrange=True, nticks=5)
    return finish(figure, height_px=230)


def mel_spectrogram(recording: Recording) -> go.Figure:
    """The log-mel spectrogram that the model reads: decibels under the loudest point, over seconds and hertz.

    The vertical axis is spaced by mel bands, as hearing is, and labelled in hertz.
    """
    picture, step = shrink(features.log_mel(recording.samples), np.max)
    centres_hz = features.mel_frequencies_hz()
    decibels = np.round((picture - picture.max()) * DB_PER_LOG_MEL).astype(np.int8)  # -80 … 0, fits one byte
    figure = go.Figure(
        go.Heatmap(
            z=decibels,
            x0=0.0,
            dx=step * HOP_SAMPLES / SAMPLE_RATE_HZ,
            y=[f"{hertz:.0f} Hz" for hertz in centres_hz],
            colorscale=LOUDNESS,
            colorbar=_colour_bar("dB"),
            hovertemplate=f"%{{x:.2f}} {tr('s')}, %{{y}}: %{{z}} dB<extra></extra>",
        )
    )
    set_time_axis(figure, recording)
    figure.update_yaxes(
        title=tr("Frequency (Hz)"),
        type="category",
        tickvals=[float(np.interp(hertz, centres_hz, np.arange(len(centres_hz)))) for hertz in MEL_TICKS_HZ],
        ticktext=[str(hertz) for hertz in MEL_TICKS_HZ],
        fixedrange=True,
    )
    return finish(figure, height_px=300)


def mfcc(recording: Recording, count: int = 13) -> go.Figure:
    """Mel-frequency cepstral coefficients over seconds: red above the coefficient's own mean, blue below.

    Coefficients differ in size a hundredfold (0 is loudness), so each is coloured by its distance from its mean in
    standard deviations; the pointer shows the true value.
    """
    coefficients, step = shrink(features.mfcc(recording.samples, count), np.mean)
    deviation = np.maximum(coefficients.std(axis=1, keepdims=True), 1e-3)
    figure = go.Figure(
        go.Heatmap(
            z=np.round((coefficients - coefficients.mean(axis=1, keepdims=True)) / deviation, 2),
            customdata=np.round(coefficients, 1),
            x0=0.0,
            dx=step * SUMMARY_HOP_SAMPLES / SAMPLE_RATE_HZ,
            y0=0,
            dy=1,
            zmin=-2.5,
            zmax=2.5,
            colorscale="RdBu_r",
            colorbar=_colour_bar("") | {"tickvals": [-2, 0, 2], "ticktext": [tr("low"), tr("mean"), tr("high")]},
            hovertemplate=f"%{{x:.2f}} {tr('s')}, {tr('coefficient')} %{{y}}: %{{customdata:.1f}}<extra></extra>",
        )
    )
    set_time_axis(figure, recording)
    figure.update_yaxes(title=tr("Coefficient"), dtick=2 if count <= 20 else 5, fixedrange=True)
    return finish(figure, height_px=300)


def timeline(prediction: Prediction) -> go.Figure:
    """Probabilities over seconds, stacked to 100 %; grey where nobody speaks."""
    starts_s, widths_s, probabilities = _columns(prediction)
    silent = _gaps(starts_s, starts_s + widths_s, prediction.recording.duration_s)
    figure = go.Figure()
    figure.add_bar(
        x=silent[:, 0],
        width=silent[:, 1] - silent[:, 0],
        y=np.full(len(silent), 100.0),
        offset=0,
        name=tr("no speech"),
        marker={"color": GREY, "opacity": 0.22, "line": {"width": 0}},
        hovertemplate=f"%{{x:.0f}} {tr('s')}: {tr('no speech')}<extra></extra>",
    )
    for emotion, values in zip(EMOTIONS, probabilities.T, strict=True):
        one = EMOTION_LOOKS[emotion]
        figure.add_bar(
            x=starts_s,
            width=widths_s,
            y=np.round(100 * values, 1),
            offset=0,
            name=f"{one.icon} {one.said}",
            marker={"color": one.colour, "line": {"width": 0}},
            hovertemplate=f"%{{x:.0f}} {tr('s')}: {one.said} %{{y:.0f}} %<extra></extra>",
        )
    figure.update_layout(barmode="stack", bargap=0)
    set_time_axis(figure, prediction.recording)
    figure.update_yaxes(title=tr("Probability (%)"), range=[0, 100], fixedrange=True, nticks=3)
    finish(figure, height_px=320)
    return figure.update_layout(showlegend=True, legend={"orientation": "h", "y": -0.28, "itemclick": False})


def _columns(prediction: Prediction) -> tuple[NDArray[np.float64], ...]:
    """Starts and widths in seconds, (n,), and probabilities, (n, 8).

    At most :data:`STEPS_MAX` columns, and one more a pause that is shown: of those there are fewer than
    :data:`PAUSES_MAX`.
    """
    steps = prediction.steps
    group = -(-len(steps) // STEPS_MAX)
    groups = [steps[i : i + group] for i in range(0, len(steps), group)] if group else []
    # A group ends where speech does: what lies behind a pause is another one's.
    least_s = _pause_shown_s(prediction.recording.duration_s)
    parts = [piece for one in groups for piece in _without_pauses(one, least_s)]
    starts_s = np.array([part[0].span.start_s for part in parts])
    stops_s = np.array([part[-1].span.stop_s for part in parts])
    probabilities = np.array([np.mean([one.probabilities for one in part], axis=0) for part in parts])
    return starts_s, stops_s - starts_s, probabilities.reshape(-1, len(EMOTIONS))


def _pause_shown_s(duration_s: float) -> float:
    return max(PAUSE_SHOWN_MIN_S, duration_s / PAUSES_MAX)


def _without_pauses(steps: tuple[Step, ...], least_s: float) -> list[list[Step]]:
    parts: list[list[Step]] = []
    for step in steps:
        if parts and step.span.start_s - parts[-1][-1].span.stop_s < least_s:
            parts[-1].append(step)
        else:
            parts.append([step])
    return parts


def _gaps(starts_s: NDArray[np.float64], stops_s: NDArray[np.float64], duration_s: float) -> NDArray[np.float64]:
    """Where nothing is, (n, 2) seconds."""
    edges = np.stack([np.concatenate([[0.0], stops_s]), np.concatenate([starts_s, [duration_s]])], axis=1)
    return np.asarray(edges[edges[:, 1] - edges[:, 0] > _pause_shown_s(duration_s)])


def _percent(value: float) -> str:
    """``78 %``; what rounds to nothing is ``< 1 %``, not zero."""
    return tr("{percent:.0f} %", percent=value) if value >= 0.5 else tr("< {percent:.0f} %", percent=1)


def _colour_bar(unit: str) -> dict[str, object]:
    return {"thickness": 10, "outlinewidth": 0, "title": {"text": unit, "side": "top"}, "nticks": 5, "len": 1.0}


def set_time_axis(figure: go.Figure, recording: Recording) -> None:
    """Seconds from the recording's start on the horizontal axis; ``meta`` tells a player where that start is."""
    figure.update_xaxes(title=tr("Time (s)"), range=[0.0, recording.duration_s])
    figure.update_layout(meta={"starts_s": 0.0})


def finish(figure: go.Figure, height_px: int) -> go.Figure:
    """What all figures share. No drag mode: on a phone a finger on the figure must still scroll the page."""
    figure.update_layout(
        height=height_px,
        margin={"l": 8, "r": 8, "t": 24, "b": 0},  # buttons fit in the top margin
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        showlegend=False,
        dragmode=False,
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": GREY, "activecolor": INK},
    )
    figure.update_xaxes(automargin=True, showgrid=False)
    figure.update_yaxes(automargin=True, showgrid=False)
    return figure


def with_legend(figure: go.Figure) -> go.Figure:
    """The figure with its legend above."""
    legend = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}
    return figure.update_layout(showlegend=True, legend=legend, margin_t=48)
