"""Which clips a network sees and when: draws that balance corpora, voices and emotions, as padded batches."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import tensorflow as tf
from numpy.typing import NDArray

from ser.constants import EMOTIONS
from ser.cores import streamed
from ser.frames import FrameStore

MIXUP_BETA = 0.4

Batch = dict[str, NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class CorpusData:
    """Clips, and their frames in the same order.

    Attributes:
        table: columns as ``ser.processed.CLIP_COLUMNS``.
        store: frames of the clips and of their altered copies.
        outsiders: frames of sounds without a voice; None leaves every sound a voice.
    """

    table: pd.DataFrame
    store: FrameStore
    outsiders: FrameStore | None = None


@dataclass(frozen=True)
class TrainSettings:
    """How a head is trained.

    Attributes:
        epochs: passes of ``epoch_clips`` draws each.
        epoch_clips: clips drawn an epoch. Corpora are drawn by the square root of their speakers (voices, not clips,
            are what a corpus teaches), emotions within a corpus evenly, versions of a clip evenly.
        learning_rate: peak of a cosine schedule with one epoch of warm-up.
        logistic_c: inverse strength of the pooled path's regularisation, as scikit-learn counts it.
        mixup: share of batches whose clips are mixed in pairs (Zhang et al. 2018).
        label_smoothing: probability spread over the other emotions.
        patience: epochs without a better validation score before training stops.
        seed: of weights, draws and mixing.
    """

    epochs: int = 4
    epoch_clips: int = 6000
    batch_clips: int = 64
    learning_rate: float = 1e-3
    logistic_c: float = 0.003
    weight_decay: float = 1e-4
    mixup: float = 0.5
    label_smoothing: float = 0.05
    patience: int = 6
    seed: int = 0


def targets_of(table: pd.DataFrame) -> NDArray[np.int64]:
    """Index into ``EMOTIONS`` for each row, -1 for emotions outside the eight; shape (rows,)."""
    order = {emotion: i for i, emotion in enumerate(EMOTIONS)}
    return np.array([order.get(emotion, -1) for emotion in table["emotion"]], dtype=np.int64)


def draw_weights(table: pd.DataFrame, clips: NDArray[np.int64]) -> NDArray[np.float64]:
    """Probability of drawing each clip, shape (clips,), sum 1: see :class:`TrainSettings`."""
    rows = table.iloc[clips]
    speakers = rows.groupby("corpus")["speaker"].nunique()
    emotions = rows.groupby("corpus")["emotion"].nunique()
    cell = rows.groupby(["corpus", "emotion"])["path"].transform("size")
    weights = rows["corpus"].map(np.sqrt(speakers) / emotions).to_numpy() / cell.to_numpy()
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def padded(store: FrameStore, clips: NDArray[np.int64], versions: NDArray[np.int64]) -> Batch:
    """A batch: ``frames`` (b, t, n) float32, zero behind each clip's end, and ``valid`` (b, t, 1), 1 before it."""
    arrays = [store.frames(clip, version) for clip, version in zip(clips, versions, strict=True)]
    longest = max(len(a) for a in arrays)
    frames = np.zeros((len(arrays), longest, arrays[0].shape[1]), np.float32)
    valid = np.zeros((len(arrays), longest, 1), np.float32)
    for i, a in enumerate(arrays):
        frames[i, : len(a)] = a
        valid[i, : len(a)] = 1.0
    return {"frames": frames, "valid": valid}


class Draws:
    """Batches of clips of like length, drawn anew each epoch; :meth:`dataset` is what Keras reads."""

    def __init__(self, store: FrameStore, table: pd.DataFrame, clips: NDArray[np.int64], settings: TrainSettings):
        self.store, self.settings = store, settings
        targets = targets_of(table)
        usable = (targets[clips] >= 0) & (store.lengths()[clips] > 0)
        self.clips = clips[usable]
        self.targets = np.eye(len(EMOTIONS), dtype=np.float32)[np.maximum(targets, 0)]
        self.weights = draw_weights(table, self.clips)
        self.rng = np.random.default_rng(settings.seed)

    @property
    def steps(self) -> int:
        """Batches in an epoch."""
        return math.ceil(self.settings.epoch_clips / self.settings.batch_clips)

    def epoch(self) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Clips and versions of each batch of one epoch."""
        drawn = self.rng.choice(self.clips, self.settings.epoch_clips, p=self.weights)
        versions = self.rng.integers(0, self.store.spans.shape[1], len(drawn))
        lengths = self.store.spans[drawn, versions, 2] + self.rng.uniform(0, 10, len(drawn))
        order, size = np.argsort(lengths), self.settings.batch_clips
        batches = [(drawn[order[i : i + size]], versions[order[i : i + size]]) for i in range(0, len(drawn), size)]
        self.rng.shuffle(batches)
        return batches

    def batches(self) -> Iterator[tuple[Batch, NDArray[np.float32]]]:
        """Epoch after epoch: inputs of the head, and the target, (b, 8)."""
        while True:
            for clips, versions in self.epoch():
                batch, target = padded(self.store, clips, versions), self.targets[clips]
                if self.rng.random() < self.settings.mixup:
                    share = np.float32(self.rng.beta(MIXUP_BETA, MIXUP_BETA))
                    other = self.rng.permutation(len(clips))
                    batch["frames"] = share * batch["frames"] + (1 - share) * batch["frames"][other]
                    batch["valid"] = np.maximum(batch["valid"], batch["valid"][other])
                    target = share * target + (1 - share) * target[other]
                yield batch, target

    def dataset(self) -> tf.data.Dataset:
        """The batches, made ahead while the network learns."""
        width = self.store.shards[0].shape[1]
        target = tf.TensorSpec((None, len(EMOTIONS)))
        signature = (input_signature(width), target)
        return streamed(self.batches, signature, ahead=4)


def input_signature(width: int) -> dict[str, tf.TensorSpec]:
    """Shapes of the head's inputs: any number of clips, of any length."""
    return {"frames": tf.TensorSpec((None, None, width)), "valid": tf.TensorSpec((None, None, 1))}
