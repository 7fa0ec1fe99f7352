"""The answer in words, icons and colour, as HTML. Colour never says anything alone."""

from __future__ import annotations

from ser import plots
from ser.language import mark, tr
from ser.prediction import EmotionScore, Prediction
from ser.ui import look

_STRANGE = mark(
    "This recording sounds unlike those the model learnt from (room, microphone, language), so it is more careful."
)


def card(prediction: Prediction) -> str:
    """One emotion in a big word, the two likeliest where the model is not sure, or none where there is no voice."""
    if not prediction.has_voice:
        return _no_voice()
    return _sure(prediction) if prediction.is_sure else _not_sure(prediction)


def _no_voice() -> str:
    return (
        f'<div class="ser-answer ser-unsure" role="status"><p class="word">{tr("No speech found")}</p>'
        f'<p class="lead">{tr("This sounds like noise, music or silence.")}</p><p class="next">'
        f"{tr('Record a sentence close to the microphone, with little noise around.')}</p></div>"
    )


def _sure(prediction: Prediction) -> str:
    one = plots.EMOTION_LOOKS[prediction.emotion]
    second = prediction.scores[1]
    other = plots.EMOTION_LOOKS[second.emotion]
    sure = tr(
        "<b>{sureness}</b> · {percent:.0f} %",
        sureness=look.sureness(prediction.probability, prediction.not_sure_below),
        percent=100 * prediction.probability,
    )
    next_likeliest = tr(
        "Next likeliest: {emotion}, {percent:.0f} %",
        emotion=f"{other.icon} {other.said}",
        percent=100 * second.probability,
    )
    return (
        f'<div class="ser-answer" style="--tone:{one.colour}" role="status">'
        f'<div class="icon" aria-hidden="true">{one.icon}</div><p class="lead">{tr("This voice sounds")}</p>'
        f'<p class="word">{one.said.capitalize()}</p>'
        f'<p class="sure">{sure}</p>'
        f'<p class="next">{next_likeliest}</p></div>'
    )


def _not_sure(prediction: Prediction) -> str:
    first, second = (_either(score) for score in prediction.scores[:2])
    why = "" if prediction.is_familiar else f" {tr(_STRANGE)}"
    return (
        f'<div class="ser-answer ser-unsure" role="status"><p class="word">{tr("Not sure")}</p>'
        f'<p class="lead">{tr("This voice sounds")}</p>{first}<p class="or">{tr("or")}</p>{second}'
        f'<p class="next">{tr("Neither is likely enough to be the one answer.")}{why}</p></div>'
    )


def _either(score: EmotionScore) -> str:
    one = plots.EMOTION_LOOKS[score.emotion]
    return (
        f'<p class="either" style="--tone:{one.colour}"><span class="icon" aria-hidden="true">{one.icon}</span> '
        f"<b>{one.said.capitalize()}</b> <span>{tr('{percent:.0f} %', percent=100 * score.probability)}</span></p>"
    )
