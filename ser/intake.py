"""Pieces of decoded sound → checked, mixed and resampled at once, so that no file is held at its own rate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray

from ser.constants import CHANNELS_MAX, DURATION_MAX_S, EXACT_MAX_S, SAMPLE_RATE_HZ
from ser.errors import NotAudioError, TooLongError
from ser.language import mark

STRANGE_RATE = mark("'{name}' has a sample rate of {seen} Hz; {low} to {high} are heard. Export it again.")
STRANGE_CHANNELS = mark("'{name}' has {seen} channels; {low} to {high} are heard. Export it again.")
SLACK_S = 1.0  # encoders add some milliseconds to a file of just that length
INT16_SCALE = 32767.0
SAMPLE_MAX = 65_536  # floats in the range of 16-bit integers pass; damaged ones, squared, would be infinite
FULL_SCALE = 0.9998  # the largest 16-bit integer is a little below 1


@dataclass(frozen=True)
class SourceInfo:
    """What the file was before it was converted."""

    name: str
    media_type: str
    size_bytes: int
    codec: str
    sample_rate_hz: int
    channels: int
    duration_s: float
    clipped_share: float = 0.0  # of the file's samples, 0 … 1


def require_not_too_long(duration_s: float, name: str, more: bool = False) -> None:
    """Refuses what is over the limit; ``more``: reading stopped there, so the true length is not known."""
    if duration_s > DURATION_MAX_S + SLACK_S:
        limit_min = DURATION_MAX_S / 60
        if more:
            raise TooLongError(
                "'{name}' lasts more than {limit_min:g} min; the limit is {limit_min:g} min. Cut it into parts.",
                name=name,
                limit_min=limit_min,
            )
        raise TooLongError(
            "'{name}' lasts {seen_min:.1f} min; the limit is {limit_min:g} min. Cut it into parts.",
            name=name,
            seen_min=duration_s / 60,
            limit_min=limit_min,
        )


def require_within(seen: int, low: int, high: int, sentence: str, name: str) -> None:
    """Refuses a number outside its limits; ``sentence`` says so, with ``{name}``, ``{seen}``, ``{low}``, ``{high}``."""
    if not low <= seen <= high:
        raise NotAudioError(sentence, name=name, seen=seen, low=low, high=high)


class Intake:
    """Takes in pieces: checks them, mixes the channels, resamples, and keeps what comes out."""

    def __init__(self, source: SourceInfo, first_channel_only: bool) -> None:
        self.source, self.first_channel_only = source, first_channel_only
        self.frames = self.channels = self.clipped = 0
        self.peak = self.mixed_peak = 0.0
        self._resampler = (
            soxr.ResampleStream(source.sample_rate_hz, SAMPLE_RATE_HZ, 1, dtype="float32")
            if source.sample_rate_hz != SAMPLE_RATE_HZ
            else None
        )
        self._kept, self._exact = bytearray(), True

    def take(self, piece: NDArray[np.float32]) -> None:
        """One piece, (n, channels).

        Raises:
            NotAudioError: samples that are no numbers, or more channels than are heard.
            TooLongError: this piece is past the limit.
        """
        name = self.source.name
        self.channels = piece.shape[1]
        require_within(self.channels, 1, CHANNELS_MAX, STRANGE_CHANNELS, name)
        self.frames += len(piece)
        require_not_too_long(self.frames / self.source.sample_rate_hz, name, more=True)
        if not np.isfinite(piece).all():
            raise NotAudioError(
                "'{name}' holds samples that are not numbers (NaN or infinity). Export it again.", name=name
            )
        peak = float(np.abs(piece).max(initial=0.0))
        if peak > SAMPLE_MAX:
            raise NotAudioError(
                "'{name}' holds samples of {seen:.1e} times full scale; up to {limit} is heard. Export it again.",
                name=name,
                seen=peak,
                limit=SAMPLE_MAX,
            )
        mono = piece[:, 0] if self.first_channel_only or self.channels == 1 else piece.mean(axis=1)
        self.clipped += int(np.count_nonzero(np.abs(piece) >= FULL_SCALE))
        self.peak = max(self.peak, peak)
        self.mixed_peak = max(self.mixed_peak, float(np.abs(mono).max(initial=0.0)))
        self._keep(mono if self._resampler is None else self._resampler.resample_chunk(mono))

    def end(self) -> NDArray[np.float32] | NDArray[np.int16]:
        """All that was kept, (n,): float32, or int16 where it is long."""
        if self._resampler is not None:
            self._keep(self._resampler.resample_chunk(np.zeros(0, np.float32), last=True))
        return np.frombuffer(self._kept, np.float32) if self._exact else np.frombuffer(self._kept, np.int16)

    def _keep(self, mono: NDArray[np.float32]) -> None:
        kept = np.ascontiguousarray(mono, dtype=np.float32)
        self._kept += kept.tobytes() if self._exact else rounded(kept).tobytes()
        if self._exact and len(self._kept) > EXACT_MAX_S * SAMPLE_RATE_HZ * np.float32().itemsize:
            self._kept, self._exact = bytearray(rounded(np.frombuffer(self._kept, np.float32)).tobytes()), False


def rounded(samples: NDArray[np.float32]) -> NDArray[np.int16]:
    """Samples as 16-bit integers, what goes beyond full scale cut off."""
    return np.rint(samples.clip(-1.0, 1.0) * np.float32(INT16_SCALE)).astype(np.int16)
