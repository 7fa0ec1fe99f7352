import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ser.audio import Recording, load
from ser.catalogue import DEFAULT_MODEL, ModelInfo
from ser.cli import COMMANDS, main, parser_of
from ser.commands import predict
from ser.constants import EMOTIONS
from ser.errors import CorpusError, ModelError, NotAudioError
from ser.prediction import EmotionScore, Prediction, Timing
from ser.quality import Remark


@pytest.fixture
def files(tmp_path: Path, voice: np.ndarray) -> list[str]:
    """A good file, a bad one, another good one, in that order."""
    soundfile.write(tmp_path / "b good.wav", voice, 16_000)
    (tmp_path / "bad.mp3").write_text("this is no sound")
    soundfile.write(tmp_path / "a louder.wav", np.clip(2 * voice, -1, 1), 16_000)
    return [str(tmp_path / name) for name in ("b good.wav", "bad.mp3", "a louder.wav")]


def test_jsonl_keeps_the_order_and_goes_on_after_a_bad_file(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", "--format", "jsonl", *files]) == NotAudioError.exit_code
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["file"] for row in rows] == files
    for row in (rows[0], rows[2]):
        assert row["error"] is None
        assert list(row["probabilities"]) == list(EMOTIONS)
        assert sum(row["probabilities"].values()) == pytest.approx(1.0, abs=1e-5)
        assert row["emotion"] is None  # the tone of these tests is like a voice, but is none
        assert row["sure"] is False
        assert row["voice"] < 0.5
    assert rows[1]["emotion"] is None
    assert rows[1]["probabilities"] is None
    assert rows[1]["sure"] is None
    for row in rows:
        assert list(row) == [
            *("file", "emotion", "probabilities", "error", "sure", "voice", "familiar", "duration_s", "speech_s"),
            *("remarks", "model"),
        ]
        assert row["model"] == DEFAULT_MODEL
    assert "'bad.mp3' is not an audio file" in rows[1]["error"]


def test_several_kinds_of_error_end_with_one(files: list[str], tmp_path: Path) -> None:
    (tmp_path / "empty.wav").write_bytes(b"")
    assert main(["predict", files[1], files[1]]) == NotAudioError.exit_code
    assert main(["predict", files[1], str(tmp_path / "empty.wav")]) == 1


@pytest.mark.parametrize("form", ["csv", "json", "srt", "vtt"])
def test_a_timeline_is_written_for_each_good_file(
    form: str, files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["predict", "--timeline", form, "--out", str(tmp_path / "out"), *files])
    written = sorted((tmp_path / "out").iterdir())
    assert [path.name for path in written] == [f"a louder.{form}", f"b good.{form}"]
    assert f"Timeline: {written[0]}" in capsys.readouterr().err


def test_a_timeline_that_can_not_be_written_is_said(
    files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert main(["predict", "--timeline", "csv", "--out", str(tmp_path / "file"), files[0]]) == 1
    assert "can't be written" in capsys.readouterr().err


def test_the_table_shows_emotion_and_error(
    files: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["predict", files[0]]) == 0
    assert "no speech" in capsys.readouterr().out  # the tone of these tests is like a voice, but is none
    monkeypatch.setattr(predict, "load", lambda _: Doubtful(0.0))
    assert main(["predict", files[0]]) == 0
    assert "happy" in capsys.readouterr().out
    assert main(["predict", files[1]]) == NotAudioError.exit_code
    assert "not an" in capsys.readouterr().out


class Doubtful:
    """A recognizer that hears 45 % happy, 40 % angry, and has a limit."""

    name = "doubtful"

    def __init__(self, not_sure_below: float) -> None:
        self.not_sure_below = not_sure_below

    def predict(self, source: Path, progress: object = None) -> Prediction:
        heard: Recording = load(source)
        order = ("happy", "angry", "sad", *(one for one in EMOTIONS if one not in ("happy", "angry", "sad")))
        scores = tuple(
            EmotionScore(*one) for one in zip(order, (0.45, 0.4, 0.1, 0.01, 0.01, 0.01, 0.01, 0.01), strict=True)
        )
        remarks = (Remark("noisy", "Noisy: 3 dB above the background."),)
        return Prediction(scores, self.name, heard, Timing(0.0, 0.0, 0.0), self.not_sure_below, remarks=remarks)


def test_a_doubtful_answer_names_two_in_the_table(
    files: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(predict, "load", lambda _: Doubtful(0.5))
    assert main(["predict", files[0]]) == 0
    row = next(line for line in capsys.readouterr().out.splitlines() if "b good.wav" in line)
    assert [cell.strip() for cell in row.split("│")[2:5]] == ["not sure: happy or angry", "45% or 40%", "sad 10%"]


def test_what_is_wrong_with_the_sound_stands_below_the_table(
    files: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.setattr(predict, "load", lambda _: Doubtful(0.5))
    main(["predict", files[0]])
    assert f"{files[0]}: Noisy: 3 dB above the background." in capsys.readouterr().out


@pytest.mark.parametrize("sure", [True, False])
def test_jsonl_tells_a_sure_answer_from_a_doubtful_one(
    sure: bool, files: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(predict, "load", lambda _: Doubtful(0.4 if sure else 0.5))
    assert main(["predict", "--format", "jsonl", files[0]]) == 0
    row = json.loads(capsys.readouterr().out)
    assert (row["emotion"], row["sure"], row["model"]) == ("happy", sure, "doubtful")
    assert row["emotion"] == max(row["probabilities"], key=row["probabilities"].get)


def test_help_lists_the_known_models(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        predict, "known_models", lambda: (ModelInfo("one", "All 100 %", "For research."), ModelInfo("two", "two", ""))
    )
    with pytest.raises(SystemExit):
        main(["predict", "--help"])
    assert "one (All 100 %), two; default: speech_cnn_lstm" in " ".join(capsys.readouterr().out.split())


def test_another_model_of_the_folder_can_be_asked(
    files: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def load_other(name: str) -> Doubtful:
        asked.append(name)
        return Doubtful(0.0)

    monkeypatch.setattr(predict, "load", load_other)
    assert main(["predict", "--model", "other", files[0]]) == 0
    assert asked == ["other"]


def test_unknown_model_ends_with_one_sentence(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "--model", "nonsense", files[0]]) == ModelError.exit_code
    error = capsys.readouterr().err
    assert error.startswith("ser: There is no model 'nonsense'")
    assert "Traceback" not in error


@pytest.mark.parametrize("command", ["predict", "prepare", "train", "evaluate", "app"])
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main([command, "--help"])
    assert stop.value.code == 0
    assert f"ser {command}" in capsys.readouterr().out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_flag_is_explained(command: str) -> None:
    """In words: a default alone does not say what a flag does."""
    (commands,) = (one for one in parser_of(command)._actions if isinstance(one, argparse._SubParsersAction))
    for action in commands.choices[command]._actions:
        words = re.sub(r"\(?default:.*", "", action.help or "", flags=re.DOTALL)
        assert words.strip() or not action.option_strings, action.option_strings


def test_predict_and_help_never_load_the_training_side(files: list[str]) -> None:
    code = (
        "import sys; from ser.cli import main\n"
        f"main(['predict', '--format', 'jsonl', {files[0]!r}])\n"
        "bad = {'tensorflow', 'keras', 'ser.training', 'ser.processed', 'streamlit'} & set(sys.modules)\n"
        "sys.exit(str(bad) if bad else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_train_without_data_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SER_DATA", raising=False)
    assert main(["train"]) == CorpusError.exit_code
    assert "set SER_DATA" in capsys.readouterr().err
