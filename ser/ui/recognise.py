"""The main page: upload or speak, and see the emotion.

Recordings and answers live in the session's own state and nowhere else: not on disk, not in a log, not in a cache
that sessions share. An answer belongs to the content it was computed from (SHA-256) and to the model that gave it, so
neither another file nor another model can show it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ser import audio, journal, plots
from ser.audio import AUDIO_SUFFIXES, Recording
from ser.constants import DURATION_MAX_S, DURATION_MIN_S, SAMPLE_RATE_HZ, UPLOAD_MAX_MB
from ser.errors import SerError
from ser.language import mark, tr
from ser.listening import Progress
from ser.prediction import Prediction
from ser.recognizer import Recognizer
from ser.ui import language, look, memory, microphone, models, moments, pictures, playhead, sounds, verdicts
from ser.ui.card import card
from ser.ui.hearing import hear
from ser.ui.sounds import Sound

UPLOAD, MICROPHONE = mark("Upload"), mark("Microphone")
MICROPHONE_NAME = mark("Microphone recording")
ANSWER = "answer"
STOPPED = "stopped"
PROGRESS_FROM_S = 60.0
APOLOGY = mark(
    "Sorry, something went wrong on our side. Your recording was not kept. Try once more, or with another recording."
)


@dataclass(frozen=True)
class Answer:
    """A prediction, and the content (its key) and the model that it belongs to."""

    sound: str
    model: str
    prediction: Prediction
    convert_s: float

    @property
    def key(self) -> str:
        """What sets its figures apart from another answer's on the page."""
        return f"{self.model}-{self.sound[:16]}"


