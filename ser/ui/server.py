"""Page, API and ``/metrics`` in one process on one port: what the container starts (``ser app`` too).

``app`` is an ASGI application. The model is loaded and warm before the first request is taken, so that a health check
that turns green means a server that answers at full speed.
"""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.routing import Mount
from streamlit.starlette import App

from ser import journal
from ser.api import PREFIX, create_api
from ser.catalogue import DEFAULT_MODEL
from ser.telemetry import metrics_routes
from ser.ui import shelf, shell

PAGE = Path(__file__).resolve().parent.parent.parent / "app.py"


@asynccontextmanager
async def _warm(_: App) -> AsyncIterator[dict[str, Any]]:
    answer_at_once()
    shelf.recognizer(DEFAULT_MODEL)
    yield {}


def answer_at_once() -> None:
    """Turns Nagle's algorithm off on all sockets of this process that listen, for every connection they accept.

    asyncio does so by itself only for sockets that say that they are TCP's (``proto``), which Streamlit's does not.
    With it, each answer's body waits 40 ms until its head is acknowledged, and the page is more than a hundred files.
    """
    for number in _open_files():
        try:
            one = socket.socket(fileno=os.dup(number))
        except OSError:
            continue  # a file, or closed meanwhile
        with one:
            if one.family in (socket.AF_INET, socket.AF_INET6) and _listens(one):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _listens(one: socket.socket) -> bool:
    return one.type == socket.SOCK_STREAM and bool(one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))


def _open_files() -> list[int]:
    """Descriptors of this process; none where a system has no list of them."""
    folder = Path("/dev/fd")
    return [int(one.name) for one in folder.iterdir()] if folder.is_dir() else []


journal.to_stdout()
routes = [Mount(PREFIX, app=create_api(shelf.recognizer)), *metrics_routes(), *shell.routes()]
app = st.App(PAGE, routes=routes, lifespan=_warm)
