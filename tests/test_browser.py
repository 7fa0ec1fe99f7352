"""The real page in a real browser: server, bundled model and headless Chromium, nothing replaced."""

from __future__ import annotations

import importlib.util
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import ser
from ser import plots

ROOT = Path(__file__).resolve().parent.parent
MANIFEST = ROOT / "model" / "speech_cnn_lstm" / "manifest.json"
# The page's own promise is 3 s; a machine that trains or builds beside the tests gets more.
ANSWER_MAX_S = 10.0
MICROPHONE_S = 3.0


def missing() -> str | None:
    """Why this file can't run here, or None."""
    if importlib.util.find_spec("selenium") is None:
        return "selenium is not installed (requirements-dev.txt)"
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        return "no browser is installed (Debian: apt install chromium chromium-driver)"
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


def all_of(driver: Any, selector: str) -> list[Any]:
    return list(driver.find_elements("css selector", selector))


def await_true(check: Callable[[], bool], within_s: float = 30.0) -> None:
    end_s = time.monotonic() + within_s
    while not check():
        assert time.monotonic() < end_s, "waited in vain"
        time.sleep(0.1)


def assert_answer_and_pictures(driver: Any, address: str) -> None:
    # The sound of these tests is like a voice, but is none, and the model knows it. The bars show what it says all the
    # same.
    assert "No speech found" in driver.find_element("css selector", ".ser-answer").text
    assert len(all_of(driver, ".bartext")) == len(plots.EMOTION_LOOKS)
    figures = all_of(driver, ".js-plotly-plot")
    assert len(figures) == 4
    assert all(one.is_displayed() and one.size["width"] > 150 and one.size["height"] > 150 for one in figures)
    page = driver.find_element("css selector", "body").text
    for title in ("Waveform", "Mel spectrogram", "MFCC"):
        assert title in page
    axes = " ".join(one.get_attribute("textContent") for one in all_of(driver, ".g-xtitle, .g-ytitle"))
    assert axes.count("Time (s)") == 3
    assert "Frequency (Hz)" in axes
    assert not all_of(driver, '[data-testid="stException"], [data-testid="stAlertContentError"]')
    sources = driver.execute_script("return performance.getEntriesByType('resource').map(entry => entry.name)")
    assert all(one.startswith((address, "blob:", "data:")) for one in sources), "the page must need no other server"


def test_uploads_in_one_visit(
    tools: ModuleType, address: str, make_encoded: Any, make_wav: Any, tmp_path: Path
) -> None:
    mp3, wav, text = tmp_path / "voice.mp3", tmp_path / "voice.wav", tmp_path / "text.wav"
    mp3.write_bytes(make_encoded("mp3", 3.0))
    wav.write_bytes(make_wav(2.0))
    text.write_bytes(b"This is no sound at all. " * 50)
    with tools.browser() as driver:
        driver.get(address)
        tools.upload(driver, mp3)
        tools.await_answer(driver)
        assert_answer_and_pictures(driver, address)
        expected = ser.load().predict(mp3)
        first = all_of(driver, ".bartext")[0].get_attribute("textContent")
        assert first == f"{100 * expected.probability:.0f} %"
        assert "voice.mp3" in driver.find_element("css selector", ".ser-facts").text

        # A file that is no sound: its sentence, and nothing of the answer before.
        tools.upload(driver, text)
        await_true(lambda: bool(all_of(driver, '[data-testid="stAlertContentError"]')))
        assert "text.wav" in driver.find_element("css selector", '[data-testid="stAlertContentError"]').text
        assert not all_of(driver, ".ser-answer, .js-plotly-plot")

        started_s = time.monotonic()
        tools.upload(driver, wav)
        await_true(lambda: bool(all_of(driver, ".ser-answer")), ANSWER_MAX_S)
        print(f"answer on a warm server {time.monotonic() - started_s:.1f} s after the upload")
        tools.await_answer(driver)
        assert "voice.wav" in driver.find_element("css selector", ".ser-facts").text
        assert_answer_and_pictures(driver, address)

        driver.find_element("css selector", '[data-testid="stFileChipDeleteBtn"] button').click()
        await_true(lambda: not all_of(driver, ".ser-answer, .js-plotly-plot"))


def test_speaking_into_the_microphone(tools: ModuleType, address: str, make_wav: Any, tmp_path: Path) -> None:
    spoken = tmp_path / "spoken.wav"
    spoken.write_bytes(make_wav(MICROPHONE_S, 48_000))
    flags = (
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={spoken}",
    )
    button = '[data-testid="stAudioInput"] [data-testid="stAudioInputActionButton"]'
    with tools.browser(flags=flags) as driver:
        driver.get(address)
        choice = '[data-testid="stButtonGroup"] button'
        await_true(lambda: len(all_of(driver, choice)) == 2)
        all_of(driver, choice)[1].click()
        await_true(lambda: bool(all_of(driver, button)))
        time.sleep(1.0)  # the widget asks for permission first
        driver.find_element("css selector", button).click()
        time.sleep(MICROPHONE_S)
        driver.find_element("css selector", button).click()
        tools.await_answer(driver)
        assert_answer_and_pictures(driver, address)
        facts = driver.find_element("css selector", ".ser-facts").text
        assert "Microphone recording" in facts
        assert "audio/wav" in facts
        # Back to uploading: what was said is gone.
        all_of(driver, choice)[0].click()
        await_true(lambda: not all_of(driver, ".ser-answer, .js-plotly-plot"))


def test_phone_has_no_sideways_scrolling(tools: ModuleType, address: str, make_wav: Any, tmp_path: Path) -> None:
    wav = tmp_path / f"{'a-very-long-name' * 6}.wav"
    wav.write_bytes(make_wav(2.0))
    with tools.browser(360, "dark") as driver:
        driver.get(address)
        tools.upload(driver, wav)
        tools.await_answer(driver)
        wide = driver.execute_script(
            "return [...document.querySelectorAll('[data-testid=\"stMain\"] *')]"
            ".filter(one => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest('svg'))"
            ".map(one => one.className)"
        )
        assert not wide


def test_another_language_keeps_the_upload_and_its_answer(
    tools: ModuleType, address: str, make_wav: Any, tmp_path: Path
) -> None:
    wav = tmp_path / "voice.wav"
    wav.write_bytes(make_wav(2.0))
    model = ".st-key-model input"
    root = "return [document.documentElement.lang, document.documentElement.dir]"
    with tools.browser() as driver:
        driver.get(f"{address}/?lang=de")
        tools.upload(driver, wav)
        assert "Keine Sprache erkannt" in tools.await_answer(driver)
        assert driver.find_element("css selector", model).get_attribute("value") == "Alle Korpora"
        all_of(driver, ".st-key-language input")[0].click()
        await_true(lambda: len(all_of(driver, '[role="option"]')) == 8)
        all_of(driver, '[role="option"]')[-1].click()
        await_true(lambda: driver.execute_script(root) == ["fa", "rtl"])
        await_true(lambda: "گفتاری پیدا نشد" in driver.find_element("css selector", ".ser-answer").text)
        assert driver.current_url.endswith("lang=fa")
        # The browser has forgotten the German words of the choice beside it.
        await_true(lambda: driver.find_element("css selector", model).get_attribute("value") == "همهٔ پیکره‌ها")
        # What is read begins at the right; the words of a figure's axis are inside it.
        card, chips = (driver.find_element("css selector", one).rect for one in (".ser-answer", ".bars"))
        assert card["x"] > chips["x"]
        assert all(one.rect["x"] > 0 for one in all_of(driver, ".ytick text"))
