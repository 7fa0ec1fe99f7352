"""Table + frames → a trained, calibrated head and its history. Nothing here looks at test speakers."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from ser.constants import EMOTIONS
from ser.draws import Draws, TrainSettings, draw_weights, input_signature, padded, targets_of
from ser.frames import FrameStore
from ser.metrics import expected_calibration_error, unweighted_average_recall
from ser.models.speech_cnn_lstm import DEVIATION_EPSILON, HeadSettings, build_head, set_standardisation
from ser.splits import Split

SCALE_MAX = 10.0
LOGISTIC_TOLERANCE = 1e-3
LOGISTIC_STEPS = 300
UNKNOWN_LOGIT = -10.0
STANDARDISE_CLIPS = 2000


@dataclass(frozen=True, eq=False)
class Fit:
    """A trained, calibrated head, and what happened on the way.

    Attributes:
        scales: of the sequence and the pooled path's logits, fitted on validation speakers.
        validation_uar: corpus → score of its validation speakers, before the pooled path learnt from them.
        validation_calibration_error: likewise.
        history: a row an epoch.
    """

    head: keras.Model
    scales: tuple[float, float]
    validation_uar: dict[str, float]
    validation_calibration_error: float
    history: tuple[dict[str, float], ...]


def predict_logits(
    head: keras.Model, store: FrameStore, clips: NDArray[np.int64], output: str = "joint", batch_clips: int = 64
) -> NDArray[np.float32]:
    """Logits of one of the head's outputs for clips as recorded (no copies), shape (clips, 8), in the order given."""
    signature = [input_signature(store.shards[0].shape[1])]
    run = tf.function(lambda inputs: head(inputs, training=False)[output], input_signature=signature)
    logits = np.zeros((len(clips), len(EMOTIONS)), np.float32)
    order = np.argsort(store.lengths()[clips], kind="stable")
    for start in range(0, len(order), batch_clips):
        part = order[start : start + batch_clips]
        logits[part] = run(padded(store, clips[part], np.zeros(len(part), np.int64)))
    return logits


