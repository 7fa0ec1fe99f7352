"""``ser app``: starts the page, as ``streamlit run app.py`` does."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from ser.errors import SerError

APP = Path(__file__).resolve().parent.parent.parent / "app.py"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of ``ser app``."""
    parser.add_argument("--port", type=int, default=8501, help="default: 8501")


def run(options: argparse.Namespace) -> int:
    """Runs the page until it is stopped."""
    if not APP.is_file():
        raise SerError(f"{APP} is missing: the page lives in the project's folder. Clone it, then run: make app")
    print(f"The page opens at http://localhost:{options.port} (stop it with Ctrl-C)", flush=True)
    command = [sys.executable, "-m", "streamlit", "run", str(APP), "--server.port", str(options.port)]
    return subprocess.run(command, check=False, cwd=APP.parent).returncode
