"""A prediction → one HTML page that holds all it shows: answer, timeline, waveform, MFCC and mel spectrogram.

The page opens offline: plotly.js is in it, and its own rules (Content-Security-Policy) forbid it to load anything.
"""

from __future__ import annotations

import html
from importlib.metadata import version
from typing import Final

import plotly.graph_objects as go
from plotly.io import to_html

from ser import plots
from ser.errors import ToolMissingError
from ser.excerpt import excerpt_of, excerpt_starts_s
from ser.prediction import Prediction
from ser.timeline import Segment, timeline

SEGMENTS_SHOWN: Final = 200
_POLICY: Final = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; "
    "form-action 'none'; base-uri 'none'"
)
# plotly.js has a button that sends the figure to its maker's server, shown unless it is told otherwise.
_CONFIG: Final = {
    "displaylogo": False,
    "responsive": True,
    "showSendToCloud": False,
    "plotlyServerURL": "",
    "modeBarButtonsToRemove": ["select2d", "lasso2d"],
}
_STYLE: Final = """
:root { color-scheme: light; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1d2426; background: #fbf8f3; }
h1 { font-size: 1.4rem; overflow-wrap: anywhere; } h2 { font-size: 1.1rem; margin: 2rem 0 .3rem; }
.answer { font-size: 2rem; font-weight: 700; margin: .5rem 0 0; } p { margin: .3rem 0; }
table { border-collapse: collapse; } td, th { padding: .15rem .9rem .15rem 0; text-align: left; }
.remark { border-left: 4px solid #f1a100; padding-left: .6rem; } footer { margin-top: 2rem; color: #556; }
@media print { .modebar { display: none; } }
"""
_FOOT: Final = (
    "A neural network judged how this voice sounds; it does not understand the words and can't look into anyone. It "
    "can be wrong. Don't decide anything about a person by it. The EU AI Act prohibits inferring emotions of people at "
    "work and in education, except for medical or safety reasons (Art. 5(1)(f))."
)


def page(prediction: Prediction) -> str:
    """The whole page as HTML; what comes from the file, its name above all, is escaped.

    Raises:
        ToolMissingError: plotly was installed without plotly.js.
    """
    source = prediction.recording.source
    title = html.escape(f"Which emotion does {source.name} carry?")
    found = timeline(prediction).segments
    parts = (
        f"<h1>{title}</h1>",
        _answer(prediction),
        *(f'<p class="remark">{html.escape(remark.text)}</p>' for remark in prediction.remarks),
        _figures(prediction),
        _segments(found) if len(found) > 1 else "",
        _facts(prediction),
        f"<footer><p>{_FOOT}</p></footer>",
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style><script>{_plotly_js()}</script></head>\n"
        f"<body>{''.join(parts)}</body></html>\n"
    )


def _plotly_js() -> str:
    from plotly.offline import get_plotlyjs

    try:
        return str(get_plotlyjs())
    except OSError as error:
        raise ToolMissingError(
            "plotly was installed without plotly.js, which the page needs to open offline. "
            f"Run: pip install --force-reinstall plotly=={version('plotly')}"
        ) from error


def _answer(prediction: Prediction) -> str:
    """One emotion in a big word, the two likeliest where the model is not sure, or that nobody speaks."""
    if not prediction.has_voice:
        return '<p class="answer">No speech found</p><p>This sounds like noise, music or silence.</p>'
    first, second = (plots.EMOTION_LOOKS[score.emotion] for score in prediction.scores[:2])
    percent = [f"{100 * score.probability:.0f} %" for score in prediction.scores[:2]]
    if prediction.is_sure:
        return (
            f'<p class="answer">{first.icon} {first.word.capitalize()}, {percent[0]}</p>'
            f"<p>Next likeliest: {second.icon} {second.word}, {percent[1]}.</p>"
        )
    why = "" if prediction.is_familiar else " It sounds unlike the recordings that the model learnt from."
    return (
        f'<p class="answer">Not sure: {first.icon} {first.word} or {second.icon} {second.word}</p>'
        f"<p>{percent[0]} or {percent[1]}; neither is likely enough to be the one answer.{why}</p>"
    )


def _figures(prediction: Prediction) -> str:
    recording = prediction.recording
    excerpt, start_s = excerpt_of(prediction), excerpt_starts_s(prediction)
    note = "" if excerpt is recording else f" {excerpt.duration_s:.0f} s from {start_s:.0f} s on."
    figures = [("Probabilities", plots.probability_bars(prediction), "How likely each emotion is.")]
    if len(prediction.steps) > 1:
        figures.append(("Timeline", plots.timeline(prediction), "What is heard when; grey is where nobody speaks."))
    figures += [
        ("Waveform", plots.waveform(recording), "Amplitude over time."),
        ("MFCC", plots.mfcc(excerpt), f"13 numbers for timbre, each against its mean; 0 is loudness.{note}"),
        ("Mel spectrogram", plots.mel_spectrogram(excerpt), f"How loud each pitch is; bright is loud.{note}"),
    ]
    return "".join(_figure(*one) for one in figures)


def _figure(title: str, figure: go.Figure, what: str) -> str:
    name = title.lower().replace(" ", "-")
    drawn = to_html(figure, config=_CONFIG, include_plotlyjs=False, full_html=False, div_id=name)
    return f'<section role="figure" aria-label="{title}: {what}"><h2>{title}</h2><p>{what}</p>{drawn}</section>'


def _segments(found: tuple[Segment, ...]) -> str:
    rows = "".join(
        f"<tr><td>{one.start_s:.1f}</td><td>{one.stop_s:.1f}</td><td>{plots.EMOTION_LOOKS[one.emotion].word}"
        f"{'' if one.sure else ', not sure'}</td><td>{one.probability:.0%}</td></tr>"
        for one in found[:SEGMENTS_SHOWN]
    )
    more = f"<p>… and {len(found) - SEGMENTS_SHOWN} more.</p>" if len(found) > SEGMENTS_SHOWN else ""
    head = "<tr><th>from (s)</th><th>to (s)</th><th>emotion</th><th>probability</th></tr>"
    return f"<h2>Segments</h2><table>{head}{rows}</table>{more}"


def _facts(prediction: Prediction) -> str:
    source, speech = prediction.recording.source, prediction.speech
    facts = [
        ("Type", f"{source.media_type}, {source.codec}"),
        ("Length", f"{source.duration_s:.1f} s"),
        ("Sample rate", f"{source.sample_rate_hz} Hz, {source.channels} channel{'s' * (source.channels > 1)}"),
        *([("Speech", f"{100 * speech.share:.0f} %")] if speech else []),
        ("Model", prediction.model),
    ]
    rows = "".join(f"<tr><th>{name}</th><td>{html.escape(value)}</td></tr>" for name, value in facts)
    return f"<h2>The recording</h2><table>{rows}</table>"