def warmed_up(recognizer: Recognizer) -> Recognizer:
    """The recognizer after one prediction and one set of pictures of a synthetic sound.

    Libraries are imported and the model's memory is laid out when first called; that time is spent here, not on the
    first visitor.
    """
    time_s = np.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    tone = 0.3 * np.sin(2 * np.pi * 180.0 * time_s) * (1.0 + 0.5 * np.sin(2 * np.pi * 4.0 * time_s))
    # From 8 kHz, so that the resampler is loaded too.
    prediction = recognizer.predict(audio.from_samples(tone.astype(np.float32)[::2], SAMPLE_RATE_HZ // 2))
    for picture in (plots.waveform, plots.mfcc, plots.mel_spectrogram):
        picture(prediction.recording).to_json()
    plots.probability_bars(prediction)
    return recognizer


def page(recognizer: Callable[[str], Recognizer]) -> None:
    """Draws the page. ``recognizer`` gives the shared, loaded model of a name."""
    look.head(
        tr("How does this voice sound?"),
        tr("Upload a recording or say something: one of eight emotions, how sure that is, and pictures of the sound."),
    )
    memory.recall(ANSWER)
    with st.container(border=True, key="choose"):
        sound = _choose()
        model = models.choose()
    # An emptied slot takes the last answer off the screen before the next one is computed.
    slot = st.empty()
    try:
        if sound is None:
            st.session_state.pop(ANSWER, None)
            memory.hold(None)
            _welcome(slot)
            with st.spinner(tr("Loading …")):
                recognizer(model)  # while the visitor still chooses
        elif st.session_state.get(STOPPED) == sound.key:
            with slot.container():
                st.info(tr("Stopped. The recording is still here."), icon=":material/stop_circle:")
                st.button(tr("Listen again"), on_click=_go_on, icon=":material/replay:")
        else:
            _answer(sound, model, slot, recognizer)
    except SerError as error:
        st.session_state.pop(ANSWER, None)
        slot.error(language.told(error), icon=":material/error:")
    except Exception as error:  # noqa: BLE001 - whatever it is, a visitor sees a sentence
        st.session_state.pop(ANSWER, None)
        journal.tell_failure("Recognise page", error)
        slot.error(tr(APOLOGY), icon=":material/error:")


def _choose() -> Sound | None:
    """The two ways in. Only the chosen one is on the page, and leaving one forgets what it held."""
    icons = ((UPLOAD, "upload_file"), (MICROPHONE, "mic"))
    said = {option: f":material/{icon}: {tr(option)}" for option, icon in icons}
    way = st.segmented_control(
        tr("Where the sound comes from"),
        tuple(said),
        default=UPLOAD,
        required=True,
        format_func=said.__getitem__,
        label_visibility="collapsed",
        width="stretch",
        key="way",
    )
    if way == MICROPHONE:
        recorded = st.audio_input(
            tr("Press the microphone, say a sentence, press again"), sample_rate=SAMPLE_RATE_HZ, key="microphone"
        )
        st.caption(tr("Your browser asks for permission first. It offers microphones on https:// pages and localhost."))
        microphone.watch()
        return Sound(MICROPHONE_NAME, recorded.getvalue()) if recorded else None
    uploaded = st.file_uploader(
        tr("Drop a recording here, or browse"),
        type=[suffix.removeprefix(".") for suffix in AUDIO_SUFFIXES],
        max_upload_size=UPLOAD_MAX_MB,
        key="upload",
    )
    limits = {"least_s": DURATION_MIN_S, "most_h": DURATION_MAX_S / 3600}
    st.caption(tr("From {least_s} s to {most_h:g} h. One voice and little noise work best.", **limits))
    if uploaded:
        sounds.forget_given()
        return Sound(uploaded.name, uploaded.getvalue())
    if given := sounds.given():
        return given
    sounds.offer()
    return None


def _welcome(slot: DeltaGenerator) -> None:
    """What the page can hear, while there is nothing to show yet."""
    chips = "".join(
        f'<li style="--tone:{one.colour}">{one.icon} {one.said.capitalize()}</li>'
        for one in plots.EMOTION_LOOKS.values()
    )
    slot.html(f'<div class="ser-welcome"><p>{tr("It listens for")}</p><ul class="ser-chips">{chips}</ul></div>')


def _answer(sound: Sound, model: str, slot: DeltaGenerator, recognizer: Callable[[str], Recognizer]) -> None:
    known = st.session_state.get(ANSWER)
    with slot.container():
        if isinstance(known, Answer) and (known.sound, known.model) == (sound.key, model):
            answer = known
            st.status(_done(answer), state="complete").caption(_timing(answer))
        else:
            st.session_state.pop(ANSWER, None)
            answer = st.session_state[ANSWER] = _recognise(sound, model, recognizer)
        memory.hold(sound, answer)
        prediction = answer.prediction
        left, right = st.columns([5, 6], gap="medium", vertical_alignment="center")
        left.html(card(prediction))
        with right:
            alt = tr("Probability of each emotion: {ranked}", ranked=pictures.ranked(prediction.scores))
            pictures.chart(plots.probability_bars(prediction), "bars", answer.key, alt)
        verdicts.ask(prediction, answer.key, sound.name, model)
        for remark in prediction.remarks:
            st.warning(tr(remark.template, **remark.values), icon=":material/hearing:")
        segment = moments.chosen(prediction, answer.key)
        with st.container(border=True):
            pictures.player(sound.data, prediction.recording, segment)
            st.html(pictures.facts(prediction))
        if len(prediction.steps) > 1:
            st.subheader(tr("Over time"), anchor=False)
            with st.container(border=True):
                alt = tr("Probability of each emotion over time")
                with look.drawing():
                    pictures.chart(plots.timeline(prediction), "timeline", answer.key, alt)
                    moments.show(prediction, answer.key, sound.name)
        with look.drawing():
            pictures.pictures(prediction, answer.key, segment)
        playhead.join()


def _recognise(sound: Sound, model: str, recognizer: Callable[[str], Recognizer]) -> Answer:
    """Runs the recording through the model and says what happens meanwhile."""
    status, below = st.status(tr("Converting the recording …")), st.empty()
    started_s, convert_s = time.perf_counter(), 0.0

    def waiting(count: int) -> None:
        status.update(label=tr("Waiting: {n} before you …", n=count))

    def loaded() -> Recognizer:
        found = recognizer(model)
        status.update(label=tr("Recognising the emotion …"))
        return found

    def decoded(recording: Recording) -> Progress | None:
        nonlocal convert_s
        convert_s = time.perf_counter() - started_s
        duration = look.duration_words(recording.duration_s)
        status.update(label=tr("Listening to {duration} of sound …", duration=duration))
        with below.container():  # in the status's own box it would be folded away
            return _progress(sound) if recording.duration_s >= PROGRESS_FROM_S else None

    prediction = hear("/recognise", sound, loaded, waiting, decoded)
    answer = Answer(sound.key, model, prediction, convert_s)
    below.empty()
    status.caption(_timing(answer))
    status.update(label=_done(answer), state="complete")
    return answer


def _progress(sound: Sound) -> Callable[[float, float], None]:
    """A bar with the time left, and a button: pressing it ends the run, because Streamlit then starts a new one."""
    started_s = time.perf_counter()
    bar = st.progress(0.0, tr("Listening …"))
    st.button(tr("Stop"), on_click=_stop, args=(sound.key,), icon=":material/stop:")

    def show(done_s: float, all_s: float) -> None:
        left_s = (time.perf_counter() - started_s) * (all_s - done_s) / done_s
        done, whole, left = (look.duration_words(one_s) for one_s in (done_s, all_s, left_s))
        words = tr("{done} of {whole} of speech heard, {left} left", done=done, whole=whole, left=left)
        bar.progress(min(1.0, done_s / all_s), words)

    return show


def _stop(key: str) -> None:
    st.session_state[STOPPED] = key


def _go_on() -> None:
    st.session_state.pop(STOPPED, None)


def _done(answer: Answer) -> str:
    return tr("Recognised in {seconds:.1f} s", seconds=answer.convert_s + answer.prediction.timing.total_s)


def _timing(answer: Answer) -> str:
    timing = answer.prediction.timing
    return tr(
        "Converting {convert_ms:.0f} ms · listening {listen_ms:.0f} ms · recognising {model_ms:.0f} ms · model {model}",
        convert_ms=1000 * (answer.convert_s + timing.decode_s),
        listen_ms=1000 * timing.features_s,
        model_ms=1000 * timing.model_s,
        model=answer.model,
    )
