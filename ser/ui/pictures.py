"""A recording to hear, to read about and to look at."""

from __future__ import annotations

import html

import plotly.graph_objects as go
import streamlit as st

from ser import curve_plots, plots
from ser.audio import Recording
from ser.constants import SAMPLE_RATE_HZ
from ser.prediction import Prediction
from ser.timeline import Segment
from ser.ui import look, moments

# Pictures on request: title → figure, and what it tells.
MORE = {
    "Pitch": (curve_plots.pitch, "The melody of the voice: how high it speaks. Gaps are pauses and voiceless sounds."),
    "Loudness": (curve_plots.rms, "Root mean square of the samples in each 0.13 s."),
    "Zero crossings": (curve_plots.zero_crossings, "How often the wave changes its sign: high in s and f."),
    "Chroma": (curve_plots.chroma, "How much there is of each of the twelve tones, whatever the octave."),
    "Fourier spectrum": (curve_plots.fourier_spectrum, "How strong each frequency is, over the whole recording."),
}
# What every current browser plays; anything else is played as it was converted.
PLAYABLE = ("audio/wav", "audio/mpeg", "audio/mp4", "audio/aac", "audio/flac", "audio/ogg")


def player(data: bytes, recording: Recording, segment: Segment | None) -> None:
    """The recording, from the segment that was chosen."""
    start_s = int(segment.start_s) if segment else 0
    if recording.source.media_type in PLAYABLE:
        media_type = recording.source.media_type
        st.audio(data, format=media_type, alt="The recording", start_time=start_s, autoplay=segment is not None)
    else:
        st.audio(recording.samples, sample_rate=SAMPLE_RATE_HZ, alt="The recording, converted", start_time=start_s)


def facts(prediction: Prediction) -> str:
    """What the file was, and how much of it is speech, as an HTML list."""
    source, speech = prediction.recording.source, prediction.speech
    channels = {1: "1 (mono)", 2: "2 (stereo)"}.get(source.channels, str(source.channels))
    facts = (
        ("Name", source.name),
        ("Type", source.media_type),
        ("Size", look.size_words(source.size_bytes)),
        ("Duration", look.duration_words(source.duration_s)),
        ("Codec", source.codec),
        ("Sample rate", f"{source.sample_rate_hz:,} Hz".replace(",", " ")),
        ("Channels", channels),
        *((("Speech", f"{100 * speech.share:.0f} %"),) if speech else ()),
    )
    rows = (
        f"<div{' class=wide' if name == 'Name' else ''}><dt>{name}</dt><dd>{html.escape(value)}</dd></div>"
        for name, value in facts
    )
    return f'<dl class="ser-facts">{"".join(rows)}</dl>'


def pictures(prediction: Prediction, key: str, segment: Segment | None) -> None:
    """Waveform over the full width, the two pictures of frequency side by side; of a long recording an excerpt."""
    recording = prediction.recording
    st.subheader("The sound in pictures", anchor=False)
    excerpt = moments.excerpt(prediction, segment)
    if excerpt is not recording:
        st.caption(f"Spectrogram and MFCC: {excerpt.duration_s:.0f} s from the segment that is chosen.")
    with st.container(border=True):
        st.markdown("**Waveform**")
        chart(plots.waveform(recording), "waveform", key, "Waveform: amplitude over time in seconds")
    starts_s = moments.excerpt_starts_s(prediction, segment)
    left, right = st.columns(2)
    with left.container(border=True):
        st.markdown("**Mel spectrogram**")
        spectrogram = _from(starts_s, plots.mel_spectrogram(excerpt))
        chart(spectrogram, "mel", key, "Mel spectrogram: frequency in hertz over time in seconds")
        st.caption("How loud each pitch is: what the model listens to. Bright is loud.")
    with right.container(border=True):
        st.markdown("**MFCC**")
        chart(_from(starts_s, plots.mfcc(excerpt)), "mfcc", key, "MFCC: coefficients over time in seconds")
        st.caption("13 numbers for timbre, each against its mean; 0 is loudness.")
    _more(excerpt, starts_s, key)


def _more(excerpt: Recording, starts_s: float, key: str) -> None:
    """The lab's pictures, each drawn when it is asked for."""
    for title in st.pills("More pictures", tuple(MORE), selection_mode="multi", key=f"more-{key}"):
        draw, words = MORE[title]
        with st.container(border=True):
            st.markdown(f"**{title}**")
            figure = _from(starts_s, draw(excerpt))
            axes = f"{figure.layout.yaxis.title.text} over {figure.layout.xaxis.title.text}"
            chart(figure, title.lower().replace(" ", "-"), key, f"{title}: {axes}")
            st.caption(words)


def _from(starts_s: float, figure: go.Figure) -> go.Figure:
    """A figure over time that knows which second of the recording it begins with."""
    return figure.update_layout(meta={"starts_s": starts_s}) if figure.layout.meta else figure


def chart(figure: go.Figure, name: str, key: str, alt: str) -> None:
    """A figure with the buttons that help; ``alt`` is read out instead of it."""
    still = name == "bars"
    config = {
        "displaylogo": False,
        "displayModeBar": False if still else "hover",
        "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
        "toImageButtonOptions": {"filename": name, "scale": 2},
    }
    st.plotly_chart(figure, key=f"{name}-{key}", config=config, alt=alt)
