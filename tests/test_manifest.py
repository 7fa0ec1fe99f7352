"""Files beside weights: read with a clear error, refused where the content is not what was stated."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from ser import manifest
from ser.errors import ModelError


def test_object_is_read(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    path.write_text('{"name": "größer", "layers": 3}', encoding="utf-8")
    assert manifest.read_json(path) == {"name": "größer", "layers": 3}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"{", "is not valid JSON (Expecting property name"),
        (b"\xff\xfe\x00", "is not valid JSON ("),
        (b"[1, 2]", "holds a list, expected an object. Restore the file."),
    ],
)
def test_broken_manifest_is_refused(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "manifest.json"
    path.write_bytes(content)
    with pytest.raises(ModelError) as caught:
        manifest.read_json(path)
    assert sentence in str(caught.value)
    assert str(path) in str(caught.value)


def test_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is missing. Restore the model folder"):
        manifest.read_json(tmp_path / "manifest.json")
    with pytest.raises(ModelError, match="is missing. Restore the model folder"):
        manifest.require_sha256(tmp_path / "weights.npz", "0" * 64)


def test_sha256(tmp_path: Path) -> None:
    path = tmp_path / "weights.npz"
    path.write_bytes(b"weights")
    expected = hashlib.sha256(b"weights").hexdigest()
    assert manifest.sha256_of(path) == expected
    manifest.require_sha256(path, expected)
    path.write_bytes(b"Weights")
    with pytest.raises(ModelError, match=f"does not belong to its manifest: SHA-256 .*expected {expected[:12]}"):
        manifest.require_sha256(path, expected)
