"""The HTTP API, on the page's own port: ``POST /api/v1/predict`` and what belongs to it.

Optional, by environment variables: ``SER_API_KEY`` (asked for in the header ``X-API-Key``), and ``SER_API_RATE``, such
as ``60/minute``, for each client. Recordings are held in memory, and only while they are answered; no name of a file is
logged.
"""

from __future__ import annotations

import functools
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final

from anyio import CapacityLimiter, from_thread, to_thread
from fastapi import Depends, FastAPI, HTTPException, Query, Request
from fastapi_offline import FastAPIOffline
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect

from ser import __version__, audio
from ser.api_problems import add_handlers, documented
from ser.api_schema import Answer, Health, Model, Problem
from ser.api_watch import Watch
from ser.catalogue import DEFAULT_MODEL, known_models
from ser.constants import UPLOAD_MAX_MB
from ser.errors import SerError, TooLongError
from ser.prediction import Prediction
from ser.recognizer import Recognizer
from ser.telemetry import account_of, counted
from ser.turns import QUEUE
from ser.uploads import FORM_MARGIN_BYTES, UPLOAD_MAX_BYTES, Held, keep_in_memory

PREFIX: Final = "/api"
PREDICT: Final = f"{PREFIX}/v1/predict"
KEY_HEADER: Final = "X-API-Key"
BODY: Final = {
    "requestBody": {
        "required": True,
        "description": "The recording: a form with the part `file`, or the file's bytes as they are.",
        "content": {
            "multipart/form-data": {
                "schema": {"type": "object", "required": ["file"],
                           "properties": {"file": {"type": "string", "format": "binary"}}},
            },
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}  # fmt: skip
Load = Callable[[str], Recognizer]


@dataclass(frozen=True)
class ApiSettings:
    """Who may ask, and how often.

    Attributes:
        key: the secret that requests must carry; empty for none.
        rate: requests that one client may make, such as ``60/minute``; empty for any number.
    """

    key: str = ""
    rate: str = ""

    @classmethod
    def from_environment(cls) -> ApiSettings:
        """``SER_API_KEY`` and ``SER_API_RATE``."""
        return cls(os.environ.get("SER_API_KEY", ""), os.environ.get("SER_API_RATE", ""))

    def parsed_rate(self) -> RateLimitItem | None:
        """The rate as the library counts it.

        Raises:
            SerError: it can't be understood.
        """
        if not self.rate:
            return None
        try:
            return parse(self.rate)
        except ValueError as error:
            raise SerError(f"SER_API_RATE is '{self.rate}'; write a number and a time, such as 60/minute.") from error


def create_api(load: Load, settings: ApiSettings | None = None) -> FastAPI:
    """The application that answers below ``/api``.

    Args:
        load: gives the shared, loaded model of a name.
        settings: by default from the environment.
    """
    keep_in_memory()
    settings = settings or ApiSettings.from_environment()
    api = FastAPIOffline(
        title="SER: which emotion a voice carries",
        version=__version__,
        description="A recording in, its likeliest emotion out, with calibrated probabilities.",
        openapi_url="/v1/openapi.json", docs_url="/v1/docs", redoc_url=None, static_url="/v1/static",
        dependencies=[Depends(_guard(settings))],
    )  # fmt: skip
    add_handlers(api)
    api.add_middleware(Watch, prefix=PREFIX)
    _add_routes(api, load)
    _describe(api)
    return api


def _guard(settings: ApiSettings) -> Callable[[Request], None]:
    """Refuses requests without the key, and too many of one client. Health stays open: hosts ask for it."""
    rate, counter = settings.parsed_rate(), MovingWindowRateLimiter(MemoryStorage())

    def guard(request: Request) -> None:
        """Raises HTTPException 401 or 429 where a request is not let in."""
        if request.url.path.endswith("/health"):
            return
        if settings.key and not secrets.compare_digest(request.headers.get(KEY_HEADER, ""), settings.key):
            raise HTTPException(
                401, f"A valid key is needed in the header {KEY_HEADER}.", {"WWW-Authenticate": "ApiKey"}
            )
        client = request.client.host if request.client else ""
        if rate and not counter.hit(rate, client):
            raise HTTPException(429, f"At most {settings.rate}. Wait, then ask again.", {"Retry-After": "60"})

    return guard


def _add_routes(api: FastAPI, load: Load) -> None:
    held = Held()

    @functools.cache
    def inside() -> CapacityLimiter:
        """Threads for all that the queue lets in, and a few for those that it refuses; made in the event loop."""
        return CapacityLimiter(QUEUE.threads_max + 8)

    @api.get("/v1/health", summary="Whether the server answers")
    def health() -> Health:
        """Needs no key: hosts ask for it."""
        return Health(status="ok", version=__version__)

    @api.get("/v1/models", summary="The models that can be asked", responses=documented(401, 429))
    def models() -> list[Model]:
        """The default one first."""
        return [
            Model(name=one.name, title=one.title, use=one.use, default=one.name == DEFAULT_MODEL)
            for one in known_models()
        ]

    @api.post(
        "/v1/predict", summary="Which emotion a recording carries", openapi_extra=BODY,
        responses=documented(400, 401, 404, 413, 415, 422, 429, 503),
    )  # fmt: skip
    async def predict(
        request: Request,
        model: Annotated[str, Query(description="Its name; see /v1/models.", max_length=100)] = DEFAULT_MODEL,
    ) -> Answer:
        """The recording is held in memory while it is answered, and nowhere after that."""
        with held.room() as take:
            data = await _recording_of(request, take)
            with counted(PREDICT, account_of(request)) as account:
                prediction = await to_thread.run_sync(_heard, load, model, data, request, limiter=inside())
                account.audio_s = prediction.recording.duration_s
            return Answer.of(prediction)


def _heard(load: Load, model: str, data: bytes, request: Request) -> Prediction:
    """Waits for a turn and listens; stops waiting when the client is gone."""

    def waiting(_: int) -> None:
        if from_thread.run(request.is_disconnected):
            raise ClientDisconnect

    with QUEUE.turn(len(data), waiting) as turn:
        recognizer = load(model)
        recording = audio.load(data, "The recording", turn.give_way)
        turn.settle(recording.duration_s)
        return recognizer.predict(recording, between=turn.give_way)


async def _recording_of(request: Request, take: Callable[[int], None]) -> bytes:
    """The file's bytes, from a form or raw.

    Raises:
        BusyError: ``take``, called with the size of each piece, finds no room for it.
        TooLongError: there are more than the limit allows; what is beyond is not read.
        HTTPException: a form without a file.
    """
    received = 0
    receive = request.receive

    async def counted() -> Any:
        nonlocal received
        message = await receive()
        size = len(message.get("body", b""))
        received += size
        if received > UPLOAD_MAX_BYTES + FORM_MARGIN_BYTES:
            raise _too_large()
        take(size)
        return message

    told = request.headers.get("content-length", "0")
    if told.isdigit() and int(told) > UPLOAD_MAX_BYTES + FORM_MARGIN_BYTES:
        raise _too_large()
    limited = Request(request.scope, counted)
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        return await limited.body()
    try:
        async with limited.form(max_files=1, max_fields=10) as form:
            file = form.get("file")
            if not isinstance(file, UploadFile):
                raise HTTPException(400, "The form has no part named 'file' with the recording in it.")
            return await file.read()
    except MultiPartException as error:
        raise HTTPException(400, f"The form can't be read: {error.message}") from error


def _too_large() -> TooLongError:
    return TooLongError(f"The upload is larger than {UPLOAD_MAX_MB} MB, which is the limit. Send it in parts.")


def _describe(api: FastAPI) -> None:
    """The document as it is, with the problem's schema and the key; FastAPI's own 422 is none of ours."""
    original = api.openapi

    def document() -> dict[str, Any]:
        """The OpenAPI document, made once."""
        if api.openapi_schema is None:
            found = original()
            parts = found.setdefault("components", {})
            schemas = parts.setdefault("schemas", {})
            schemas["Problem"] = Problem.model_json_schema()
            for name in ("HTTPValidationError", "ValidationError"):
                schemas.pop(name, None)
            parts["securitySchemes"] = {"key": {"type": "apiKey", "in": "header", "name": KEY_HEADER}}
            found["security"] = [{}, {"key": []}]
            api.openapi_schema = found
        return api.openapi_schema

    api.openapi = document  # type: ignore[method-assign]
