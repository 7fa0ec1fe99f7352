"""What `ser predict` is given, and what it writes."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import audformat
import numpy as np
import pandas as pd
import pytest
import soundfile

from ser.audio import Recording, load
from ser.cli import main
from ser.commands import answer_files, predict
from ser.commands.answers import Answer
from ser.commands.recordings import named
from ser.constants import EMOTIONS
from ser.errors import EmptyAudioError, NotAudioError, SerError, ToolMissingError
from ser.prediction import EmotionScore, Prediction, Step, Timing
from ser.speech import Span, Speech

ROOT = Path(__file__).resolve().parent.parent
RANKING = ("happy", "angry", "sad", *(one for one in EMOTIONS if one not in ("happy", "angry", "sad")))
PROBABILITIES = (0.6, 0.25, 0.1, 0.01, 0.01, 0.01, 0.01, 0.01)


class Happy:
    """A recognizer that hears 60 % happy in whatever can be read."""

    name = "happy-model"

    def predict(self, source: Path | bytes, name: str | None = None, progress: object = None) -> Prediction:
        heard: Recording = load(source, name)
        scores = tuple(EmotionScore(*one) for one in zip(RANKING, PROBABILITIES, strict=True))
        in_order = np.array([dict(zip(RANKING, PROBABILITIES, strict=True))[emotion] for emotion in EMOTIONS])
        span = Span(0, len(heard.stored))
        return Prediction(
            scores,
            self.name,
            heard,
            Timing(0, 0, 0),
            speech=Speech((span,), heard.duration_s),
            steps=(Step(span, in_order),),
        )


@pytest.fixture
def folder(tmp_path: Path, voice: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two recordings and a bad one at several depths, and what is none of them."""
    monkeypatch.setattr(predict, "load", lambda _: Happy())
    place = tmp_path / "calls"
    for name in ("b.wav", "deep/a.wav", ".hidden/c.wav", ".d.wav"):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(place / name, voice, 16_000)
    (place / "deep" / "bad.mp3").write_text("this is no sound")
    (place / "notes.txt").write_text("no recording")
    return place


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


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


def piped(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))


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


