"""What a file's own bytes say about its length and wholeness, where decoders say nothing."""

from __future__ import annotations

import re
import struct

from ser.errors import DecodeError

# A file may state a little more than it holds (encoder delay, padding); beyond this it is cut short.
MISSING_MAX_S = 0.5
MISSING_MAX_SHARE = 0.05
_OGG_PAGE_HEADER_BYTES = 27


def is_wav(data: bytes) -> bool:
    """Whether the bytes begin as a WAV file, of up to 4 GB (RIFF) or more (RF64)."""
    return data[:4] in (b"RIFF", b"RF64") and data[8:12] == b"WAVE"


def require_whole(stated_s: float | None, duration_s: float, name: str) -> None:
    """Refuses what holds less than it states.

    Raises:
        DecodeError: it is cut short.
    """
    if stated_s is not None and stated_s - duration_s > max(MISSING_MAX_S, MISSING_MAX_SHARE * stated_s):
        raise DecodeError(
            "'{name}' is cut short: it states {stated_s:.1f} s and holds {seen_s:.1f} s. Copy or download it again.",
            name=name,
            stated_s=stated_s,
            seen_s=duration_s,
        )


def require_whole_wav(data: bytes, name: str) -> None:
    """Refuses a RIFF file whose data chunk states more bytes than there are (libsndfile reads it in silence)."""
    at = 12
    while at + 8 <= len(data):
        kind, size = data[at : at + 4], struct.unpack_from("<I", data, at + 4)[0]
        if kind == b"data":
            there = len(data) - at - 8
            # 0 and 0xFFFFFFFF stand for "not known": streamed files.
            if 0 < size < 0xFFFFFFFF and there < size * (1 - MISSING_MAX_SHARE) and data[:4] == b"RIFF":
                raise DecodeError(
                    "'{name}' is cut short: it states {stated} bytes of sound and holds {seen}. "
                    "Copy or download it again.",
                    name=name,
                    stated=size,
                    seen=there,
                )
            return
        at += 8 + size + size % 2
    raise DecodeError(
        "'{name}' is cut short: a WAV header without sound behind it. Copy or download it again.", name=name
    )


def require_whole_ogg(data: bytes, name: str) -> None:
    """Refuses an Ogg file that ends inside a page: ffmpeg plays what is there and says nothing."""
    at = 0
    while data[at : at + 4] == b"OggS":
        header = data[at : at + _OGG_PAGE_HEADER_BYTES]
        segments = data[at + _OGG_PAGE_HEADER_BYTES :][: header[-1]] if len(header) == _OGG_PAGE_HEADER_BYTES else b""
        at += _OGG_PAGE_HEADER_BYTES + len(segments) + sum(segments)
        if at > len(data) or len(segments) < header[-1]:
            raise DecodeError(
                "'{name}' is cut short: its last Ogg page is not complete. Copy or download it again.", name=name
            )


def mp3_duration_s(data: bytes, sample_rate_hz: int) -> float | None:
    """Length that the encoder noted in the first frame (Xing or Info header); ffmpeg ignores it in unseekable input."""
    start = 0
    if data[:3] == b"ID3":
        size = 0
        for byte in data[6:10]:  # four times seven bits
            size = size << 7 | byte & 0x7F
        start = 10 + size
    first_frame = data[start : start + 256]
    tag = re.search(rb"Xing|Info", first_frame)
    if not tag or len(first_frame) < tag.end() + 8 or not first_frame[tag.end() + 3] & 1:
        return None
    frames = int.from_bytes(first_frame[tag.end() + 4 : tag.end() + 8], "big")
    samples_per_frame = 1152 if sample_rate_hz >= 32_000 else 576  # MPEG-1, MPEG-2
    return frames * samples_per_frame / sample_rate_hz
