"""How long a visitor who was never here waits for the page: until something is painted, and until it says what it does.

Each visit has a browser's empty cache. Times are the browser's own, from the moment it asks for the page.
"""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Browser

from scripts.screenshot import browser

WELCOME = ".ser-welcome"
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


@dataclass(frozen=True)
class Visit:
    """Seconds from asking for the page."""

    painted_s: float
    welcome_s: float


def visit(chromium: Browser, address: str) -> Visit:
    """Opens the page once, as somebody who was never here."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    try:
        page = context.new_page()
        page.goto(address, wait_until="commit")
        page.wait_for_selector(WELCOME, state="visible")
        welcome_ms = page.evaluate("performance.now()")
        page.wait_for_function(PAINTED)
        return Visit(page.evaluate(PAINTED) / 1000, welcome_ms / 1000)
    finally:
        context.close()


def visits(address: str, runs: int) -> list[Visit]:
    """Several, one after the other; the first warms browser and server and is not counted."""
    with browser() as first:
        chromium = first.context.browser
        assert chromium is not None  # a page of a browser that was launched
        return [visit(chromium, address) for _ in range(runs + 1)][1:]
