"""The real page in a real browser: an upload, its answer, and what a refresh, a tab and a link keep."""

from __future__ import annotations

import time
from pathlib import Path
from types import ModuleType
from typing import Any

import ser
from tests.browser.real import (
    ANSWER,
    ANSWER_MAX_S,
    ERROR,
    FIGURE,
    REAL,
    assert_answer_and_pictures,
    gone,
)
from tests.test_zipped import archive

pytestmark = REAL


def test_uploads_in_one_visit(
    tools: ModuleType, address: str, make_encoded: Any, make_wav: Any, tmp_path: Path
) -> None:
    mp3, wav, text = tmp_path / "voice.mp3", tmp_path / "voice.wav", tmp_path / "text.wav"
    mp3.write_bytes(make_encoded("mp3", 3.0))
    wav.write_bytes(make_wav(2.0))
    text.write_bytes(b"This is no sound at all. " * 50)
    with tools.browser() as page:
        page.goto(address)
        tools.upload(page, mp3)
        tools.await_answer(page)
        assert_answer_and_pictures(page, address)
        expected = ser.load().predict(mp3)
        assert page.locator(".bartext").first.text_content() == f"{100 * expected.probability:.0f} %"
        assert "voice.mp3" in page.locator(".ser-facts").inner_text()

        # A file that is no sound: its sentence, and nothing of the answer before.
        tools.upload(page, text)
        page.locator(ERROR).wait_for()
        assert "text.wav" in page.locator(ERROR).inner_text()
        assert not page.locator(f"{ANSWER}, {FIGURE}").count()

        started_s = time.monotonic()
        tools.upload(page, wav)
        page.locator(ANSWER).wait_for(timeout=1000 * ANSWER_MAX_S)
        print(f"answer on a warm server {time.monotonic() - started_s:.1f} s after the upload")
        tools.await_answer(page)
        assert "voice.wav" in page.locator(".ser-facts").inner_text()
        assert_answer_and_pictures(page, address)

        page.locator('[data-testid="stFileChipDeleteBtn"] button').click()
        gone(page, f"{ANSWER}, {FIGURE}")


def test_a_refresh_keeps_the_answer_and_another_tab_has_none(tools: ModuleType, address: str, voice_file: Path) -> None:
    with tools.browser() as page:
        page.goto(address)
        tools.upload(page, voice_file)
        tools.await_answer(page)
        page.reload()
        tools.await_answer(page)
        assert "voice.wav" in page.locator(".ser-facts").inner_text()
        other = page.context.new_page()
        other.goto(page.url)
        other.locator(".ser-welcome").wait_for()
        other.wait_for_timeout(2000)
        assert not other.locator(ANSWER).count()


def test_a_link_holds_page_model_and_language_and_nothing_of_the_recording(
    tools: ModuleType, address: str, make_wav: Any, tmp_path: Path
) -> None:
    wav = tmp_path / "secret-name.wav"
    wav.write_bytes(make_wav(2.0))
    with tools.browser() as page:
        page.goto(address)
        for key, words in (("model", "Open corpora"), ("language", "Deutsch")):
            page.locator(f".st-key-{key} input").click()
            page.get_by_role("option", name=words, exact=True).click()
        page.wait_for_url("**/?model=speech_cnn_lstm_open&lang=de")
        tools.upload(page, wav)
        tools.await_answer(page)
        assert page.url == f"{address}/?model=speech_cnn_lstm_open&lang=de"
        page.get_by_role("link", name="Vergleichen").click()
        page.wait_for_url(lambda one: "/compare?" in one and "model=" in one and "lang=de" in one)
        other = page.context.browser.new_context(locale="en").new_page()
        other.goto(page.url)
        other.get_by_role("heading", name="Zwei Stimmen, nebeneinander").wait_for()
        assert other.locator(".st-key-model input").input_value() == "Offene Korpora"
        assert not other.locator(ANSWER).count()


def test_many_files_fill_a_table_and_a_row_opens(
    tools: ModuleType, address: str, make_wav: Any, tmp_path: Path
) -> None:
    packed, bad = tmp_path / "some.zip", tmp_path / "bad.wav"
    packed.write_bytes(archive({"one.wav": make_wav(1.0), "two.wav": make_wav(2.0)}))
    bad.write_bytes(b"no sound at all" * 20)
    with tools.browser() as page:
        page.goto(f"{address}/many")
        tools.upload(page, packed, bad)
        page.get_by_text("3 files:").wait_for(timeout=60_000)
        assert "refused 1" in page.locator("body").inner_text()
        table = page.locator('[data-testid="stDataFrame"]').last
        table.click(position={"x": 15, "y": 35 + 17})
        page.get_by_role("button", name="Open in Recognise").click()
        tools.await_answer(page)
        assert "one.wav" in page.locator(".ser-facts").inner_text()


def test_another_language_keeps_the_upload_and_its_answer(tools: ModuleType, address: str, voice_file: Path) -> None:
    with tools.browser() as page:
        page.goto(f"{address}/?lang=de")
        tools.upload(page, voice_file)
        assert "Keine Sprache erkannt" in tools.await_answer(page)
        model = page.locator(".st-key-model input")
        assert model.input_value() == "Alle Korpora"
        page.locator(".st-key-language input").click()
        options = page.get_by_role("option")
        options.last.wait_for()
        assert options.count() == 8
        options.last.click()
        page.wait_for_function("document.documentElement.lang === 'fa' && document.documentElement.dir === 'rtl'")
        page.locator(ANSWER).filter(has_text="گفتاری پیدا نشد").wait_for()
        assert page.url.endswith("lang=fa")
        # The browser has forgotten the German words of the choice beside it.
        page.wait_for_function("document.querySelector('.st-key-model input').value === 'همهٔ پیکره‌ها'")
        # What is read begins at the right; the words of a figure's axis are inside it.
        card, bars = (page.locator(one).first.bounding_box() for one in (ANSWER, ".bars"))
        assert card["x"] > bars["x"]
        assert all(one.bounding_box()["x"] > 0 for one in page.locator(".ytick text").all())
