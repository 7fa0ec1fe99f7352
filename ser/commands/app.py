"""``ser app``: starts the page and the HTTP API on one port."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from ser.errors import SerError

ROOT = Path(__file__).resolve().parent.parent.parent
APP = ROOT / "app.py"
SERVER = ROOT / "ser" / "ui" / "server.py"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of ``ser app``."""
    parser.add_argument("--port", type=int, default=8501, help="default: 8501")
    parser.add_argument("--address", default="localhost", help="0.0.0.0 lets other machines in (default: localhost)")


def run(options: argparse.Namespace) -> int:
    """Runs the page until it is stopped."""
    if not APP.is_file():
        raise SerError(f"{APP} is missing: the page lives in the project's folder. Clone it, then run: make app")
    place = f"http://localhost:{options.port}"
    print(f"The page opens at {place}, the API's document at {place}/api/v1/docs (stop with Ctrl-C)", flush=True)
    flags = ["--server.port", str(options.port), "--server.address", options.address]
    command = [sys.executable, "-m", "streamlit", "run", str(SERVER), *flags]
    return subprocess.run(command, check=False, cwd=ROOT).returncode
