"""The lab's curves → plotly figures, in the manner of :mod:`ser.plots`. Knows no page."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from ser import curves, decimation, plots
from ser.audio import Recording
from ser.constants import SAMPLE_RATE_HZ, SUMMARY_HOP_SAMPLES, SUMMARY_WINDOW_SAMPLES
from ser.language import tr

TONES = ("C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B")
FRAME_S = SUMMARY_HOP_SAMPLES / SAMPLE_RATE_HZ
HEIGHT_PX = 220
SPECTROGRAM_ROWS_MAX, SPECTROGRAM_COLUMNS_MAX = 300, 600


def rms(recording: Recording) -> go.Figure:
    """Loudness over seconds: root mean square of each frame."""
    return _over_time(recording, curves.rms(recording.samples), tr("RMS"), "%{x:.2f}: %{y:.3f}")


def zero_crossings(recording: Recording) -> go.Figure:
    """Zero crossings over seconds, as a share of the samples: high in s and f, low in vowels."""
    values = 100.0 * curves.zero_crossings(recording.samples)
    return _over_time(recording, values, tr("Zero crossings (%)"), "%{x:.2f}: %{y:.1f} %")


def pitch(recording: Recording) -> go.Figure:
    """Pitch over seconds in hertz, on a logarithmic scale as hearing is; gaps where nothing is voiced."""
    figure = _over_time(recording, curves.pitch_hz(recording.samples), tr("Pitch (Hz)"), "%{x:.2f}: %{y:.0f} Hz")
    return set_pitch_axis(figure)


def set_pitch_axis(figure: go.Figure) -> go.Figure:
    """Hertz on a logarithmic vertical axis, over the range that is looked for."""
    low, high = np.log10(curves.PITCH_RANGE_HZ)
    figure.update_yaxes(title=tr("Pitch (Hz)"), fixedrange=True)
    return figure.update_yaxes(type="log", range=[low, high], tickvals=[75, 100, 150, 200, 300, 400])


def chroma(recording: Recording) -> go.Figure:
    """How much of each of the twelve tones there is, over seconds."""
    picture, step = decimation.shrink(curves.chroma(recording.samples), np.mean)
    figure = go.Figure(
        go.Heatmap(
            z=np.round(100.0 * picture).astype(np.int8),
            x0=0.0,
            dx=step * FRAME_S,
            y=list(TONES),
            colorscale=plots.LOUDNESS,
            showscale=False,
            hovertemplate="%{x:.2f} s, %{y}: %{z} %<extra></extra>",
        )
    )
    plots.set_time_axis(figure, recording)
    figure.update_yaxes(title=tr("Tone"), type="category", fixedrange=True)
    return plots.finish(figure, height_px=HEIGHT_PX)


def fourier_spectrum(recording: Recording) -> go.Figure:
    """Decibels under the strongest frequency, over hertz; of the whole recording."""
    hertz, decibels = curves.fourier_spectrum(recording.samples)
    figure = go.Figure(
        go.Scatter(
            x=hertz, y=np.round(decibels, 1), mode="lines", line={"color": plots.INK, "width": 1.2},
            hovertemplate="%{x:.0f} Hz: %{y:.0f} dB<extra></extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(title=tr("Frequency (Hz)"), range=[0.0, SAMPLE_RATE_HZ / 2])
    figure.update_yaxes(title=tr("Level (dB)"), fixedrange=True, nticks=5)
    return plots.finish(figure, height_px=HEIGHT_PX)


def fourier_spectrogram(recording: Recording) -> go.Figure:
    """Decibels under the strongest point, over seconds and hertz, which are evenly spaced: harmonics are parallel."""
    picture, step = decimation.shrink(curves.spectrogram(recording.samples), np.max, SPECTROGRAM_COLUMNS_MAX)
    rows, rows_step = decimation.shrink(picture.T, np.max, SPECTROGRAM_ROWS_MAX)
    figure = go.Figure(
        go.Heatmap(
            z=np.round(rows.T).astype(np.int8), x0=0.0, dx=step * FRAME_S,
            y0=0.0, dy=rows_step * SAMPLE_RATE_HZ / SUMMARY_WINDOW_SAMPLES, colorscale=plots.LOUDNESS,
            showscale=False, hovertemplate="%{x:.2f} s, %{y:.0f} Hz: %{z} dB<extra></extra>",
        )
    )  # fmt: skip
    plots.set_time_axis(figure, recording)
    figure.update_yaxes(title=tr("Frequency (Hz)"), range=[0.0, SAMPLE_RATE_HZ / 2], fixedrange=True, nticks=5)
    return plots.finish(figure, height_px=HEIGHT_PX)


def by_frame(values: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Seconds and values of a curve with a number a frame; of a long one every so manieth, since gaps have no mean."""
    curve, step = decimation.shrink(values[None], lambda parts, axis: parts.take(0, axis))
    return np.arange(curve.shape[1], dtype=np.float32) * np.float32(step * FRAME_S), curve[0]


def _over_time(recording: Recording, values: NDArray[np.float32], title: str, hover: str) -> go.Figure:
    """A curve with a point a frame."""
    times_s, curve = by_frame(values)
    figure = go.Figure(
        go.Scatter(
            x=times_s, y=curve, mode="lines", line={"color": plots.INK, "width": 1.5}, connectgaps=False,
            hovertemplate=f"{hover}<extra></extra>",
        )
    )  # fmt: skip
    plots.set_time_axis(figure, recording)
    figure.update_yaxes(title=title, fixedrange=True, nticks=5)
    return plots.finish(figure, height_px=HEIGHT_PX)
