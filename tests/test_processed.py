"""From generated corpora to the tables: what is kept, why the rest is dropped, and that a killed run goes on."""

from __future__ import annotations

import csv
import shutil
from argparse import ArgumentParser
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ser import measure, processed
from ser.audio import load
from ser.commands import prepare as command
from ser.constants import EMOTIONS
from ser.curves import typical_pitch_hz
from ser.engine import EngineSettings
from ser.errors import CorpusError, ToolMissingError
from ser.features import summary, summary_names
from ser.processed import CLIP_COLUMNS, RECORDING_COLUMNS, prepare, read_clips, read_features, read_recordings
from tests.corpus_trees import OFFICIAL, RATE_HZ, write_tone

TABLES = (processed.RECORDINGS, processed.CLIPS, processed.FEATURES)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve corpora with everything that goes wrong in real ones."""
    root = tmp_path_factory.mktemp("data")
    for corpus, paths in OFFICIAL.items():
        for path in paths:
            write_tone(root / corpus / path, seed=sum(map(ord, corpus + path)))
    speech = root / "ravdess" / "Audio_Speech_Actors_01-24"
    shutil.copytree(speech, root / "ravdess" / "audio_speech_actors_01-24" / "again")
    write_tone(root / "crema-d/AudioWAV/1006_TIE_HAP_XX.wav", seed=1)
    write_tone(root / "crema-d/AudioWAV/1006_TIE_NEU_XX.wav", seed=1)
    write_tone(root / "emodb/wav/10a01Fa.wav", duration_s=0.9)
    write_tone(root / "emodb/wav/10a02Fa.wav", duration_s=0.3)
    write_tone(root / "emodb/wav/10a04Fa.wav", peak=1e-5)
    (root / "emodb/wav/10a05Fa.wav").write_bytes(b"")
    whole = (root / "emodb/wav/03a01Fa.wav").read_bytes()
    (root / "emodb/wav/10a07Fa.wav").write_bytes(whole[: len(whole) // 2])
    (root / "emodb/wav/10b01Fa.wav").write_bytes(b"<html>404 not found</html>" * 20)
    write_tone(root / "holiday.wav")
    return root


@pytest.fixture(scope="module")
def tables(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("tables")
    prepare([data], out)
    return out


def test_every_drop_has_its_reason(tables: Path) -> None:
    recordings = read_recordings(tables)
    reasons = recordings.set_index("path")["reason"].to_dict()
    dropped = {path: reason for path, reason in reasons.items() if reason}
    cut, page = dropped.pop("emodb/wav/10a07Fa.wav"), dropped.pop("emodb/wav/10b01Fa.wav")
    assert cut.startswith("can't be decoded: '10a07Fa.wav' is cut short")
    assert page.startswith("can't be decoded: '10b01Fa.wav' is not an audio file")
    pair = "crema-d/AudioWAV/1006_TIE"
    first = "ravdess/Audio_Speech_Actors_01-24"
    again = "ravdess/audio_speech_actors_01-24/again"
    assert dropped == {
        f"{pair}_HAP_XX.wav": f"same sound as {pair}_NEU_XX.wav, labelled otherwise",
        f"{pair}_NEU_XX.wav": f"same sound as {pair}_HAP_XX.wav, labelled otherwise",
        "emodb/wav/10a01Fa.wav": "shorter than 1 s",
        "emodb/wav/10a02Fa.wav": "shorter than 1 s",
        "emodb/wav/10a04Fa.wav": "silent",
        "emodb/wav/10a05Fa.wav": "empty",
        "holiday.wav": "not named as a known corpus names its recordings",
        **{
            f"{again}/{name}": f"same sound as {first}/{name}"
            for name in ("Actor_01/03-01-06-01-02-01-01.wav", "Actor_12/03-01-02-02-01-02-12.wav")
        },
    }
    assert (recordings["kept"] == (recordings["reason"] == "")).all()


def test_clips_are_the_recordings_kept(data: Path, tables: Path) -> None:
    recordings, clips = read_recordings(tables), read_clips(tables)
    assert tuple(recordings.columns) == RECORDING_COLUMNS
    assert tuple(clips.columns) == CLIP_COLUMNS
    assert len(clips) == sum(len(paths) for paths in OFFICIAL.values())
    assert list(clips["path"]) == list(recordings.loc[recordings["kept"], "path"]) == sorted(clips["path"])
    assert set(clips["corpus"]) == set(OFFICIAL)
    row = clips.set_index("path").loc["ravdess/Audio_Speech_Actors_01-24/Actor_01/03-01-06-01-02-01-01.wav"]
    assert (row["speaker"], row["sentence"], row["emotion"]) == ("ravdess/01", "02", "fearful")
    assert (row["duration_s"], row["sample_rate_hz"], row["channels"]) == (1.2, RATE_HZ, 1)
    assert row["pitch_hz"] == pytest.approx(typical_pitch_hz(load(data / str(row.name)).samples), abs=0.06)
    assert row["size_bytes"] == (data / str(row.name)).stat().st_size


def test_features_are_the_extractor_s(data: Path, tables: Path) -> None:
    features = read_features(tables)
    assert list(features.index) == list(read_clips(tables)["path"])
    assert tuple(features.columns) == summary_names()
    assert (features.dtypes == np.float32).all()
    for path in (features.index[0], features.index[-1]):
        np.testing.assert_allclose(features.loc[path], summary(load(data / path).samples), rtol=1e-5, atol=1e-6)


def test_nothing_of_this_machine_stands_in_the_tables(data: Path, tables: Path) -> None:
    for name in TABLES:
        assert str(data).encode() not in (tables / name).read_bytes(), name
    assert sorted(path.name for path in tables.iterdir()) == sorted([".work", *TABLES])


def test_counts_by_corpus_and_emotion(tables: Path) -> None:
    counts = processed.summary_counts(read_clips(tables))
    assert list(counts.columns) == [*EMOTIONS, "other"]
    assert list(counts.index) == sorted(OFFICIAL)
    assert counts.loc["emodb"].to_dict() == {**dict.fromkeys(counts.columns, 0), "happy": 1, "angry": 1, "other": 1}
    assert counts.to_numpy().sum() == len(read_clips(tables))


def test_same_bytes_with_more_workers(
    data: Path, tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measure, "CHUNK_FILES", 7)
    prepare([data], tmp_path, EngineSettings(workers=2))
    for name in TABLES:
        assert (tmp_path / name).read_bytes() == (tables / name).read_bytes(), name


def count_measured(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that are decoded from now on."""
    names: list[str] = []
    real = measure.measure

    def counting(location: Path) -> measure.Measurement:
        names.append(location.name)
        return real(location)

    monkeypatch.setattr(measure, "measure", counting)
    return names


