"""Odd, damaged and hostile files, made here: every one must end in a prediction or in a sentence."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from tests.conftest import encode, voice_like, wav_bytes

WAV_CODINGS = ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ALAW", "ULAW", "IMA_ADPCM")
WAV_RATES_HZ = (4_000, 8_000, 11_025, 44_100, 192_000, 384_000)
COMPRESSED = ("mp3", "mp3 vbr", "m4a", "ogg", "opus", "flac", "webm", "wma", "aiff", "aac", "mov", "ac3", "eac3")
DAMAGES = 3  # of each kind, at places of their own
MALICE = {
    "hls.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2.0,\n{url}\n#EXT-X-ENDLIST\n",
    "hls-file.mp3": "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:2.0,\n{path}\n#EXT-X-ENDLIST\n",
    "hls-byterange.wav": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nconcat:{path}|{url}\n#EXT-X-ENDLIST\n",
    "list.ffconcat": "ffconcat version 1.0\nfile '{path}'\n",
    "list-url.ffconcat": "ffconcat version 1.0\nfile '{url}'\n",
    "list.pls": "[playlist]\nFile1={url}\nNumberOfEntries=1\n",
    "list.asx": '<asx version="3.0"><entry><ref href="{url}"/></entry></asx>',
    "list.mpd": "<?xml version='1.0'?><MPD><Period><AdaptationSet><BaseURL>{url}</BaseURL></AdaptationSet></Period>"
    "</MPD>",
    "session.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=audio 9999 RTP/AVP 0\n",
    "picture.svg": '<svg xmlns="http://www.w3.org/2000/svg"><image href="{url}"/><image href="file://{path}"/></svg>',
    "subtitles.srt": "1\n00:00:00,000 --> 00:00:02,000\n{path}\n",
    "subtitles.ass": "[Script Info]\nAudio File: {path}\n[Events]\nDialogue: 0,0:00:00.00,0:00:02.00,,,,,,{url}\n",
    "page.html": "<html><audio src='{url}'></audio></html>",
    "entities.xml": "<!DOCTYPE x [<!ENTITY y SYSTEM 'file://{path}'>]><x>&y;</x>",
    "avisynth.avs": 'WavSource("{path}")\n',
    "vapoursynth.vpy": "import os\nos.system('touch {path}.owned')\n",
    "lavfi.txt": "amovie={path}",
    "image-sequence%03d.wav": "{path}",
}  # fmt: skip


@dataclass(frozen=True)
class Canary:
    """What no file may reach: a file on this disk, and an address where somebody listens."""

    path: Path
    url: str


@cache
def whole() -> dict[str, bytes]:
    """Good files of every accepted kind, by name."""
    sound = voice_like(1.2, 44_100)
    files = {f"{coding.lower()}.wav": wav_bytes(sound, 44_100, coding) for coding in WAV_CODINGS}
    for rate_hz in WAV_RATES_HZ:
        files[f"{rate_hz}.wav"] = wav_bytes(voice_like(1.0, rate_hz), rate_hz)
    for channels in (2, 6, 8):
        files[f"{channels}-channels.wav"] = wav_bytes(np.repeat(sound[:, None], channels, axis=1), 44_100)
    wav = wav_bytes(sound, 44_100)
    files |= {f"{kind.replace(' ', '-')}.{kind.split()[0]}": encode(wav, kind) for kind in COMPRESSED}
    files["cover.mp3"] = _id3_with_cover() + files["mp3-vbr.mp3"]
    rng = np.random.default_rng(3)
    # Frames of a high mode, 20 ms each: what they hold is noise, but every frame is a valid one.
    files["voice.amr"] = b"#!AMR\n" + b"".join(b"\x3c" + rng.bytes(31) for _ in range(75))
    files["voice-wide.amr"] = b"#!AMR-WB\n" + b"".join(b"\x44" + rng.bytes(60) for _ in range(75))
    return files


def _id3_with_cover() -> bytes:
    """An ID3v2.3 tag with a title in Cyrillic and a picture of 20 kB."""
    picture = b"\0image/jpeg\0\x03\0" + b"\xff\xd8\xff\xe0" + np.random.default_rng(4).bytes(20_000)
    title = b"\x01" + "Голос".encode("utf-16")
    frames = b"".join(name + struct.pack(">I", len(body)) + b"\0\0" + body for name, body in
                      ((b"TIT2", title), (b"APIC", picture)))  # fmt: skip
    size = bytes(len(frames) >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\0\0" + size + frames


def damaged() -> dict[str, bytes]:
    """Good files cut short, with flipped bits, with zeros in the middle, or as bare headers."""
    files = {}
    for number, (name, data) in enumerate(whole().items()):
        rng = np.random.default_rng(number)
        for i in range(DAMAGES):
            files[f"cut-{i}-{name}"] = data[: int(rng.integers(1, len(data)))]
            flipped = np.frombuffer(data, np.uint8).copy()
            places = rng.integers(0, len(data), 1 + len(data) // 500)
            flipped[places] ^= (1 << rng.integers(0, 8, len(places))).astype(np.uint8)
            files[f"flipped-{i}-{name}"] = flipped.tobytes()
        middle = len(data) // 3
        files[f"zeros-{name}"] = data[:middle] + bytes(middle) + data[2 * middle :]
        files[f"header-{name}"] = data[:64]
    return files


def _wav_with(**changes: int) -> bytes:
    """A WAV file some of whose header numbers are other ones."""
    data = bytearray(wav_bytes(voice_like(1.0), 16_000))
    places = {"riff": (4, "<I"), "format": (20, "<H"), "channels": (22, "<H"), "rate": (24, "<I"), "block": (32, "<H"),
              "bits": (34, "<H"), "data": (40, "<I")}  # fmt: skip
    for name, value in changes.items():
        at, form = places[name]
        struct.pack_into(form, data, at, value)
    return bytes(data)


def _bomb() -> bytes:
    """An hour of silence in a few kilobytes, eleven times over: eleven hours."""
    silence = encode(wav_bytes(np.zeros(3600 * 4_000, np.float32), 4_000, "PCM_U8"), "mp3 low")
    return silence * 11


def odd() -> dict[str, bytes]:
    """Files that are no recordings, or state what can't be."""
    sound = voice_like(1.0)
    not_numbers = {"nan": np.nan, "infinity": np.inf, "minus-infinity": -np.inf}
    files = {f"{name}.wav": wav_bytes(np.where(np.arange(16_000) == 99, value, sound), 16_000, "DOUBLE")
             for name, value in not_numbers.items()}  # fmt: skip
    files["enormous.wav"] = wav_bytes(1e38 * sound, 16_000, "DOUBLE")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("voice.wav", wav_bytes(sound, 16_000))
    files |= {
        "empty.wav": b"",
        "zeros.wav": bytes(10_000),
        "one-byte.mp3": b"\xff",
        "silence.wav": wav_bytes(np.zeros(16_000), 16_000),
        "dither.wav": wav_bytes(np.random.default_rng(0).choice([0.0, 1 / 32768], 16_000), 16_000),
        "short.wav": wav_bytes(voice_like(0.1), 16_000),
        "huge-data.wav": _wav_with(data=0xFFFFFFF0),
        "huge-riff.wav": _wav_with(riff=0xFFFFFFFF, data=0xFFFFFFFF),
        "rate-0.wav": _wav_with(rate=0),
        "rate-1.wav": _wav_with(rate=1),
        "rate-4-giga.wav": _wav_with(rate=0xFFFFFFFF),
        "channels-0.wav": _wav_with(channels=0),
        "channels-65535.wav": _wav_with(channels=65_535),
        "bits-0.wav": _wav_with(bits=0),
        "bits-64000.wav": _wav_with(bits=64_000, block=8_000),
        "format-unknown.wav": _wav_with(format=0x1234),
        "huge-chunk.wav": wav_bytes(sound, 16_000)[:12] + b"LIST" + struct.pack("<I", 0x7FFFFFFF) + bytes(5_000),
        "huge-id3.mp3": b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + bytes(5_000),
        "hours.mp3": _bomb(),
        "archive.mp3": archive.getvalue(),
        "archive.wav.gz": gzip.compress(wav_bytes(sound, 16_000)),
        "picture.png": b"\x89PNG\r\n\x1a\n" + bytes(3_000),
        "picture.jpg": b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(3_000),
        "picture.gif": b"GIF89a" + bytes(3_000),
        "program.wav": b"\x7fELF" + bytes(3_000),
        "document.pdf": b"%PDF-1.7\n" + b"stream\n" * 400,
        "text.wav": b"Dear reader, this is no sound.\n" * 99,
        "random.ogg": np.random.default_rng(1).bytes(20_000),
        "table.json": b'{"emotion": "happy"}' * 50,
    }
    return files


def renamed() -> dict[str, bytes]:
    """Good files under names that say something else, or that are hostile themselves."""
    good = whole()
    return {
        "wav-called.mp3": good["pcm_16.wav"],
        "mp3-called.wav": good["mp3.mp3"],
        "ogg-called.flac": good["ogg.ogg"],
        "VOICE.WAV": good["pcm_16.wav"],
        "no-suffix": good["m4a.m4a"],
        "голос 声音 صوت.opus": good["opus.opus"],
        "-rf.wav": good["pcm_16.wav"],
        "$(touch owned);.mp3": good["mp3.mp3"],
        "a'b\"c`d.wav": good["pcm_16.wav"],
        "new\nline.wav": good["pcm_16.wav"],
        f"{'long' * 40}.wav": good["pcm_16.wav"],
        "concat:x|y.mp3": good["mp3.mp3"],
    }


def hostile(canary: Canary) -> dict[str, bytes]:
    """Files that make a careless ffmpeg open another file or a connection."""
    return {name: text.format(path=canary.path, url=canary.url).encode() for name, text in MALICE.items()}


def everything(canary: Canary) -> dict[str, bytes]:
    """All of them, by name."""
    return whole() | damaged() | odd() | renamed() | hostile(canary)
