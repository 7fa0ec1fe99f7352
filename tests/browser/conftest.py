"""One server for all tests in a browser."""

from __future__ import annotations

import importlib.util
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import soundfile

from ser import audio
from ser.constants import SAMPLE_RATE_HZ
from ser.ui import sounds
from tests.browser.real import ROOT


@pytest.fixture(scope="package")
def tools() -> ModuleType:
    """scripts/screenshot.py, which knows how to start page and browser."""
    spec = importlib.util.spec_from_file_location("screenshot", ROOT / "scripts" / "screenshot.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["screenshot"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="package")
def address(tools: ModuleType) -> Iterator[str]:
    with tools.served() as one:
        yield one


@pytest.fixture(scope="package")
def talk() -> bytes:
    """Three quarters of a minute of the example voice, as WAV: long enough for a timeline."""
    parts = [audio.load(sounds.example(name).data, name).samples for name in sounds.MANNERS]
    file = io.BytesIO()
    soundfile.write(file, np.tile(np.concatenate(parts), 3), SAMPLE_RATE_HZ, format="WAV")
    return file.getvalue()


@pytest.fixture
def voice_file(make_wav: Any, tmp_path: Path) -> Path:
    """Two seconds of a voice-like sound."""
    path = tmp_path / "voice.wav"
    path.write_bytes(make_wav(2.0))
    return path
