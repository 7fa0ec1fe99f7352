"""Recording, prediction → plotly figures. Knows no page.

Every figure has a transparent background and leaves its fonts to whoever shows it, so it fits a dark and a light
theme alike.

Figures are kept small: curves as an envelope, pictures in at most :data:`COLUMNS_MAX` columns, numbers as typed arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.colors import sequential

from ser import features
from ser.audio import Recording
from ser.constants import EMOTIONS, HOP_SAMPLES, SAMPLE_RATE_HZ, SUMMARY_HOP_SAMPLES
from ser.prediction import Prediction

ENVELOPE_POINTS_MAX: Final = 4000
COLUMNS_MAX: Final = 1500
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
    """How an emotion is shown: never by colour alone."""

    word: str
    icon: str
    colour: str


# After Okabe & Ito's palette, moved until the closest two stay CIE76 23 apart under normal sight, protanopia,
# deuteranopia and tritanopia, and each stands out 2:1 from both grounds (tests/test_plots.py holds both).
EMOTION_LOOKS: Final[dict[str, EmotionLook]] = {
    "angry": EmotionLook("angry", "😠", "#CA6213"),
    "calm": EmotionLook("calm", "😌", "#169356"),
    "disgust": EmotionLook("disgusted", "🤢", "#66420E"),
    "fearful": EmotionLook("fearful", "😨", "#A34687"),
    "happy": EmotionLook("happy", "😊", "#F1A100"),
    "neutral": EmotionLook("neutral", "😐", "#A0A8AA"),
    "sad": EmotionLook("sad", "😢", "#0253C1"),
    "surprised": EmotionLook("surprised", "😲", "#49B9FF"),
}
assert tuple(EMOTION_LOOKS) == EMOTIONS


def probability_bars(prediction: Prediction) -> go.Figure:
    """Horizontal bars of all eight emotions, likeliest on top, each with icon, word and percentage."""
    looks = [EMOTION_LOOKS[score.emotion] for score in prediction.scores]
    percent = [100.0 * score.probability for score in prediction.scores]
    figure = go.Figure(
        go.Bar(
            x=[round(value, 2) for value in percent],
            y=[f"{look.icon} {look.word.capitalize()}" for look in looks],
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
    return _finish(figure, height_px=330).update_layout(margin_t=0)


def waveform(recording: Recording) -> go.Figure:
    """Amplitude over time in seconds; a long recording as its minima and maxima, so that no peak is lost."""
    time_s, amplitude = envelope(recording.samples)
    figure = go.Figure(
        go.Scatter(
            x=time_s,
            y=amplitude,
            mode="lines",
            line={"color": INK, "width": 1},
            hovertemplate="%{x:.2f} s: %{y:.3f}<extra></extra>",
        )
    )
    figure.update_xaxes(title="Time (s)", range=[0.0, recording.duration_s])
    figure.update_yaxes(title="Amplitude", zeroline=True, fixedrange=True, nticks=5)
    return _finish(figure, height_px=230)


def mel_spectrogram(recording: Recording) -> go.Figure:
    """The log-mel spectrogram that the model reads: decibels under the loudest point, over seconds and hertz.

    The vertical axis is spaced by mel bands, as hearing is, and labelled in hertz.
    """
    picture = features.log_mel(recording.samples)
    picture, step = shrink(picture, np.max)
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
            hovertemplate="%{x:.2f} s, %{y}: %{z} dB<extra></extra>",
        )
    )
    figure.update_xaxes(title="Time (s)", range=[0.0, recording.duration_s])
    figure.update_yaxes(
        title="Frequency (Hz)",
        type="category",
        tickvals=[float(np.interp(hertz, centres_hz, np.arange(len(centres_hz)))) for hertz in MEL_TICKS_HZ],
        ticktext=[str(hertz) for hertz in MEL_TICKS_HZ],
        fixedrange=True,
    )
    return _finish(figure, height_px=300)


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
            colorbar=_colour_bar("") | {"tickvals": [-2, 0, 2], "ticktext": ["low", "mean", "high"]},
            hovertemplate="%{x:.2f} s, coefficient %{y}: %{customdata:.1f}<extra></extra>",
        )
    )
    figure.update_xaxes(title="Time (s)", range=[0.0, recording.duration_s])
    figure.update_yaxes(title="Coefficient", dtick=2 if count <= 20 else 5, fixedrange=True)
    return _finish(figure, height_px=300)


def envelope(
    samples: NDArray[np.float32], points_max: int = ENVELOPE_POINTS_MAX
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Curve of at most ``points_max`` points that keeps every peak: each block's minimum and maximum.

    Args:
        samples: shape (n,), float32, 16 kHz.
        points_max: even number of points.

    Returns:
        Seconds and amplitudes, both shape (m,), float32, m ≤ ``points_max``.
    """
    if len(samples) <= points_max:
        return np.arange(len(samples), dtype=np.float32) / np.float32(SAMPLE_RATE_HZ), samples
    block = -(-len(samples) // (points_max // 2))
    starts = np.arange(0, len(samples), block)
    low, high = np.minimum.reduceat(samples, starts), np.maximum.reduceat(samples, starts)
    amplitudes = np.stack([low, high], axis=1).reshape(-1)
    time_s = np.repeat((starts + block / 2) / SAMPLE_RATE_HZ, 2)
    return time_s.astype(np.float32), np.round(amplitudes, 4).astype(np.float32)


def shrink(
    picture: NDArray[np.float32], join: Callable[..., NDArray[np.float32]], columns_max: int = COLUMNS_MAX
) -> tuple[NDArray[np.float32], int]:
    """Joins neighbouring columns until at most ``columns_max`` are left.

    Args:
        picture: shape (bands, t), float32.
        join: ``np.max`` keeps short events, ``np.mean`` keeps the level.
        columns_max: columns that may be left.

    Returns:
        Picture of shape (bands, ceil(t / step)), float32, and the step.
    """
    step = -(-picture.shape[1] // columns_max)
    if step == 1:
        return picture, 1
    missing = -picture.shape[1] % step
    padded = np.pad(picture, ((0, 0), (0, missing)), mode="edge")
    return join(padded.reshape(len(picture), -1, step), axis=2), step


def _percent(value: float) -> str:
    """``78 %``; what rounds to nothing is ``< 1 %``, not zero."""
    return f"{value:.0f} %" if value >= 0.5 else "< 1 %"


def _colour_bar(unit: str) -> dict[str, object]:
    return {"thickness": 10, "outlinewidth": 0, "title": {"text": unit, "side": "top"}, "nticks": 5, "len": 1.0}


def _finish(figure: go.Figure, height_px: int) -> go.Figure:
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
