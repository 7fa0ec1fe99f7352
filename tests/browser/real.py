"""What the tests in a real browser share."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from ser import plots

ROOT = Path(__file__).resolve().parent.parent.parent
MANIFEST = ROOT / "model" / "speech_cnn_lstm" / "manifest.json"
# The page's own promise is 3 s; a machine that trains or builds beside the tests gets more.
ANSWER_MAX_S = 10.0
MICROPHONE_S = 3.0
ERROR = '[data-testid="stAlertContentError"]'
ANSWER, FIGURE = ".ser-answer", ".js-plotly-plot"
PAGES = ("", "many", "compare", "models", "corpora", "about")


def missing() -> str | None:
    """Why these tests can't run here, or None."""
    if importlib.util.find_spec("playwright") is None:
        return "playwright is not installed (requirements-dev.txt)"
    if not (os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")):
        return "no browser is installed (Debian: apt install chromium)"
    return None if MANIFEST.is_file() else "the bundled model is not there"


WHY_NOT = missing()
REAL = [pytest.mark.slow, pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT))]


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
