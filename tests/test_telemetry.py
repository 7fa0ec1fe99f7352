"""The log and the numbers: what is told of a request and an analysis, and what never is."""

from __future__ import annotations

import functools
import io
import json
import logging
import sys
from collections.abc import Iterator

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from ser import api, journal, load, telemetry
from ser.api import ApiSettings, create_api
from ser.errors import NotAudioError, SerError
from ser.telemetry import REGISTRY, MetricsSettings, metrics_routes
from tests.conftest import wav_bytes

cached_load = functools.cache(load)
ROUTE = "/api/v1/predict"


def client_for(metrics: MetricsSettings | None = None) -> TestClient:
    routes = [
        Mount(api.PREFIX, app=create_api(cached_load, ApiSettings())),
        *metrics_routes(metrics or MetricsSettings()),
    ]
    return TestClient(Starlette(routes=routes))


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What the server would write to its standard output."""
    logger, text = logging.getLogger("ser"), io.StringIO()
    before = (logger.handlers[:], logger.level, logger.propagate)
    monkeypatch.setattr("sys.stdout", text)
    logger.handlers.clear()
    journal.to_stdout()
    journal.to_stdout()
    yield text
    logger.handlers[:], logger.level, logger.propagate = before


def told(text: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.getvalue().splitlines()]


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_a_request_is_one_line_without_names_queries_or_addresses(lines: io.StringIO, voice: np.ndarray) -> None:
    answer = client_for().post(
        f"{ROUTE}?model=speech_cnn_lstm&private=query",
        files={"file": ("secret name.wav", wav_bytes(voice, 16_000))},
        headers={"X-Request-ID": "trace-0123456789"},
    )
    assert answer.status_code == 200
    assert answer.headers["X-Request-ID"] == "trace-0123456789"
    (line,) = told(lines)
    assert line.pop("duration_ms") > 0  # type: ignore[operator]
    assert str(line.pop("time")).endswith("+00:00")
    assert line == {
        "level": "info", "event": "request", "request_id": "trace-0123456789", "route": ROUTE, "outcome": "ok",
        "status": 200, "audio_s": 2.0,
    }  # fmt: skip
    assert not [word for word in ("secret", "private", "testclient") if word in lines.getvalue()]


@pytest.mark.parametrize("asked", ["", "short", "voice.wav-of-mine", "x" * 65, "line\tbreak-12"])
def test_an_identifier_that_is_not_sane_is_replaced(asked: str, lines: io.StringIO) -> None:
    given = client_for().get("/api/v1/health", headers={"X-Request-ID": asked}).headers["X-Request-ID"]
    assert given != asked
    assert len(given) == 32
    assert told(lines)[0]["request_id"] == given


@pytest.mark.parametrize(
    ("path", "body", "status", "route", "outcome"),
    [
        (ROUTE, b"no audio", 415, ROUTE, "NotAudio"),
        (f"{ROUTE}?model=nobody", b"x", 404, ROUTE, "UnknownModel"),
        (f"{ROUTE}?model={'x' * 101}", b"x", 422, ROUTE, "request"),
        ("/api/v1/a-file.wav", b"x", 404, "other", "http"),
    ],
)
def test_the_log_names_the_kind_of_error(
    path: str, body: bytes, status: int, route: str, outcome: str, lines: io.StringIO
) -> None:
    before = value("ser_requests_total", route=route, status=str(status))
    answer = client_for().post(path, content=body)
    assert answer.status_code == status
    (line,) = told(lines)
    assert (line["status"], line["route"], line["outcome"]) == (status, route, outcome)
    assert value("ser_requests_total", route=route, status=str(status)) == before + 1
    assert len(answer.headers["X-Request-ID"]) == 32


def test_numbers_grow_with_analyses(voice: np.ndarray) -> None:
    client = client_for()
    before = [value("ser_analyses_total", route=ROUTE, outcome=outcome) for outcome in ("ok", "NotAudio")]
    heard_s = value("ser_audio_seconds_total")
    client.post(ROUTE, content=wav_bytes(voice, 16_000))
    client.post(ROUTE, content=b"no audio")
    after = [value("ser_analyses_total", route=ROUTE, outcome=outcome) for outcome in ("ok", "NotAudio")]
    assert [b - a for a, b in zip(before, after, strict=True)] == [1, 1]
    assert value("ser_audio_seconds_total") == pytest.approx(heard_s + 2.0)
    text = client.get("/metrics").text
    assert 'ser_request_seconds_bucket{le="0.025",route="/api/v1/predict"}' in text
    assert "ser_queue_length" in text


@pytest.mark.skipif(sys.platform != "linux", reason="the process's own numbers come from /proc")
def test_memory_is_told() -> None:
    megabytes = value("process_resident_memory_bytes") / 1e6
    assert 50 < megabytes < 5000


def test_metrics_can_be_locked_or_taken_away() -> None:
    locked = client_for(MetricsSettings(key="k3y"))
    assert locked.get("/metrics").status_code == 401
    assert locked.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert locked.get("/metrics", headers={"Authorization": "Bearer k3y"}).status_code == 200
    assert client_for(MetricsSettings(shown=False)).get("/metrics").status_code == 404


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MetricsSettings.from_environment() == MetricsSettings()
    monkeypatch.setenv("SER_METRICS", "OFF")
    monkeypatch.setenv("SER_METRICS_KEY", "k")
    assert MetricsSettings.from_environment() == MetricsSettings(False, "k")
    monkeypatch.setenv("SER_METRICS", "maybe")
    with pytest.raises(SerError, match="SER_METRICS is 'maybe'; write on or off"):
        MetricsSettings.from_environment()


class Left(BaseException):
    """As Streamlit ends a script whose visitor left."""


@pytest.mark.parametrize(
    ("raised", "outcome"),
    [(None, "ok"), (NotAudioError("x.wav is none"), "NotAudio"), (KeyError("x.wav"), "internal"), (Left(), "stopped")],
)
def test_an_analysis_of_a_page_is_one_line(raised: BaseException | None, outcome: str, lines: io.StringIO) -> None:
    before = value("ser_analyses_total", route="/many", outcome=outcome)
    try:
        with telemetry.analysis("/many") as account:
            account.audio_s = 1.5
            if raised:
                raise raised
    except (SerError, KeyError, Left):
        pass
    (line,) = told(lines)
    assert (line["event"], line["route"], line["outcome"], line["audio_s"]) == ("analysis", "/many", outcome, 1.5)
    assert value("ser_analyses_total", route="/many", outcome=outcome) == before + 1
    assert "x.wav" not in lines.getvalue()


def test_what_nobody_expected_is_logged_by_type_and_place(lines: io.StringIO) -> None:
    def broken(_: str) -> None:
        raise ZeroDivisionError("/secret/file.wav")

    app = Starlette(routes=[Mount("/api", app=create_api(broken, ApiSettings()))])  # type: ignore[arg-type]
    # Nothing is raised to the server, which would log a traceback with the message in it.
    assert TestClient(app).post(ROUTE, content=b"x").status_code == 500
    message, request = told(lines)
    assert message["level"] == "error"
    assert "API: ZeroDivisionError in " in str(message["message"])
    assert (request["status"], request["outcome"]) == (500, "internal")
    assert "secret" not in lines.getvalue()


def test_the_page_logs_its_analyses(lines: io.StringIO, voice: np.ndarray) -> None:
    from ser.catalogue import DEFAULT_MODEL
    from tests.scripted_page import Scripted, opened, replaced, upload

    with pytest.MonkeyPatch.context() as patch, replaced(patch, {DEFAULT_MODEL: Scripted()}):
        upload(opened(), "secret-voice.wav", wav_bytes(voice, 16_000))
    (line,) = told(lines)
    assert (line["event"], line["route"], line["outcome"], line["audio_s"]) == ("analysis", "/recognise", "ok", 2.0)
    assert "secret-voice" not in lines.getvalue()
