"""ffmpeg: finds the program, asks it what a file is, and decodes in memory, piece by piece, as pydub's segments.

Strangers' bytes reach it, so it is kept on a short lead: it may open nothing but what it is given, and time, memory and
output are capped. (pydub's own ``from_file`` has no such limits and holds several copies of the whole sound.)

The file's bytes go in by standard input and PCM comes out by standard output; nothing is written under any name.
(ffmpeg's ``cache:`` protocol, which lets it seek in its input, keeps an unlinked temporary file while it runs.)
"""

from __future__ import annotations

import atexit
import functools
import os
import re
import shutil
import struct
import tempfile
import warnings
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from ser.containers import mp3_duration_s, require_whole_ogg, require_whole_stream
from ser.errors import DecodeError, NotAudioError, ToolFailedError, ToolMissingError
from ser.leash import DECODE_TIMEOUT_S, FILE_MAX_BYTES, Running

if TYPE_CHECKING:
    from pydub import AudioSegment

# Demuxers that strangers' bytes may reach: sound files only, no playlists, subtitles or picture sequences.
DEMUXERS = "aac,ac3,aiff,amr,ape,asf,au,caf,eac3,flac,matroska,webm,mov,mp4,m4a,mp3,ogg,opus,wav,w64"
PROBE_TIMEOUT_S = 30
ALLOCATION_MAX_BYTES = 256 << 20  # in one piece
PIECE_S = 30
AU_HEADER = struct.Struct(">4s5I")  # magic, where sound starts, its size, coding, rate, channels
# Anchored to ffmpeg's own indentation, so that a title or comment in the file can't pose as one of these lines.
_INPUT = re.compile(r"^Input #0, ([^ ]+?)(?:,[^ ]*)?, from", re.MULTILINE)
_DURATION = re.compile(r"^  Duration: (\d+):(\d+):(\d+\.\d+)", re.MULTILINE)
_STREAM = re.compile(r"^  Stream #0[^\n]*?: Audio: (\w+)[^\n]*?, (\d+) Hz", re.MULTILINE)
# First bytes of accepted files: with these, what can't be opened is a damaged recording and not some other file.
_SIGNATURES = (b"OggS", b"fLaC", b"ID3", b"RIFF", b"FORM", b"#!AMR", b"\x1aE\xdf\xa3")
# Beginnings of lines in ffmpeg's output that do not say what is wrong with the file.
_DULL = (
    *("ffmpeg version", "built with", "configuration", "libav", "libsw", "Statistics", "Last message", "size="),
    *(
        "Decoding failed",
        "Output from ffmpeg",
        "At least one output file",
        "Conversion failed",
        "Error opening",
        "Exiting",
    ),
)


@dataclass(frozen=True)
class Probe:
    """What ffmpeg says of a file before decoding it."""

    demuxer: str
    codec: str
    sample_rate_hz: int
    duration_s: float | None  # as the file states it; None where it states nothing reliable


