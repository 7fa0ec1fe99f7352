"""How every page hears a recording: in its turn, counted and logged."""

from __future__ import annotations

from collections.abc import Callable

from ser import audio, telemetry
from ser.audio import Recording
from ser.listening import Progress
from ser.prediction import Prediction
from ser.recognizer import Recognizer
from ser.turns import QUEUE, Waiting
from ser.ui.sounds import Sound

Decoded = Callable[[Recording], Progress | None]


def _nothing(_: object) -> None:
    return None


def hear(
    page: str, sound: Sound, model: Callable[[], Recognizer], waiting: Waiting = _nothing, decoded: Decoded = _nothing
) -> Prediction:
    """Waits for a turn, decodes and recognises.

    Args:
        page: its address, for the log.
        model: loads the recognizer, or gives it if it is loaded.
        waiting: told now and then how many stand before.
        decoded: told of the recording before it is heard; gives what is to be told of the progress.

    Raises:
        BusyError: too many wait already.
        AudioError: the recording can't be used.
    """
    with telemetry.analysis(page) as account, QUEUE.turn(len(sound.data), waiting) as turn:
        recording = audio.load(sound.data, sound.name, turn.give_way)
        turn.settle(recording.duration_s)
        account.audio_s = recording.duration_s
        progress = decoded(recording)
        return model().predict(recording, progress=progress, between=turn.give_way)
