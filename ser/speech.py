"""Where in a recording somebody speaks, by the voice activity detector of WebRTC (webrtcvad).

It is three thousand times as fast as the sound lasts and misses little speech, but takes music and steady noise for
speech as well: whether what it found is a voice, the recognizer's own model says.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ser.audio import Recording
from ser.constants import SAMPLE_RATE_HZ
from ser.intake import rounded

FRAME_SAMPLES = SAMPLE_RATE_HZ * 30 // 1000  # the longest that the detector takes
AGGRESSIVENESS = 2  # 0 … 3; at 3 it loses quiet speech
LEVEL_PEAK = 0.5  # it is deaf below a certain level, so each block is brought to this peak
LEVEL_BLOCK_FRAMES = 2000  # one minute
GAIN_MAX = 30.0
# A pause within a sentence belongs to it; a click does not make a word; words begin before they are noticed.
GAP_MAX_S = 0.3
BURST_MIN_S = 0.15
MARGIN_S = 0.1


@dataclass(frozen=True)
class Span:
    """A stretch of samples at 16 kHz, ``stop`` not included."""

    start: int
    stop: int

    @property
    def start_s(self) -> float:
        """Where it begins, in seconds."""
        return self.start / SAMPLE_RATE_HZ

    @property
    def stop_s(self) -> float:
        """Where it ends, in seconds."""
        return self.stop / SAMPLE_RATE_HZ

    @property
    def duration_s(self) -> float:
        """Its length in seconds."""
        return (self.stop - self.start) / SAMPLE_RATE_HZ


@dataclass(frozen=True)
class Speech:
    """Where somebody speaks.

    Attributes:
        spans: in order, apart from each other.
        duration_s: of the whole recording.
    """

    spans: tuple[Span, ...]
    duration_s: float

    @property
    def speech_s(self) -> float:
        """Seconds of speech."""
        return sum(span.duration_s for span in self.spans)

    @property
    def share(self) -> float:
        """Share of the recording that is speech, 0 … 1."""
        return self.speech_s / self.duration_s


def find_speech(recording: Recording) -> Speech:
    """Spans of speech, pauses up to :data:`GAP_MAX_S` included, bursts under :data:`BURST_MIN_S` left out."""
    flags = _flags(recording)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.view(np.int8), [0]])))
    runs = [(int(a) * FRAME_SAMPLES, int(b) * FRAME_SAMPLES) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    gap, burst, margin = (round(s * SAMPLE_RATE_HZ) for s in (GAP_MAX_S, BURST_MIN_S, MARGIN_S))
    length = len(recording.stored)
    spans: list[Span] = []
    for start, stop in _joined(runs, gap):
        if stop - start >= burst:
            spans.append(Span(max(0, start - margin), min(length, stop + margin)))
    return Speech(tuple(Span(a, b) for a, b in _joined([(s.start, s.stop) for s in spans], 0)), recording.duration_s)


def _joined(runs: list[tuple[int, int]], gap: int) -> list[tuple[int, int]]:
    """Runs that are at most ``gap`` apart become one."""
    found: list[tuple[int, int]] = []
    for start, stop in runs:
        if found and start - found[-1][1] <= gap:
            found[-1] = (found[-1][0], max(stop, found[-1][1]))
        else:
            found.append((start, stop))
    return found


def _flags(recording: Recording) -> NDArray[np.bool_]:
    """Whether each whole frame of 30 ms is speech, (frames,)."""
    import webrtcvad  # type: ignore[import-untyped]

    detector = webrtcvad.Vad(AGGRESSIVENESS)
    frames = len(recording.stored) // FRAME_SAMPLES
    flags = np.zeros(frames, np.bool_)
    for first in range(0, frames, LEVEL_BLOCK_FRAMES):
        last = min(frames, first + LEVEL_BLOCK_FRAMES)
        block = recording.span(first * FRAME_SAMPLES, last * FRAME_SAMPLES)
        gain = min(GAIN_MAX, LEVEL_PEAK / max(float(np.abs(block).max()), 1e-9))
        pcm = memoryview(rounded(block * np.float32(gain)).tobytes())
        size = 2 * FRAME_SAMPLES
        for i in range(last - first):
            flags[first + i] = detector.is_speech(bytes(pcm[i * size : (i + 1) * size]), SAMPLE_RATE_HZ)
    return flags
