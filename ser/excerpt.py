"""Which part of a recording is pictured in detail: a picture of hours shows nothing."""

from __future__ import annotations

from typing import Final

from ser.audio import Recording
from ser.constants import SAMPLE_RATE_HZ
from ser.prediction import Prediction
from ser.timeline import Segment, timeline

EXCERPT_S: Final = 30.0
PICTURED_WHOLE_S: Final = 60.0


def excerpt_of(prediction: Prediction, segment: Segment | None = None) -> Recording:
    """The recording, or 30 s of a long one from the segment given, else from its first one."""
    recording = prediction.recording
    if recording.duration_s <= PICTURED_WHOLE_S:
        return recording
    start = round(excerpt_starts_s(prediction, segment) * SAMPLE_RATE_HZ)
    return Recording(recording.span(start, start + round(EXCERPT_S * SAMPLE_RATE_HZ)), recording.source)


def excerpt_starts_s(prediction: Prediction, segment: Segment | None = None) -> float:
    """Which second of the recording :func:`excerpt_of` begins with."""
    recording = prediction.recording
    if recording.duration_s <= PICTURED_WHOLE_S:
        return 0.0
    segments = timeline(prediction).segments
    start_s = segment.start_s if segment else segments[0].start_s if segments else 0.0
    return min(start_s, recording.duration_s - EXCERPT_S)
