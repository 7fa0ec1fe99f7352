"""A recording's sound → a SHA-256, so that copies are found whatever their file's name, header, tags or container."""

from __future__ import annotations

import hashlib

import numpy as np

from ser.audio import Recording

PIECE_SAMPLES = 1 << 20


def sound_sha256(recording: Recording) -> str:
    """Of the decoded sound, mono, 16 kHz, rounded to 16 bits; 64 hexadecimal digits."""
    digest = hashlib.sha256()
    for start in range(0, len(recording.stored), PIECE_SAMPLES):
        samples = recording.span(start, start + PIECE_SAMPLES)
        digest.update(np.rint(samples * 32767.0).clip(-32768, 32767).astype("<i2").tobytes())
    return digest.hexdigest()