def softmax(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Probabilities over the last axis, float64."""
    powers = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def fit_scales(
    sequence: NDArray[np.float32],
    pooled: NDArray[np.float32],
    targets: NDArray[np.int64],
    weights: NDArray[np.float64],
) -> tuple[float, float]:
    """The scales of both paths' logits with the least weighted negative log-likelihood, none below zero.

    Temperature scaling (Guo et al. 2017) with one temperature a path.
    """

    def loss(scales: NDArray[np.float64]) -> float:
        chosen = softmax(scales[0] * sequence + scales[1] * pooled)[np.arange(len(targets)), targets]
        return float(-np.sum(weights * np.log(np.maximum(chosen, 1e-12))))

    found = minimize(loss, np.array([0.5, 0.5]), bounds=[(0.0, SCALE_MAX)] * 2, method="L-BFGS-B")
    return float(found.x[0]), float(found.x[1])


def pooled_statistics(
    store: FrameStore, clips: NDArray[np.int64], version: int, head: keras.Model
) -> NDArray[np.float32]:
    """What the pooled path sees: mean and deviation of standardised frames, shape (clips, 2 · width), float32."""
    layer = head.get_layer("standardise")
    mean, deviation = np.asarray(layer.mean).ravel(), np.sqrt(np.asarray(layer.variance).ravel())
    rows = []
    for clip in clips:
        frames = (store.frames(int(clip), version).astype(np.float32) - mean) / deviation
        rows.append(np.concatenate([frames.mean(0), np.sqrt(frames.var(0) + DEVIATION_EPSILON)]))
    return np.stack(rows)


def fit_pooled(head: keras.Model, draws: Draws, settings: TrainSettings) -> None:
    """Fits the pooled path by multinomial logistic regression on all versions of the training clips."""
    versions = draws.store.spans.shape[1]
    inputs = np.concatenate([pooled_statistics(draws.store, draws.clips, v, head) for v in range(versions)])
    targets = np.tile(draws.targets[draws.clips].argmax(axis=1), versions)
    weights = np.tile(draws.weights * len(draws.weights) / versions, versions)
    mean, deviation = inputs.mean(axis=0), inputs.std(axis=0) + np.float32(DEVIATION_EPSILON)
    inputs -= mean
    inputs /= deviation
    regression = LogisticRegression(C=settings.logistic_c, tol=LOGISTIC_TOLERANCE, max_iter=LOGISTIC_STEPS)
    regression.fit(inputs, targets, sample_weight=weights)
    # An emotion that no training clip has gets a logit that it can't win with.
    kernel = np.zeros((inputs.shape[1], len(EMOTIONS)), np.float32)
    bias = np.full(len(EMOTIONS), UNKNOWN_LOGIT, np.float32)
    # Two classes make scikit-learn store one row; its logit's two signs are the two classes.
    rows = (
        regression.coef_ if len(regression.classes_) > 2 else np.concatenate([-regression.coef_, regression.coef_]) / 2
    )
    starts = regression.intercept_ if len(regression.classes_) > 2 else np.array([-1, 1]) * regression.intercept_ / 2
    kernel[:, regression.classes_] = (rows / deviation).T
    bias[regression.classes_] = starts - rows @ (mean / deviation)
    linear = head.get_layer("pooled").linear
    linear.kernel.assign(kernel)
    linear.bias.assign(bias)


def corpus_scores(table: pd.DataFrame, clips: NDArray[np.int64], logits: NDArray[np.float32]) -> dict[str, float]:
    """Unweighted average recall within each corpus, over the emotions that it has there."""
    targets, corpora = targets_of(table)[clips], table["corpus"].to_numpy()[clips]
    return {
        str(corpus): unweighted_average_recall(targets[corpora == corpus], logits[corpora == corpus].argmax(1))
        for corpus in sorted(set(corpora))
    }


class BestOnValidation(keras.callbacks.Callback):
    """Scores unheard speakers after each epoch, keeps the best weights, stops when patience runs out."""

    def __init__(self, judge: Callable[[], dict[str, float]], patience: int, say: Callable[[str], None]) -> None:
        super().__init__()
        self.judge, self.patience, self.say = judge, patience, say
        self.best, self.best_epoch, self.best_weights = -1.0, 0, None
        self.history: list[dict[str, float]] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Scores, remembers, and decides whether to go on."""
        scores = self.judge()
        mean = float(np.mean(list(scores.values())))
        row = {"epoch": float(epoch + 1), "loss": float((logs or {}).get("loss", math.nan)), "validation_uar": mean}
        self.history.append(row | {f"validation_uar_{name}": value for name, value in scores.items()})
        self.say(f"epoch {epoch + 1}: loss {row['loss']:.3f}, validation UAR {mean:.3f} ({_in_words(scores)})")
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
    """Trains a head on a split's training speakers; validation speakers choose the epoch and the scales.

    After that, the pooled path is fitted once more, on training and validation speakers.

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
    weights = draw_weights(table, judged)
    head = build_head(head_settings)
    standardise_from(head, store, draws.clips, settings.seed)
    fit_pooled(head, draws, settings)
    pooled = predict_logits(head, store, judged, "pooled")
    say(f"pooled path: validation {_in_words(corpus_scores(table, judged, pooled))}")

    def calibrate() -> tuple[float, float]:
        scales = fit_scales(predict_logits(head, store, judged, "sequence"), pooled, targets[judged], weights)
        head.get_layer("joint").scales.assign(scales)
        return scales

    def judge() -> dict[str, float]:
        calibrate()
        return corpus_scores(table, judged, predict_logits(head, store, judged))

    watch = BestOnValidation(judge, settings.patience, say)
    _fit_sequence(head, draws, settings, watch)
    scales = calibrate()
    logits = predict_logits(head, store, judged)
    error = expected_calibration_error(softmax(logits), targets[judged])
    # What validation speakers had to choose is chosen: now the pooled path, which each voice more helps, learns from
    # them too. The scales stay.
    fit_pooled(head, Draws(store, table, np.concatenate([split.train, judged]), settings), settings)
    return Fit(head, scales, corpus_scores(table, judged, logits), error, tuple(watch.history))


def _in_words(scores: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in scores.items())


def _fit_sequence(head: keras.Model, draws: Draws, settings: TrainSettings, watch: BestOnValidation) -> None:
    """Trains the sequence path alone: beside a path that knows its training clips by heart it would learn little."""
    steps = draws.steps
    schedule = keras.optimizers.schedules.CosineDecay(
        settings.learning_rate / 20,
        steps * max(1, settings.epochs - 1),
        alpha=0.02,
        warmup_target=settings.learning_rate,
        warmup_steps=steps,
    )
    learner = keras.Model(head.input, head.output["sequence"])
    learner.compile(
        keras.optimizers.AdamW(schedule, weight_decay=settings.weight_decay, clipnorm=1.0),
        loss=keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=settings.label_smoothing),
    )
    learner.fit(
        draws.dataset(), steps_per_epoch=steps, epochs=settings.epochs, callbacks=[watch], verbose=0, shuffle=False
    )
