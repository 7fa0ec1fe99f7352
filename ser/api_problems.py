"""What the API answers when something is wrong: problem documents (RFC 9457) with the page's own sentences."""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as StarletteHTTPException

from ser.api_schema import Problem
from ser.errors import (
    AudioError,
    BusyError,
    NotAudioError,
    SerError,
    ToolFailedError,
    TooLongError,
    UnknownModelError,
)
from ser.telemetry import account_of, kind_of

PROBLEM_TYPE: Final = "application/problem+json"
RETRY_AFTER_S: Final = 30
# The first that fits; whatever else is our own fault: 500.
_STATUSES: Final[tuple[tuple[type[SerError], int], ...]] = (
    (NotAudioError, 415), (TooLongError, 413), (AudioError, 422), (UnknownModelError, 404),
    (BusyError, 503), (ToolFailedError, 503),
)  # fmt: skip
_NAMES: Final = {
    400: "A malformed request", 401: "No or a wrong key", 404: "No such model", 413: "Too large", 415: "No audio file",
    422: "It can't be used", 429: "Too many requests", 503: "Too many wait",
}  # fmt: skip


def problem(status: int, kind: str, title: str, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """A problem document."""
    content = Problem(type=f"urn:ser:{kind}", title=title, status=status, detail=detail).model_dump()
    return JSONResponse(content, status, headers=headers, media_type=PROBLEM_TYPE)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Answers other than the good one, for the API's document."""
    reference = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {status: {"description": _NAMES[status], "content": {PROBLEM_TYPE: reference}} for status in statuses}


def add_handlers(api: FastAPI) -> None:
    """Makes problem documents of what is raised; what is not expected, :class:`ser.api_watch.Watch` answers."""

    @api.exception_handler(SerError)
    def refused(request: Request, error: SerError) -> JSONResponse:
        """What the page and the command line say, with the status that fits the kind."""
        kind = _noted(request, kind_of(error))
        status = next((status for classes, status in _STATUSES if isinstance(error, classes)), 500)
        seconds = error.retry_after_s if isinstance(error, BusyError) else RETRY_AFTER_S
        headers = {"Retry-After": str(seconds)} if status == 503 else None
        return problem(status, kind, (type(error).__doc__ or kind).splitlines()[0], str(error), headers)

    @api.exception_handler(StarletteHTTPException)
    def http(request: Request, error: StarletteHTTPException) -> JSONResponse:
        """The framework's own refusals, and those of :mod:`ser.api`."""
        status = error.status_code
        return problem(status, _noted(request, "http"), f"HTTP {status}", str(error.detail), dict(error.headers or {}))

    @api.exception_handler(RequestValidationError)
    def malformed(request: Request, error: RequestValidationError) -> JSONResponse:
        """Parameters that the document does not allow; the first of them is named."""
        first = error.errors()[0]
        where = " ".join(str(part) for part in first["loc"])
        title = "The request is not as the document says"
        return problem(422, _noted(request, "request"), title, f"{where}: {first['msg']}.")


def _noted(request: Request, kind: str) -> str:
    """The kind, after it was written into the request's account."""
    account_of(request).outcome = kind
    return kind
