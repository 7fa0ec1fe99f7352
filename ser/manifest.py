"""Files that travel with weights: JSON read with a clear error, SHA-256 checked on load."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ser.errors import ModelError


def read_json(path: Path) -> dict[str, Any]:
    """The JSON object in ``path``.

    Raises:
        ModelError: the file is missing or is not a JSON object.
    """
    if not path.is_file():
        raise ModelError(f"{path} is missing. Restore the model folder, or train the model again.")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ModelError(f"{path} is not valid JSON ({error}). Restore the file.") from error
    if not isinstance(content, dict):
        raise ModelError(f"{path} holds a {type(content).__name__}, expected an object. Restore the file.")
    return content


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def require_sha256(path: Path, expected: str) -> None:
    """Refuses a file whose content is not what its manifest says.

    Raises:
        ModelError: the file is missing or its SHA-256 differs.
    """
    if not path.is_file():
        raise ModelError(f"{path} is missing. Restore the model folder, or train the model again.")
    seen = sha256_of(path)
    if seen != expected:
        raise ModelError(
            f"{path} does not belong to its manifest: SHA-256 {seen[:12]}…, expected {expected[:12]}…. "
            "Restore both files together."
        )


def require_same_features(taught: Mapping[str, float], here: Mapping[str, float], folder: Path) -> None:
    """Refuses weights that were taught with other numbers than this version's.

    Args:
        taught, here: the numbers that shape what a model reads, by name: the manifest's, and this version's.
        folder: the model's, for the message.

    Raises:
        ModelError: it names the numbers that differ.
    """
    if differing := sorted(name for name in taught.keys() | here.keys() if taught.get(name) != here.get(name)):
        raise ModelError(
            f"The model in {folder} was trained on other features ({', '.join(differing)} differ). "
            "Train it again with this version."
        )
