"""How a model listens: samples of a window → what it reads → what it says. One class for each way of reading."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ser.errors import ModelError
from ser.features import levelled_log_mel, trim_silence
from ser.inputs import INPUTS, SPEECH_FRAMES
from ser.litert import LiteRtModel
from ser.manifest import require_same_features, require_sha256

# Lies beside the models and is part of them, but answers nothing itself.
ENCODER = "encoder"

Array = NDArray[np.float32]


class Ear(Protocol):
    """What listens for one model.

    Attributes:
        joins: whether what is heard of two windows side by side, end to end, is what is heard of both at once.
    """

    joins: bool

    def hear(self, samples: Array) -> Array:
        """What the model reads of a window of samples at 16 kHz, at most 30 s."""

    def hear_whole(self, samples: Array) -> Array:
        """The same of a recording from end to end; silence there is dealt with as it was in training."""

    def answer(self, heard: Array) -> Array:
        """Eight probabilities in the order of ``EMOTIONS``, then those of ``EXTRAS`` that the manifest names."""


class SpeechEar:
    """Reads the speech encoder's frames, (t, n), 25 a second."""

    joins = True

    def __init__(self, encoder: LiteRtModel, head: LiteRtModel) -> None:
        self._encoder, self._head = encoder, head

    def hear(self, samples: Array) -> Array:
        return self._encoder(levelled_log_mel(samples).T)

    def hear_whole(self, samples: Array) -> Array:
        return self.hear(trim_silence(samples))

    def answer(self, heard: Array) -> Array:
        return self._head(heard)


class FeatureEar:
    """Reads one of :data:`ser.inputs.INPUTS`."""

    joins = False

    def __init__(self, kind: str, model: LiteRtModel) -> None:
        self._make, self._model = INPUTS[kind].make, model

    def hear(self, samples: Array) -> Array:
        return self._make(samples)

    # Inputs are made of whole clips in training too; those that want no silence at the ends cut it themselves.
    hear_whole = hear

    def answer(self, heard: Array) -> Array:
        return self._model(heard)


def ear_maker(manifest: dict[str, Any], folder: Path) -> Callable[[int, bool], Ear]:
    """What makes ears for the model in a folder: from a number of threads, and whether the encoder may be shared.

    Raises:
        ModelError: a file is missing or altered, or the manifest asks for an input that this version does not make.
    """
    weights = folder / manifest["file"]
    require_sha256(weights, manifest["sha256"])
    kind = manifest.get("input", SPEECH_FRAMES)
    if kind in INPUTS:
        require_same_features(manifest.get("input_settings", {}), INPUTS[kind].settings, folder)
        return lambda threads, _: FeatureEar(kind, LiteRtModel(weights, threads))
    if kind != SPEECH_FRAMES or "encoder" not in manifest:
        known = ", ".join((*INPUTS, SPEECH_FRAMES))
        raise ModelError(f"The model in {folder} reads '{kind}', which this version does not make: {known}. Update.")
    encoder, sha256 = folder.parent / ENCODER / manifest["encoder"]["file"], manifest["encoder"]["sha256"]
    require_sha256(encoder, sha256)

    def make(threads: int, shared: bool) -> Ear:
        loaded = _shared_encoder(encoder, sha256, threads) if shared else LiteRtModel(encoder, threads)
        return SpeechEar(loaded, LiteRtModel(weights, threads))

    return make


@functools.lru_cache(maxsize=4)
def _shared_encoder(path: Path, _sha256: str, threads: int) -> LiteRtModel:
    """The encoder in ``path``: loaded once, whatever number of models hears through it."""
    return LiteRtModel(path, threads)
