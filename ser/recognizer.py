"""Weights and manifest → :class:`Recognizer`; recording → :class:`Prediction`. The package's public entry."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ser.audio import Recording, from_samples
from ser.audio import load as load_audio
from ser.constants import EMOTIONS, EXTRAS, MODEL_HOP_S, MODEL_WINDOW_S, SAMPLE_RATE_HZ
from ser.errors import ModelError
from ser.features import front_end, log_mel, trim_silence
from ser.litert import LiteRtModel
from ser.manifest import read_json, require_sha256
from ser.sureness import SureFrom

MODEL_FOLDER = Path(__file__).resolve().parent.parent / "model"
DEFAULT_MODEL = "speech_cnn_lstm"
# Lies beside the models and is part of them, but answers nothing itself.
ENCODER = "encoder"
THREADS = 2


@dataclass(frozen=True)
class Timing:
    """Where the time of one prediction went, in seconds."""

    decode_s: float
    features_s: float
    model_s: float

    @property
    def total_s(self) -> float:
        """Sum of the parts."""
        return self.decode_s + self.features_s + self.model_s


@dataclass(frozen=True)
class EmotionScore:
    """One emotion and its calibrated probability, 0 … 1."""

    emotion: str
    probability: float


@dataclass(frozen=True)
class Prediction:
    """The answer for one recording.

    Attributes:
        scores: all eight emotions, likeliest first; probabilities sum to 1.
        model: name of the model that answered.
        recording: what was heard (samples and source facts).
        timing: where the time went.
        not_sure_below: top probability, 0 … 1, under which the model does not commit itself; 0 if it has no such limit.
        voice: probability that there is a voice at all; 1 if the model does not tell.
        familiar: probability that the recording is like those that taught the model; 1 if it does not tell.
    """

    scores: tuple[EmotionScore, ...]
    model: str
    recording: Recording
    timing: Timing
    not_sure_below: float = 0.0
    voice: float = 1.0
    familiar: float = 1.0

    @property
    def emotion(self) -> str:
        """The likeliest emotion."""
        return self.scores[0].emotion

    @property
    def probability(self) -> float:
        """The likeliest emotion's calibrated probability."""
        return self.scores[0].probability

    @property
    def is_sure(self) -> bool:
        """Whether the likeliest emotion is likely enough to be given as the answer."""
        return self.probability >= self.not_sure_below

    @property
    def has_voice(self) -> bool:
        """Whether there is more likely a voice than none."""
        return self.voice >= 0.5

    @property
    def is_familiar(self) -> bool:
        """Whether the recording is more likely than not like those that taught the model."""
        return self.familiar >= 0.5

    @property
    def probabilities(self) -> dict[str, float]:
        """Emotion → probability, in the order of :data:`ser.constants.EMOTIONS`."""
        return {score.emotion: score.probability for score in sorted(self.scores, key=lambda s: s.emotion)}


@dataclass(frozen=True, eq=False)
class WindowAnswer:
    """What a model says of one window.

    Attributes:
        probabilities: calibrated, shape (8,), float64, sum 1, in the order of :data:`ser.constants.EMOTIONS`.
        voice, familiar: see :class:`Prediction`.
    """

    probabilities: NDArray[np.float64]
    voice: float = 1.0
    familiar: float = 1.0


@dataclass(frozen=True)
class ModelInfo:
    """What a person needs to know to choose a model.

    Attributes:
        name: its folder in ``model/``, which :func:`load` takes.
        title: a short name for people.
        use: one plain sentence about what the weights may be used for; empty if the manifest has none.
    """

    name: str
    title: str
    use: str


