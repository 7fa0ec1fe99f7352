"""The real page in a real browser: first paint, phones, themes, and access for everybody."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.browser.real import (
    PAGES,
    REAL,
)

pytestmark = REAL


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