@pytest.mark.parametrize("form", ["csv", "json", "jsonl", "parquet"])
def test_each_form_says_the_same(form: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "new" / f"answers.{form}"
    assert main(["predict", str(folder), "--output", str(output)]) == NotAudioError.exit_code
    assert capsys.readouterr().out == ""
    read: dict[str, Callable[[], pd.DataFrame]] = {
        "csv": lambda: pd.read_csv(output),
        "json": lambda: pd.DataFrame(json.loads(output.read_text())),
        "jsonl": lambda: pd.read_json(output, lines=True),
        "parquet": lambda: pd.read_parquet(output),
    }
    table = read[form]()
    assert [Path(name).name for name in table["file"]] == ["b.wav", "a.wav", "bad.mp3"]
    assert list(table["emotion"].fillna("")) == ["happy", "happy", ""]
    assert list(table["error"].fillna("") != "") == [False, False, True]
    assert set(table["model"]) == {"happy-model"}
    sad = table["sad"] if "sad" in table else table["probabilities"].map(lambda one: one and one["sad"])
    assert list(sad[:2]) == [0.1, 0.1]


def test_parquet_keeps_types_where_nothing_was_heard(folder: Path, tmp_path: Path) -> None:
    import pyarrow.parquet

    output = tmp_path / "a.parquet"
    main(["predict", str(folder / "deep" / "bad.mp3"), "--output", str(output)])
    schema = pyarrow.parquet.read_schema(output)
    assert str(schema.field("probability").type) == "double"
    assert str(schema.field("sure").type) == "bool"


@pytest.mark.parametrize("top", [None, 3])
def test_the_schema_of_parquet_is_that_of_the_rows(top: int | None) -> None:
    row = Answer("a.wav", "m", None, "error").to_row(top)
    assert answer_files.schema(top).names == list(row)


def test_groups_of_parquet_are_joined(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer_files, "ROWS_A_GROUP", 2)
    main(["predict", str(folder), "--output", str(tmp_path / "a.parquet")])
    assert len(pd.read_parquet(tmp_path / "a.parquet")) == 3


def test_audformat_has_files_and_segments(folder: Path, tmp_path: Path) -> None:
    words = [str(folder), str(folder / "b.wav"), "--format", "audformat", "--output", str(tmp_path / "db")]
    assert main(["predict", *words]) == NotAudioError.exit_code
    database = audformat.Database.load(str(tmp_path / "db"))
    files = database["files"].df
    assert [Path(name).name for name in files.index] == ["b.wav", "a.wav", "bad.mp3"]
    assert list(files["emotion"].astype(object).fillna("")) == ["happy", "happy", ""]
    assert files["angry"].iloc[0] == 0.25
    assert "is not an audio file" in files["error"].iloc[2]
    segments = database["segments"].df
    assert list(segments["emotion"]) == ["happy", "happy"]
    assert segments.index.get_level_values("end")[0] == pd.Timedelta(seconds=2)


def test_audformat_of_nothing_heard_is_whole(folder: Path, tmp_path: Path) -> None:
    bad = str(folder / "deep" / "bad.mp3")
    main(["predict", bad, "--format", "audformat", "--top", "2", "--output", str(tmp_path / "db")])
    assert len(audformat.Database.load(str(tmp_path / "db"))["segments"].df) == 0


def test_a_package_that_is_missing_is_said(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "audformat", None)
    monkeypatch.setitem(sys.modules, "shtab", None)
    words = ["--format", "audformat", "--output", str(tmp_path / "db")]
    assert main(["predict", str(folder), *words]) == ToolMissingError.exit_code
    assert "pip install audformat" in capsys.readouterr().err
    assert main(["completion", "bash"]) == ToolMissingError.exit_code


def test_forms_that_need_a_file_or_a_name_say_so(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words, expected in (
        (["--format", "parquet"], "name a file with --output"),
        (["--format", "audformat"], "name a folder with --output"),
        (["--output", "answers"], "does not tell the format"),
        (["--output", str(folder / "b.wav" / "x.csv")], "can't be written"),
        (["--output", str(folder / "b.wav" / "x.parquet")], "can't be written"),
        (["--format", "audformat", "--output", str(folder / "b.wav")], "audformat writes a folder"),
    ):
        assert main(["predict", str(folder / "b.wav"), *words]) == SerError.exit_code, words
        assert expected in capsys.readouterr().err


def test_top_names_the_likeliest(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good = str(folder / "b.wav")
    main(["predict", "--top", "2", "--format", "jsonl", good])
    assert json.loads(capsys.readouterr().out)["probabilities"] == {"happy": 0.6, "angry": 0.25}
    main(["predict", "--top", "2", "--format", "csv", good])
    row = rows(capsys.readouterr().out)[0]
    assert (row["top_1"], row["top_2"], row["top_2_probability"]) == ("happy", "angry", "0.25")
    assert "angry" not in row
    monkeypatch.setenv("COLUMNS", "200")
    for top, following in (("1", ""), ("3", "angry 25%, sad 10%")):
        main(["predict", "--top", top, good])
        line = next(line for line in capsys.readouterr().out.splitlines() if "b.wav" in line)
        assert line.split("│")[4].strip() == following
    with pytest.raises(SystemExit):
        main(["predict", "--top", "9", good])
    assert "'9' is no number from 1 to 8" in capsys.readouterr().err


def test_a_name_is_no_formula_in_a_spreadsheet(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["predict", "--format", "csv", "=HYPERLINK(1).wav"])
    assert rows(capsys.readouterr().out)[0]["file"] == "'=HYPERLINK(1).wav"


def test_json_of_nothing_is_an_array(capsys: pytest.CaptureFixture[str]) -> None:
    with answer_files.Json(None, None):
        pass
    assert json.loads(capsys.readouterr().out) == []


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
    answer = Answer("b.wav", "m", Happy().predict(folder / "b.wav"), None)
    small = answer.without_sound()
    assert small.prediction is not None
    assert answer.prediction is not None
    assert len(small.prediction.recording.stored) == 0
    assert small.prediction.recording.source == answer.prediction.recording.source
    assert replace(answer, prediction=None).without_sound().prediction is None


def test_the_module_is_the_command(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ser", "predict", "--format", "csv", str(folder / "deep" / "bad.mp3")],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == NotAudioError.exit_code
    assert "is not an audio file" in done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_shells_complete_commands_flags_and_files(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    for word in ("predict", "corpora", "ravdess", "files-from", "parquet", "accept-licence"):
        assert word in script


def test_bash_completes_a_flag_and_its_choices(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["completion", "bash"])
    (tmp_path / "ser.bash").write_text(capsys.readouterr().out)
    code = "source ser.bash; COMP_WORDS=(ser predict {}); COMP_CWORD={}; _shtab_ser; echo ${{COMPREPLY[@]}}"
    for words, place, expected in (("--form", 2, "--format"), ("--format parq", 3, "parquet")):
        done = subprocess.run(
            ["bash", "-c", code.format(words, place)], capture_output=True, text=True, check=True, cwd=tmp_path
        )
        assert done.stdout.strip() == expected
