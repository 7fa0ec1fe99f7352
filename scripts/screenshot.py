"""Takes a picture of the page with an answer on it, in headless Chromium.

Starts the page on a free port, uploads a recording, waits for the pictures and saves a PNG::

    python scripts/screenshot.py voice.wav docs/screenshot.png --width 1280 --theme light
    python scripts/screenshot.py models docs/models.png            # a page that needs no recording
    python scripts/screenshot.py tour docs/tour                    # every page, with the example voice

Needs chromium (Debian: apt install chromium) and playwright (requirements-dev.txt).
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import soundfile
from playwright.sync_api import Page, sync_playwright
from playwright.sync_api import TimeoutError as PageTimeout

ROOT = Path(__file__).resolve().parent.parent
START_MAX_S = 120
ANSWER_MAX_S = 60
PAGE_DRAWN_S = 10
EXAMPLES = ROOT / "ser" / "ui" / "examples"
PAGES = ("many", "compare", "models", "corpora", "about")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars",
)  # fmt: skip


@contextlib.contextmanager
def served(app: Path = ROOT / "ser" / "ui" / "server.py") -> Iterator[str]:
    """The page on a free port of this machine; gives its address, and ends the server afterwards.

    Raises:
        RuntimeError: it did not answer in time; with the server's own last words.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(app), "--server.port", str(port)]
    with tempfile.TemporaryFile() as log:
        server = subprocess.Popen(
            [*command, "--server.headless", "true", "--server.address", "127.0.0.1"],
            cwd=ROOT, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            _wait_until_healthy(f"http://127.0.0.1:{port}", server)
            yield f"http://127.0.0.1:{port}"
        except RuntimeError as error:
            log.seek(0)
            raise RuntimeError(f"{error}\n{log.read()[-2000:].decode(errors='replace')}") from error
        finally:
            server.terminate()
            server.wait(timeout=30)


def _wait_until_healthy(address: str, server: subprocess.Popen[bytes]) -> None:
    end_s = time.monotonic() + START_MAX_S
    while time.monotonic() < end_s and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    raise RuntimeError(f"The page did not answer on {address} within {START_MAX_S} s.")


@contextlib.contextmanager
def browser(
    width_px: int = 1280, theme: str = "light", flags: Sequence[str] = (), language: str = "en"
) -> Iterator[Page]:
    """A page of headless Chromium, of a given width, that prefers a theme and a language; more ``flags`` as wanted."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as player:
        chromium = player.chromium.launch(executable_path=found, args=[*FLAGS, *flags])
        try:
            context = chromium.new_context(
                viewport={"width": width_px, "height": 900}, color_scheme="dark" if theme == "dark" else "light",
                locale=language, is_mobile=width_px < 600, has_touch=width_px < 600, accept_downloads=True,
            )  # fmt: skip
            yield context.new_page()
        finally:
            chromium.close()


def upload(page: Page, *files: Path) -> None:
    """Hands files to the page's first upload field."""
    page.locator('[data-testid="stFileUploader"] input[type="file"]').first.set_input_files(
        [str(one.resolve()) for one in files], timeout=1000 * START_MAX_S
    )


def await_answer(page: Page, figures: int = 4) -> str:
    """Waits until the answer and all figures are drawn; returns the answer's words.

    Raises:
        RuntimeError: the page shows an error, or nothing new; the message says what it shows.
    """
    alert = page.locator('[data-testid="stAlertContentError"]')
    try:
        page.locator(".ser-answer").or_(alert).first.wait_for(timeout=1000 * ANSWER_MAX_S)
    except PageTimeout as error:
        seen = page.locator("body").inner_text()
        raise RuntimeError(f"No answer within {ANSWER_MAX_S} s. The page shows: {seen}") from error
    if alert.count():
        raise RuntimeError(f"The page shows an error: {alert.first.inner_text()}")
    drawn = f"document.querySelectorAll('.js-plotly-plot .main-svg:first-child').length >= {figures}"
    page.wait_for_function(drawn, timeout=1000 * ANSWER_MAX_S)
    return page.locator(".ser-answer").first.inner_text()


def save(page: Page, output: Path, whole: bool = True) -> None:
    """Saves the whole page, or what fits a screen, as PNG."""
    width = page.viewport_size["width"] if page.viewport_size else 1280
    if whole:
        # The page scrolls in an inner box; the window is made as high as what is in it.
        height = page.evaluate("document.querySelector('[data-testid=\"stMain\"]').scrollHeight")
        page.set_viewport_size({"width": width, "height": height})
    page.wait_for_timeout(1500)  # figures redraw
    output.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=output)


