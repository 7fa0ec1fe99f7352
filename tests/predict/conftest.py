"""Folders of recordings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from ser.commands import predict
from tests.predict.happy import Happy


@pytest.fixture
def folder(tmp_path: Path, voice: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two recordings and a bad one at several depths, and what is none of them."""
    monkeypatch.setattr(predict, "load", lambda _: Happy())
    place = tmp_path / "calls"
    for name in ("b.wav", "deep/a.wav", ".hidden/c.wav", ".d.wav"):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(place / name, voice, 16_000)
    (place / "deep" / "bad.mp3").write_text("this is no sound")
    (place / "notes.txt").write_text("no recording")
    return place
