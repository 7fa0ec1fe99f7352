"""The page for many files: rows, errors, archives, choosing a row, downloads; and the page that says what it is."""

from __future__ import annotations

import io
from collections.abc import Callable

import openpyxl
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from ser.ui import about, many
from tests.scripted_page import Scripted
from tests.test_zipped import archive

MakeWav = Callable[..., bytes]


def script() -> None:
    from ser.ui import many, shelf

    many.page(shelf.recognizer)


def opened(*files: tuple[str, bytes]) -> AppTest:
    page = AppTest.from_function(script, default_timeout=60).run()
    return dropped(page, *files)


def dropped(page: AppTest, *files: tuple[str, bytes]) -> AppTest:
    page.file_uploader(key="many").set_value([(name, data, "application/octet-stream") for name, data in files]).run()
    assert not page.exception
    return page


def table(page: AppTest) -> pd.DataFrame:
    return page.dataframe[-1].value


def test_a_row_for_each_file_and_a_sentence_for_each_failure(scripted: Scripted, make_wav: MakeWav) -> None:
    page = opened(("a.wav", make_wav(1.0)), ("b.wav", make_wav(2.0)), ("c.wav", b"no sound at all"))
    rows = table(page)
    assert list(rows["file"]) == ["a.wav", "b.wav", "c.wav"]
    assert list(rows["emotion"]) == ["angry", "calm", ""]
    assert "'c.wav' is not an audio file" in rows["error"].iloc[2]
    said = " ".join(str(one.value) for one in page.markdown)
    assert "3 files:" in said
    assert "refused 1" in said


def test_files_that_are_known_are_not_heard_again_and_gone_ones_forgotten(
    scripted: Scripted, make_wav: MakeWav
) -> None:
    first, second = ("a.wav", make_wav(1.0)), ("b.wav", make_wav(2.0))
    page = opened(first)
    calls = scripted.calls
    dropped(page, first, second)
    assert scripted.calls == calls + 1
    dropped(page, second)
    assert scripted.calls == calls + 1
    assert len(page.session_state[many.ROWS]) == 1


def test_an_archive_is_opened(scripted: Scripted, make_wav: MakeWav) -> None:
    packed = archive({"in/one.wav": make_wav(1.0), "two.txt": b"text"})
    rows = table(opened(("x.zip", packed), ("three.wav", make_wav(3.0))))
    assert list(rows["file"]) == ["one.wav", "two.txt", "three.wav"]
    assert list(rows["emotion"]) == ["angry", "", "disgusted"]
    rows = table(opened(("x.zip", packed[:-30])))
    assert rows["error"].iloc[0]


def test_kinds_can_be_shown_alone(scripted: Scripted, make_wav: MakeWav) -> None:
    page = opened(("a.wav", make_wav(1.0)), ("b.wav", make_wav(2.0)), ("c.wav", b"no sound"))
    assert page.selectbox(key="many-kind").options == ["all", "angry", "calm", "refused"]
    page.selectbox(key="many-kind").select("calm").run()
    assert list(table(page)["file"]) == ["b.wav"]


def test_downloads_hold_all_rows_and_no_formula(scripted: Scripted, make_wav: MakeWav) -> None:
    page = opened(("=cmd().wav", make_wav(1.0)), ("b.wav", make_wav(2.0)))
    assert len(page.get("download_button")) == 3
    rows = list(page.session_state[many.ROWS].values())
    frame = pd.DataFrame([row.values() for row in rows])
    assert pd.read_csv(io.BytesIO(many._csv(frame)))["file"].tolist() == ["'=cmd().wav", "b.wav"]
    sheet = openpyxl.load_workbook(io.BytesIO(many._excel(frame))).active
    assert sheet is not None
    assert sheet["A2"].value == "=cmd().wav"
    assert sheet["A2"].data_type == "s"
    assert sheet["B3"].value == "calm"


def test_too_many_are_said_and_the_first_heard(
    scripted: Scripted, make_wav: MakeWav, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(many.zipped, "FILES_MAX", 2)
    page = opened(*((f"{i}.wav", make_wav(1.0)) for i in range(3)))
    assert "3 files; at most 2" in page.error[0].value
    assert len(table(page)) == 2


def about_script() -> None:
    from ser.ui import about

    about.notice()
    about.page()


def test_about_says_what_matters_and_shows_the_operators_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    page = AppTest.from_function(about_script, default_timeout=60).run()
    assert not page.exception
    said = " ".join(str(one.value) for one in page.markdown)
    for words in ("Article 5(1)(f)", "not written to a disk", "It can't", "Model card: speech_cnn_lstm"):
        assert words in said
    assert not page.info
    monkeypatch.setenv(about.NOTICE_VARIABLE, "This is a *test* server.")
    page.run()
    assert page.info[0].value == r"This is a \*test\* server."