def tour(page: Page, address: str, folder: Path) -> None:
    """A picture of each page, and of the main one before, with and after the answer; by the example voice alone."""
    page.goto(address)
    page.locator(".ser-welcome").wait_for()
    save(page, folder / "welcome.png", whole=False)
    page.get_by_role("button", name="Slow").click()
    await_answer(page)
    _scroll_to(page, ".ser-answer")
    save(page, folder / "answer.png", whole=False)
    page.goto(address)
    with tempfile.TemporaryDirectory() as place:
        talk = Path(place) / "talk.wav"
        parts, rates_hz = zip(*(soundfile.read(one) for one in sorted(EXAMPLES.glob("*.ogg"))), strict=True)
        soundfile.write(talk, np.tile(np.concatenate(parts), 3), rates_hz[0])
        upload(page, talk)
        await_answer(page, figures=5)
        _scroll_to(page, "h3:has-text('Over time')")
        save(page, folder / "timeline.png", whole=False)
        page.goto(f"{address}/many")
        upload(page, talk, *sorted(EXAMPLES.glob("*.ogg")))
        page.get_by_text("4 files:").wait_for(timeout=1000 * ANSWER_MAX_S)
        save(page, folder / "many.png", whole=False)
    page.goto(f"{address}/compare")
    for side, manner in enumerate(("Lively", "Slow")):
        page.get_by_text("Example", exact=True).nth(side).click()
        page.get_by_text(manner, exact=True).nth(side).click()
        page.locator(".ser-answer").nth(side).wait_for()
    page.locator(".ser-pair").wait_for()
    save(page, folder / "compare.png")
    page.set_viewport_size({"width": 1280, "height": 900})
    for name in ("models", "corpora", "about"):
        page.goto(f"{address}/{name}")
        page.wait_for_timeout(1000 * PAGE_DRAWN_S)
        save(page, folder / f"{name}.png", whole=False)


def _scroll_to(page: Page, selector: str) -> None:
    """Brings something right under the page's head."""
    page.wait_for_timeout(2000)  # the page still grows
    move = "one => document.querySelector('[data-testid=stMain]').scrollBy(0, one.getBoundingClientRect().top - 80)"
    page.locator(selector).first.evaluate(move)
    page.mouse.move(2, 2)


def main() -> None:
    """Reads the command line and takes one picture."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", help=f"recording to upload, or a page: {', '.join(PAGES)}; or tour")
    parser.add_argument("output", type=Path, help="PNG to write; a folder for the tour")
    parser.add_argument("--width", type=int, default=1280, help="width in pixels (default: 1280; a phone: 390)")
    parser.add_argument("--theme", choices=("light", "dark"), default="light")
    parser.add_argument("--language", default="en", help="the browser's language, such as de (default: en)")
    parser.add_argument("--screen", action="store_true", help="only what fits a screen of 900 pixels")
    arguments = parser.parse_args()
    with served() as address, browser(arguments.width, arguments.theme, language=arguments.language) as page:
        if arguments.what == "tour":
            tour(page, address, arguments.output)
            return
        if arguments.what in PAGES:
            page.goto(f"{address}/{arguments.what}")
            page.wait_for_timeout(1000 * PAGE_DRAWN_S)
        else:
            page.goto(address)
            upload(page, Path(arguments.what))
            print(await_answer(page).replace("\n", " "))
        save(page, arguments.output, not arguments.screen)


if __name__ == "__main__":
    main()
