"""The real page in a real browser: microphone, player, and long recordings."""

from __future__ import annotations

import io
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import soundfile

from tests.browser.real import (
    ANSWER,
    FIGURE,
    MICROPHONE_S,
    REAL,
    assert_answer_and_pictures,
    gone,
)

pytestmark = REAL


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
