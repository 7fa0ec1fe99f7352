"""What was heard as CSV, JSON, Parquet and audformat, and what forms refuse."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import audformat
import pandas as pd
import pytest

from ser.cli import main
from ser.commands import answer_files
from ser.errors import NotAudioError, SerError, ToolMissingError
from ser.outcome import Outcome, schema
from tests.predict.happy import rows


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
    row = Outcome("a.wav", "m", None, "error").to_row(top)
    assert schema(top).names == list(row)


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
