"""What a training comes to, in sixteen digits: a changed setting, model, clip or split never reads an old result."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from ser.draws import TrainSettings
from ser.fitting import Material
from ser.inputs import INPUTS
from ser.models.registry import ModelSpec
from ser.models.spectrogram import BACKBONES, starts_from
from ser.models.speech_cnn_lstm import HeadSettings
from ser.networks import build_network, design
from ser.splits import Split


def training_of(spec: ModelSpec) -> dict[str, Any]:
    """How a model is trained; of a classifier only what is not the registry's."""
    if spec.network:
        return asdict(spec.training)
    seed = {"seed": spec.training.seed} if spec.training.seed else {}
    return {**spec.parameters, **seed}


def made_of(spec: ModelSpec, material: Material) -> dict[str, Any]:
    """All that decides what a model's trainings come to, beside clips and rows: settings and the model's parts."""
    own = {"training": training_of(spec), "emotions": material.emotions, "inputs": material.made_by}
    settings = material.settings | own
    if spec.network:
        row = np.ones((1, *INPUTS[spec.input].shape), np.float32)  # frames of zeros would count as padding
        parts = json.dumps(design(build_network(spec, row, len(material.emotions))))
    elif spec.estimator:
        parts = str(spec.estimator(spec.training.seed).get_params())
    else:
        parts = str((TrainSettings(), HeadSettings()))
    start = starts_from(spec.name) if spec.name in BACKBONES else ""
    return settings | {"parts": parts, "start": start}


def fold_key(made: dict[str, Any], material: Material, rows: Split) -> str:
    """Sixteen hexadecimal digits that change with the clips, the split, the settings and the model.

    Args:
        made: of :func:`made_of`.
        rows: which rows teach, choose the epoch, and are asked.
    """
    digest = hashlib.sha256(json.dumps(made, sort_keys=True).encode())
    digest.update("\n".join(material.table["path"] + material.table["emotion"]).encode())
    for part in (rows.train, rows.validation, rows.test):
        digest.update(np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()[:16]


def joint_key(keys: Sequence[str]) -> str:
    """Sixteen digits for the keys of several folds, in order."""
    return hashlib.sha256("\n".join(keys).encode()).hexdigest()[:16]
