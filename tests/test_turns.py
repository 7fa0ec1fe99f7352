"""The queue before the model: who waits, who passes, who is refused, and what a person reads then."""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from ser import api, audio, load, turns
from ser.api import ApiSettings, create_api
from ser.api_problems import PROBLEM_TYPE
from ser.catalogue import DEFAULT_MODEL
from ser.errors import BusyError
from ser.telemetry import REGISTRY
from ser.turns import LONG, LONG_FROM_BYTES, LONG_FROM_S, QUEUE, SHORT, Line, Turns
from ser.ui import hearing
from ser.uploads import Held
from tests.conftest import voice_like, wav_bytes
from tests.scripted_page import Scripted, opened, replaced, upload
from tests.test_app_many import opened as opened_many

cached_load = functools.cache(load)
LARGE = LONG_FROM_BYTES + 1
SOON_S = 5.0


def small(short: int = 1, long: int = 1, waiting: int = 1) -> Turns:
    return Turns({SHORT: Line(short, waiting, 5), LONG: Line(long, waiting, 60)})


@contextmanager
def crowded(found: Turns, size_bytes: int) -> Iterator[None]:
    """One is heard and one waits; both are gone at the end."""
    kind = LONG if size_bytes > LONG_FROM_BYTES else SHORT

    def work() -> None:
        with found.turn(size_bytes):
            pass

    thread, end_s = threading.Thread(target=work), time.monotonic() + SOON_S
    with found.turn(size_bytes):
        thread.start()
        while not found.waiting(kind):
            assert time.monotonic() < end_s
            time.sleep(0.001)
        yield
    thread.join(SOON_S)
    assert not thread.is_alive()


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The process's queue, with its one place taken and none to wait in."""
    found = small(waiting=0)
    for module in (api, hearing):
        monkeypatch.setattr(module, "QUEUE", found)
    with found.turn(1):
        yield


def test_a_full_line_refuses_with_what_was_seen_and_when_to_come_again() -> None:
    found = small()
    words = r"1 recordings wait already, 1 may. Try again in 5 s"
    with crowded(found, 1), pytest.raises(BusyError, match=words) as refused, found.turn(1):
        pass
    assert refused.value.retry_after_s == 5
    with found.turn(1):
        assert found.waiting(SHORT) == 0


def test_short_ones_pass_long_ones() -> None:
    found = small()
    with found.turn(LARGE), found.turn(1):
        assert found.waiting(LONG) == found.waiting(SHORT) == 0


def test_who_waits_hears_how_many_stand_before_and_may_give_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "TELL_S", 0.01)
    found, told = small(), []

    def waiting(count: int) -> None:
        told.append(count)
        if len(told) == 3:
            raise KeyboardInterrupt

    with found.turn(1), pytest.raises(KeyboardInterrupt), found.turn(1, waiting):
        pass
    assert told == [1, 1, 1]
    assert found.waiting(SHORT) == 0
    with found.turn(1):
        pass


def test_what_turns_out_long_changes_over_and_frees_its_place() -> None:
    found = small()
    with found.turn(1) as one:
        one.settle(LONG_FROM_S)
        assert one.kind == SHORT
        one.settle(LONG_FROM_S + 1)
        assert one.kind == LONG
        with found.turn(1):
            pass
    with crowded(found, LARGE), found.turn(1) as other:
        with pytest.raises(BusyError, match="Try again in 60 s"):
            other.settle(LONG_FROM_S + 1)
        with found.turn(1):  # its place is free all the same
            pass


def test_a_long_one_waits_for_short_ones_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "GIVE_WAY_MAX_S", 60.0)
    found, passed = small(), threading.Event()

    def long() -> None:
        with found.turn(LARGE) as one:
            one.give_way()
            passed.set()

    with found.turn(1) as short:
        thread = threading.Thread(target=long)
        thread.start()
        assert not passed.wait(0.2)
        short.give_way()  # never waits itself
    assert passed.wait(SOON_S)
    thread.join()
    monkeypatch.setattr(turns, "GIVE_WAY_MAX_S", 0.01)
    with found.turn(1), found.turn(LARGE) as one:
        one.give_way()


def test_a_long_recording_gives_way_between_pieces_and_windows() -> None:
    calls: list[int] = []
    data = wav_bytes(voice_like(120.0), 16_000)
    recording = audio.load(data, between=lambda: calls.append(1))
    pieces = len(calls)
    assert pieces == -(-120 * 16_000 // audio.PIECE_SAMPLES)
    cached_load(DEFAULT_MODEL).predict(recording, between=lambda: calls.append(1))
    assert len(calls) - pieces >= 20  # blocks of six seconds


def test_a_full_queue_is_a_503_that_says_when_to_come_again(full: None, voice: np.ndarray) -> None:
    app = Starlette(routes=[Mount("/api", app=create_api(cached_load, ApiSettings()))])
    answer = TestClient(app).post("/api/v1/predict", content=wav_bytes(voice, 16_000))
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert answer.headers["content-type"] == PROBLEM_TYPE
    assert answer.json()["type"] == "urn:ser:Busy"
    assert "Try again in 5 s" in answer.json()["detail"]


def test_a_full_queue_is_a_sentence_on_the_pages(full: None, make_wav: Callable[..., bytes]) -> None:
    with pytest.MonkeyPatch.context() as patch, replaced(patch, {DEFAULT_MODEL: Scripted()}):
        page = upload(opened(), "a.wav", make_wav(1.0))
        table = opened_many(("a.wav", make_wav(1.0)))
    assert "The server is busy" in page.error[0].value
    assert "The server is busy" in table.error[0].value
    assert not table.dataframe


def test_short_clips_are_answered_while_hours_are_heard(make_wav: Callable[..., bytes]) -> None:
    hours = wav_bytes(np.tile(voice_like(30.0), 20), 16_000)  # ten minutes
    app = Starlette(routes=[Mount("/api", app=create_api(cached_load, ApiSettings()))])
    ends: dict[str, float] = {}

    def ask(name: str, data: bytes) -> None:
        assert TestClient(app).post("/api/v1/predict", content=data).status_code == 200
        ends[name] = time.monotonic()

    long = threading.Thread(target=ask, args=("long", hours))
    long.start()
    end_s = time.monotonic() + 60
    while not QUEUE._heard[LONG] and time.monotonic() < end_s:
        time.sleep(0.005)
    for number in range(3):
        ask(f"short {number}", make_wav(3.0))
    long.join()
    assert max(ends, key=lambda name: ends[name]) == "long"


def test_the_queue_s_length_is_a_number() -> None:
    assert REGISTRY.get_sample_value("ser_queue_length", {"kind": SHORT}) == 0.0


def test_uploads_held_at_once_are_bounded(monkeypatch: pytest.MonkeyPatch, make_wav: Callable[..., bytes]) -> None:
    held = Held(100_000)
    monkeypatch.setattr(api, "Held", lambda: held)
    client = TestClient(Starlette(routes=[Mount("/api", app=create_api(cached_load, ApiSettings()))]))
    clip = make_wav(2.0)
    for files in (None, {"file": ("a.wav", clip)}):
        send = {"files": files} if files else {"content": clip}
        with held.room() as take:
            take(90_000)
            answer = client.post("/api/v1/predict", **send)
            assert answer.status_code == 503
            assert answer.headers["Retry-After"] == "30"
            assert "it holds 0 MB of uploads" in answer.json()["detail"]
        for _ in range(3):  # 64 kB each: what was held is free again
            assert client.post("/api/v1/predict", **send).status_code == 200
