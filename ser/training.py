"""Table + frames → a trained head, its temperature and history. Nothing here looks at test speakers."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from ser.constants import EMOTIONS
from ser.frames import FrameStore
from ser.metrics import unweighted_average_recall
from ser.models.speech_cnn_lstm import HeadSettings, build_head, set_standardisation
from ser.splits import Split

LENGTH_STEP = 16  # frames
STANDARDISE_CLIPS = 2000


@dataclass(frozen=True)
class TrainSettings:
    """How a head is trained.

    Attributes:
        epochs: passes of ``epoch_clips`` draws each.
        epoch_clips: clips drawn an epoch. Corpora are drawn by the square root of their speakers (voices, not clips,
            are what a corpus teaches), emotions within a corpus evenly, versions of a clip evenly.
        learning_rate: peak of a cosine schedule with one epoch of warm-up.
        mixup: share of batches whose clips are mixed in pairs (Zhang et al. 2018).
        label_smoothing: probability spread over the other emotions.
        patience: epochs without a better validation score before training stops.
        seed: of weights, draws and mixing.
    """

    epochs: int = 16
    epoch_clips: int = 8000
    batch_clips: int = 64
    learning_rate: float = 1e-3
    weight_decay: float = 1e-4
    mixup: float = 0.5
    label_smoothing: float = 0.05
    patience: int = 6
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Fit:
    """A trained head, the temperature that calibrates it, and what happened on the way."""

    head: keras.Model
    temperature: float
    history: tuple[dict[str, float], ...]


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


def padded(store: FrameStore, clips: NDArray[np.int64], versions: NDArray[np.int64]) -> dict[str, NDArray[np.float32]]:
    """A batch: ``frames`` (b, t, n) float32, zero behind each clip's end, and ``valid`` (b, t, 1), 1 before it."""
    arrays = [store.frames(clip, version) for clip, version in zip(clips, versions, strict=True)]
    # Rounded up, so that TensorFlow meets few shapes and compiles few graphs.
    longest = -(-max(len(a) for a in arrays) // LENGTH_STEP) * LENGTH_STEP
    frames = np.zeros((len(arrays), longest, arrays[0].shape[1]), np.float32)
    valid = np.zeros((len(arrays), longest, 1), np.float32)
    for i, a in enumerate(arrays):
        frames[i, : len(a)] = a
        valid[i, : len(a)] = 1.0
    return {"frames": frames, "valid": valid}


class Draws(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches of clips of like length, drawn anew each epoch."""

    def __init__(self, store: FrameStore, table: pd.DataFrame, clips: NDArray[np.int64], settings: TrainSettings):
        super().__init__(workers=1, max_queue_size=8)
        self.store, self.settings = store, settings
        targets = targets_of(table)
        usable = (targets[clips] >= 0) & (store.lengths()[clips] > 0)
        self.clips = clips[usable]
        self.targets = np.eye(len(EMOTIONS), dtype=np.float32)[np.maximum(targets, 0)]
        self.weights = draw_weights(table, self.clips)
        self.rng = np.random.default_rng(settings.seed)
        self.on_epoch_end()

    def on_epoch_end(self) -> None:
        drawn = self.rng.choice(self.clips, self.settings.epoch_clips, p=self.weights)
        versions = self.rng.integers(0, self.store.spans.shape[1], len(drawn))
        lengths = self.store.spans[drawn, versions, 2] + self.rng.uniform(0, 10, len(drawn))
        order = np.argsort(lengths)
        size = self.settings.batch_clips
        self.batches = [(drawn[order[i : i + size]], versions[order[i : i + size]]) for i in range(0, len(drawn), size)]
        self.rng.shuffle(self.batches)

    def __len__(self) -> int:
        return math.ceil(self.settings.epoch_clips / self.settings.batch_clips)

    def __getitem__(self, index: int) -> tuple[dict[str, NDArray[np.float32]], dict[str, NDArray[np.float32]]]:
        clips, versions = self.batches[index]
        batch, target = padded(self.store, clips, versions), self.targets[clips]
        if self.rng.random() < self.settings.mixup:
            share = np.float32(self.rng.beta(0.4, 0.4))
            other = self.rng.permutation(len(clips))
            batch["frames"] = share * batch["frames"] + (1 - share) * batch["frames"][other]
            batch["valid"] = np.maximum(batch["valid"], batch["valid"][other])
            target = share * target + (1 - share) * target[other]
        return batch, dict.fromkeys(("joint", "sequence", "pooled"), target)


def predict_logits(head: keras.Model, store: FrameStore, clips: NDArray[np.int64], batch: int = 64) -> NDArray[np.float32]:
    """Joint logits of clips as recorded (no copies), shape (clips, 8), float32, in the order given."""
    logits = np.zeros((len(clips), len(EMOTIONS)), np.float32)
    order = np.argsort(store.lengths()[clips], kind="stable")
    for start in range(0, len(order), batch):
        part = order[start : start + batch]
        inputs = padded(store, clips[part], np.zeros(len(part), np.int64))
        logits[part] = head.predict_on_batch(inputs)["joint"]
    return logits


def softmax(logits: NDArray[np.float32], temperature: float = 1.0) -> NDArray[np.float64]:
    """Probabilities over the last axis, float64."""
    scaled = logits.astype(np.float64) / temperature
    powers = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def fit_temperature(
    logits: NDArray[np.float32], targets: NDArray[np.int64], weights: NDArray[np.float64]
) -> float:
    """The temperature with the least weighted negative log-likelihood (Guo et al. 2017), within 0.25 … 10."""

    def loss(log_temperature: float) -> float:
        chosen = softmax(logits, math.exp(log_temperature))[np.arange(len(targets)), targets]
        return float(-np.sum(weights * np.log(np.maximum(chosen, 1e-12))))

    found = minimize_scalar(loss, bounds=(math.log(0.25), math.log(10.0)), method="bounded")
    return float(math.exp(found.x))


def corpus_scores(
    table: pd.DataFrame, clips: NDArray[np.int64], logits: NDArray[np.float32]
) -> dict[str, float]:
    """Unweighted average recall within each corpus, over the emotions that it has there."""
    targets, corpora = targets_of(table)[clips], table["corpus"].to_numpy()[clips]
    return {
        str(corpus): unweighted_average_recall(targets[corpora == corpus], logits[corpora == corpus].argmax(1))
        for corpus in sorted(set(corpora))
    }


class BestOnValidation(keras.callbacks.Callback):  # type: ignore[misc]
    """Scores unheard speakers after each epoch, keeps the best weights, stops when patience runs out."""

    def __init__(
        self, score: Callable[[keras.Model], dict[str, float]], patience: int, say: Callable[[str], None]
    ) -> None:
        super().__init__()
        self.score, self.patience, self.say = score, patience, say
        self.best, self.best_epoch, self.best_weights = -1.0, 0, None
        self.history: list[dict[str, float]] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        scores = self.score(self.model)
        mean = float(np.mean(list(scores.values())))
        row = {"epoch": float(epoch + 1), "loss": float((logs or {}).get("loss", math.nan)), "validation_uar": mean}
        self.history.append(row | {f"validation_uar_{name}": value for name, value in scores.items()})
        parts = " ".join(f"{name} {value:.3f}" for name, value in scores.items())
        self.say(f"epoch {epoch + 1}: loss {row['loss']:.3f}, validation UAR {mean:.3f} ({parts})")
        if mean > self.best:
            self.best, self.best_epoch, self.best_weights = mean, epoch, self.model.get_weights()
        elif epoch - self.best_epoch >= self.patience:
            self.model.stop_training = True

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        if self.best_weights is not None:
            self.model.set_weights(self.best_weights)


def standardise_from(head: keras.Model, store: FrameStore, clips: NDArray[np.int64], seed: int) -> None:
    """Fits the head's mean and variance on training clips only."""
    rng = np.random.default_rng(seed)
    some = rng.permutation(clips)[:STANDARDISE_CLIPS]
    frames = np.concatenate([store.frames(int(clip)) for clip in some]).astype(np.float32)
    set_standardisation(head, frames.mean(axis=0), frames.var(axis=0))


def fit_head(
    store: FrameStore,
    table: pd.DataFrame,
    split: Split,
    settings: TrainSettings,
    head_settings: HeadSettings,
    say: Callable[[str], None] = print,
) -> Fit:
    """Trains a head on a split's training speakers; validation speakers choose the epoch and the temperature.

    Args:
        store: frames of the table's clips, in its order.
        table: clips, with columns path, corpus, speaker, emotion.
        split: rows for training and validation; its test rows are not touched.
        settings, head_settings: how, and how large.
        say: gets one line an epoch.
    """
    keras.utils.set_random_seed(settings.seed)
    draws = Draws(store, table, split.train, settings)
    targets = targets_of(table)
    judged = split.validation[(targets[split.validation] >= 0) & (store.lengths()[split.validation] > 0)]
    head = build_head(head_settings)
    standardise_from(head, store, draws.clips, settings.seed)
    steps = len(draws)
    schedule = keras.optimizers.schedules.CosineDecay(
        settings.learning_rate / 20,
        steps * (settings.epochs - 1),
        alpha=0.02,
        warmup_target=settings.learning_rate,
        warmup_steps=steps,
    )
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=settings.label_smoothing)
    head.compile(
        keras.optimizers.AdamW(schedule, weight_decay=settings.weight_decay, clipnorm=1.0),
        loss={"joint": loss, "sequence": loss, "pooled": loss},
        loss_weights={"joint": 1.0, "sequence": 0.5, "pooled": 0.5},
    )
    watch = BestOnValidation(
        lambda model: corpus_scores(table, judged, predict_logits(model, store, judged)), settings.patience, say
    )
    head.fit(draws, epochs=settings.epochs, callbacks=[watch], verbose=0)
    logits = predict_logits(head, store, judged)
    temperature = fit_temperature(logits, targets[judged], draw_weights(table, judged))
    return Fit(head, temperature, tuple(watch.history))
