"""The models in ``model/``, by their manifests: what there is to choose from. Loads no weights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ser.ears import ENCODER
from ser.errors import ModelError, UnknownModelError
from ser.inputs import SPEECH_FRAMES
from ser.manifest import read_json

MODEL_FOLDER = Path(__file__).resolve().parent.parent / "model"
DEFAULT_MODEL = "speech_cnn_lstm"


@dataclass(frozen=True)
class ModelInfo:
    """What a person needs to know to choose a model.

    Attributes:
        name: its folder in ``model/``, which :func:`load` takes.
        title: a short name for people.
        use: one plain sentence about what the weights may be used for; empty if the manifest has none.
        input: what it reads, :data:`~ser.inputs.SPEECH_FRAMES` or a key of :data:`~ser.inputs.INPUTS`.
    """

    name: str
    title: str
    use: str
    input: str = SPEECH_FRAMES


def known_models(folder: Path = MODEL_FOLDER) -> tuple[ModelInfo, ...]:
    """The models in ``folder`` by their manifests; no weights are read.

    The default one first, then those that hear speech frames, then the classic ones, by name.
    """
    found = [one for path in folder.glob("*/manifest.json") if (one := _info(path))]
    return tuple(sorted(found, key=lambda one: (one.name != DEFAULT_MODEL, one.input != SPEECH_FRAMES, one.name)))


def require_known(name: str, folder: Path = MODEL_FOLDER) -> None:
    """Checks that there is a model of that name.

    Raises:
        UnknownModelError: there is none.
    """
    if not (folder / name / "manifest.json").is_file():
        known = ", ".join(one.name for one in known_models(folder))
        raise UnknownModelError(f"There is no model '{name}' in {folder}. Known models: {known or 'none'}.")


def _info(path: Path) -> ModelInfo | None:
    """What a manifest says of its model; None if it is not one's."""
    name = path.parent.name
    if name == ENCODER:
        return None
    try:
        manifest = read_json(path)
    except ModelError:
        return None  # who asks for it by name is told what is wrong with it
    if "labels" not in manifest:
        return None
    kind = str(manifest.get("input", SPEECH_FRAMES))
    return ModelInfo(name, str(manifest.get("title") or name), str(manifest.get("use") or ""), kind)
