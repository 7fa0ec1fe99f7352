"""The door: bytes or a path → :class:`Recording`, mono float32 at 16 kHz, validated once.

WAV is read directly with soundfile; everything else goes through pydub and ffmpeg (:mod:`ser.ffmpeg`), in memory.
Whatever passes is long enough, short enough, finite and not silent; code behind the door trusts it.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from ser import ffmpeg
from ser.constants import DURATION_MAX_S, DURATION_MIN_S, SAMPLE_RATE_HZ, SILENCE_PEAK, UPLOAD_MAX_MB
from ser.errors import (
    DecodeError,
    EmptyAudioError,
    NotAudioError,
    SilentAudioError,
    TooLongError,
    TooShortError,
)

BYTES_PER_MB = 1_000_000
# A file may state a little more than it holds (encoder delay, padding); beyond this it is cut short.
MISSING_MAX_S = 0.5
MISSING_MAX_SHARE = 0.05
# Suffixes offered in file dialogs; the content decides, not the name.
AUDIO_SUFFIXES = (
    ".wav", ".mp3", ".m4a", ".aac", ".ogg", ".oga", ".opus", ".flac", ".webm", ".amr", ".wma", ".aif", ".aiff",
    ".mp4", ".mov",
)  # fmt: skip
_MEDIA_TYPES = {
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "mov": "audio/mp4",
    "ogg": "audio/ogg",
    "flac": "audio/flac",
    "matroska": "audio/webm",
    "aiff": "audio/aiff",
    "amr": "audio/amr",
    "asf": "audio/x-ms-wma",
    "aac": "audio/aac",
}


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


@dataclass(frozen=True, eq=False)
class Recording:
    """Sound as everything behind the door expects it.

    Attributes:
        samples: shape (n,), float32, mono, 16 kHz, finite, range -1 … 1 (a float file may go beyond).
        source: what the file was.
    """

    samples: NDArray[np.float32]
    source: SourceInfo

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / SAMPLE_RATE_HZ


def load(source: str | Path | bytes, name: str | None = None) -> Recording:
    """Reads a recording of any accepted format.

    Args:
        source: a path, or the file's bytes.
        name: what to call it in messages; by default the path's last part, or "recording".

    Raises:
        NotAudioError, EmptyAudioError, DecodeError, SilentAudioError, TooShortError, TooLongError: see
            :mod:`ser.errors`; the message says what was seen, the limit and the remedy.
        ToolMissingError: ffmpeg is needed and missing.
    """
    data, name = _read_bytes(source, name)
    if not data:
        raise EmptyAudioError(f"'{name}' is empty (0 bytes). Choose a file that holds a recording.")
    if len(data) > UPLOAD_MAX_MB * BYTES_PER_MB:
        raise TooLongError(
            f"'{name}' has {len(data) / BYTES_PER_MB:.0f} MB; the limit is {UPLOAD_MAX_MB} MB. "
            "Cut it into parts, or save it as MP3."
        )
    is_wav = data[:4] in (b"RIFF", b"RF64") and data[8:12] == b"WAVE"
    channels, info = _read_wav(data, name) if is_wav else _read_with_ffmpeg(data, name)
    return _admit(channels, info)


def from_samples(samples: NDArray[np.floating], sample_rate_hz: int, name: str = "array") -> Recording:
    """A recording from an array: shape (n,) or (n, channels), float, full scale ±1.

    Raises:
        NotAudioError: wrong number of dimensions, not finite, or a rate that is no rate.
        EmptyAudioError, SilentAudioError, TooShortError, TooLongError: as for :func:`load`.
    """
    array = np.asarray(samples)
    if not np.issubdtype(array.dtype, np.floating):
        raise NotAudioError(f"'{name}' has dtype {array.dtype}; expected floats in -1 … 1. Scale integers first.")
    if array.ndim not in (1, 2):
        raise NotAudioError(f"'{name}' has {array.ndim} dimensions; expected (n,) or (n, channels).")
    if sample_rate_hz <= 0:
        raise NotAudioError(f"'{name}' has a sample rate of {sample_rate_hz} Hz; expected a positive number.")
    channels = array[:, None] if array.ndim == 1 else array
    duration_s = len(channels) / sample_rate_hz
    info = SourceInfo(name, "array", array.nbytes, str(array.dtype), sample_rate_hz, channels.shape[1], duration_s)
    return _admit(channels.astype(np.float32), info)


def _read_bytes(source: str | Path | bytes, name: str | None) -> tuple[bytes, str]:
    if isinstance(source, bytes | bytearray | memoryview):
        return bytes(source), name or "recording"
    path = Path(source)
    shown = name or path.name
    if not path.exists():
        raise NotAudioError(f"'{path}' does not exist. Check the path.")
    if not path.is_file():
        raise NotAudioError(f"'{path}' is a folder, not a recording. Name a file.")
    if path.stat().st_size > UPLOAD_MAX_MB * BYTES_PER_MB:
        raise TooLongError(
            f"'{shown}' has {path.stat().st_size / BYTES_PER_MB:.0f} MB; the limit is {UPLOAD_MAX_MB} MB. "
            "Cut it into parts, or save it as MP3."
        )
    try:
        return path.read_bytes(), shown
    except OSError as error:
        raise NotAudioError(f"'{path}' can't be read: {error.strerror}. Check its permissions.") from error


def _read_wav(data: bytes, name: str) -> tuple[NDArray[np.float32], SourceInfo]:
    _require_whole_wav(data, name)
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            duration_s = file.frames / file.samplerate
            _require_not_too_long(duration_s, name)
            info = SourceInfo(name, "audio/wav", len(data), file.subtype, file.samplerate, file.channels, duration_s)
            return file.read(dtype="float32", always_2d=True), info
    except soundfile.LibsndfileError:
        # A coding inside WAV that libsndfile does not know (MP3, AMR, …): ffmpeg knows more of them.
        return _read_with_ffmpeg(data, name)


def _require_whole_wav(data: bytes, name: str) -> None:
    """Refuses a RIFF file whose data chunk states more bytes than there are (libsndfile reads it in silence)."""
    at = 12
    while at + 8 <= len(data):
        kind, size = data[at : at + 4], struct.unpack_from("<I", data, at + 4)[0]
        if kind == b"data":
            there = len(data) - at - 8
            # 0 and 0xFFFFFFFF stand for "not known": streamed files.
            if 0 < size < 0xFFFFFFFF and there < size * (1 - MISSING_MAX_SHARE) and data[:4] == b"RIFF":
                raise DecodeError(
                    f"'{name}' is cut short: it states {size} bytes of sound and holds {there}. "
                    "Copy or download it again."
                )
            return
        at += 8 + size + size % 2
    raise DecodeError(f"'{name}' is cut short: a WAV header without sound behind it. Copy or download it again.")


def _read_with_ffmpeg(data: bytes, name: str) -> tuple[NDArray[np.float32], SourceInfo]:
    what = ffmpeg.probe(data, name)
    if what.duration_s is not None:
        _require_not_too_long(what.duration_s, name)
    # One second past the limit is enough to refuse what states no length; a day of MP3 would fill the memory.
    segment = ffmpeg.decode(data, what, name, at_most_s=DURATION_MAX_S + 1)
    full_scale = float(1 << (8 * segment.sample_width - 1))
    values = np.asarray(segment.get_array_of_samples(), dtype=np.float32) / np.float32(full_scale)
    channels = values.reshape(-1, segment.channels)
    duration_s = len(channels) / segment.frame_rate
    _require_not_too_long(duration_s, name, more=True)
    if what.duration_s is not None:
        missing_s = what.duration_s - duration_s
        if missing_s > max(MISSING_MAX_S, MISSING_MAX_SHARE * what.duration_s):
            raise DecodeError(
                f"'{name}' is cut short: it states {what.duration_s:.1f} s and holds {duration_s:.1f} s. "
                "Copy or download it again."
            )
    media_type = _MEDIA_TYPES.get(what.demuxer, f"audio/{what.demuxer}")
    info = SourceInfo(name, media_type, len(data), what.codec, what.sample_rate_hz, segment.channels, duration_s)
    return channels, info


def _require_not_too_long(duration_s: float, name: str, more: bool = False) -> None:
    """Refuses what is over the limit; ``more``: decoding stopped there, so the true length is not known."""
    if duration_s > DURATION_MAX_S:
        seen = f"more than {DURATION_MAX_S / 60:.0f} min" if more else f"{duration_s / 60:.1f} min"
        raise TooLongError(f"'{name}' lasts {seen}; the limit is {DURATION_MAX_S / 60:.0f} min. Cut it into parts.")


def _admit(channels: NDArray[np.float32], info: SourceInfo) -> Recording:
    """Channels (n, c) → Recording, or the reason why not."""
    if channels.size == 0:
        raise EmptyAudioError(f"'{info.name}' holds no sound (0 samples). Record or export it again.")
    _require_not_too_long(info.duration_s, info.name)
    if not np.isfinite(channels).all():
        raise NotAudioError(f"'{info.name}' holds samples that are not numbers (NaN or infinity). Export it again.")
    if info.duration_s < DURATION_MIN_S:
        raise TooShortError(
            f"'{info.name}' lasts {info.duration_s:.2f} s; at least {DURATION_MIN_S} s are needed. "
            "Record a whole sentence."
        )
    # The loudest channel's peak, not the mix's: two channels in opposite phase are not silence, but cancel out.
    if float(np.abs(channels).max()) < SILENCE_PEAK:
        raise SilentAudioError(
            f"'{info.name}' is silent (peak {float(np.abs(channels).max()):.1e} of full scale, at least "
            f"{SILENCE_PEAK:.0e} is needed). Check the microphone and record again."
        )
    mono = channels.mean(axis=1)
    if float(np.abs(mono).max()) < SILENCE_PEAK:
        mono = channels[:, 0]
    if info.sample_rate_hz != SAMPLE_RATE_HZ:
        mono = soxr.resample(mono, info.sample_rate_hz, SAMPLE_RATE_HZ)
    return Recording(np.ascontiguousarray(mono, dtype=np.float32), info)
