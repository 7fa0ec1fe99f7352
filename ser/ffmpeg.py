"""ffmpeg: finds the program, asks it what a file is, and decodes in memory, piece by piece, as pydub's segments.

Strangers' bytes reach it, so it is kept on a short lead: it may open nothing but what it is given, and time, memory and
output are capped. (pydub's own ``from_file`` has no such limits and holds several copies of the whole sound.)

The file's bytes go in by standard input and PCM comes out by standard output; nothing is written under any name.
(ffmpeg's ``cache:`` protocol, which lets it seek in its input, keeps an unlinked temporary file while it runs.)
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import re
import resource
import shutil
import struct
import subprocess
import tempfile
import threading
import warnings
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from ser.containers import mp3_duration_s, require_whole_ogg
from ser.errors import DecodeError, NotAudioError, ToolMissingError

if TYPE_CHECKING:
    from pydub import AudioSegment

# Demuxers that strangers' bytes may reach: sound files only, no playlists, subtitles or picture sequences.
DEMUXERS = "aac,ac3,aiff,amr,ape,asf,au,caf,flac,matroska,webm,mov,mp4,m4a,mp3,ogg,opus,wav,w64"
PROBE_TIMEOUT_S = 30
DECODE_TIMEOUT_S = 300
MEMORY_MAX_BYTES = 2 << 30  # address space: what it maps, most of it never touched
ALLOCATION_MAX_BYTES = 256 << 20  # in one piece
FILE_MAX_BYTES = 512 << 20
WORDS_MAX_LINES = 200
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
    with _Running([*_guarded(), "-i", "cache:pipe:0"], data, PROBE_TIMEOUT_S) as running:
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
        return Probe(container[1], stream[1], int(stream[2]), seconds)
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

    ffmpeg's limits: only these bytes as input (protocols, demuxers), :data:`DECODE_TIMEOUT_S`, :data:`MEMORY_MAX_BYTES`
    and a cap on what its seekable copy of the input may take on disk.

    Yields:
        pieces of at most :data:`PIECE_S` seconds, 32-bit integers, with the file's own rate and channels.

    Raises:
        DecodeError: ffmpeg gave up, in its own words, or took too long.
    """
    from_bytes = load_pydub().AudioSegment
    # AU, because its header of six numbers can be read from a stream, whatever the number of channels.
    command = [
        *_guarded(), "-v", "error", "-threads", "1", "-f", what.demuxer, "-i", "cache:pipe:0",
        *("-map", "0:a:0", "-t", f"{at_most_s:g}", "-c:a", "pcm_s32be", "-f", "au", "pipe:1"),
    ]  # fmt: skip
    with _Running(command, data, DECODE_TIMEOUT_S) as running:
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


class _Running:
    """ffmpeg at work: eats ``data``, is read from, and is ended when it takes too long or nobody reads on."""

    def __init__(self, command: Sequence[str], data: bytes, timeout_s: float) -> None:
        self.timed_out = False
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=_environment()
        )
        _limit(self._process.pid)
        self._words: list[bytes] = []
        self._helpers = [
            threading.Thread(name="ffmpeg's input", target=self._feed, args=(data,)),
            threading.Thread(name="ffmpeg's words", target=self._listen),
        ]
        self._clock = threading.Timer(timeout_s, self._give_up)
        for thread in (*self._helpers, self._clock):
            thread.daemon = True
            thread.start()

    def __enter__(self) -> _Running:
        return self

    def __exit__(self, *_: object) -> None:
        self._clock.cancel()
        self._process.kill()
        self._process.wait()
        for thread in self._helpers:
            thread.join()
        for stream in (self._process.stdout, self._process.stderr):
            if stream:
                stream.close()

    def read(self, size: int) -> bytes:
        """Up to so many bytes of PCM; fewer only at the end."""
        assert self._process.stdout
        return self._process.stdout.read(size)

    def failure(self) -> str:
        """Its words if it ended by itself and not well; empty otherwise."""
        code = self._process.wait()
        self._helpers[1].join()
        return b"".join(self._words).decode(errors="replace") if code and not self.timed_out else ""

    def _feed(self, data: bytes) -> None:
        assert self._process.stdin
        # It may end before it has read everything: at the cap, or over a damaged file.
        with contextlib.suppress(BrokenPipeError), self._process.stdin as stdin:
            stdin.write(data)

    def _listen(self) -> None:
        assert self._process.stderr
        for line in self._process.stderr:
            if len(self._words) < WORDS_MAX_LINES:
                self._words.append(line)

    def _give_up(self) -> None:
        self.timed_out = True
        self._process.kill()


def _guarded() -> list[str]:
    """The program and the switches that keep it to the bytes that it is given."""
    return [
        *(ffmpeg_path(), "-hide_banner", "-nostdin", "-max_alloc", str(ALLOCATION_MAX_BYTES)),
        *("-protocol_whitelist", "cache,pipe", "-format_whitelist", DEMUXERS),
    ]


def _environment() -> dict[str, str]:
    """Nothing that a file could make use of: no proxies, no credentials, no home."""
    return {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH") if name in os.environ}


def _limit(pid: int) -> None:
    """Caps memory, processor time and files of a running ffmpeg, where the system can (Linux)."""
    if not hasattr(resource, "prlimit"):
        return
    # It may have ended already.
    with contextlib.suppress(ProcessLookupError):
        resource.prlimit(pid, resource.RLIMIT_AS, (MEMORY_MAX_BYTES, MEMORY_MAX_BYTES))
        resource.prlimit(pid, resource.RLIMIT_CPU, (DECODE_TIMEOUT_S, DECODE_TIMEOUT_S))
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (FILE_MAX_BYTES, FILE_MAX_BYTES))


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
