"""Which ffmpeg is used, what reaches it, and what it says of a file."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
import wave
from collections.abc import Callable
from pathlib import Path

import pytest

from ser import audio, errors, ffmpeg, leash
from tests.conftest import encode, tone, wav_bytes

LOAD_AND_TELL = """
import shutil, sys
from pathlib import Path
from ser import audio, ffmpeg
print(shutil.which("ffmpeg"))
source = audio.load(Path(sys.argv[1])).source
print(ffmpeg.ffmpeg_path(), source.codec, round(source.duration_s, 1))
"""


def _load_in_new_process(path: Path, search_path: str) -> list[str]:
    environment = {**os.environ, "PATH": search_path, "PYTHONPATH": os.pathsep.join(sys.path)}
    answer = subprocess.run(
        [sys.executable, "-c", LOAD_AND_TELL, str(path)], env=environment, capture_output=True, text=True, check=True
    )
    assert answer.stderr == ""  # no warning of pydub's either
    return answer.stdout.splitlines()


@pytest.fixture
def mp3(tmp_path: Path, make_encoded: Callable[..., bytes]) -> Path:
    path = tmp_path / "voice.mp3"
    path.write_bytes(make_encoded("mp3"))
    return path


@pytest.mark.parametrize("search_path", ["", "/nonexistent"])
def test_bundled_ffmpeg_is_used_where_path_has_none(mp3: Path, search_path: str) -> None:
    on_path, used = _load_in_new_process(mp3, search_path)
    assert on_path == "None"
    assert "ser-ffmpeg-" in used
    assert used.endswith("mp3 2.0")
    assert not Path(used.split()[0]).parent.exists()  # the link's folder is gone with the process


def test_ffmpeg_on_path_is_preferred(mp3: Path, tmp_path: Path) -> None:
    import imageio_ffmpeg

    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "ffmpeg").symlink_to(imageio_ffmpeg.get_ffmpeg_exe())
    on_path, used = _load_in_new_process(mp3, str(folder))
    assert on_path == str(folder / "ffmpeg")
    assert used == f"{folder / 'ffmpeg'} mp3 2.0"


def test_wav_needs_no_ffmpeg(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ffmpeg, "ffmpeg_path", lambda: pytest.fail("ffmpeg was asked for"))
    assert audio.load(wav_bytes(tone(1.0, 16_000), 16_000)).duration_s == 1.0


def test_missing_ffmpeg_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ffmpeg.shutil, "which", lambda _: None)
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    ffmpeg.ffmpeg_path.cache_clear()
    try:
        with pytest.raises(errors.ToolMissingError, match="ffmpeg is needed for anything but WAV.*pip install imageio"):
            ffmpeg.ffmpeg_path()
    finally:
        ffmpeg.ffmpeg_path.cache_clear()


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2.0,\n{path}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile '{path}'\n",
        "[playlist]\nFile1={path}\n",
        "<?xml version='1.0'?><MPD><Period><AdaptationSet><BaseURL>{path}</BaseURL></AdaptationSet></Period></MPD>",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\nm=audio 9999 RTP/AVP 0\n",
    ],
)
def test_playlist_reads_no_other_file(tmp_path: Path, text: str) -> None:
    """A playlist makes a careless ffmpeg open whatever it names, on this disk or elsewhere."""
    secret = tmp_path / "secret.wav"
    secret.write_bytes(wav_bytes(tone(2.0, 16_000), 16_000))
    with pytest.raises(errors.NotAudioError):
        audio.load(text.format(path=secret).encode(), "voice.mp3")


def test_title_in_the_file_is_not_taken_for_a_fact() -> None:
    wav = wav_bytes(tone(1.0, 16_000), 16_000)
    title = "Duration: 99:00:00.00, \n  Stream #0:0: Audio: evil, 1 Hz, mono"
    command = [
        ffmpeg.ffmpeg_path(),
        "-v",
        "error",
        "-i",
        "pipe:0",
        "-metadata",
        f"title={title}",
        "-f",
        "flac",
        "pipe:1",
    ]
    flac = subprocess.run(command, input=wav, check=True, capture_output=True).stdout
    what = ffmpeg.probe(flac, "a")
    assert (what.codec, what.sample_rate_hz) == ("flac", 16_000)
    assert what.duration_s is None or what.duration_s == pytest.approx(1.0)


def test_film_without_sound_is_refused() -> None:
    command = [
        *(ffmpeg.ffmpeg_path(), "-v", "error", "-f", "lavfi", "-i", "color=size=32x32:duration=1", "-c:v", "mjpeg"),
        *("-f", "matroska", "pipe:1"),
    ]
    film = subprocess.run(command, check=True, capture_output=True).stdout
    with pytest.raises(
        errors.NotAudioError, match=r"'clip' \(matroska\) holds no sound. Choose a file with a sound tr"
    ):
        audio.load(film, "clip")


def test_film_with_sound_is_heard() -> None:
    command = [
        *(ffmpeg.ffmpeg_path(), "-v", "error", "-i", "pipe:0", "-f", "lavfi", "-i", "color=size=32x32:duration=1"),
        *("-c:v", "mjpeg", "-c:a", "libopus", "-f", "matroska", "pipe:1"),
    ]
    film = subprocess.run(command, input=wav_bytes(tone(1.0, 48_000), 48_000), check=True, capture_output=True).stdout
    assert audio.load(film, "clip").source.duration_s == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize(("rate_hz", "duration_s"), [(44_100, 2.0), (22_050, 3.0), (16_000, 1.0)])
def test_stated_length_of_mp3(rate_hz: int, duration_s: float) -> None:
    mp3 = encode(wav_bytes(tone(duration_s, rate_hz), rate_hz), "mp3")
    stated_s = ffmpeg.probe(mp3, "a").duration_s
    assert stated_s == pytest.approx(duration_s, abs=0.1)  # whole frames, with the encoder's delay


def test_slow_ffmpeg_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    slow = tmp_path / "ffmpeg"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setattr(ffmpeg, "ffmpeg_path", lambda: str(slow))
    monkeypatch.setattr(ffmpeg, "PROBE_TIMEOUT_S", 0.2)
    monkeypatch.setattr(ffmpeg, "DECODE_TIMEOUT_S", 1)
    with pytest.raises(errors.DecodeError, match=r"could not be read within 0.2 s. Convert it to WAV or MP3"):
        ffmpeg.probe(b"x", "a")
    with pytest.raises(errors.DecodeError, match=r"'a' \(mp3\) could not be decoded within 1 s. Convert"):
        list(ffmpeg.decode(b"x" * 1_000_000, ffmpeg.Probe("mp3", "mp3", 16_000, None), "a", at_most_s=10))


def test_decoder_failure_carries_ffmpegs_words(make_encoded: Callable[..., bytes]) -> None:
    what = ffmpeg.probe(make_encoded("flac"), "a")
    with pytest.raises(errors.DecodeError, match=r"'a' \(flac\) can't be decoded: [^.]+\. Export or download it again"):
        list(ffmpeg.decode(b"no sound" * 99, what, "a", at_most_s=10))


def test_a_reader_who_has_enough_ends_ffmpeg(make_encoded: Callable[..., bytes]) -> None:
    data = make_encoded("mp3", duration_s=70.0)
    pieces = ffmpeg.decode(data, ffmpeg.probe(data, "a"), "a", at_most_s=100)
    first = next(pieces)
    assert first.duration_seconds == pytest.approx(ffmpeg.PIECE_S)
    pieces.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ffmpeg")]


def test_decoding_stops_at_the_cap(make_encoded: Callable[..., bytes]) -> None:
    data = make_encoded("mp3", duration_s=70.0)
    pieces = list(ffmpeg.decode(data, ffmpeg.probe(data, "a"), "a", at_most_s=45))
    assert [piece.duration_seconds for piece in pieces] == pytest.approx([30, 15], abs=0.1)


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="this system has no limits for other processes")
def test_memory_and_files_of_ffmpeg_are_capped(tmp_path: Path) -> None:
    told = tmp_path / "limits"
    script = tmp_path / "ffmpeg"
    script.write_text(f"#!/bin/sh\nread line\nulimit -v > {told}\nulimit -f >> {told}\nenv >> {told}\n")
    script.chmod(0o755)
    with leash.Running([str(script)], b"go\n", 10) as running:
        assert running.read(1) == b""
        running.failure()
    memory, files, *environment = told.read_text().split("\n")
    assert int(memory) * 1024 == leash.MEMORY_MAX_BYTES
    assert files != "unlimited"
    assert not [line for line in environment if line.startswith(("HOME=", "http_proxy=", "SER_DATA="))]


def test_wave_module_agrees_on_decoded_length(make_encoded: Callable[..., bytes], tmp_path: Path) -> None:
    """ffmpeg by itself, file to file, gives as many samples as the road through memory."""
    path, out = tmp_path / "a.m4a", tmp_path / "a.wav"
    path.write_bytes(make_encoded("m4a"))
    subprocess.run([ffmpeg.ffmpeg_path(), "-v", "error", "-i", str(path), str(out)], check=True)
    with wave.open(str(out)) as file:
        expected_s = file.getnframes() / file.getframerate()
    assert audio.load(path).source.duration_s == pytest.approx(expected_s, abs=1e-6)
