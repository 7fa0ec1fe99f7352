"""An archive gets one row for every recording; a sound is heard once; a second run does what is left."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ser import engine
from ser.batch import run as batch
from ser.batch.run import BatchSettings
from ser.batch.tally import Progress
from ser.cli import main
from ser.engine import EngineSettings
from ser.errors import ArchiveError
from ser.recognizer import load
from tests.archives import CLIPS, ROWS, make_archive, require_whole, rows

ONE = EngineSettings(workers=1)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_archive(tmp_path_factory.mktemp("archive"))


def test_an_archive_is_answered_as_its_files_would_be(archive: Path, tmp_path: Path) -> None:
    seen: list[Progress] = []
    settings = BatchSettings(str(archive), str(tmp_path / "out"), segments=True, engine=ONE)
    report = batch.run(settings, seen.append)
    require_whole(archive, tmp_path / "out")
    answers = rows(tmp_path / "out").set_index("file")
    for name in ("speech.ogg", "deep/01.wav"):
        told, row = load().predict(archive / name), answers.loc[str(archive / name)]
        # One thread or two sum in another order.
        assert row["angry"] == pytest.approx(told.probabilities["angry"], abs=1e-4)
        assert row["sure"] == (told.is_sure and told.has_voice)
        assert row["duration_s"] == pytest.approx(told.recording.duration_s, abs=1e-3)
        assert str(row["emotion"]) == (told.emotion if told.has_voice else "nan")
    assert (report["recordings"], report["heard"], report["copies"], report["rejected"]) == (ROWS, CLIPS, 2, 1)
    assert report["audio_s"] == pytest.approx(answers["duration_s"].sum(), abs=0.1)
    assert seen[-1].files == seen[-1].of == ROWS
    assert "not an audio file" in rows(tmp_path / "out", "rejects")["reason"][0]
    segments = rows(tmp_path / "out", "segments")
    assert set(segments["file"]) == set(answers.index[answers["emotion"].notna()]) >= {str(archive / "speech.ogg")}
    stored = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert stored["model"] == "speech_cnn_lstm"
    assert stored["runs"] == [report]


def test_a_second_run_hears_what_is_new_and_tries_rejects_again_if_told(
    archive: Path, tmp_path: Path, dask_worker: EngineSettings
) -> None:
    output, names = tmp_path / "out", [archive / "00.wav", archive / "deep" / "text.mp3"]
    listed = tmp_path / "list.txt"
    listed.write_text("\n".join(map(str, names)), encoding="utf-8")
    settings = BatchSettings(str(listed), str(output), engine=dask_worker)
    assert batch.run(settings)["recordings"] == 2
    listed.write_text("\n".join(map(str, [*names, *names, archive / "again.flac"])), encoding="utf-8")
    report = batch.run(settings)
    assert (report["recordings"], report["done_by_earlier_runs"], report["copies"]) == (1, 2, 1)
    assert batch.run(settings)["recordings"] == 0
    again = batch.run(replace(settings, retry=True))
    assert (again["recordings"], again["rejected"]) == (1, 1)
    assert len(rows(output)) == 2
    assert len(rows(output, "rejects")) == 1
    stored = json.loads((output / "report.json").read_text(encoding="utf-8"))
    assert [run["recordings"] for run in stored["runs"]] == [2, 1, 0, 1]


def test_answers_of_another_model_are_not_mixed(archive: Path, tmp_path: Path, dask_worker: EngineSettings) -> None:
    settings = BatchSettings(str(archive / "00.wav"), str(tmp_path / "out"), engine=dask_worker)
    batch.run(settings)
    with pytest.raises(ArchiveError, match=r"made otherwise \(model speech_cnn_lstm, now speech_cnn_lstm_open, "):
        batch.run(replace(settings, model="speech_cnn_lstm_open"))
    with pytest.raises(ArchiveError, match=r"made otherwise \(segments False, now True\)"):
        batch.run(replace(settings, segments=True))


def test_no_scheduler_is_one_sentence(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "CONNECT_S", 0.5)
    words = ["batch", str(archive), str(tmp_path / "out"), "--scheduler", "tcp://127.0.0.1:9"]
    assert main(words) == 51
    assert "No scheduler answers at 'tcp://127.0.0.1:9'" in capsys.readouterr().err


def test_the_command_says_what_came_of_it(
    archive: Path, tmp_path: Path, dask_worker: EngineSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out"
    assert (
        main(["batch", str(archive / "deep" / "*.mp3"), str(output), "--scheduler", str(dask_worker.scheduler)]) == 11
    )
    printed = capsys.readouterr()
    assert "1 of 1 recordings" in printed.err
    assert f"Written to {output}" in printed.out
    assert main(["batch", str(archive / "nothing"), str(output)]) == 50
    assert "can't be read" in capsys.readouterr().err
    assert main(["batch", str(archive), str(output), "--storage-option", "key"]) == 50
    assert "must be NAME=VALUE" in capsys.readouterr().err