class Killed(BaseException):
    """Stands for the end of the process: nothing catches it."""


def test_a_killed_run_goes_on_where_it_was(
    data: Path, tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measure, "CHUNK_FILES", 5)

    def kill(done: int, total: int) -> None:
        if done >= 20:
            raise Killed

    with pytest.raises(Killed):
        prepare([data], tmp_path, progress=kill)
    assert not (tmp_path / processed.RECORDINGS).exists()
    log = tmp_path / processed.WORK_LOG
    finished = log.read_text(encoding="utf-8").count("\n")
    log.write_bytes(log.read_bytes()[:-100])  # killed in the middle of its last line
    names = count_measured(monkeypatch)
    reports: list[tuple[int, int]] = []
    rows = prepare([data], tmp_path, progress=lambda done, total: reports.append((done, total)))
    recognised = sum(row.file.clip is not None for row in rows)
    assert len(names) == recognised - (finished - 1)
    assert reports[0] == (finished - 1, recognised)
    assert reports[-1] == (recognised, recognised)
    for name in TABLES:
        assert (tmp_path / name).read_bytes() == (tables / name).read_bytes(), name


def test_a_second_run_measures_only_what_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, out = tmp_path / "data", tmp_path / "tables"
    for text in ("a01", "a02", "b10"):
        write_tone(root / f"03{text}Fa.wav")
    (root / "03a04Fa.wav").write_bytes(b"no sound")
    prepare([root], out)
    names = count_measured(monkeypatch)
    prepare([root], out)
    # A file that could not be decoded is tried again: its decoder may have been killed.
    assert names == ["03a04Fa.wav"]
    write_tone(root / "03a02Fa.wav", duration_s=2.0)
    (root / "03b10Fa.wav").unlink()
    rows = prepare([root], out)
    assert names == ["03a04Fa.wav", "03a02Fa.wav", "03a04Fa.wav"]
    assert [row.file.path for row in rows if row.kept] == ["03a01Fa.wav", "03a02Fa.wav"]
    assert list(read_clips(out)["duration_s"]) == [1.2, 2.0]


def test_other_settings_measure_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tone(tmp_path / "data" / "03a01Fa.wav")
    prepare([tmp_path / "data"], tmp_path / "tables")
    names = count_measured(monkeypatch)
    monkeypatch.setattr(measure, "MEASURE_VERSION", measure.MEASURE_VERSION + 1)
    prepare([tmp_path / "data"], tmp_path / "tables")
    assert names == ["03a01Fa.wav"]


def test_copies_are_found_by_sound_not_by_bytes(tmp_path: Path) -> None:
    first = write_tone(tmp_path / "wav" / "03a01Fa.wav")
    samples, rate_hz = soundfile.read(first)
    soundfile.write(tmp_path / "wav" / "03a01Fb.wav", samples, rate_hz, subtype="PCM_24")
    rows = prepare([tmp_path / "wav"], tmp_path / "tables")
    assert [row.reason for row in rows] == ["", "same sound as 03a01Fa.wav"]


