"""The door: bytes or a path → :class:`Recording`, mono float32 at 16 kHz, validated once.

WAV is read directly with soundfile; everything else goes through ffmpeg and pydub (:mod:`ser.ffmpeg`), in memory.
Both give piece after piece, which is checked, mixed and resampled at once, so that a long file is never held at its own
rate. Whatever passes is long enough, short enough, finite and not silent; code behind the door trusts it.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from ser import containers, ffmpeg
from ser.constants import (
    DURATION_MAX_S,
    DURATION_MIN_S,
    SAMPLE_RATE_HZ,
    SILENCE_PEAK,
    SOURCE_RATE_MAX_HZ,
    SOURCE_RATE_MIN_HZ,
    UPLOAD_MAX_MB,
)
from ser.errors import (
    DecodeError,
    EmptyAudioError,
    NotAudioError,
    SilentAudioError,
    TooLongError,
    TooShortError,
)
from ser.intake import INT16_SCALE, SLACK_S, STRANGE_RATE, Intake, SourceInfo, require_not_too_long, require_within

BYTES_PER_MB = 1_000_000
PIECE_SAMPLES = 1 << 20
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


@dataclass(frozen=True, eq=False)
class Recording:
    """Sound as everything behind the door expects it: mono, 16 kHz, finite.

    Attributes:
        stored: shape (n,); float32 in -1 … 1 (a float file may go beyond), or int16 for recordings above
            :data:`~ser.constants.EXACT_MAX_S`, which would take twice the memory otherwise.
        source: what the file was.
    """

    stored: NDArray[np.float32] | NDArray[np.int16]
    source: SourceInfo

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.stored) / SAMPLE_RATE_HZ

    @property
    def samples(self) -> NDArray[np.float32]:
        """All of it, shape (n,), float32; for a long recording a copy, which :meth:`span` avoids."""
        return self.span(0, len(self.stored))

    def span(self, start: int, stop: int) -> NDArray[np.float32]:
        """Samples from ``start`` to before ``stop``, float32."""
        part = self.stored[start:stop]
        if part.dtype == np.int16:
            return np.asarray(part / np.float32(INT16_SCALE), dtype=np.float32)
        return np.asarray(part, dtype=np.float32)


@dataclass(frozen=True)
class _Opened:
    """A file whose pieces, (n, channels) float32, can be read, more than once if need be.

    ``source.duration_s`` is not known before they are; ``stated_s`` is what the file says, if it does.
    """

    source: SourceInfo
    pieces: Callable[[], Iterator[NDArray[np.float32]]]
    stated_s: float | None = None


def load(source: str | Path | bytes, name: str | None = None, between: Callable[[], None] | None = None) -> Recording:
    """Reads a recording of any accepted format.

    Args:
        source: a path, or the file's bytes.
        name: what to call it in messages; by default the path's last part, or "recording".
        between: called before each piece; it may wait, or raise to stop.

    Raises:
        NotAudioError, EmptyAudioError, DecodeError, SilentAudioError, TooShortError, TooLongError: see
            :mod:`ser.errors`; the message says what was seen, the limit and the remedy.
        ToolMissingError: ffmpeg is needed and missing.
    """
    data, name = _read_bytes(source, name)
    if not data:
        raise EmptyAudioError("'{name}' is empty (0 bytes). Choose a file that holds a recording.", name=name)
    if len(data) > UPLOAD_MAX_MB * BYTES_PER_MB:
        raise _too_large(name, len(data))
    opened = _open_wav(data, name) if containers.is_wav(data) else _open_with_ffmpeg(data, name)
    return _admit(opened, between=between)


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
    channels = array[:, None] if array.ndim == 1 else array
    info = SourceInfo(name, "array", array.nbytes, str(array.dtype), sample_rate_hz, channels.shape[1], 0.0)

    def pieces() -> Iterator[NDArray[np.float32]]:
        for start in range(0, len(channels), PIECE_SAMPLES):
            yield channels[start : start + PIECE_SAMPLES].astype(np.float32)

    return _admit(_Opened(info, pieces))


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
        raise _too_large(shown, path.stat().st_size)
    try:
        return path.read_bytes(), shown
    except OSError as error:
        raise NotAudioError(f"'{path}' can't be read: {error.strerror}. Check its permissions.") from error


def _too_large(name: str, size_bytes: int) -> TooLongError:
    return TooLongError(
        "'{name}' has {seen_mb:.0f} MB; the limit is {limit_mb} MB. Cut it into parts, or save it as MP3.",
        name=name,
        seen_mb=size_bytes / BYTES_PER_MB,
        limit_mb=UPLOAD_MAX_MB,
    )


def _open_wav(data: bytes, name: str) -> _Opened:
    containers.require_whole_wav(data, name)
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            info = SourceInfo(name, "audio/wav", len(data), file.subtype, file.samplerate, file.channels, 0.0)
            stated_s = file.frames / file.samplerate
    except soundfile.LibsndfileError:
        # A coding inside WAV that libsndfile does not know (MP3, AMR, …): ffmpeg knows more of them.
        return _open_with_ffmpeg(data, name)

    def pieces() -> Iterator[NDArray[np.float32]]:
        try:
            with soundfile.SoundFile(io.BytesIO(data)) as file:
                while len(piece := file.read(PIECE_SAMPLES, dtype="float32", always_2d=True)):
                    yield piece
        except soundfile.LibsndfileError as error:
            raise DecodeError(
                "'{name}' can't be decoded: {why}. Export or download it again.", name=name, why=str(error)
            ) from error

    return _Opened(info, pieces, stated_s)


def _open_with_ffmpeg(data: bytes, name: str) -> _Opened:
    what = ffmpeg.probe(data, name)
    media_type = _MEDIA_TYPES.get(what.demuxer, f"audio/{what.demuxer}")

    def pieces() -> Iterator[NDArray[np.float32]]:
        # A little past the limit is enough to refuse what states no length; a day of MP3 would fill the memory.
        for segment in ffmpeg.decode(data, what, name, at_most_s=DURATION_MAX_S + 2 * SLACK_S):
            full_scale = np.float32(1 << (8 * segment.sample_width - 1))
            values = np.asarray(segment.get_array_of_samples(), dtype=np.float32) / full_scale
            yield values.reshape(-1, segment.channels)

    return _Opened(
        SourceInfo(name, media_type, len(data), what.codec, what.sample_rate_hz, 0, 0.0), pieces, what.duration_s
    )


def _admit(opened: _Opened, first_channel_only: bool = False, between: Callable[[], None] | None = None) -> Recording:
    """What was opened → Recording, or the reason why not."""
    name, rate_hz = opened.source.name, opened.source.sample_rate_hz
    if rate_hz <= 0:
        raise NotAudioError(
            "'{name}' has a sample rate of {seen} Hz; expected a positive number.", name=name, seen=rate_hz
        )
    require_within(rate_hz, SOURCE_RATE_MIN_HZ, SOURCE_RATE_MAX_HZ, STRANGE_RATE, name)
    if opened.stated_s is not None:
        require_not_too_long(opened.stated_s, name)
    intake = Intake(opened.source, first_channel_only)
    for piece in opened.pieces():
        if between:
            between()
        intake.take(piece)
    if not intake.frames:
        raise EmptyAudioError("'{name}' holds no sound (0 samples). Record or export it again.", name=name)
    duration_s = intake.frames / rate_hz
    containers.require_whole(opened.stated_s, duration_s, name)
    if duration_s < DURATION_MIN_S:
        raise TooShortError(
            "'{name}' lasts {seen_s:.2f} s; at least {limit_s} s are needed. Record a whole sentence.",
            name=name,
            seen_s=duration_s,
            limit_s=DURATION_MIN_S,
        )
    # The loudest channel's peak, not the mix's: two channels in opposite phase are not silence, but cancel out.
    if intake.peak < SILENCE_PEAK:
        raise SilentAudioError(
            "'{name}' is silent (peak {seen:.1e} of full scale, at least {limit:.0e} is needed). "
            "Check the microphone and record again.",
            name=name,
            seen=intake.peak,
            limit=SILENCE_PEAK,
        )
    if intake.mixed_peak < SILENCE_PEAK and not first_channel_only:
        return _admit(opened, first_channel_only=True, between=between)
    source = replace(
        opened.source,
        channels=intake.channels,
        duration_s=duration_s,
        clipped_share=intake.clipped / (intake.frames * intake.channels),
    )
    return Recording(intake.end(), source)
