"""Page, API and ``/metrics`` in one process on one port: what the container starts (``ser app`` too).

``app`` is an ASGI application. The model is loaded and warm before the first request is taken, so that a health check
that turns green means a server that answers at full speed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.routing import Mount
from streamlit.starlette import App

from ser import journal
from ser.api import PREFIX, create_api
from ser.recognizer import DEFAULT_MODEL
from ser.telemetry import metrics_routes
from ser.ui import shelf

PAGE = Path(__file__).resolve().parent.parent.parent / "app.py"


@asynccontextmanager
async def _warm(_: App) -> AsyncIterator[dict[str, Any]]:
    shelf.recognizer(DEFAULT_MODEL)
    yield {}


journal.to_stdout()
app = st.App(PAGE, routes=[Mount(PREFIX, app=create_api(shelf.recognizer)), *metrics_routes()], lifespan=_warm)
