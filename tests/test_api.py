"""The HTTP API: answers, problems, keys, limits, and what its document promises."""

from __future__ import annotations

import functools
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import schemathesis
import soundfile
from schemathesis.specs.openapi.checks import positive_data_acceptance
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from ser import api, load
from ser.api import KEY_HEADER, ApiSettings, create_api
from ser.api_problems import PROBLEM_TYPE
from ser.catalogue import DEFAULT_MODEL, known_models
from ser.constants import EMOTIONS, SAMPLE_RATE_HZ
from ser.errors import SerError

cached_load = functools.cache(load)


def client_for(settings: ApiSettings | None = None) -> TestClient:
    app = Starlette(routes=[Mount(api.PREFIX, app=create_api(cached_load, settings or ApiSettings()))])
    return TestClient(app, raise_server_exceptions=False)


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with client_for() as found:
        yield found


def wav(samples: np.ndarray) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, SAMPLE_RATE_HZ, format="WAV")
    return file.getvalue()


def test_form_and_raw_body_give_the_answer_of_the_package(client: TestClient, voice: np.ndarray) -> None:
    data = wav(voice)
    wanted = cached_load(DEFAULT_MODEL).predict(data)
    form = client.post("/api/v1/predict", files={"file": ("../../etc/passwd.wav", data)})
    raw = client.post("/api/v1/predict", content=data, headers={"Content-Type": "audio/wav"})
    for answer in (form, raw):
        assert answer.status_code == 200
        told = answer.json()
        assert [one["emotion"] for one in told["ranking"]] == [one.emotion for one in wanted.scores]
        assert told["ranking"][0]["probability"] == pytest.approx(wanted.probability, abs=1e-6)
        assert told["model"] == DEFAULT_MODEL
        assert set(told["ranking"][0]) == {"emotion", "probability"}
        assert (told["emotion"] is None) == (not wanted.has_voice)
        assert "passwd" not in answer.text


def test_a_long_recording_has_parts(client: TestClient, voice: np.ndarray) -> None:
    told = client.post("/api/v1/predict", content=wav(np.tile(voice, 12))).json()
    assert told["duration_s"] == pytest.approx(24.0, abs=0.1)
    assert all(part["start_s"] < part["stop_s"] <= told["duration_s"] + 1e-6 for part in told["parts"])
    if told["parts"]:
        assert sum(told["shares"].values()) == pytest.approx(1.0)


def test_models_and_health(client: TestClient) -> None:
    told = client.get("/api/v1/models").json()
    assert [one["name"] for one in told] == [one.name for one in known_models()]
    assert [one["name"] for one in told if one["default"]] == [DEFAULT_MODEL]
    assert client.get("/api/v1/health").json()["status"] == "ok"


@pytest.mark.parametrize(
    ("send", "status", "words"),
    [
        ({"content": b"not audio at all"}, 415, "is not an audio file"),
        ({"content": b""}, 422, "is empty"),
        ({"content": wav(np.zeros(16_000))}, 422, "is silent"),
        ({"content": wav(np.ones(1000) * 0.1)}, 422, "0.5 s"),
        ({"data": {"other": "x"}, "files": {"wrong": ("a.wav", b"1")}}, 400, "no part named 'file'"),
        ({"content": b"x", "params": {"model": "nobody"}}, 404, "There is no model 'nobody'"),
        ({"content": b"--x", "headers": {"Content-Type": "multipart/form-data; boundary=y"}}, 400, ""),
    ],
)
def test_problems_are_problem_documents(client: TestClient, send: dict[str, Any], status: int, words: str) -> None:
    answer = client.post("/api/v1/predict", **send)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == PROBLEM_TYPE
    problem = answer.json()
    assert problem["status"] == status
    assert words in problem["detail"]
    assert problem["type"].startswith("urn:ser:")


def test_what_is_too_large_is_refused_before_it_is_read(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "UPLOAD_MAX_BYTES", 1000)
    monkeypatch.setattr(api, "FORM_MARGIN_BYTES", 0)

    def endless() -> Iterator[bytes]:
        for _ in range(1000):
            yield bytes(100)

    for content in (bytes(2000), endless()):
        answer = client.post("/api/v1/predict", content=content)
        assert answer.status_code == 413
        assert "larger than 200 MB" in answer.json()["detail"]


def test_uploads_never_touch_the_disk(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    import tempfile

    rolled: list[str] = []
    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", lambda file: rolled.append("to disk"))
    long = wav(np.random.default_rng(0).normal(0, 0.1, 120 * SAMPLE_RATE_HZ))
    assert len(long) > 3_000_000
    assert client.post("/api/v1/predict", files={"file": ("a.wav", long)}).status_code == 200
    assert rolled == []


def test_an_unexpected_failure_says_nothing_of_the_inside(caplog: pytest.LogCaptureFixture) -> None:
    def broken(name: str) -> Any:
        raise ZeroDivisionError("/secret/file.wav")

    app = Starlette(routes=[Mount("/api", app=create_api(broken, ApiSettings()))])
    answer = TestClient(app, raise_server_exceptions=False).post("/api/v1/predict", content=b"x")
    assert answer.status_code == 500
    assert answer.json()["title"] == "Something went wrong on our side"
    assert "secret" not in answer.text
    assert "secret" not in "".join(record.getMessage() for record in caplog.records if record.name == "ser.api")


def test_a_key_is_asked_for_where_one_is_set() -> None:
    with client_for(ApiSettings(key="s3cret")) as client:
        assert client.get("/api/v1/models").status_code == 401
        assert client.get("/api/v1/models", headers={KEY_HEADER: "wrong"}).status_code == 401
        assert client.get("/api/v1/models", headers={KEY_HEADER: "s3cret"}).status_code == 200
        assert client.get("/api/v1/health").status_code == 200


def test_a_client_that_asks_too_often_waits() -> None:
    with client_for(ApiSettings(rate="2/minute")) as client:
        assert [client.get("/api/v1/models").status_code for _ in range(3)] == [200, 200, 429]
        answer = client.get("/api/v1/models")
        assert answer.headers["Retry-After"]
        assert answer.headers["content-type"] == PROBLEM_TYPE
        assert client.get("/api/v1/health").status_code == 200
    with pytest.raises(SerError, match="SER_API_RATE is 'often'; write a number and a time, such as 60/minute"):
        client_for(ApiSettings(rate="often"))


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SER_API_KEY", "k")
    monkeypatch.setenv("SER_API_RATE", "5/second")
    assert ApiSettings.from_environment() == ApiSettings("k", "5/second")


def test_the_document_and_its_page_need_no_network(client: TestClient) -> None:
    document = client.get("/api/v1/openapi.json").json()
    assert set(document["paths"]) == {"/v1/predict", "/v1/models", "/v1/health"}
    assert document["components"]["schemas"]["Score"]["properties"]["emotion"]["enum"] == list(EMOTIONS)
    page = client.get("/api/v1/docs").text
    assert "https://" not in page
    script = page.split('src="')[1].split('"')[0]
    assert client.get(script).status_code == 200


schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", Starlette(
    routes=[Mount(api.PREFIX, app=create_api(cached_load, ApiSettings()))]
))  # fmt: skip


@schema.parametrize()
def test_every_answer_is_as_the_document_says(case: Any) -> None:
    # Any bytes are a body by the document; that most are no audio is what the API is there to say.
    case.call_and_validate(excluded_checks=[positive_data_acceptance])
