"""A trained head → the files that are shipped: LiteRT weights of head and encoder, the Keras head, manifest."""

from __future__ import annotations

import json
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras

from ser import __version__
from ser.constants import EMOTIONS, EXTRAS
from ser.ears import ENCODER
from ser.encoder import ENCODER_FOLDER, load_encoder
from ser.features import front_end
from ser.litert import export_litert
from ser.manifest import read_json, sha256_of
from ser.models.mixture import SCALES
from ser.models.speech_cnn_lstm import HeadSettings, build_head, served_encoder, served_head

WEIGHTS_FILE = "head.tflite"
HEAD_FILE = "head.keras"
PINNED = ("tensorflow", "keras", "numpy", "librosa", "soxr", "soundfile", "ai-edge-litert")


def ship_encoder(layers: tuple[int, ...], folder: Path) -> Path:
    """The encoder as it is served, its name telling layers and weights; made where it is missing."""
    weights = read_json(ENCODER_FOLDER / "manifest.json")["sha256"]
    path = folder / f"layers-{'-'.join(map(str, layers))}-{weights[:8]}.tflite"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".part")
        export_litert(served_encoder(load_encoder(layers)), draft)
        draft.replace(path)
    return path


def ship(
    head: keras.Model, scales: tuple[float, ...], settings: HeadSettings, folder: Path, facts: dict[str, Any]
) -> Path:
    """Writes weights and manifest into ``folder``; ``facts`` (corpora, metrics, settings, …) join the manifest.

    Files are made aside and moved into place at the end, the manifest last.
    """
    folder.mkdir(parents=True, exist_ok=True)
    encoder = ship_encoder(settings.encoder_layers, folder.parent / ENCODER)
    # Beside the folder, on the same disk: a server that has mapped the old weights keeps them when new ones move in.
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".draft-") as draft_folder:
        draft = Path(draft_folder)
        # 2 MB more than in float16, which moved probabilities by up to 0.0015 from what Keras says.
        export_litert(served_head(head), draft / WEIGHTS_FILE, "float32")
        bare = build_head(settings)  # without the optimiser's state, which is twice the weights
        bare.set_weights(head.get_weights())
        bare.save(draft / HEAD_FILE)
        manifest = {
            "name": folder.name,
            "file": WEIGHTS_FILE,
            "sha256": sha256_of(draft / WEIGHTS_FILE),
            "head_file": HEAD_FILE,
            "head_sha256": sha256_of(draft / HEAD_FILE),
            "encoder": {"file": encoder.name, "sha256": sha256_of(encoder)},
            "labels": list(EMOTIONS),
            "extras": list(EXTRAS),
            "front_end": front_end(),
            "head": settings.to_json(),
            "scales": dict(zip(SCALES, scales, strict=True)),
            "versions": {"ser": __version__} | {name: version(name) for name in PINNED},
            **facts,
        }
        (draft / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
        for name in (WEIGHTS_FILE, HEAD_FILE, "manifest.json"):
            (draft / name).replace(folder / name)
    return folder / "manifest.json"
