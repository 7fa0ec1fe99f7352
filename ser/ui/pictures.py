"""A recording to hear, to read about and to look at."""

from __future__ import annotations

import html
from collections.abc import Sequence

import plotly.graph_objects as go
import streamlit as st

from ser import curve_plots, plots
from ser.audio import Recording
from ser.constants import SAMPLE_RATE_HZ
from ser.excerpt import excerpt_of, excerpt_starts_s
from ser.language import LATIN_DIGITS, mark, spoken, tr
from ser.plots import EMOTION_LOOKS
from ser.prediction import EmotionScore, Prediction
from ser.timeline import Segment
from ser.ui import look

# Pictures on request: title → figure, and what it tells.
MORE = {
    mark("Pitch"): (
        curve_plots.pitch,
        mark("The melody of the voice: how high it speaks. Gaps are pauses and voiceless sounds."),
    ),
    mark("Loudness"): (curve_plots.rms, mark("Root mean square of the samples in each 0.13 s.")),
    mark("Zero crossings"): (curve_plots.zero_crossings, mark("How often the wave changes its sign: high in s and f.")),
    mark("Chroma"): (curve_plots.chroma, mark("How much there is of each of the twelve tones, whatever the octave.")),
    mark("Fourier spectrum"): (
        curve_plots.fourier_spectrum,
        mark("How strong each frequency is, over the whole recording."),
    ),
}
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


def ranked(scores: Sequence[EmotionScore]) -> str:
    """Emotions and their probabilities in words."""
    each = (
        tr("{emotion} {share:.0%}", emotion=EMOTION_LOOKS[one.emotion].said, share=one.probability) for one in scores
    )
    return ", ".join(each)


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
    excerpt = excerpt_of(prediction, segment)
    if excerpt is not recording:
        words = tr("Spectrogram and MFCC: {seconds:.0f} s from the segment that is chosen.", seconds=excerpt.duration_s)
        st.caption(words)
    with st.container(border=True):
        st.markdown(f"**{tr('Waveform')}**")
        chart(plots.waveform(recording), "waveform", key, tr("Waveform: amplitude over time in seconds"))
    starts_s = excerpt_starts_s(prediction, segment)
    left, right = st.columns(2)
    with left.container(border=True):
        st.markdown(f"**{tr('Mel spectrogram')}**")
        spectrogram = _from(starts_s, plots.mel_spectrogram(excerpt))
        chart(spectrogram, "mel", key, tr("Mel spectrogram: frequency in hertz over time in seconds"))
        st.caption(tr("How loud each pitch is: what the model listens to. Bright is loud."))
    with right.container(border=True):
        st.markdown(f"**{tr('MFCC')}**")
        chart(_from(starts_s, plots.mfcc(excerpt)), "mfcc", key, tr("MFCC: coefficients over time in seconds"))
        st.caption(tr("13 numbers for timbre, each against its mean; 0 is loudness."))
    _more(excerpt, starts_s, key)


def _more(excerpt: Recording, starts_s: float, key: str) -> None:
    """The lab's pictures, each drawn when it is asked for."""
    titles = {one: tr(one) for one in MORE}
    wanted = st.pills(
        tr("More pictures"), tuple(MORE), selection_mode="multi", format_func=titles.__getitem__, key=f"more-{key}"
    )
    for title in wanted:
        draw, words = MORE[title]
        with st.container(border=True):
            st.markdown(f"**{tr(title)}**")
            figure = _from(starts_s, draw(excerpt))
            axes = {"y": figure.layout.yaxis.title.text, "x": figure.layout.xaxis.title.text}
            chart(figure, title.lower().replace(" ", "-"), key, tr("{title}: {y} over {x}", title=tr(title), **axes))
            st.caption(tr(words))


def _from(starts_s: float, figure: go.Figure) -> go.Figure:
    """A figure over time that knows which second of the recording it begins with."""
    return figure.update_layout(meta={"starts_s": starts_s}) if figure.layout.meta else figure


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