class Recognizer:
    """A loaded model. Thread-safe: load it once and share it. Made by :func:`load`."""

    def __init__(self, folder: Path) -> None:
        """Loads weights and manifest from a folder of ``model/``.

        Raises:
            ModelError: a file is missing or damaged, or was made for other features or labels.
        """
        self.manifest = read_json(folder / "manifest.json")
        _require_fit(self.manifest, folder)
        self.sure_from = _sure_from(self.manifest, folder)
        weights = folder / self.manifest["file"]
        require_sha256(weights, self.manifest["sha256"])
        self.name = str(self.manifest["name"])
        self.extras = tuple(self.manifest.get("extras", ()))
        self._model = LiteRtModel(weights, THREADS)

    def predict(
        self, source: str | Path | bytes | Recording | NDArray[np.floating], name: str | None = None
    ) -> Prediction:
        """Which emotion a recording carries.

        Args:
            source: a path, a file's bytes, a :class:`~ser.audio.Recording`, or samples, shape (n,), float, 16 kHz.
            name: what to call it in messages.

        Raises:
            AudioError: the recording can't be used; see :mod:`ser.errors`.
        """
        start = time.perf_counter()
        recording = _as_recording(source, name)
        decoded = time.perf_counter()
        windows = [log_mel(window) for window in cut_windows(trim_silence(recording.samples))]
        heard = time.perf_counter()
        answers = [self.answer_of(mel) for mel in windows]
        probabilities = np.mean([answer.probabilities for answer in answers], axis=0)
        voice, familiar = (float(np.mean([getattr(answer, name) for answer in answers])) for name in EXTRAS)
        timing = Timing(decoded - start, heard - decoded, time.perf_counter() - heard)
        order = np.argsort(-probabilities, kind="stable")
        scores = tuple(EmotionScore(EMOTIONS[i], float(probabilities[i])) for i in order)
        return Prediction(scores, self.name, recording, timing, self.sure_from.at(familiar), voice, familiar)

    def answer_of(self, mel: NDArray[np.float32]) -> WindowAnswer:
        """What the model says of one window.

        Args:
            mel: shape (80, t), float32, from :func:`ser.features.log_mel`; at most 30 s.
        """
        told = self._model(mel.T).astype(np.float64)
        probabilities, extras = told[: len(EMOTIONS)], told[len(EMOTIONS) :]
        more = {name: float(value) for name, value in zip(self.extras, extras, strict=True)}
        return WindowAnswer(probabilities / probabilities.sum(), **more)

    def warm_up(self) -> None:
        """Runs once on a synthesised tone, so that the first real recording does not pay for lazy imports."""
        tone = 0.1 * np.sin(2 * np.pi * 220.0 * np.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ)
        self.predict(tone.astype(np.float32), name="warm-up")


def load(name: str = DEFAULT_MODEL, folder: Path = MODEL_FOLDER) -> Recognizer:
    """A recognizer with the weights in ``folder/name``; by default the bundled CNN+LSTM.

    Raises:
        ModelError: there is no such model, or its files do not fit; the message names what was seen.
    """
    if not (folder / name / "manifest.json").is_file():
        known = ", ".join(one.name for one in known_models(folder))
        raise ModelError(f"There is no model '{name}' in {folder}. Known models: {known or 'none'}.")
    return Recognizer(folder / name)


def known_models(folder: Path = MODEL_FOLDER) -> tuple[ModelInfo, ...]:
    """The models in ``folder`` by their manifests, the default one first, the others by name; no weights are read."""
    found = [one for path in folder.glob("*/manifest.json") if (one := _info(path))]
    return tuple(sorted(found, key=lambda one: (one.name != DEFAULT_MODEL, one.name)))


def cut_windows(samples: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Overlapping windows of 6 s every 3 s, the last one ending where the sound ends; one if it is no longer."""
    size, hop = int(MODEL_WINDOW_S * SAMPLE_RATE_HZ), int(MODEL_HOP_S * SAMPLE_RATE_HZ)
    last = len(samples) - size
    if last <= 0:
        return [samples]
    starts = [*range(0, last, hop), last]
    return [samples[start : start + size] for start in starts]


def _as_recording(source: str | Path | bytes | Recording | NDArray[np.floating], name: str | None) -> Recording:
    if isinstance(source, Recording):
        return source
    if isinstance(source, np.ndarray):
        return from_samples(source, SAMPLE_RATE_HZ, name or "array")
    return load_audio(source, name)


def _info(path: Path) -> ModelInfo | None:
    """What a manifest says of its model; None if it is not one's."""
    name = path.parent.name
    if name == ENCODER:
        return None
    try:
        manifest = read_json(path)
    except ModelError:
        return None  # who asks for it by name is told what is wrong with it
    if "labels" not in manifest:
        return None
    return ModelInfo(name, str(manifest.get("title") or name), str(manifest.get("use") or ""))


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
    here = front_end()
    if manifest["front_end"] != here:
        differing = sorted(k for k in here if manifest["front_end"].get(k) != here[k])
        raise ModelError(
            f"The model in {folder} was trained on other features ({', '.join(differing)} differ). "
            "Train it again with this version."
        )
