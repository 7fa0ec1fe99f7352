"""What is counted: requests, analyses, seconds of sound; and ``/metrics``, where Prometheus reads it.

Optional, by environment variables: ``SER_METRICS=off`` takes the path away, ``SER_METRICS_KEY`` asks for a bearer
token. Numbers and the server's own names only: nothing tells of a recording or a visitor.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ser import journal
from ser.errors import SerError

PATH: Final = "/metrics"
ACCOUNT: Final = "ser.account"  # where a request's scope holds it
# From a short clip's 15 ms to three hours of sound.
SECONDS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 180.0)

REGISTRY: Final = CollectorRegistry()
ProcessCollector(registry=REGISTRY)  # process_resident_memory_bytes and its like, on Linux
REQUESTS: Final = Counter("ser_requests", "Requests of the API.", ["route", "status"], registry=REGISTRY)
REQUEST_SECONDS: Final = Histogram(
    "ser_request_seconds", "Time that a request took.", ["route"], buckets=SECONDS, registry=REGISTRY
)
ANALYSES: Final = Counter("ser_analyses", "Recordings listened to.", ["route", "outcome"], registry=REGISTRY)
AUDIO_SECONDS: Final = Counter("ser_audio_seconds", "Sound that was answered, in seconds.", registry=REGISTRY)
QUEUE_LENGTH: Final = Gauge("ser_queue_length", "Recordings that wait for their turn.", ["kind"], registry=REGISTRY)


@dataclass
class Account:
    """What is known of one request or analysis; filled in on its way, told at its end."""

    request_id: str
    outcome: str = "ok"
    audio_s: float | None = None


def account_of(request: Request) -> Account:
    """What will be told of a request at its end; :class:`ser.api_watch.Watch` opened it."""
    found: Account = request.scope[ACCOUNT]
    return found


@dataclass(frozen=True)
class MetricsSettings:
    """Whether, and to whom, the numbers are shown.

    Attributes:
        shown: whether there is the path at all.
        key: the bearer token that is asked for; empty for none.
    """

    shown: bool = True
    key: str = ""

    @classmethod
    def from_environment(cls) -> MetricsSettings:
        """``SER_METRICS`` and ``SER_METRICS_KEY``.

        Raises:
            SerError: ``SER_METRICS`` is neither on nor off.
        """
        asked = os.environ.get("SER_METRICS", "").strip().lower() or "on"
        if asked not in ("on", "off"):
            raise SerError(f"SER_METRICS is '{asked}'; write on or off.")
        return cls(asked == "on", os.environ.get("SER_METRICS_KEY", ""))


def kind_of(error: SerError) -> str:
    """An error's kind in one word, as the API's problems and the log name it."""
    return type(error).__name__.removesuffix("Error")


@contextmanager
def counted(route: str, account: Account) -> Iterator[Account]:
    """Counts the analysis made inside, by how it ends."""
    try:
        yield account
    except SerError as error:
        account.outcome = kind_of(error)
        raise
    except ClientDisconnect:
        account.outcome = "client-gone"
        raise
    except Exception:
        account.outcome = "internal"
        raise
    except BaseException:  # so Streamlit and asyncio end what nobody waits for
        account.outcome = "stopped"
        raise
    finally:
        ANALYSES.labels(route, account.outcome).inc()
        if account.outcome == "ok" and account.audio_s:
            AUDIO_SECONDS.inc(account.audio_s)


@contextmanager
def analysis(page: str) -> Iterator[Account]:
    """Counts the analysis that a page makes inside, and logs it; the page adds the recording's length."""
    account, started_s = Account(journal.request_id()), time.perf_counter()
    try:
        with counted(page, account):
            yield account
    finally:
        journal.tell(_event("analysis", page, account, started_s, None))


def request_ended(route: str, account: Account, started_s: float, status: int) -> None:
    """Counts and logs a request that began at ``started_s`` of ``time.perf_counter``."""
    REQUESTS.labels(route, str(status)).inc()
    REQUEST_SECONDS.labels(route).observe(time.perf_counter() - started_s)
    journal.tell(_event("request", route, account, started_s, status))


def _event(kind: str, route: str, account: Account, started_s: float, status: int | None) -> journal.Event:
    duration_ms = round(1000 * (time.perf_counter() - started_s), 1)
    audio_s = None if account.audio_s is None else round(account.audio_s, 2)
    return journal.Event(kind, account.request_id, route, account.outcome, duration_ms, status, audio_s)


def metrics_routes(settings: MetricsSettings | None = None) -> list[Route]:
    """The route of :data:`PATH`; none where it is switched off. Settings come by default from the environment."""
    chosen = settings or MetricsSettings.from_environment()

    async def metrics(request: Request) -> Response:
        """The numbers, as Prometheus reads them."""
        told = request.headers.get("Authorization", "")
        if chosen.key and not secrets.compare_digest(told.encode(), f"Bearer {chosen.key}".encode()):
            return PlainTextResponse(
                "A valid key is needed in the header Authorization: Bearer KEY.\n",
                401,
                {"WWW-Authenticate": "Bearer"},
            )
        return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_PLAIN_0_0_4)

    return [Route(PATH, metrics)] if chosen.shown else []
