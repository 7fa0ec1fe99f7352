"""What a page sends: the figures of a recording of three hours, and of the stored tables and reports, stay small.

Sizes are of what Streamlit sends to the browser (:class:`PlotlyChart.spec`), before the server compresses it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import numpy as np
import plotly.graph_objects as go
import plotly.io
import pytest
from streamlit.testing.v1 import AppTest

from ser import corpus_plots, plots, report_plots
from ser.audio import Recording, from_samples
from ser.catalogue import MODEL_FOLDER
from ser.constants import DURATION_MAX_S, EMOTIONS, SAMPLE_RATE_HZ
from ser.excerpt import PICTURED_WHOLE_S
from ser.intake import SourceInfo, rounded
from ser.manifest import read_json
from ser.prediction import EmotionScore, Prediction, Step, Timing
from ser.processed import read_clips
from ser.ranking import beside_people
from ser.speech import Span, Speech
from ser.ui import compare, corpora, corpus_examples, pictures, recognise, standings
from tests.conftest import voice_like
from tests.scripted_page import Scripted, charts, opened, upload

PAGE_MAX_BYTES = 3_000_000
LENGTHS_S = (PICTURED_WHOLE_S, DURATION_MAX_S)  # the longest that is pictured whole, the longest that is heard
# Seconds from one stretch that the model hears to the next, and how long each is: without pauses, with pauses that end
# a passage behind each sentence, and as many stretches as there can be, each behind a pause.
STEPS_S = ((3.0, 6.0), (7.0, 5.0), (1.51, 0.5))


@cache
def prediction(duration_s: float, every_s: float = 1.51, lasts_s: float = 0.5) -> Prediction:
    """An answer whose first minute is like a voice and whose every stretch has probabilities of its own."""
    samples = np.zeros(round(duration_s * SAMPLE_RATE_HZ), np.int16)
    voice = rounded(voice_like(PICTURED_WHOLE_S))
    samples[: len(voice)] = voice
    starts_s = np.arange(0.0, duration_s - lasts_s, every_s)
    spans = tuple(Span(round(one * SAMPLE_RATE_HZ), round((one + lasts_s) * SAMPLE_RATE_HZ)) for one in starts_s)
    each = np.random.default_rng(0).dirichlet(np.ones(len(EMOTIONS)), len(spans))
    source = SourceInfo("talk.wav", "audio/wav", 1000, "PCM_16", SAMPLE_RATE_HZ, 1, duration_s)
    scores = tuple(EmotionScore(one, 1 / len(EMOTIONS)) for one in EMOTIONS)
    return Prediction(
        scores, "scripted", Recording(samples, source), Timing(0.0, 0.0, 0.0), 0.5,
        speech=Speech(spans, duration_s), steps=tuple(map(Step, spans, each)),
    )  # fmt: skip


def sent(page: AppTest) -> int:
    """Bytes of all figures on the page."""
    assert not page.exception
    assert charts(page)
    return sum(len(one.proto.spec.encode()) for one in page.get("plotly_chart"))


def heaviest(figures: Iterable[go.Figure]) -> int:
    """Bytes of the largest of figures of which a page shows one at a time."""
    return max(len(plotly.io.to_json(one, validate=False)) for one in figures)


@pytest.mark.parametrize("duration_s", LENGTHS_S)
def test_an_answer_with_every_picture_there_is(
    duration_s: float, scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recognise, "hear", lambda *_: prediction(duration_s))
    page = upload(opened(), "talk.wav", b"not heard")
    more = next(one for one in page.pills if one.label == "More pictures")
    more.set_value(list(pictures.MORE)).run()
    assert charts(page) == 5 + len(pictures.MORE)
    assert sent(page) < PAGE_MAX_BYTES


@pytest.mark.parametrize(("every_s", "lasts_s"), STEPS_S)
def test_the_timeline_of_hours_is_a_part_of_that(every_s: float, lasts_s: float) -> None:
    figure = plots.timeline(prediction(DURATION_MAX_S, every_s, lasts_s))
    assert heaviest([figure]) < PAGE_MAX_BYTES / 4
    # Each is an element of its own in the browser: tens of thousands would stop it.
    assert len(figure.data[1].x) <= plots.STEPS_MAX + plots.PAUSES_MAX


@pytest.mark.parametrize("duration_s", LENGTHS_S)
def test_two_recordings_side_by_side(duration_s: float, scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    def script() -> None:
        from ser.ui import compare, shelf

        compare.page(shelf.recognizer)

    monkeypatch.setattr(compare, "hear", lambda *_: prediction(duration_s))
    page = AppTest.from_function(script, default_timeout=60).run()
    for side in compare.SIDES:
        page.file_uploader(key=f"upload-{side}").set_value((f"{side}.wav", b"not heard", "audio/wav")).run()
    assert charts(page) == 6
    assert sent(page) < PAGE_MAX_BYTES


def test_a_row_of_many() -> None:
    bars = plots.probability_bars(prediction(DURATION_MAX_S))  # the only figure that a row opens
    assert heaviest([bars]) < PAGE_MAX_BYTES


def test_any_report_of_any_model() -> None:
    """The page about the models shows one report and one comparison at a time: of each figure the heaviest."""
    reports = [one for path in MODEL_FOLDER.glob("*/report.json") for one in read_json(path).values()]
    robust = [read_json(path)["conditions"] for path in MODEL_FOLDER.glob("*/robustness.json")]
    kept = read_json(standings.COMPARISON)["cells"]
    assert len(reports) > 10
    assert robust
    together = (
        heaviest(map(report_plots.confusion, reports))
        + heaviest(map(report_plots.reliability, reports))
        + heaviest(map(report_plots.risk_coverage, reports))
        + heaviest(map(report_plots.robustness, robust))
        + heaviest(report_plots.side_by_side(kept, key.split("/")[0]) for key in kept)
        + heaviest([report_plots.people_and_models(beside_people(read_json(standings.COMPARISON)))])
        + heaviest(report_plots.learning_curves(one["histories"]) for one in kept.values())
    )
    assert together < PAGE_MAX_BYTES


def test_the_corpora_parted_in_any_way() -> None:
    table = read_clips(corpora.TABLES)
    features = corpora.read_mfcc(str(corpora.TABLES / corpora.FEATURES), 0)
    longest = from_samples(voice_like(table["duration_s"].max()), SAMPLE_RATE_HZ)
    together = (
        heaviest(corpus_plots.counts(table, by) for by in corpora.KINDS)
        + heaviest([corpus_plots.lengths(table)])
        + heaviest([corpus_plots.pitch(table)])
        + 2 * sum(heaviest([draw(longest)]) for draw, _ in corpus_examples.FIGURES.values())
        + heaviest([corpus_plots.mean_mfcc(table, features)])
    )
    assert together < PAGE_MAX_BYTES


@pytest.mark.parametrize("page", ["standings", "corpora"])
def test_the_pages_about_models_and_corpora_as_they_open(page: str) -> None:
    def script(name: str) -> None:
        from importlib import import_module

        import_module(f"ser.ui.{name}").page()

    assert sent(AppTest.from_function(script, default_timeout=60, args=(page,)).run()) < PAGE_MAX_BYTES
