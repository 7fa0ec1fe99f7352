"""What the classic models read of a recording, by name. Training and serving make it with the same functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ser import features
from ser.constants import (
    MFCC_FRAME_COUNT,
    MFCC_FRAMES,
    MFCC_MEAN_COUNT,
    PICTURE_RANGE_DB,
    PICTURE_SIDE,
    SUMMARY_CHROMA,
    SUMMARY_HOP_SAMPLES,
    SUMMARY_MEL_BANDS,
    SUMMARY_MFCC,
    SUMMARY_SIZE,
    SUMMARY_WINDOW_SAMPLES,
)

Array = NDArray[np.float32]

# Made by the encoder rather than by a function of samples; see ser.frames.
SPEECH_FRAMES: Final = "speech_frames"


@dataclass(frozen=True)
class InputKind:
    """One way to show a clip to a model.

    Attributes:
        shape: of what a clip becomes.
        make: mono float32 samples at 16 kHz → float32 of that shape.
        what: in words.
        settings: the numbers that shape it, beside those of :func:`ser.features.front_end`; they travel with weights.
    """

    shape: tuple[int, ...]
    make: Callable[[Array], Array]
    what: str
    settings: dict[str, float]


_WINDOWS: Final[dict[str, float]] = {"window_samples": SUMMARY_WINDOW_SAMPLES, "hop_samples": SUMMARY_HOP_SAMPLES}
_CEPSTRUM: Final = _WINDOWS | {"mel_bands": SUMMARY_MEL_BANDS}


INPUTS: Final[dict[str, InputKind]] = {
    "summary": InputKind(
        (SUMMARY_SIZE,), features.summary, "162 means over time: zero crossings, chroma, MFCC, RMS, mel power",
        _CEPSTRUM | {"chroma": SUMMARY_CHROMA, "mfcc": SUMMARY_MFCC},
    ),
    "mfcc_mean": InputKind(
        (MFCC_MEAN_COUNT,), features.mfcc_mean, "13 MFCC averaged over time", _CEPSTRUM | {"mfcc": MFCC_MEAN_COUNT}
    ),
    "mfcc_frames": InputKind(
        (MFCC_FRAMES, MFCC_FRAME_COUNT), features.mfcc_frames, "40 MFCC over the first 4 s",
        _CEPSTRUM | {"mfcc": MFCC_FRAME_COUNT, "frames": MFCC_FRAMES},
    ),
    "mel_picture": InputKind(
        (PICTURE_SIDE, PICTURE_SIDE, 1), features.mel_picture, "a mel spectrogram, 96 × 96 pixels",
        _WINDOWS | {"mel_bands": PICTURE_SIDE, "frames": PICTURE_SIDE, "range_db": PICTURE_RANGE_DB},
    ),
}  # fmt: skip
