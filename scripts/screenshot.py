"""Takes a picture of the page with an answer on it, in headless Chromium.

Starts the page on a free port, uploads a recording, waits for the pictures and saves a PNG::

    python scripts/screenshot.py voice.wav docs/screenshot.png --width 1280 --theme light
    python scripts/screenshot.py models docs/models.png            # a page that needs no recording

Needs chromium, its driver (Debian: apt install chromium chromium-driver) and selenium (requirements-dev.txt).
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

from selenium import webdriver
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

ROOT = Path(__file__).resolve().parent.parent
START_MAX_S = 120
ANSWER_MAX_S = 60
PAGE_DRAWN_S = 10
PAGES = ("many", "models", "corpora", "about")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
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
def browser(width_px: int = 1280, theme: str = "light", flags: Sequence[str] = ()) -> Iterator[webdriver.Chrome]:
    """Headless Chromium of a given width that prefers a light or dark theme; more ``flags`` as wanted."""
    options = webdriver.ChromeOptions()
    if found := os.environ.get("CHROMIUM"):
        options.binary_location = found
    elif Path("/usr/bin/chromium").exists():
        options.binary_location = "/usr/bin/chromium"
    for flag in (*FLAGS, *flags):
        options.add_argument(flag)
    driver_path = Path("/usr/bin/chromedriver")
    service = webdriver.ChromeService(executable_path=str(driver_path)) if driver_path.exists() else None
    driver = webdriver.Chrome(options=options, service=service or webdriver.ChromeService())
    try:
        driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": theme}]}
        )
        driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width_px, "height": 900, "deviceScaleFactor": 1, "mobile": width_px < 600},
        )
        yield driver
    finally:
        driver.quit()


def upload(driver: webdriver.Chrome, file: Path) -> None:
    """Hands a file to the page's upload field."""
    field = WebDriverWait(driver, START_MAX_S).until(
        lambda d: d.find_element(By.CSS_SELECTOR, '[data-testid="stFileUploader"] input[type="file"]')
    )
    field.send_keys(str(file.resolve()))


def await_answer(driver: webdriver.Chrome, figures: int = 4) -> str:
    """Waits until the answer and all figures are drawn; returns the answer's words.

    Raises:
        RuntimeError: the page shows an error, or nothing new; the message says what it shows.
    """

    def drawn(d: webdriver.Chrome) -> bool:
        return (
            len([one for one in d.find_elements(By.CSS_SELECTOR, ".js-plotly-plot .main-svg") if one.size]) >= figures
        )

    try:
        WebDriverWait(driver, ANSWER_MAX_S).until(
            lambda d: d.find_elements(By.CSS_SELECTOR, '.ser-answer, [data-testid="stAlertContentError"]')
        )
    except TimeoutException as error:
        seen = driver.find_element(By.TAG_NAME, "body").text
        raise RuntimeError(f"No answer within {ANSWER_MAX_S} s. The page shows: {seen}") from error
    if alerts := driver.find_elements(By.CSS_SELECTOR, '[data-testid="stAlertContentError"]'):
        raise RuntimeError(f"The page shows an error: {alerts[0].text}")
    WebDriverWait(driver, ANSWER_MAX_S).until(drawn)
    return str(driver.find_element(By.CSS_SELECTOR, ".ser-answer").text)


def save(driver: webdriver.Chrome, output: Path) -> None:
    """Saves the whole page, not only what fits a screen, as PNG."""
    # The page scrolls in an inner box; the window is made as high as what is in it.
    height = driver.execute_script("return document.querySelector('[data-testid=\"stMain\"]').scrollHeight")
    width = driver.execute_script("return window.innerWidth")
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    time.sleep(1.5)  # figures redraw
    picture = driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_bytes(base64.b64decode(picture["data"]))


def main() -> None:
    """Reads the command line and takes one picture."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", help=f"recording to upload, or a page: {', '.join(PAGES)}")
    parser.add_argument("output", type=Path, help="PNG to write")
    parser.add_argument("--width", type=int, default=1280, help="width in pixels (default: 1280; a phone: 390)")
    parser.add_argument("--theme", choices=("light", "dark"), default="light")
    arguments = parser.parse_args()
    with served() as address, browser(arguments.width, arguments.theme) as driver:
        if arguments.what in PAGES:
            driver.get(f"{address}/{arguments.what}")
            time.sleep(PAGE_DRAWN_S)
        else:
            driver.get(address)
            upload(driver, Path(arguments.what))
            print(await_answer(driver).replace("\n", " "))
            time.sleep(1.0)
        save(driver, arguments.output)


if __name__ == "__main__":
    main()
