"""Folders, patterns, lists and pipes of recordings, heard in their order."""

from __future__ import annotations

import io
import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from ser.cli import main
from ser.commands import predict
from ser.commands.recordings import named
from ser.errors import EmptyAudioError, NotAudioError, SerError
from ser.outcome import Outcome
from ser.prediction import Prediction
from tests.predict.happy import Happy, rows


def piped(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))


def test_folders_patterns_and_files_are_heard_in_their_order(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [str(folder), str(folder / "**" / "a.wav"), str(folder / "b.wav")]
    assert main(["predict", "--format", "csv", *words]) == NotAudioError.exit_code
    found = rows(capsys.readouterr().out)
    expected = ["b.wav", "deep/a.wav", "deep/bad.mp3", "deep/a.wav", "b.wav"]
    assert [row["file"] for row in found] == [str(folder / name) for name in expected]
    assert "is not an audio file" in found[2]["error"]
    assert [row["emotion"] for row in found] == ["happy", "happy", "", "happy", "happy"]


def test_what_names_nothing_gets_its_row(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "empty").mkdir()
    words = [str(folder / name) for name in ("empty", "*.opus", "missing.wav", "b.wav")]
    assert main(["predict", "--format", "jsonl", *words]) == NotAudioError.exit_code
    errors = [json.loads(line)["error"] for line in capsys.readouterr().out.splitlines()]
    assert "holds no recordings" in errors[0]
    assert "matches no file" in errors[1]
    assert "does not exist" in errors[2]
    assert errors[3] is None


def test_a_file_whose_name_looks_like_a_pattern_is_a_file(folder: Path) -> None:
    shutil.copy(folder / "b.wav", folder / "take [1].wav")
    assert [one.source for one in named([str(folder / "take [1].wav")])] == [folder / "take [1].wav"]


def test_a_recording_comes_by_a_pipe(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    piped(monkeypatch, (folder / "b.wav").read_bytes())
    assert main(["predict", "--format", "jsonl", "-"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert (row["file"], row["emotion"]) == ("standard input", "happy")
    piped(monkeypatch, b"")
    assert main(["predict", "--format", "jsonl", "-"]) == EmptyAudioError.exit_code
    assert "'standard input' is empty" in capsys.readouterr().out


def test_a_list_of_files_is_read(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = f"{folder / 'b.wav'}\r\n\n{folder / 'deep'}\n"
    (tmp_path / "list.txt").write_text(text)
    for source in (str(tmp_path / "list.txt"), "-"):
        piped(monkeypatch, text.encode())
        assert main(["predict", "--format", "csv", "--files-from", source]) == NotAudioError.exit_code
        assert [Path(row["file"]).name for row in rows(capsys.readouterr().out)] == ["b.wav", "a.wav", "bad.mp3"]
    (tmp_path / "list.txt").write_bytes(b"\xff\xfe")
    assert main(["predict", "--files-from", str(tmp_path / "list.txt")]) == SerError.exit_code
    assert "not UTF-8" in capsys.readouterr().err
    assert main(["predict", "--files-from", str(tmp_path / "none.txt")]) == SerError.exit_code
    assert "can't be read: No such file" in capsys.readouterr().err


def test_nothing_named_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict"]) == SerError.exit_code
    assert "Name recordings, folders or patterns" in capsys.readouterr().err


def test_what_was_heard_before_an_interrupt_is_kept(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted(Happy):
        def predict(self, source: Path | bytes, name: str | None = None, progress: object = None) -> Prediction:
            if Path(str(source)).name == "a.wav":
                raise KeyboardInterrupt
            return super().predict(source, name, progress)

    monkeypatch.setattr(predict, "load", lambda _: Interrupted())
    for form, read in (("json", pd.read_json), ("parquet", pd.read_parquet), ("csv", pd.read_csv)):
        assert main(["predict", str(folder), "--output", str(tmp_path / f"a.{form}")]) == 130
        assert len(read(tmp_path / f"a.{form}")) == 1, form


def test_timelines_of_one_name_do_not_overwrite_each_other(folder: Path, tmp_path: Path) -> None:
    shutil.copy(folder / "b.wav", folder / "deep" / "b.wav")
    main(["predict", "--timeline", "csv", "--out", str(tmp_path / "out"), str(folder)])
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.csv", "b-2.csv", "b.csv"]


def test_an_answer_without_its_sound_shows_the_same(folder: Path) -> None:
    answer = Outcome("b.wav", "m", Happy().predict(folder / "b.wav"), None)
    small = answer.without_sound()
    assert small.prediction is not None
    assert answer.prediction is not None
    assert len(small.prediction.recording.stored) == 0
    assert small.prediction.recording.source == answer.prediction.recording.source
    assert replace(answer, prediction=None).without_sound().prediction is None
