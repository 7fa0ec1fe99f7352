"""A model of the registry + material + rows → what it says of the test rows. One way in for all kinds of models."""

from __future__ import annotations

import io
import json
import pickle
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rich.progress import Progress

from ser.calibration import fit_scale, softmax
from ser.constants import EMOTIONS, SAMPLE_RATE_HZ
from ser.cores import usable_cores
from ser.draws import CorpusData, TrainSettings
from ser.estimators import class_probabilities, estimator_size, fit_estimator
from ser.frames import FrameStore
from ser.inputs import INPUTS
from ser.metrics import sure_threshold
from ser.models.registry import ModelSpec
from ser.models.spectrogram import BACKBONES, starts_from
from ser.models.speech_cnn_lstm import HeadSettings
from ser.networks import fit_network, parameter_count
from ser.rows import Rows
from ser.splits import Split
from ser.sureness import SureFrom
from ser.training import fit_head, predict_logits

PROBABILITY_MIN = 1e-6
TIMED_CLIP_S = 3.0
TIMED_RUNS = 15

Array = NDArray[np.float32]
LogProbabilities = Callable[[Any], NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class Material:
    """Clips as a model reads them.

    Attributes:
        table: a row a clip.
        emotions: what is answered; ``table`` has no others.
        settings: what the inputs were made with, for the report.
        values: (clips, versions, …) float32; version 0 is the clip, the others are its altered copies. None for the
            bundled model, which reads ``frames``.
        frames: speech frames of the clips and of their copies; None for models that read ``values``.
        train_copies: of each training clip, the first so many, where splits are of clips; None for all.
        made_by: digits that change with the code or the encoder that made the inputs.
    """

    table: pd.DataFrame
    emotions: tuple[str, ...]
    settings: dict[str, Any]
    values: Array | None = None
    frames: FrameStore | None = None
    train_copies: int | None = None
    made_by: str = ""

    @property
    def versions(self) -> int:
        """Of each clip, itself included."""
        if self.values is not None:
            return self.values.shape[1]
        assert self.frames is not None
        return self.frames.spans.shape[1]

    @property
    def version_table(self) -> pd.DataFrame:
        """The table with a row for each version of a clip, as if they were clips."""
        return self.table.loc[self.table.index.repeat(self.versions)].reset_index(drop=True)

    def rows(self, rows: NDArray[np.int64]) -> Rows:
        """Values and targets of (clip, version) rows, clip · versions + version."""
        assert self.values is not None
        order = {emotion: i for i, emotion in enumerate(self.emotions)}
        targets = np.array([order[emotion] for emotion in self.table["emotion"]], dtype=np.int64)
        clips, versions = np.divmod(rows, self.versions)
        return Rows(self.values[clips, versions], targets[clips])

    def version_rows(self, split: Split) -> Split:
        """A split of clips as rows of (clip, version) pairs: copies on the training side only, beside their clip."""
        count = self.versions
        learnt = count if self.train_copies is None else min(count, 1 + self.train_copies)
        train = (split.train[:, None] * count + np.arange(learnt)).ravel()
        return Split(train, split.validation * count, split.test * count)

    def each_version_a_clip(self) -> CorpusData:
        """The same as clips of which there is one version each, for the bundled model's own training."""
        assert self.frames is not None
        return CorpusData(self.version_table, FrameStore(self.frames.shards, self.frames.spans.reshape(-1, 1, 3)))


@dataclass(frozen=True, eq=False)
class Fitted:
    """What a fitted model says of the test rows, and what it cost.

    Attributes:
        probabilities: (test rows, emotions of the set), calibrated on validation rows.
        scale: of the log-probabilities, fitted on validation rows.
        sure_from: top probability from which on 90 % of the answers to validation rows were right.
        parameters, file_bytes, train_s, clip_ms, note: see :class:`~ser.comparison.Result`.
        history: a row an epoch.
        cores: that the training could use.
    """

    probabilities: NDArray[np.float64]
    scale: float
    sure_from: SureFrom
    parameters: int | None
    file_bytes: int
    train_s: float
    clip_ms: float
    note: str
    history: tuple[dict[str, float], ...]
    cores: int = field(default_factory=usable_cores)

    @classmethod
    def read(cls, path: Path) -> Fitted:
        """Undoes :meth:`write`."""
        with np.load(path) as stored:
            facts = json.loads(str(stored["facts"]))
            facts |= {"sure_from": SureFrom.from_json(facts["sure_from"]), "history": tuple(facts["history"])}
            return cls(probabilities=stored["probabilities"], **facts)

    def write(self, path: Path) -> None:
        """Keeps it, whole or not at all."""
        facts = {name: value for name, value in vars(self).items() if name != "probabilities"}
        draft = path.with_suffix(".part.npz")
        facts["sure_from"] = asdict(self.sure_from)
        np.savez(draft, probabilities=self.probabilities, facts=json.dumps(facts))
        draft.replace(path)


@dataclass(frozen=True, eq=False)
class Trained:
    """A classic model: rows → log-probabilities, what is known of it, and itself (a Keras model or a pipeline)."""

    says: LogProbabilities
    model: Any
    parameters: int | None
    file_bytes: int
    train_s: float
    history: tuple[dict[str, float], ...] = ()
    note: str = ""

    def calibrate(self, validation: Rows) -> tuple[float, SureFrom]:
        """The scale of its log-probabilities that suits validation rows best, and from where its answers are sure."""
        said, even = self.says(validation.values), np.full(len(validation.targets), 1 / len(validation.targets))
        scale = fit_scale(said, validation.targets, even)
        return scale, SureFrom(sure_threshold(softmax(scale * said), validation.targets, even))


def fit(
    spec: ModelSpec,
    material: Material,
    rows: Split,
    folder: Path,
    bars: Progress | None = None,
) -> Fitted:
    """Fits a model on training rows, calibrates it on validation rows, asks it about test rows.

    Args:
        rows: (clip, version) rows, see :meth:`Material.rows`.
        folder: what is finished is read from there; what a killed training left there is gone on from.
    """
    done = folder / "answers.npz"
    if done.is_file():
        return Fitted.read(done)
    folder.mkdir(parents=True, exist_ok=True)
    if spec.network is None and spec.estimator is None:
        fitted = _fit_bundled(spec, material, rows)
    else:
        fitted = _fit_classic(spec, material, rows, folder, bars)
    fitted.write(done)
    shutil.rmtree(folder / "training", ignore_errors=True)
    return fitted


def _fit_classic(spec: ModelSpec, material: Material, rows: Split, folder: Path, bars: Progress | None) -> Fitted:
    train, validation, test = (material.rows(part) for part in (rows.train, rows.validation, rows.test))
    trained = train_classic(spec, train, validation, len(material.emotions), folder / "training", bars)
    scale, sure_from = trained.calibrate(validation)
    return Fitted(
        softmax(scale * trained.says(test.values)),
        scale,
        sure_from,
        trained.parameters,
        trained.file_bytes,
        trained.train_s,
        _clip_ms(spec, trained.says, train.values.shape[1:]),
        trained.note,
        trained.history,
    )


def train_classic(
    spec: ModelSpec, train: Rows, validation: Rows, classes: int, folder: Path, bars: Progress | None = None
) -> Trained:
    """Trains a model that reads an array; validation rows choose a network's epoch.

    Args:
        folder: what a killed training left there is gone on from.
    """
    if spec.network is None:
        started_s = time.perf_counter()
        pipeline = fit_estimator(spec, train, spec.training.seed)
        took_s = time.perf_counter() - started_s

        def classified(values: Array) -> NDArray[np.float64]:
            return np.log(np.maximum(class_probabilities(pipeline, values, classes), PROBABILITY_MIN))

        return Trained(classified, pipeline, estimator_size(pipeline), len(pickle.dumps(pipeline)), took_s)
    model, history = fit_network(spec, train, validation, classes, spec.training, folder, bars)
    took_s = sum(row["seconds"] for row in history)

    def says(values: Array) -> NDArray[np.float64]:
        parts = [model.predict_on_batch(values[i : i + 256]) for i in range(0, len(values), 256)]
        return np.log(np.maximum(softmax(np.concatenate(parts)), PROBABILITY_MIN))

    note = f"{starts_from(spec.name)}, epochs: {len(history)}" if spec.name in BACKBONES else ""
    return Trained(says, model, parameter_count(model), keras_bytes(model), took_s, history, note)


def keras_bytes(model: keras.Model) -> int:
    """Size of a file of its weights, without the optimiser's state, bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.weights.h5"
        keras.Model(model.inputs, model.outputs).save_weights(path)
        return path.stat().st_size


def _clip_ms(spec: ModelSpec, says: LogProbabilities, shape: tuple[int, ...]) -> float:
    """Milliseconds from 3 s of samples to the answer, warm, median; inputs of speech frames not counted."""
    samples = (0.1 * np.random.default_rng(0).standard_normal(round(TIMED_CLIP_S * SAMPLE_RATE_HZ))).astype(np.float32)
    kind = INPUTS.get(spec.input)
    times_s = []
    for _ in range(TIMED_RUNS):
        start = time.perf_counter()
        says((kind.make(samples) if kind else np.zeros(shape, np.float32))[None])
        times_s.append(time.perf_counter() - start)
    return 1000.0 * float(np.median(times_s))


def _fit_bundled(spec: ModelSpec, material: Material, rows: Split) -> Fitted:
    data = material.each_version_a_clip()
    lines = io.StringIO()
    found = fit_head(data, rows, TrainSettings(), HeadSettings(), lambda line: print(line, file=lines))
    places = [EMOTIONS.index(emotion) for emotion in material.emotions]
    probabilities = softmax(predict_logits(found.head, data.store, rows.test)["joint"])[:, places]

    def says(frames: Array) -> NDArray[np.float64]:
        valid = np.ones((*frames.shape[:2], 1), np.float32)
        return np.asarray(found.head.predict_on_batch({"frames": frames, "valid": valid})["joint"], np.float64)

    return Fitted(
        probabilities / probabilities.sum(axis=1, keepdims=True),
        found.scales[1],
        found.sure_from,
        int(found.head.count_params()),
        keras_bytes(found.head),
        found.train_s,
        _clip_ms(spec, says, (round(25 * TIMED_CLIP_S), found.settings.frame_width)),
        "speech frames not counted: neither the encoder's 21 MB nor its time",
        found.history,
    )
