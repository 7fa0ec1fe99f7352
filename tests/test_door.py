"""Every odd, damaged or hostile file ends in a recording or in a sentence; nothing else happens."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ser import audio
from ser.errors import AudioError
from ser.recognizer import Recognizer, load
from tests.bad_audio import Canary, damaged, everything, hostile, odd, renamed, whole
from tests.conftest import tone, wav_bytes

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return load()


class Listener:
    """A socket on this machine that counts who knocks."""

    def __init__(self) -> None:
        self.knocks = 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.knocks += 1
            connection.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    listening = Listener()
    yield listening
    listening.socket.close()


@pytest.fixture
def canary(tmp_path: Path, listener: Listener) -> Canary:
    path = tmp_path / "canary.wav"
    path.write_bytes(wav_bytes(tone(2.0, 16_000), 16_000))
    return Canary(path, f"http://127.0.0.1:{listener.port}/canary.wav")


def outcome(recognizer: Recognizer, data: bytes, name: str) -> str:
    """The emotion, or the sentence."""
    try:
        return recognizer.predict(data, name).emotion
    except AudioError as error:
        return str(error)


def left_behind() -> set[str]:
    return {path.name for path in Path(tempfile.gettempdir()).iterdir() if "pytest" not in path.name}


def test_there_are_enough_of_them_and_of_every_kind() -> None:
    files = everything(Canary(Path("/x"), "http://127.0.0.1:1/"))
    assert len(files) > 300
    assert len(files) == sum(map(len, (whole(), damaged(), odd(), renamed(), hostile(Canary(Path("/x"), "")))))


@pytest.mark.parametrize("name", sorted(whole()))
def test_a_good_file_of_every_kind_is_heard(name: str) -> None:
    assert audio.load(whole()[name], name).duration_s == pytest.approx(1.2, abs=0.35)


def test_names_change_nothing() -> None:
    for name, data in renamed().items():
        recording = audio.load(data, name)
        assert recording.source.name == name
        assert recording.duration_s == pytest.approx(1.2, abs=0.05)


def test_all_end_in_an_answer_or_a_sentence_and_leave_nothing(
    recognizer: Recognizer, canary: Canary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    before = left_behind()
    for name, data in everything(canary).items():
        said = outcome(recognizer, data, name)
        assert str(tmp_path) not in said.replace(name, ""), name
        assert "Traceback" not in said
        assert said.isalpha() or said.endswith("."), (name, said)
    assert list(work.iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["canary.wav", "work"]
    assert left_behind() <= before


def test_no_file_reads_another_or_opens_a_connection(
    recognizer: Recognizer, canary: Canary, listener: Listener
) -> None:
    socket.create_connection(("127.0.0.1", listener.port)).close()  # the listener hears
    for name, data in hostile(canary).items():
        assert "not an audio file" in outcome(recognizer, data, name), name
    assert listener.knocks == 1


def test_a_playlist_would_be_followed_without_the_switches(canary: Canary, listener: Listener) -> None:
    """The proof that the test above can fail: the same ffmpeg, left to itself, opens what a playlist names."""
    from ser.ffmpeg import ffmpeg_path

    command = [ffmpeg_path(), "-v", "quiet", "-protocol_whitelist", "file,http,tcp,pipe", "-allowed_extensions", "ALL"]
    playlist = hostile(canary)["hls.m3u8"]
    subprocess.run([*command, "-f", "hls", "-i", "pipe:0", "-f", "null", "-"], input=playlist, check=False, timeout=60)
    assert listener.knocks > 0


def test_the_command_line_says_a_line_for_each_and_goes_on(canary: Canary, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    files = odd() | hostile(canary) | {name: data for name, data in whole().items() if name.endswith((".mp3", ".amr"))}
    for name, data in files.items():
        (folder / name).write_bytes(data)
    command = [sys.executable, "-m", "ser", "predict", "--format", "jsonl", *map(str, sorted(folder.iterdir()))]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=300, check=False)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [Path(answer["file"]).name for answer in answers] == sorted(files)
    assert all((answer["probabilities"] is None) == bool(answer["error"]) for answer in answers)
    assert {Path(answer["file"]).name for answer in answers if answer["probabilities"]} == {
        *(name for name in whole() if name.endswith((".mp3", ".amr"))), "huge-riff.wav",
    }  # fmt: skip
    assert "Traceback" not in done.stderr
    assert done.returncode == 1
