"""Round every request of the API: an identifier, a line in the log, numbers, and a sentence when something breaks."""

from __future__ import annotations

import time
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ser import journal
from ser.api_problems import problem
from ser.telemetry import ACCOUNT, Account, request_ended

ID_HEADER: Final = "X-Request-ID"
CLIENT_GONE: Final = 499  # nobody is left to read it; the log says it as other servers do


class Watch:
    """ASGI middleware. It lies inside the framework's own, which would log tracebacks with what they quote."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        """``prefix``: where the application is mounted, for the names of routes."""
        self._app, self._prefix = app, prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        account = Account(journal.request_id(Headers(scope=scope).get(ID_HEADER, "")))
        scope[ACCOUNT] = account
        started_s, status = time.perf_counter(), 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[ID_HEADER] = account.request_id
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except ClientDisconnect:
            account.outcome, status = "client-gone", CLIENT_GONE
        except Exception as error:  # noqa: BLE001 - whatever it is, a client gets a sentence, and the server lives on
            account.outcome = "internal"
            journal.tell_failure("API", error)
            if not status:
                words = "The recording was not kept. Try again."
                await problem(500, "internal", "Something went wrong on our side", words)(scope, receive, sending)
        finally:
            request_ended(self._route(scope), account, started_s, status)

    def _route(self, scope: Scope) -> str:
        """The route's own path, so that nothing a client made up becomes a name."""
        route = scope.get("route")
        return f"{self._prefix}{route.path}" if isinstance(route, Route) else "other"
