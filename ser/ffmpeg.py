"""ffmpeg under pydub: finds the program, asks it what a file is, and decodes in memory.

The file's bytes go in by standard input and PCM comes out by standard output; nothing is written under any name.
(ffmpeg's ``cache:`` protocol, which lets it seek in its input, keeps an unlinked temporary file while it runs.)
"""

from __future__ import annotations

import atexit
import functools
import io
import os
import re
import shutil
import subprocess
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ser.errors import DecodeError, NotAudioError, ToolMissingError

if TYPE_CHECKING:
    from pydub import AudioSegment

# Demuxers that strangers' bytes may reach: sound files only, no playlists, subtitles or picture sequences.
DEMUXERS = "aac,ac3,aiff,amr,ape,asf,au,caf,flac,matroska,webm,mov,mp4,m4a,mp3,ogg,opus,wav,w64"
PROBE_TIMEOUT_S = 30
# Anchored to ffmpeg's own indentation, so that a title or comment in the file can't pose as one of these lines.
_INPUT = re.compile(r"^Input #0, ([^ ]+?)(?:,[^ ]*)?, from", re.MULTILINE)
_DURATION = re.compile(r"^  Duration: (\d+):(\d+):(\d+\.\d+)", re.MULTILINE)
_STREAM = re.compile(r"^  Stream #0[^\n]*?: Audio: (\w+)[^\n]*?, (\d+) Hz", re.MULTILINE)
# First bytes of accepted files: with these, what can't be opened is a damaged recording and not some other file.
_SIGNATURES = (b"OggS", b"fLaC", b"ID3", b"RIFF", b"FORM", b"#!AMR", b"\x1aE\xdf\xa3")
_OGG_PAGE_HEADER_BYTES = 27
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
    folder = Path(tempfile.mkdtemp(prefix="ser-ffmpeg-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    link = folder / "ffmpeg"
    link.symlink_to(bundled)
    os.environ["PATH"] = os.environ.get("PATH", "") + os.pathsep + str(folder)
    return str(link)


def probe(data: bytes, name: str) -> Probe:
    """Asks ffmpeg for container, codec, rate and stated length.

    Raises:
        NotAudioError: no accepted container, or no sound in it.
        DecodeError: the container is there but broken.
        ToolMissingError: there is no ffmpeg.
    """
    command = [ffmpeg_path(), "-hide_banner", "-protocol_whitelist", "cache,pipe", "-format_whitelist", DEMUXERS]
    try:
        answer = subprocess.run(
            [*command, "-i", "cache:pipe:0"], input=data, capture_output=True, timeout=PROBE_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise DecodeError(
            f"'{name}' could not be read within {PROBE_TIMEOUT_S} s. Convert it to WAV or MP3 and try again."
        ) from error
    text = answer.stderr.decode(errors="replace")
    container, stream = _INPUT.search(text), _STREAM.search(text)
    if container and stream:
        stated = _DURATION.search(text)
        seconds = None
        if stated and "Estimating duration from bitrate" not in text:
            seconds = int(stated[1]) * 3600 + int(stated[2]) * 60 + float(stated[3])
        if container[1] == "mp3":
            seconds = _mp3_duration_s(data, int(stream[2]))
        if container[1] == "ogg":
            _require_whole_ogg(data, name)
        return Probe(container[1], stream[1], int(stream[2]), seconds)
    if container and "Audio:" not in text:
        raise NotAudioError(f"'{name}' ({container[1]}) holds no sound. Choose a file with a sound track.")
    if container or "moov atom not found" in text or data.startswith(_SIGNATURES):
        raise DecodeError(
            f"'{name}' is damaged or cut short: {_last_words(text)}. Export or download it again, then try once more."
        )
    raise NotAudioError(
        f"'{name}' is not an audio file that can be read. "
        "Accepted: WAV, MP3, M4A, OGG, Opus, FLAC, WebM, AMR, WMA, AIFF."
    )


def _mp3_duration_s(data: bytes, sample_rate_hz: int) -> float | None:
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


def _require_whole_ogg(data: bytes, name: str) -> None:
    """Refuses an Ogg file that ends inside a page: ffmpeg plays what is there and says nothing."""
    at = 0
    while data[at : at + 4] == b"OggS":
        header = data[at : at + _OGG_PAGE_HEADER_BYTES]
        segments = data[at + _OGG_PAGE_HEADER_BYTES :][: header[-1]] if len(header) == _OGG_PAGE_HEADER_BYTES else b""
        at += _OGG_PAGE_HEADER_BYTES + len(segments) + sum(segments)
        if at > len(data) or len(segments) < header[-1]:
            raise DecodeError(f"'{name}' is cut short: its last Ogg page is not complete. Copy or download it again.")


def decode(data: bytes, what: Probe, name: str, at_most_s: float) -> AudioSegment:
    """Decodes the first ``at_most_s`` seconds to PCM with pydub.

    Raises:
        DecodeError: ffmpeg gave up, in its own words.
    """
    with warnings.catch_warnings():
        # pydub looks for its programs when imported, and for ffprobe too, which is not needed here.
        warnings.filterwarnings("ignore", message="Couldn't find ff", category=RuntimeWarning)
        warnings.filterwarnings("ignore", category=SyntaxWarning)
        warnings.filterwarnings("ignore", message="'audioop' is deprecated", category=DeprecationWarning)
        from pydub import AudioSegment
        from pydub.exceptions import CouldntDecodeError
    ffmpeg_path()
    AudioSegment.converter = "ffmpeg"
    try:
        # Naming format and codec keeps pydub from calling ffprobe, which the bundled ffmpeg lacks.
        return AudioSegment.from_file(io.BytesIO(data), format=what.demuxer, codec=what.codec, duration=at_most_s)
    except (CouldntDecodeError, IndexError, EOFError) as error:
        raise DecodeError(
            f"'{name}' ({what.codec}) can't be decoded: {_last_words(str(error))}. "
            "Export or download it again, or convert it to WAV."
        ) from error


def _last_words(text: str) -> str:
    """The last telling line of ffmpeg's output, without addresses, in the middle of a sentence."""
    lines = [re.sub(r"\[[^\]]*\] ?|cache:pipe:0:? ?", "", line).strip(" .:") for line in text.splitlines()]
    telling = [line for line in lines if line and not line.startswith(_DULL)]
    return telling[-1] if telling else "it ends too early" if "End of file" in text else "no reason given"
