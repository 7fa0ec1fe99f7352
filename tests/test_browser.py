"""The real page in a real browser: server, bundled model and headless Chromium, nothing replaced."""

from __future__ import annotations

import importlib.util
import io
import os
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import soundfile

import ser
from ser import audio, plots
from ser.constants import SAMPLE_RATE_HZ
from ser.ui import sounds
from tests.test_zipped import archive

ROOT = Path(__file__).resolve().parent.parent
MANIFEST = ROOT / "model" / "speech_cnn_lstm" / "manifest.json"
# The page's own promise is 3 s; a machine that trains or builds beside the tests gets more.
ANSWER_MAX_S = 10.0
MICROPHONE_S = 3.0
ERROR = '[data-testid="stAlertContentError"]'
ANSWER, FIGURE = ".ser-answer", ".js-plotly-plot"
PAGES = ("", "many", "compare", "models", "corpora", "about")


def missing() -> str | None:
    """Why this file can't run here, or None."""
    if importlib.util.find_spec("playwright") is None:
        return "playwright is not installed (requirements-dev.txt)"
    if not (os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")):
        return "no browser is installed (Debian: apt install chromium)"
    return None if MANIFEST.is_file() else "the bundled model is not there"


WHY_NOT = missing()
pytestmark = [pytest.mark.slow, pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT))]


