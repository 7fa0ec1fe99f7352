"""The page of `ser explain` holds all it shows, and asks nobody for anything."""

from __future__ import annotations

import html.parser
import itertools
import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ser import explanation
from ser.audio import from_samples
from ser.cli import main
from ser.commands import explain
from ser.constants import EMOTIONS, SAMPLE_RATE_HZ
from ser.errors import NotAudioError, SerError, ToolMissingError
from ser.prediction import EmotionScore, Prediction, Step, Timing
from ser.quality import Remark
from ser.speech import Span, Speech
from tests.conftest import voice_like

FIGURES = ("probabilities", "waveform", "mfcc", "mel-spectrogram")


def prediction(
    duration_s: float = 2.0, name: str = "a.wav", not_sure_below: float = 0.0, voice: float = 1.0, steps: int = 1
) -> Prediction:
    """Happy in the first half of the steps, sad in the second."""
    recording = from_samples(voice_like(duration_s), SAMPLE_RATE_HZ, name)
    edges = np.linspace(0, len(recording.stored), steps + 1).astype(int)
    spans = [Span(int(start), int(stop)) for start, stop in itertools.pairwise(edges)]
    heard = [
        Step(span, np.where(np.array(EMOTIONS) == ("happy" if place < steps / 2 else "sad"), 0.65, 0.05), voice)
        for place, span in enumerate(spans)
    ]
    order = ("happy", *(emotion for emotion in EMOTIONS if emotion != "happy"))
    scores = tuple(EmotionScore(emotion, 0.65 if emotion == "happy" else 0.05) for emotion in order)
    return Prediction(
        scores, "model <1>", recording, Timing(0, 0, 0), not_sure_below, voice, 0.4,
        Speech(tuple(spans), duration_s), tuple(heard), (Remark("noisy", "Noisy: 3 dB < the background."),),
    )  # fmt: skip


class Links(html.parser.HTMLParser):
    """Every address that a page names in its elements, and its elements."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.elements: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "action")]


def links(text: str) -> Links:
    found = Links()
    found.feed(re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL))
    return found


def test_the_page_holds_all_figures_and_loads_nothing() -> None:
    text = explanation.page(prediction())
    for name in FIGURES:
        assert f'id="{name}"' in text
    assert 'id="timeline"' not in text
    assert "Happy, 65 %" in text
    assert "plotly.js v" in text
    found = links(text)
    assert found.addresses == []
    assert not {"img", "link", "iframe", "object"} & set(found.elements)
    assert not re.search(r"<script[^>]+src=", text)
    assert "default-src 'none'" in text


def test_a_long_recording_has_a_timeline_segments_and_an_excerpt() -> None:
    text = explanation.page(prediction(70.0, steps=10))
    assert 'id="timeline"' in text
    assert "30 s from 0 s on." in text
    assert "<td>35.0</td><td>70.0</td><td>sad</td>" in text


def test_doubt_and_silence_are_said() -> None:
    doubtful = explanation.page(prediction(not_sure_below=0.9))
    assert "Not sure: 😊 happy or 😠 angry" in doubtful
    assert "unlike the recordings that the model learnt from" in doubtful
    assert "No speech found" in explanation.page(prediction(voice=0.1))


def test_what_comes_from_outside_is_text() -> None:
    text = explanation.page(prediction(name="<img src=x onerror=alert(1)>.wav"))
    assert "<img" not in text.split("</script>", 1)[1].split("<footer>")[0]
    assert "&lt;img src=x onerror=alert(1)&gt;.wav" in text
    assert "model &lt;1&gt;" in text
    assert "3 dB &lt; the background" in text


class Fixed:
    def predict(self, source: Path, progress: object = None) -> Prediction:
        from ser.audio import load

        load(source)
        return prediction(name=source.name)


@pytest.fixture
def recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(explain, "load", lambda _: Fixed())
    soundfile.write(tmp_path / "voice.wav", voice_like(), SAMPLE_RATE_HZ)
    return tmp_path / "voice.wav"


def test_the_command_writes_beside_the_recording_or_where_it_is_told(
    recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", str(recording)]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'voice.html'}\n"
    assert main(["explain", str(recording), "--output", str(tmp_path / "new" / "page.html")]) == 0
    assert (tmp_path / "new" / "page.html").read_text() == (tmp_path / "voice.html").read_text()


def test_errors_of_the_command_are_one_sentence(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", str(tmp_path / "none.wav")]) == NotAudioError.exit_code
    assert "does not exist" in capsys.readouterr().err
    assert main(["explain", str(recording), "--output", str(recording / "x.html")]) == SerError.exit_code
    assert "can't be written: " in capsys.readouterr().err
    assert main(["explain", str(recording), "--output", str(recording)]) == SerError.exit_code
    assert "is the recording itself" in capsys.readouterr().err

    def missing() -> str:
        raise FileNotFoundError

    monkeypatch.setattr("plotly.offline.get_plotlyjs", missing)
    assert main(["explain", str(recording)]) == ToolMissingError.exit_code
    assert "without plotly.js" in capsys.readouterr().err
    assert "plotly.offline" in sys.modules


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("chromium"), reason="needs Chromium")
def test_a_browser_draws_the_page_offline(tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    (tmp_path / "page.html").write_text(explanation.page(prediction(20.0, steps=4)), encoding="utf-8")
    flags = ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND"]
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        page = browser.new_page(viewport={"width": 900, "height": 2600})
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto((tmp_path / "page.html").as_uri())
        page.locator(".js-plotly-plot .main-svg").first.wait_for()
        labels = page.locator("section:has(.js-plotly-plot .main-svg)").evaluate_all("all => all.map(x => x.ariaLabel)")
        assert len(set(labels)) == 5
        assert said == []
        titles = page.locator(".modebar-btn").evaluate_all("all => all.map(one => one.dataset.title || '')")
        assert "Download plot as a PNG" in titles
        assert not [title for title in titles if "cloud" in title.lower() or "send" in title.lower()]
        browser.close()