def test_one_sound_of_two_speakers_is_a_contradiction(tmp_path: Path) -> None:
    for name in ("03a01Fa.wav", "08a01Fa.wav", "08a01Fb.wav"):
        write_tone(tmp_path / "wav" / name, seed=5)
    write_tone(tmp_path / "wav" / "09a01Fa.wav")
    rows = prepare([tmp_path / "wav"], tmp_path / "tables")
    assert [row.kept for row in rows] == [False, False, False, True]
    assert rows[2].reason == "same sound as 03a01Fa.wav, labelled otherwise"


def test_a_link_to_nowhere_is_dropped(tmp_path: Path) -> None:
    write_tone(tmp_path / "wav" / "03a01Fa.wav")
    (tmp_path / "wav" / "03a02Fa.wav").symlink_to(tmp_path / "not downloaded.wav")
    rows = prepare([tmp_path / "wav"], tmp_path / "tables")
    assert [row.reason for row in rows] == ["", "a link to a file that is not there"]


def test_exactly_one_second_is_long_enough(tmp_path: Path) -> None:
    write_tone(tmp_path / "wav" / "03a01Fa.wav", duration_s=1.0)
    write_tone(tmp_path / "wav" / "03a02Fa.wav", duration_s=0.999)
    assert [row.kept for row in prepare([tmp_path / "wav"], tmp_path / "tables")] == [True, False]


def test_a_missing_program_is_not_the_recording_s_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tone(tmp_path / "data" / "03a01Fa.wav")

    def no_ffmpeg(location: Path) -> None:
        raise ToolMissingError("ffmpeg is needed")

    monkeypatch.setattr(measure, "load", no_ffmpeg)
    with pytest.raises(ToolMissingError, match="ffmpeg is needed"):
        prepare([tmp_path / "data"], tmp_path / "tables")


def test_what_can_t_be_made_or_read_is_said(tmp_path: Path) -> None:
    write_tone(tmp_path / "data" / "03a01Fa.wav", duration_s=0.6)
    with pytest.raises(CorpusError, match=r"None of 1 recordings can be used.*shorter than 1 s"):
        prepare([tmp_path / "data"], tmp_path / "tables")
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    with pytest.raises(CorpusError, match="can't be written"):
        prepare([tmp_path / "data"], tmp_path / "taken")
    for read in (read_clips, read_recordings, read_features):
        with pytest.raises(CorpusError, match="is missing"):
            read(tmp_path)
    (tmp_path / processed.CLIPS).write_text("path,emotion\nx.wav,happy\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="lacks the columns corpus, speaker"):
        read_clips(tmp_path)
    log = tmp_path / "tables" / processed.WORK_LOG
    log.write_text("not json\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="line 1"):
        prepare([tmp_path / "data"], tmp_path / "tables")


def test_tables_made_before_pitch_was_measured_are_read(tables: Path, tmp_path: Path) -> None:
    read_clips(tables).drop(columns="pitch_hz").to_csv(tmp_path / processed.CLIPS, index=False)
    found = read_clips(tmp_path)
    assert tuple(found.columns) == CLIP_COLUMNS
    assert found["pitch_hz"].isna().all()
    assert found["duration_s"].equals(read_clips(tables)["duration_s"])


def run_command(*words: str) -> int:
    parser = ArgumentParser()
    command.add_arguments(parser)
    return command.run(parser.parse_args(words))


def test_the_command_shows_what_it_did(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("03a01Fa.wav", "08a01Wa.wav", "me.wav"):
        write_tone(tmp_path / "data" / name)
    write_tone(tmp_path / "data" / "09a01Fa.wav", duration_s=0.7)
    monkeypatch.setenv("SER_DATA", str(tmp_path / "data"))
    assert run_command("--out", str(tmp_path / "tables"), "--workers", "1") == 0
    out, err = capsys.readouterr()
    assert ["emodb", "3", "3", "2", "1"] in [line.replace("│", " ").split() for line in out.splitlines()]
    assert "dropped, shorter than 1 s: 1" in out
    assert "3 of 3 files" in err
    assert " ".join(err.split()).endswith("1 audio files are not named as a known corpus names its recordings, "
                                          "and were left out: me.wav")  # fmt: skip


def test_the_command_wants_a_folder_and_a_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SER_DATA", raising=False)
    with pytest.raises(CorpusError, match="No folder was given"):
        run_command("--out", str(tmp_path))
    with pytest.raises(SystemExit, match="2"):
        run_command(str(tmp_path), "--workers", "0")


def test_tables_are_plain_csv(tables: Path) -> None:
    with (tables / processed.RECORDINGS).open(encoding="utf-8", newline="") as file:
        text = file.read()
    assert "\r" not in text
    rows = list(csv.DictReader(text.splitlines()))
    assert {row["kept"] for row in rows} == {"True", "False"}
    assert "nan" not in text.lower().split(",")
