"""What an input names, how it is cut, what is remembered, and what of a table counts."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser.batch import pace, work
from ser.batch import parts as parts_module
from ser.batch.ledger import Ledger
from ser.batch.pace import Pace
from ser.batch.parts import Made, Parts
from ser.batch.sources import Source, Store, sources
from ser.batch.tally import Progress, Tally
from ser.batch.work import Heard, ModelKey, Told, fetch, hear
from ser.commands.batch import in_words
from ser.constants import UPLOAD_MAX_MB
from ser.errors import ArchiveError, ModelError

MADE = Made("m", "1" * 64, "0.1.0", True)
ROW = dict.fromkeys(parts_module.ROW)
HEARD = Heard(Source("a.wav"), "ab", 2.0, 10)


def listing(address: Path | str, column: str | None = None) -> list[Source]:
    return list(sources(str(address), Store(), column))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.wav", "a.MP3", "deep/c.ogg", ".hidden/d.wav", ".e.wav", "notes.txt"):
        path = tmp_path / "calls" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"12345")
    return tmp_path / "calls"


def test_folders_patterns_and_files_name_recordings(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [str(folder / name) for name in ("a.MP3", "b.wav", "deep/c.ogg")]
    assert listing(folder) == [Source(name, 5) for name in names]
    assert listing(folder / "**" / "*.wav") == [Source(str(folder / "b.wav"), 5)]
    assert listing(folder / "b.wav") == [Source(str(folder / "b.wav"), 5)]
    assert listing(folder)[0].kind == ".mp3"
    monkeypatch.chdir(folder.parent)
    assert [one.file for one in listing("calls")] == ["calls/a.MP3", "calls/b.wav", "calls/deep/c.ogg"]


@pytest.mark.parametrize("kind", ["csv", "parquet", "txt"])
def test_lists_name_recordings_beside_them_or_elsewhere(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"list.{kind}"
    table = pd.DataFrame(
        {"id": [1, 2, 3], "path": ["a.wav", "/b.wav", "s3://calls/c.wav"], "duration_s": [1.5, None, 3]}
    )
    if kind == "csv":
        table.to_csv(path, index=False)
    elif kind == "parquet":
        table.to_parquet(path)
    else:
        path.write_text("\n".join([*table["path"], ""]), encoding="utf-8")
    lengths = [None] * 3 if kind == "txt" else [1.5, None, 3.0]
    names = [str(tmp_path / "a.wav"), "/b.wav", "s3://calls/c.wav"]
    assert listing(path) == [Source(name, None, length) for name, length in zip(names, lengths, strict=True)]


def test_what_names_nothing_is_one_sentence(folder: Path, tmp_path: Path) -> None:
    listed = tmp_path / "list.csv"
    listed.write_text("call,x\na.wav,1\n", encoding="utf-8")
    assert [one.file for one in listing(listed, "call")] == [str(tmp_path / "a.wav")]
    with pytest.raises(ArchiveError, match=r"no column file or path or url or uri; it has call, x. Name it"):
        listing(listed)
    with pytest.raises(ArchiveError, match=r"has no column 'wav'"):
        listing(listed, "wav")
    with pytest.raises(ArchiveError, match="names no recording"):
        listing(folder / "*.flac")
    with pytest.raises(ArchiveError, match=r"nowhere' can't be read"):
        listing(folder / "nowhere")
    (tmp_path / "bad.csv").write_bytes(b"file\n\xff\n")
    with pytest.raises(ArchiveError, match="can't be read"):
        listing(tmp_path / "bad.csv")


@given(st.lists(st.tuples(st.sampled_from([".wav", ".mp3"]), st.none() | st.integers(0, 10**8)), max_size=50))
def test_pieces_hold_every_recording_once_and_are_no_longer_than_they_may(files: list[tuple[str, int | None]]) -> None:
    found = [Source(f"{number}{kind}", size) for number, (kind, size) in enumerate(files)]
    here = Pace()
    pieces = list(here.pieces(found))
    assert [one for piece in pieces for one in piece] == found
    for piece in pieces:
        assert len(piece) == 1 or sum(map(here.duration_s, piece)) <= pace.PIECE_S


def test_pace_learns_from_what_was_heard() -> None:
    here, clip = Pace(), Source("a.wav", 44_100 * 2 * 60)
    assert here.duration_s(clip) == pytest.approx(44_100 * 2 * 60 / pace.FIRST_BYTES_A_S)
    here.learn(".wav", 44_100 * 2, 1.0)
    assert here.duration_s(clip) == pytest.approx(60.0)
    assert here.duration_s(Source("a.mp3", 16_000)) == 1.0
    assert here.duration_s(Source("a.wav", 5, 7.0)) == 7.0
    assert here.duration_s(Source("a.wav")) == pace.UNKNOWN_S


def test_the_ledger_keeps_each_file_once_and_knows_sounds() -> None:
    with closing(Ledger()) as ledger:
        found = [Source(f"{number}.wav", number) for number in range(2500)]
        assert list(ledger.add([*found, *found[:10]])) == [1000, 2000]
        ledger.settle(["3.wav", "0.wav", "elsewhere.wav"])
        assert (ledger.count(), ledger.count(done=True)) == (2500, 2)
        assert list(ledger.open()) == [one for one in found if one.file not in ("3.wav", "0.wav")]
        told = Told("ab", {"emotion": "sad", "probability": 0.5, "remarks": None}, ((0.0, 1.5, "sad", 0.5),))
        ledger.learn("a.wav", told)
        ledger.learn("b.wav", told)
        known = ledger.known("ab")
        assert known
        assert (known.file, known.told) == ("a.wav", told)
        assert ledger.known("cd") is None


def test_parts_that_were_not_finished_do_not_count(tmp_path: Path) -> None:
    parts = Parts(str(tmp_path), Store(), MADE)
    parts.commit()
    assert list(tmp_path.iterdir()) == []
    told = Told("ab", ROW | {"emotion": "sad"}, ((0.0, 1.0, "sad", 0.5),))
    parts.answer(HEARD, told)
    parts.answer(Heard(Source("b.wav"), "ab"), told, "a.wav")
    parts.commit()
    parts.reject(Heard(Source("c.wav"), reason="no", exit_code=11))
    parts.commit()
    (tmp_path / "segments" / "part-00002.parquet").write_bytes(b"half")
    again = Parts(str(tmp_path), Store(), MADE)
    assert again.numbers == [0, 1]
    assert not (tmp_path / "segments" / "part-00002.parquet").exists()
    assert [(one.file, one.told) for one in again.earlier()] == [("a.wav", told), ("b.wav", None)]
    assert list(again.rejected()) == ["c.wav"]
    again.forget_rejects()
    assert list(again.rejected()) == []
    segments = pd.read_parquet(tmp_path / "segments")
    assert list(segments["file"]) == ["a.wav", "b.wav"]


def test_a_folder_that_can_t_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ArchiveError, match=r"file/out' can't be written: Not a directory. Name another folder"):
        Parts(str(tmp_path / "file" / "out"), Store(), MADE)


def test_workers_reject_what_is_too_large_without_reading_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "MAX_BYTES", UPLOAD_MAX_MB * 1_000_000)
    path = tmp_path / "large.wav"
    with path.open("wb") as file:
        file.truncate(UPLOAD_MAX_MB * 1_000_000 + 50)
    heard = fetch([Source(str(path)), Source(str(tmp_path / "gone.wav"))], Store()).heard
    assert "the limit is 200 MB" in heard[0].reason
    assert heard[0].exit_code == 16
    assert "gone.wav' can't be read: No such file" in heard[1].reason


def test_workers_with_another_model_refuse(tmp_path: Path) -> None:
    fetched = fetch([Source(str(tmp_path / "gone.wav"))], Store())
    with pytest.raises(ModelError, match=r"this run wants 000000000000 of version 0.0. Install the same version"):
        hear(fetched, [0], ModelKey("speech_cnn_lstm", "0" * 64, "0.0"), False)


def test_progress_tells_rate_and_time_left() -> None:
    now = Progress(500, 2000, 1800.0, 60.0, "http://127.0.0.1:8787/status")
    assert (
        in_words(now) == "500 of 2,000 recordings · 30 h of sound an hour · 3 min left · http://127.0.0.1:8787/status"
    )
    assert Progress(0, 2000, 0.0, 1.0).left_s is None
    assert Tally(of=3).report(finished=True, workers=2)["recordings"] == 3
