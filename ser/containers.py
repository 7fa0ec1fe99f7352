"""What a file's own bytes say about its length and wholeness, where decoders say nothing."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from typing import Final

from ser.constants import DURATION_MAX_S
from ser.errors import DecodeError

# A file may state a little more than it holds (encoder delay, padding); beyond this it is cut short.
MISSING_MAX_S = 0.5
MISSING_MAX_SHARE = 0.05
_OGG_PAGE_HEADER_BYTES = 27
# Bytes of a frame by its type, with its first byte (RFC 4867, section 5.3); reserved types are skipped byte by byte.
_AMR_KINDS: Final = {
    b"#!AMR\n": (13, 14, 16, 18, 20, 21, 27, 32, 6, *[1] * 7),
    b"#!AMR-WB\n": (18, 24, 33, 37, 41, 47, 51, 59, 61, 6, *[1] * 6),
}
_AMR_FRAMES_PER_S: Final = 50
_ADTS_HEADER_BYTES, _AC3_HEADER_BYTES = 7, 6
_AC3_KBIT: Final = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640)
_AC3_FRAME_SAMPLES: Final = 1536
_AC3_BSID_MAX, _EAC3_BSID_MAX = 10, 16
# The end of a stream that is looked at: frames have at most 8191 bytes (ADTS, 13 bits), and a chain of so many is none
# by chance.
_TAIL_BYTES: Final = 1 << 16
_CHAIN_MIN: Final = 4


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


def require_whole_stream(data: bytes, demuxer: str, name: str) -> None:
    """Refuses a raw stream (ADTS, AMR, AC-3, E-AC-3) that ends inside a frame: decoders leave it out in silence.

    What follows the last frame, such as an ID3 tag, is not looked at.
    """
    if demuxer == "amr":
        missing = _amr_missing(data)
    elif demuxer == "aac":
        missing = _tail_missing(data, b"\xff", _ADTS_HEADER_BYTES, _adts_bytes)
    elif demuxer in ("ac3", "eac3"):
        missing = _tail_missing(data, b"\x0b", _AC3_HEADER_BYTES, _ac3_bytes)
    else:
        return
    if missing:
        seen, stated = missing
        raise DecodeError(
            "'{name}' is cut short: its last frame holds {seen} of {stated} bytes. Copy or download it again.",
            name=name,
            seen=seen,
            stated=stated,
        )


def _amr_missing(data: bytes) -> tuple[int, int] | None:
    """Bytes that the last frame holds and should hold, if it is cut. A frame says by its first byte how long it is."""
    magic = next((one for one in _AMR_KINDS if data.startswith(one)), None)
    if magic is None:
        return None
    sizes, at, last, end = _AMR_KINDS[magic], len(magic), 0, len(data)
    for _ in range(int(DURATION_MAX_S) * _AMR_FRAMES_PER_S):  # what is longer is refused for that
        if at >= end:
            break
        last, at = at, at + sizes[data[at] >> 3 & 15]
    return (end - last, at - last) if at > end else None


def _tail_missing(
    data: bytes, sync: bytes, header_bytes: int, frame_bytes: Callable[[bytes, int], int]
) -> tuple[int, int] | None:
    """Bytes that the last frame holds and should hold, if it is cut: by a chain of frames in the file's tail.

    Args:
        sync: the first byte of a frame.
        header_bytes: how much of a frame says how long it is.
        frame_bytes: length of the frame at a place, 0 if there is none.
    """
    first = data.find(sync, max(0, len(data) - _TAIL_BYTES))
    while first >= 0:
        at, last, frames = first, first, 0
        while at + header_bytes <= len(data) and (size := frame_bytes(data, at)):
            at, last, frames = at + size, at, frames + 1
        if frames >= _CHAIN_MIN:
            if at > len(data):
                return len(data) - last, at - last
            if at < len(data) < at + header_bytes and data[at : at + 1] == sync:
                return len(data) - at, header_bytes
            return None
        first = data.find(sync, first + 1)
    return None


def _adts_bytes(data: bytes, at: int) -> int:
    """Length of an AAC frame (ISO/IEC 13818-7, 6.2: sync word, layer 0, thirteen bits of length)."""
    if data[at] != 0xFF or data[at + 1] & 0xF6 != 0xF0:
        return 0
    size = (data[at + 3] & 3) << 11 | data[at + 4] << 3 | data[at + 5] >> 5
    return size if size >= _ADTS_HEADER_BYTES else 0


def _ac3_bytes(data: bytes, at: int) -> int:
    """Length of an AC-3 or E-AC-3 frame (ETSI TS 102 366, 4.4.1 and E.1.3.1)."""
    if data[at : at + 2] != b"\x0b\x77" or data[at + 5] >> 3 > _EAC3_BSID_MAX:
        return 0
    if data[at + 5] >> 3 > _AC3_BSID_MAX:
        return 2 * (((data[at + 2] & 7) << 8 | data[at + 3]) + 1)
    rate, code = data[at + 4] >> 6, data[at + 4] & 63
    if rate > 2 or code >> 1 >= len(_AC3_KBIT):
        return 0
    words = 1000 * _AC3_KBIT[code >> 1] * _AC3_FRAME_SAMPLES // (16 * (48_000, 44_100, 32_000)[rate])
    return 2 * (words + (code & 1 if rate == 1 else 0))