@pytest.fixture(scope="module")
def tools() -> ModuleType:
    """scripts/screenshot.py, which knows how to start page and browser."""
    spec = importlib.util.spec_from_file_location("screenshot", ROOT / "scripts" / "screenshot.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["screenshot"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def address(tools: ModuleType) -> Iterator[str]:
    with tools.served() as one:
        yield one


@pytest.fixture(scope="module")
def talk() -> bytes:
    """Three quarters of a minute of the example voice, as WAV: long enough for a timeline."""
    parts = [audio.load(sounds.example(name).data, name).samples for name in sounds.MANNERS]
    file = io.BytesIO()
    soundfile.write(file, np.tile(np.concatenate(parts), 3), SAMPLE_RATE_HZ, format="WAV")
    return file.getvalue()


def gone(page: Any, selector: str) -> None:
    page.wait_for_function("one => !document.querySelector(one)", arg=selector, timeout=30_000)


def assert_answer_and_pictures(page: Any, address: str) -> None:
    # The sound of these tests is like a voice, but is none, and the model knows it. The bars show what it says all the
    # same.
    assert "No speech found" in page.locator(ANSWER).inner_text()
    assert page.locator(".bartext").count() == len(plots.EMOTION_LOOKS)
    figures = page.locator(FIGURE).all()
    assert len(figures) == 4
    boxes = [one.bounding_box() for one in figures]
    assert all(box and box["width"] > 150 and box["height"] > 150 for box in boxes)
    text = page.locator("body").inner_text()
    for title in ("Waveform", "Mel spectrogram", "MFCC"):
        assert title in text
    axes = " ".join(page.locator(".g-xtitle, .g-ytitle").all_text_contents())
    assert axes.count("Time (s)") == 3
    assert "Frequency (Hz)" in axes
    assert not page.locator(f'[data-testid="stException"], {ERROR}').count()
    sources = page.evaluate("performance.getEntriesByType('resource').map(entry => entry.name)")
    assert all(one.startswith((address, "blob:", "data:")) for one in sources), "the page must need no other server"


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


def test_a_refresh_keeps_the_answer_and_another_tab_has_none(
    tools: ModuleType, address: str, make_wav: Any, tmp_path: Path
) -> None:
    wav = tmp_path / "voice.wav"
    wav.write_bytes(make_wav(2.0))
    with tools.browser() as page:
        page.goto(address)
        tools.upload(page, wav)
        tools.await_answer(page)
        page.reload()
        tools.await_answer(page)
        assert "voice.wav" in page.locator(".ser-facts").inner_text()
        other = page.context.new_page()
        other.goto(page.url)
        other.locator(".ser-welcome").wait_for()
        other.wait_for_timeout(2000)
        assert not other.locator(ANSWER).count()


def test_speaking_into_the_microphone(tools: ModuleType, address: str, make_wav: Any, tmp_path: Path) -> None:
    spoken = tmp_path / "spoken.wav"
    spoken.write_bytes(make_wav(MICROPHONE_S, 48_000))
    flags = (
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={spoken}",
    )
    with tools.browser(flags=flags) as page:
        page.goto(address)
        page.get_by_text("Microphone", exact=True).click()
        button = page.locator('[data-testid="stAudioInput"] [data-testid="stAudioInputActionButton"]')
        button.wait_for()
        page.wait_for_timeout(1000)  # the widget asks for permission first
        button.click()
        page.wait_for_timeout(1000 * MICROPHONE_S)
        button.click()
        tools.await_answer(page)
        assert_answer_and_pictures(page, address)
        facts = page.locator(".ser-facts").inner_text()
        assert "Microphone recording" in facts
        assert "audio/wav" in facts
        # Back to uploading: what was said is gone.
        page.get_by_text("Upload", exact=True).first.click()
        gone(page, f"{ANSWER}, {FIGURE}")


def test_a_microphone_that_cant_work_says_how_to_mend_it(tools: ModuleType, address: str) -> None:
    fake = "--use-fake-device-for-media-stream"
    with tools.browser(flags=(fake, "--deny-permission-prompts")) as page:
        for change, words in (
            ("", "refuses this page the microphone"),
            ("navigator.mediaDevices.enumerateDevices = async () => []", "finds no microphone"),
            ("Object.defineProperty(window, 'isSecureContext', { value: false })", "not opened over https://"),
        ):
            if change:
                page.add_init_script(change)
            else:  # what a visitor's refusal leaves behind
                page.add_init_script(
                    "navigator.permissions.query = async () => Object.assign(new EventTarget(), { state: 'denied' })"
                )
            page.goto(address)
            page.get_by_text("Microphone", exact=True).click()
            page.get_by_role("alert").filter(has_text=words).wait_for()


def test_a_page_over_plain_http_says_why_it_has_no_microphone(tools: ModuleType, address: str) -> None:
    """Nothing replaced: the browser takes this server for another machine's."""
    with tools.browser(flags=("--host-resolver-rules=MAP ser.test 127.0.0.1",)) as page:
        elsewhere = address.replace("127.0.0.1", "ser.test")
        for path, pages_own in (("", 1), ("compare", 2)):
            page.goto(f"{elsewhere}/{path}")
            for one in range(pages_own):
                page.get_by_text("Microphone", exact=True).nth(one).click()
            hints = page.get_by_role("alert").filter(has_text="Open it over https://")
            hints.nth(pages_own - 1).wait_for()
            assert hints.count() == pages_own


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


def test_the_pages_name_stands_there_before_any_script_has_come(tools: ModuleType, address: str) -> None:
    with tools.browser() as first:
        for script in (False, True):
            context = first.context.browser.new_context(java_script_enabled=script, locale="de")
            page = context.new_page()
            page.goto(address)
            if script:  # and what Streamlit draws takes its place
                page.locator(".ser-welcome").wait_for()
                assert not page.locator(".ser-shell").count()
            else:
                assert "SER · die Emotion in einer Stimme" in page.locator(".ser-shell").inner_text()


def test_phone_has_no_sideways_scrolling(tools: ModuleType, address: str, make_wav: Any, tmp_path: Path) -> None:
    wav = tmp_path / f"{'a-very-long-name' * 6}.wav"
    wav.write_bytes(make_wav(2.0))
    with tools.browser(360, "dark") as page:
        page.goto(address)
        tools.upload(page, wav)
        tools.await_answer(page)
        wide = page.evaluate(
            "[...document.querySelectorAll('[data-testid=\"stMain\"] *')]"
            ".filter(one => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest('svg'))"
            ".map(one => one.className)"
        )
        assert not wide


def test_light_and_dark_follow_the_visitors_system(tools: ModuleType, address: str) -> None:
    grounds = []
    for theme in ("light", "dark"):
        with tools.browser(theme=theme) as page:
            page.goto(address)
            page.locator(".ser-welcome").wait_for()
            ground = page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor")
            grounds.append(sum(int(one) for one in ground.strip("rgb()").split(",")))
    assert grounds[0] > 600
    assert grounds[1] < 200


def test_player_and_figures_are_joined(tools: ModuleType, address: str) -> None:
    with tools.browser() as page:
        page.goto(address)
        page.get_by_role("button", name="Lively").click()
        tools.await_answer(page)
        page.wait_for_function("document.querySelector('audio').readyState >= 1")
        page.evaluate("document.querySelector('audio').currentTime = 2.0")
        page.wait_for_function("[...document.querySelectorAll('.ser-playhead')].filter(one => !one.hidden).length == 3")
        waveform = page.locator(FIGURE).nth(1)
        place, size = waveform.locator(".ser-playhead").bounding_box(), waveform.bounding_box()
        assert place["height"] > 50
        assert 0.35 < (place["x"] - size["x"]) / size["width"] < 0.65
        # A click in the picture, a quarter from its left, moves the player there.
        waveform.scroll_into_view_if_needed()
        waveform.click(position={"x": size["width"] / 4, "y": size["height"] / 2})
        assert 0.2 < page.evaluate("document.querySelector('audio').currentTime") < 1.4


def test_a_long_recording_can_be_played_by_segment_and_taken_along(
    tools: ModuleType, address: str, talk: bytes, tmp_path: Path
) -> None:
    wav = tmp_path / "talk.wav"
    wav.write_bytes(talk)
    with tools.browser() as page:
        page.goto(address)
        tools.upload(page, wav)
        tools.await_answer(page, figures=5)
        with page.expect_download() as found:
            page.get_by_role("button", name="SRT").click()
        assert found.value.suggested_filename == "talk.srt"
        assert "-->" in Path(found.value.path()).read_text(encoding="utf-8")
        table = page.locator('[data-testid="stDataFrame"]').first
        table.scroll_into_view_if_needed()
        table.click(position={"x": 15, "y": 35 * 2 + 17})  # the box before the second row
        page.wait_for_function("document.querySelector('audio')?.currentTime > 0", timeout=30_000)


def test_a_long_recording_can_be_stopped_and_gone_on_with(
    tools: ModuleType, address: str, talk: bytes, tmp_path: Path
) -> None:
    samples, rate_hz = soundfile.read(io.BytesIO(talk), dtype="float32")
    soundfile.write(tmp_path / "hours.wav", np.tile(samples, 40), rate_hz)
    with tools.browser() as page:
        page.goto(address)
        tools.upload(page, tmp_path / "hours.wav")
        page.get_by_test_id("stMain").get_by_role("button", name="Stop").click(timeout=60_000)
        page.get_by_text("The recording is still here").wait_for()
        assert not page.locator(ANSWER).count()
        page.get_by_role("button", name="Listen again").click()
        page.get_by_test_id("stMain").get_by_role("button", name="Stop").wait_for(timeout=60_000)


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


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_shuts_anybody_out(tools: ModuleType, address: str, path: str, theme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    with tools.browser(theme=theme) as page:
        page.goto(f"{address}/{path}")
        page.locator(".ser-foot").wait_for(timeout=60_000)
        page.wait_for_timeout(2000)
        if not path:
            page.get_by_role("button", name="Slow").click()
            tools.await_answer(page)
        found = Axe().run(page).response["violations"]
        grave = {one["id"]: [node["html"][:200] for node in one["nodes"]] for one in found
                 if one["impact"] in ("serious", "critical")}  # fmt: skip
        assert not grave


def test_another_language_keeps_the_upload_and_its_answer(
    tools: ModuleType, address: str, make_wav: Any, tmp_path: Path
) -> None:
    wav = tmp_path / "voice.wav"
    wav.write_bytes(make_wav(2.0))
    with tools.browser() as page:
        page.goto(f"{address}/?lang=de")
        tools.upload(page, wav)
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
