"""Weights and manifest → :class:`Recognizer`; recording → :class:`Prediction`. The package's public entry."""

from __future__ import annotations

import functools
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ser.audio import Recording, from_samples
from ser.audio import load as load_audio
from ser.catalogue import DEFAULT_MODEL, MODEL_FOLDER, require_known
from ser.constants import EMOTIONS, EXTRAS, MODEL_WINDOW_S, SAMPLE_RATE_HZ
from ser.ears import ear_maker
from ser.errors import AudioError, ModelError
from ser.features import front_end
from ser.listening import Between, Crew, Progress, listen
from ser.manifest import read_json, require_same_features
from ser.passages import passages
from ser.prediction import EmotionScore, Prediction, Step, Timing
from ser.quality import OF_THE_VOICE, remarks
from ser.speech import Span, Speech, find_speech
from ser.streaming import EVERY_S, LiveResult, stream
from ser.sureness import SureFrom

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

THREADS = 2


class Recognizer:
    """A loaded model. Thread-safe: load it once and share it. Made by :func:`load`."""

    def __init__(self, folder: Path, threads: int = THREADS) -> None:
        """Loads weights and manifest from a folder of ``model/``; see :func:`load`.

        Raises:
            ModelError: a file is missing or damaged, or was made for other features or labels.
        """
        self.manifest = read_json(folder / "manifest.json")
        _require_fit(self.manifest, folder)
        self.sure_from = _sure_from(self.manifest, folder)
        self._make_ear = ear_maker(self.manifest, folder)
        self._ear = self._make_ear(threads, True)
        self.name = str(self.manifest["name"])
        self.extras = tuple(self.manifest.get("extras", ()))

    def predict(
        self,
        source: str | Path | bytes | Recording | NDArray[np.floating],
        name: str | None = None,
        progress: Progress | None = None,
        between: Between | None = None,
    ) -> Prediction:
        """Which emotion a recording carries; of a long one also when.

        Args:
            source: a path, a file's bytes, a :class:`~ser.audio.Recording`, or samples, shape (n,), float, 16 kHz.
            name: what to call it in messages.
            progress: called now and then with the seconds of speech heard and those to hear; it may raise to stop.
            between: called by several threads, before each window of a long recording; it may wait.

        Raises:
            AudioError: the recording can't be used; see :mod:`ser.errors`.

        Examples:
            A second of a steady tone is heard, but it is no voice:

            >>> tone = 0.1 * np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)
            >>> load().predict(tone).has_voice
            False
        """
        with _numerical_libraries().limit(limits=1):
            start = time.perf_counter()
            recording = _as_recording(source, name)
            return self._predict(recording, time.perf_counter() - start, progress, between)

    def predict_many(
        self, sources: Iterable[str | Path | bytes | Recording | NDArray[np.floating]]
    ) -> Iterator[Prediction | AudioError]:
        """Predictions one after the other, in the order given; of a recording that can't be used, its error.

        Nothing is held of those that were asked for before, so that there may be a million.
        For tables, cores and clusters there is :mod:`ser.batch`.

        Args:
            sources: each as for :meth:`predict`.

        Examples:
            >>> import ser
            >>> for found in ser.load().predict_many(["ser/ui/examples/slow.ogg", b"no sound"]):
            ...     print(found.emotion if isinstance(found, ser.Prediction) else type(found).__name__)
            sad
            NotAudioError
        """
        for source in sources:
            try:
                yield self.predict(source)
            except AudioError as error:
                yield error

    def _predict(
        self, recording: Recording, decode_s: float, progress: Progress | None, between: Between | None
    ) -> Prediction:
        decoded = time.perf_counter()
        speech = find_speech(recording)
        noticed = remarks(recording, speech)
        heard = time.perf_counter()
        steps = self._steps(recording, speech, progress, between)
        weights = np.array([step.span.duration_s * max(step.voice, 1e-3) for step in steps])
        probabilities = np.average([step.probabilities for step in steps], axis=0, weights=weights)
        voice, familiar = (
            float(np.average([getattr(step, name) for step in steps], weights=[step.span.duration_s for step in steps]))
            for name in EXTRAS
        )
        timing = Timing(decode_s, heard - decoded, time.perf_counter() - heard)
        order = np.argsort(-probabilities, kind="stable")
        scores = tuple(EmotionScore(EMOTIONS[i], float(probabilities[i])) for i in order)
        limit = self.sure_from.at(familiar)
        if voice < 0.5:
            noticed = tuple(remark for remark in noticed if remark.kind not in OF_THE_VOICE)
        return Prediction(scores, self.name, recording, timing, limit, voice, familiar, speech, steps, noticed)

    def stream(
        self,
        chunks: Iterable[NDArray[np.floating]],
        sample_rate_hz: int = SAMPLE_RATE_HZ,
        every_s: float = EVERY_S,
    ) -> Iterator[LiveResult]:
        """What live sound carries, now and so far, while it comes in; of up to 6 s the last result is that of a file.

        Args:
            chunks: samples as they come, of any length, shape (n,) or (n, channels), float, full scale ±1.
            sample_rate_hz: theirs.
            every_s: seconds of sound between two results; one more comes at the end.

        Raises:
            AudioError: a chunk is no sound, or a number is outside its limits.
        """
        return stream(chunks, sample_rate_hz, self._listen, self.sure_from, every_s)

    def _listen(self, samples: NDArray[np.float32], span: Span) -> Step:
        with _numerical_libraries().limit(limits=1):
            return self.answer_of(self._ear.hear_whole(samples), span)

    def hear(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """What the model reads of a window of samples at 16 kHz, at most 30 s; see :mod:`ser.ears`."""
        return self._ear.hear(samples)

    def answer_of(self, heard: NDArray[np.float32], span: Span) -> Step:
        """What the model says of what :meth:`hear` gave, as a step at ``span``."""
        return self._as_step(self._ear.answer(heard), span)

    @functools.cached_property
    def _crew(self) -> Crew:
        """Made when the first long recording comes."""
        return Crew(lambda: self._make_ear(1, False))

    def _as_step(self, told: NDArray[np.float32], span: Span) -> Step:
        probabilities = told[: len(EMOTIONS)].astype(np.float64)
        more = {name: float(value) for name, value in zip(self.extras, told[len(EMOTIONS) :], strict=True)}
        return Step(span, probabilities / probabilities.sum(), **more)

    def _steps(
        self, recording: Recording, speech: Speech, progress: Progress | None, between: Between | None
    ) -> tuple[Step, ...]:
        """Up to 6 s one step on all of it; of a longer recording, the passages of speech."""
        length = len(recording.stored)
        found = passages(speech, length) if recording.duration_s > MODEL_WINDOW_S else ()
        if found:
            return listen(recording, found, self._crew, self._as_step, progress, between)
        span = Span(0, min(length, round(MODEL_WINDOW_S * SAMPLE_RATE_HZ)))
        return (self.answer_of(self._ear.hear_whole(recording.span(span.start, span.stop)), span),)

    def warm_up(self) -> None:
        """Runs once on a synthesised tone, so that the first real recording does not pay for lazy imports."""
        tone = 0.1 * np.sin(2 * np.pi * 220.0 * np.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ)
        self.predict(tone.astype(np.float32), name="warm-up")


def load(name: str = DEFAULT_MODEL, folder: Path = MODEL_FOLDER, threads: int = THREADS) -> Recognizer:
    """A recognizer with the weights in ``folder/name``; by default the bundled CNN+LSTM.

    Args:
        name: of the model.
        folder: that holds models.
        threads: to hear one short recording; 1 where every core has a process of its own.

    Raises:
        UnknownModelError: there is no such model.
        ModelError: its files do not fit; the message names what was seen.

    Examples:
        >>> load("speech_cnn_lstm_open").name
        'speech_cnn_lstm_open'
    """
    require_known(name, folder)
    return Recognizer(folder / name, threads)


def require_whole(name: str = DEFAULT_MODEL, folder: Path = MODEL_FOLDER) -> None:
    """Checks that a model's files are there and unaltered, without loading them.

    Raises:
        ModelError: as :func:`load`.
    """
    manifest = read_json(folder / name / "manifest.json")
    _require_fit(manifest, folder / name)
    ear_maker(manifest, folder / name)


@functools.cache
def _numerical_libraries() -> ThreadpoolController:
    """numpy's: its threads, waiting in circles for the next matrix, would take half the cores from the model."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def _as_recording(source: str | Path | bytes | Recording | NDArray[np.floating], name: str | None) -> Recording:
    if isinstance(source, Recording):
        return source
    if isinstance(source, np.ndarray):
        return from_samples(source, SAMPLE_RATE_HZ, name or "array")
    return load_audio(source, name)


def _sure_from(manifest: dict[str, Any], folder: Path) -> SureFrom:
    """The manifest's limits; a model without them answers always."""
    if "sure_from" not in manifest:
        return SureFrom()
    try:
        return SureFrom.from_json(manifest["sure_from"])
    except ValueError as error:
        raise ModelError(f"{folder / 'manifest.json'} has sure_from {error}. Restore it.") from error


def _require_fit(manifest: dict[str, Any], folder: Path) -> None:
    """Refuses weights that were made for other labels or another front end."""
    missing = [key for key in ("name", "file", "sha256", "labels", "front_end") if key not in manifest]
    if missing:
        raise ModelError(f"{folder / 'manifest.json'} lacks {', '.join(missing)}. Restore it, or train again.")
    if tuple(manifest["labels"]) != EMOTIONS:
        raise ModelError(
            f"The model in {folder} answers {manifest['labels']}, this version expects {list(EMOTIONS)}. "
            "Train it again with this version."
        )
    if strange := sorted(set(manifest.get("extras", ())) - set(EXTRAS)):
        raise ModelError(f"The model in {folder} tells {', '.join(strange)}, which this version does not know. Update.")
    require_same_features(manifest["front_end"], front_end(), folder)
