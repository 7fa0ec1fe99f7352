"""Starts page and API in this process, and ends with 0 when that is asked for."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from streamlit.web import cli

SERVER = Path(__file__).with_name("server.py")


def start(address: str, port: int) -> None:
    """Serves until the process is told to stop (SIGTERM, Ctrl-C)."""
    # The server, once down, hands the signal on to whoever handled it before: without this, a stop that was asked for
    # would look like a crash (143).
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    flags = ["--server.port", str(port), "--server.address", address, "--browser.gatherUsageStats", "false"]
    cli.main(["run", str(SERVER), *flags], standalone_mode=False)
