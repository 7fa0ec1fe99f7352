"""A classic model on all corpora → the files in ``model/`` that the page and the command line can choose."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray
from rich.progress import Progress
from sklearn.pipeline import Pipeline

from ser import __version__
from ser.constants import EMOTIONS, ENCODER_WIDTH
from ser.ears import ENCODER
from ser.errors import ModelError
from ser.features import front_end
from ser.fitting import Material, Trained, train_classic
from ser.fold_keys import fold_key, made_of, training_of
from ser.inputs import INPUTS, SPEECH_FRAMES
from ser.litert import export_litert
from ser.manifest import sha256_of
from ser.metrics import expected_calibration_error, recall_by_corpus
from ser.models.mixture import DEVIATION_EPSILON
from ser.models.registry import ModelSpec
from ser.shipping import PINNED, ship_encoder
from ser.splits import Split, shipping_split

WEIGHTS_FILE = "model.tflite"
ENCODER_LAYERS = (2, 3)
UNKNOWN_LOGIT = -30.0
VALIDATION_NOTE = "These speakers chose {}, which makes the figures optimistic; the comparison has the honest ones."


def as_network(pipeline: Pipeline, classes: int) -> keras.Model:
    """A fitted scaler with a linear or multilayer classifier, as a Keras network: the same answers, served alike.

    Raises:
        ModelError: trees can't be written so.
    """
    scaler, classifier = pipeline[0], pipeline[-1]
    if hasattr(classifier, "coefs_"):
        matrices = list(zip(classifier.coefs_, classifier.intercepts_, strict=True))
    elif hasattr(classifier, "coef_"):
        matrices = [(classifier.coef_.T, classifier.intercept_)]
    else:
        raise ModelError(
            f"{type(classifier).__name__} is compared but not served: the page runs networks and linear models only."
        )
    # Classes that were not taught get a logit that they can't win with.
    kernel, bias = matrices.pop()
    known = np.asarray(classifier.classes_, dtype=np.int64)
    last_kernel, last_bias = np.zeros((kernel.shape[0], classes)), np.full(classes, UNKNOWN_LOGIT)
    last_kernel[:, known], last_bias[known] = kernel, bias
    inputs = keras.Input((scaler.n_features_in_,), name="input")
    x = layers.Normalization(mean=scaler.mean_, variance=scaler.var_)(inputs)
    for hidden_kernel, hidden_bias in matrices:
        x = _dense(hidden_kernel, hidden_bias, "relu")(x)
    return keras.Model(inputs, _dense(last_kernel, last_bias, None)(x))


def _dense(kernel: NDArray[np.float64], bias: NDArray[np.float64], activation: str | None) -> layers.Dense:
    layer = layers.Dense(kernel.shape[1], activation=activation)
    layer.build((None, kernel.shape[0]))
    layer.set_weights([kernel, bias])
    return layer


def served(model: keras.Model, scale: float, spec: ModelSpec) -> keras.Model:
    """The network as it is served: its input → calibrated probabilities of the eight emotions, (b, 8)."""
    if spec.input == SPEECH_FRAMES:
        inputs = keras.Input((None, ENCODER_WIDTH * len(ENCODER_LAYERS)), name="speech_frames")
        x = layers.Lambda(_statistics, name="statistics")(inputs)
    else:
        inputs = x = keras.Input(INPUTS[spec.input].shape, name=spec.input)
    logits = layers.Rescaling(scale, name="calibrate")(model(x))
    return keras.Model(inputs, layers.Softmax(name="probabilities")(logits), name=spec.name)


def _statistics(frames: keras.KerasTensor) -> keras.KerasTensor:
    mean = ops.mean(frames, axis=1)
    square = ops.mean(ops.square(frames - mean[:, None, :]), axis=1)
    return ops.concatenate([mean, ops.sqrt(square + DEVIATION_EPSILON)], axis=-1)


def train_and_ship(
    spec: ModelSpec, material: Material, folder: Path, kept: Path, bars: Progress | None = None
) -> tuple[Path, dict[str, float]]:
    """Trains on all speakers but the validation ones, which choose the epoch and the scale, and writes the files.

    Args:
        material: clips with all eight emotions.
        folder: the model's, in ``model/``.
        kept: what a killed training of the same model on the same clips left there is gone on from.

    Returns:
        the manifest's path, and each corpus's recall on validation speakers.
    """
    split = shipping_split(material.table)
    rows = material.version_rows(split)
    train, validation = material.rows(rows.train), material.rows(rows.validation)
    state = kept / fold_key(made_of(spec, material), material, rows)
    trained = train_classic(spec, train, validation, len(EMOTIONS), state, bars)
    model = as_network(trained.model, len(EMOTIONS)) if isinstance(trained.model, Pipeline) else trained.model
    scale, sure_from = trained.calibrate(validation)
    said = np.exp(scale * trained.says(validation.values))
    said /= said.sum(axis=1, keepdims=True)
    corpora = material.table["corpus"].to_numpy(str)[split.validation]
    uar = recall_by_corpus(validation.targets, said.argmax(axis=1), corpora)
    facts = _facts(spec, material, split, trained) | {
        "scales": {"logits": scale},
        "sure_from": asdict(sure_from),
        "validation": {
            "uar": uar,
            "calibration_error": expected_calibration_error(said, validation.targets),
            "note": VALIDATION_NOTE.format("epoch and scale" if trained.history else "the scale"),
        },
    }
    return _write(served(model, scale, spec), spec, folder, facts), uar


def _facts(spec: ModelSpec, material: Material, split: Split, trained: Trained) -> dict[str, Any]:
    table = material.table
    return {
        "title": spec.title,
        "what": spec.what,
        "use": spec.use,
        "parameters": trained.parameters,
        "corpora": {
            str(corpus): {"clips": len(part), "speakers": int(part["speaker"].nunique())}
            for corpus, part in table.groupby("corpus")
        },
        "validation_speakers": sorted(table["speaker"].iloc[split.validation].unique()),
        "training": {"seed": spec.training.seed} | training_of(spec),
        "rows": material.settings,
        "history": list(trained.history),
        "train_s": round(trained.train_s, 1),
    }


def _write(model: keras.Model, spec: ModelSpec, folder: Path, facts: dict[str, Any]) -> Path:
    """Files are made aside and moved into place at the end, the manifest last."""
    folder.mkdir(parents=True, exist_ok=True)
    if spec.input == SPEECH_FRAMES:
        path = ship_encoder(ENCODER_LAYERS, folder.parent / ENCODER)
        made: dict[str, Any] = {"encoder": {"file": path.name, "sha256": sha256_of(path)}}
    else:
        made = {"input_settings": INPUTS[spec.input].settings}
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".draft-") as draft_folder:
        draft = Path(draft_folder)
        export_litert(model, draft / WEIGHTS_FILE)
        manifest = {
            "name": folder.name,
            "file": WEIGHTS_FILE,
            "sha256": sha256_of(draft / WEIGHTS_FILE),
            "input": spec.input,
            **made,
            "labels": list(EMOTIONS),
            "front_end": front_end(),
            "versions": {"ser": __version__} | {name: version(name) for name in PINNED},
            **facts,
        }
        (draft / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
        for name in (WEIGHTS_FILE, "manifest.json"):
            (draft / name).replace(folder / name)
    return folder / "manifest.json"
