"""Curves and pictures of hours → as many points and columns as a screen can show, with no peak lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ser.constants import SAMPLE_RATE_HZ
from ser.intake import INT16_SCALE

ENVELOPE_POINTS_MAX: Final = 4000
COLUMNS_MAX: Final = 1500


def envelope(
    samples: NDArray[np.float32] | NDArray[np.int16], points_max: int = ENVELOPE_POINTS_MAX
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Curve of at most ``points_max`` points that keeps every peak: each part's minimum and maximum (tsdownsample).

    Args:
        samples: shape (n,), float32 or int16, 16 kHz.
        points_max: even number of points.

    Returns:
        Seconds and amplitudes, both shape (m,), float32, m ≤ ``points_max``.
    """
    from tsdownsample import MinMaxDownsampler

    if len(samples) > points_max:
        places = np.asarray(MinMaxDownsampler().downsample(samples, n_out=points_max), dtype=np.int64)
    else:
        places = np.arange(len(samples))
    scale = np.float32(INT16_SCALE if samples.dtype == np.int16 else 1.0)
    return (places / SAMPLE_RATE_HZ).astype(np.float32), (samples[places] / scale).astype(np.float32)


def shrink(
    picture: NDArray[np.float32], join: Callable[..., NDArray[np.float32]], columns_max: int = COLUMNS_MAX
) -> tuple[NDArray[np.float32], int]:
    """Joins neighbouring columns until at most ``columns_max`` are left.

    Args:
        picture: shape (bands, t), float32.
        join: ``np.max`` keeps short events, ``np.mean`` keeps the level.
        columns_max: columns that may be left.

    Returns:
        Picture of shape (bands, ceil(t / step)), float32, and the step.
    """
    step = -(-picture.shape[1] // columns_max)
    if step == 1:
        return picture, 1
    missing = -picture.shape[1] % step
    padded = np.pad(picture, ((0, 0), (0, missing)), mode="edge")
    return join(padded.reshape(len(picture), -1, step), axis=2), step
