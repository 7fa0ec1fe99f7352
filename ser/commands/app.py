"""``ser app``: starts the page and the HTTP API on one port."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from ser.errors import SerError

APP = Path(__file__).resolve().parent.parent.parent / "app.py"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of ``ser app``."""
    parser.add_argument("--port", type=int, default=8501, help="where the page listens (default: 8501)")
    parser.add_argument("--address", default="localhost", help="0.0.0.0 lets other machines in (default: localhost)")


def run(options: argparse.Namespace) -> int:
    """Runs page and API until they are stopped."""
    if not APP.is_file():
        raise SerError(f"{APP} is missing: the page lives in the project's folder. Clone it, then run: make app")
    from ser.recognizer import require_whole

    # Said here in a sentence; once the server starts, it would be a traceback.
    require_whole()
    from ser.ui.start import start

    place = f"http://localhost:{options.port}"
    print(f"The page opens at {place}, the API's document at {place}/api/v1/docs (stop with Ctrl-C)", flush=True)
    os.chdir(APP.parent)  # where .streamlit/config.toml is
    start(options.address, options.port)
    return 0