@functools.cache
def ffmpeg_path() -> str:
    """Path of the ffmpeg program: the one on PATH, else the one that the imageio-ffmpeg wheel bundles.

    The bundled one has another file name, while pydub makes seekable input only for a converter called ``ffmpeg``;
    so a private folder with a link of that name is put at the end of PATH.

    Raises:
        ToolMissingError: neither is there.
        ToolFailedError: there is no room for the link.
    """
    found = shutil.which("ffmpeg")
    if found:
        return found
    try:
        import imageio_ffmpeg

        bundled = imageio_ffmpeg.get_ffmpeg_exe()
    except (ImportError, RuntimeError) as error:
        raise ToolMissingError(
            "ffmpeg is needed for anything but WAV, and was not found on PATH. "
            "Install it (Debian: apt install ffmpeg; macOS: brew install ffmpeg), or run: pip install imageio-ffmpeg"
        ) from error
    try:
        folder = Path(tempfile.mkdtemp(prefix="ser-ffmpeg-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        link = folder / "ffmpeg"
        link.symlink_to(bundled)
    except OSError as error:
        raise ToolFailedError(
            "The bundled ffmpeg needs a link in {folder}, which failed: {reason}. "
            "Free some space there, then try again; WAV is heard without it.",
            folder=tempfile.gettempdir(),
            reason=error.strerror,
        ) from error
    os.environ["PATH"] = os.environ.get("PATH", "") + os.pathsep + str(folder)
    return str(link)


def probe(data: bytes, name: str) -> Probe:
    """Asks ffmpeg for container, codec, rate and stated length.

    Raises:
        NotAudioError: no accepted container, or no sound in it.
        DecodeError: the container is there but broken.
        ToolMissingError: there is no ffmpeg.
        ToolFailedError: it was killed, or has no room to work.
    """
    with Running([*_guarded(), "-i", "cache:pipe:0"], data, PROBE_TIMEOUT_S) as running:
        text = running.failure()  # without an output it always ends with an error, after its report
    if running.timed_out:
        raise DecodeError(
            "'{name}' could not be read within {limit_s} s. Convert it to WAV or MP3 and try again.",
            name=name,
            limit_s=PROBE_TIMEOUT_S,
        )
    container, stream = _INPUT.search(text), _STREAM.search(text)
    if container and stream:
        stated = _DURATION.search(text)
        seconds = None
        if stated and "Estimating duration from bitrate" not in text:
            seconds = int(stated[1]) * 3600 + int(stated[2]) * 60 + float(stated[3])
        if container[1] == "mp3":
            seconds = mp3_duration_s(data, int(stream[2]))
        if container[1] == "ogg":
            require_whole_ogg(data, name)
        require_whole_stream(data, container[1], name)
        return Probe(container[1], stream[1], int(stream[2]), seconds)
    _require_room(text)
    if container and "Audio:" not in text:
        raise NotAudioError(
            "'{name}' ({kind}) holds no sound. Choose a file with a sound track.", name=name, kind=container[1]
        )
    if container or "moov atom not found" in text or data.startswith(_SIGNATURES):
        raise DecodeError(
            "'{name}' is damaged or cut short: {why}. Export or download it again, then try once more.",
            name=name,
            why=_last_words(text),
        )
    raise NotAudioError(
        "'{name}' is not an audio file that can be read. "
        "Accepted: WAV, MP3, M4A, OGG, Opus, FLAC, WebM, AMR, WMA, AIFF.",
        name=name,
    )


def decode(data: bytes, what: Probe, name: str, at_most_s: float) -> Generator[AudioSegment]:
    """Decodes the first ``at_most_s`` seconds of the first sound track, piece by piece.

    ffmpeg's limits: only these bytes as input (protocols, demuxers), those of :mod:`ser.leash`
    and a cap on what its seekable copy of the input may take on disk.

    Yields:
        pieces of at most :data:`PIECE_S` seconds, 32-bit integers, with the file's own rate and channels.

    Raises:
        DecodeError: ffmpeg gave up, in its own words, or took too long.
        ToolFailedError: it was killed, or has no room to work.
    """
    from_bytes = load_pydub().AudioSegment
    # AU, because its header of six numbers can be read from a stream, whatever the number of channels.
    command = [
        *_guarded(), "-v", "error", "-threads", "1", "-f", what.demuxer, "-i", "cache:pipe:0",
        *("-map", "0:a:0", "-t", f"{at_most_s:g}", "-c:a", "pcm_s32be", "-f", "au", "pipe:1"),
    ]  # fmt: skip
    with Running(command, data, DECODE_TIMEOUT_S) as running:
        header = running.read(AU_HEADER.size)
        if len(header) == AU_HEADER.size:
            _, start, _, _, rate_hz, channels = AU_HEADER.unpack(header)
            running.read(start - AU_HEADER.size)
            frame_bytes = 4 * channels
            while piece := running.read(PIECE_S * rate_hz * frame_bytes):
                whole = len(piece) - len(piece) % frame_bytes
                samples = np.frombuffer(piece[:whole], ">i4").astype("<i4").tobytes()
                yield from_bytes(data=samples, sample_width=4, frame_rate=rate_hz, channels=channels)
        failure = running.failure()
    if failure:
        _require_room(failure)
        raise DecodeError(
            "'{name}' ({kind}) can't be decoded: {why}. Export or download it again, or convert it to WAV.",
            name=name,
            kind=what.codec,
            why=_last_words(failure),
        )
    if running.timed_out:
        raise DecodeError(
            "'{name}' ({kind}) could not be decoded within {limit_s} s. Convert it to WAV or MP3 and try again.",
            name=name,
            kind=what.codec,
            limit_s=DECODE_TIMEOUT_S,
        )


def _require_room(words: str) -> None:
    """Tells a full disk from a damaged file."""
    if "write in cache failed" in words or "No space left on device" in words:
        raise ToolFailedError(
            "There is no room left in {folder}, where ffmpeg keeps what it has read of a file. "
            "Up to {room_mb} MB are needed; free some, then try again, or save the recording as WAV.",
            folder=tempfile.gettempdir(),
            room_mb=FILE_MAX_BYTES >> 20,
        )


def _program() -> str:
    """:func:`ffmpeg_path`, found anew where whoever cleans /tmp has taken the link away."""
    if not Path(ffmpeg_path()).exists():
        ffmpeg_path.cache_clear()
    return ffmpeg_path()


def _guarded() -> list[str]:
    """The program and the switches that keep it to the bytes that it is given."""
    return [
        *(_program(), "-hide_banner", "-nostdin", "-max_alloc", str(ALLOCATION_MAX_BYTES)),
        *("-protocol_whitelist", "cache,pipe", "-format_whitelist", DEMUXERS),
    ]


@functools.cache
def load_pydub() -> ModuleType:
    """pydub, imported without the warnings about what it does not need here, and told which ffmpeg to run."""
    with warnings.catch_warnings():
        # pydub looks for its programs when imported, and for ffprobe too, which is not needed here.
        warnings.filterwarnings("ignore", message="Couldn't find ff", category=RuntimeWarning)
        warnings.filterwarnings("ignore", category=SyntaxWarning)
        warnings.filterwarnings("ignore", message="'audioop' is deprecated", category=DeprecationWarning)
        import pydub
    pydub.AudioSegment.converter = ffmpeg_path()
    return pydub


def _last_words(text: str) -> str:
    """The last telling line of ffmpeg's output, without addresses, in the middle of a sentence."""
    lines = [re.sub(r"\[[^\]]*\] ?|cache:pipe:0:? ?", "", line).strip(" .:") for line in text.splitlines()]
    telling = [line for line in lines if line and not line.startswith(_DULL)]
    return telling[-1] if telling else "it ends too early" if "End of file" in text else "no reason given"
