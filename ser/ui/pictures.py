"""A recording to hear, to read about and to look at."""

from __future__ import annotations

import html

import plotly.graph_objects as go
import streamlit as st

from ser import plots
from ser.audio import Recording
from ser.constants import SAMPLE_RATE_HZ
from ser.language import LATIN_DIGITS, spoken, tr
from ser.prediction import Prediction
from ser.timeline import Segment
from ser.ui import look, moments

# What every current browser plays; anything else is played as it was converted.
PLAYABLE = ("audio/wav", "audio/mpeg", "audio/mp4", "audio/aac", "audio/flac", "audio/ogg")


def player(data: bytes, recording: Recording, segment: Segment | None) -> None:
    """The recording, from the segment that was chosen."""
    start_s = int(segment.start_s) if segment else 0
    if recording.source.media_type in PLAYABLE:
        media_type = recording.source.media_type
        st.audio(data, format=media_type, alt=tr("The recording"), start_time=start_s, autoplay=segment is not None)
    else:
        alt = tr("The recording, converted")
        st.audio(recording.samples, sample_rate=SAMPLE_RATE_HZ, alt=alt, start_time=start_s)


def facts(prediction: Prediction) -> str:
    """What the file was, and how much of it is speech, as an HTML list."""
    # The page's own name for what was spoken is a text; a file's name has a suffix and is in no catalogue.
    source, speech = prediction.recording.source, prediction.speech
    channels = {1: tr("1 (mono)"), 2: tr("2 (stereo)")}.get(source.channels, str(source.channels))
    hertz = f"{source.sample_rate_hz:,}".replace(",", "\u00a0")
    facts = (
        (tr("Name"), tr(source.name)),
        (tr("Type"), source.media_type),
        (tr("Size"), look.size_words(source.size_bytes)),
        (tr("Duration"), look.duration_words(source.duration_s)),
        (tr("Codec"), source.codec),
        (tr("Sample rate"), tr("{hertz} Hz", hertz=spoken().number(hertz))),
        (tr("Channels"), channels),
        *(((tr("Speech"), tr("{percent:.0f} %", percent=100 * speech.share)),) if speech else ()),
    )
    rows = (
        f"<div{'' if number else ' class=wide'}><dt>{name}</dt><dd>{html.escape(value)}</dd></div>"
        for number, (name, value) in enumerate(facts)
    )
    return f'<dl class="ser-facts">{"".join(rows)}</dl>'


def pictures(prediction: Prediction, key: str, segment: Segment | None) -> None:
    """Waveform over the full width, the two pictures of frequency side by side; of a long recording an excerpt."""
    recording = prediction.recording
    st.subheader(tr("The sound in pictures"), anchor=False)
    excerpt = moments.excerpt(prediction, segment)
    if excerpt is not recording:
        words = tr("Spectrogram and MFCC: {seconds:.0f} s from the segment that is chosen.", seconds=excerpt.duration_s)
        st.caption(words)
    with st.container(border=True):
        st.markdown(f"**{tr('Waveform')}**")
        chart(plots.waveform(recording), "waveform", key, tr("Waveform: amplitude over time in seconds"))
    left, right = st.columns(2)
    with left.container(border=True):
        st.markdown(f"**{tr('Mel spectrogram')}**")
        spectrogram = plots.mel_spectrogram(excerpt)
        chart(spectrogram, "mel", key, tr("Mel spectrogram: frequency in hertz over time in seconds"))
        st.caption(tr("How loud each pitch is: what the model listens to. Bright is loud."))
    with right.container(border=True):
        st.markdown(f"**{tr('MFCC')}**")
        chart(plots.mfcc(excerpt), "mfcc", key, tr("MFCC: coefficients over time in seconds"))
        st.caption(tr("13 numbers for timbre, each against its mean; 0 is loudness."))


def chart(figure: go.Figure, name: str, key: str, alt: str) -> None:
    """A figure with the buttons that help; ``alt`` is read out instead of it."""
    still = name == "bars"
    language = spoken()
    if language.digits == LATIN_DIGITS and language.decimal != ".":  # plotly knows no other digits
        figure.update_layout(separators=language.decimal + language.group)
    config = {
        "displaylogo": False,
        "displayModeBar": False if still else "hover",
        "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
        "toImageButtonOptions": {"filename": name, "scale": 2},
    }
    st.plotly_chart(figure, key=f"{name}-{key}", config=config, alt=alt)
