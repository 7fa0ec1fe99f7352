"""Page and API as they are started: one process, one port, warm when healthy, and a clean end."""

from __future__ import annotations

import io
import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ser.catalogue import DEFAULT_MODEL

ROOT = Path(__file__).resolve().parent.parent
START_MAX_S = 60.0
pytestmark = pytest.mark.slow


@pytest.fixture
def server() -> Iterator[tuple[str, subprocess.Popen[str]]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "ser", "app", "--port", str(port), "--address", "127.0.0.1"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    address, end_s = f"http://127.0.0.1:{port}", time.monotonic() + START_MAX_S
    try:
        while time.monotonic() < end_s and process.poll() is None:
            try:
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=2).close()
                break
            except OSError:
                time.sleep(0.2)
        yield address, process
    finally:
        process.kill()
        process.communicate()


def _leave_during_an_upload(address: str) -> None:
    """Sends a tenth of what was announced, and goes."""
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as client:
        client.sendall(b"POST /api/v1/predict HTTP/1.1\r\nHost: x\r\nContent-Length: 10000\r\n\r\n" + bytes(1000))
        time.sleep(0.2)
    time.sleep(0.2)


def test_page_and_api_on_one_port_and_a_clean_end(server: tuple[str, subprocess.Popen[str]], voice: np.ndarray) -> None:
    address, process = server
    file = io.BytesIO()
    soundfile.write(file, voice, 16_000, format="WAV")
    request = urllib.request.Request(f"{address}/api/v1/predict", file.getvalue(), {"Content-Type": "audio/wav"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        told = json.load(answer)
    assert told["model"] == DEFAULT_MODEL
    with urllib.request.urlopen(f"{address}/many", timeout=30) as page:
        assert b"<title>" in page.read()
    _leave_during_an_upload(address)
    with urllib.request.urlopen(f"{address}/metrics", timeout=30) as numbers:
        assert b'ser_requests_total{route="/api/v1/predict",status="200"} 1.0' in numbers.read()
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=10)
    assert process.returncode == 0
    assert "Traceback" not in said
    assert "/api/v1/docs" in said
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    assert [(one["route"], one["status"], one["outcome"]) for one in lines] == [
        ("/api/v1/predict", 200, "ok"),
        ("/api/v1/predict", 499, "client-gone"),
    ]
