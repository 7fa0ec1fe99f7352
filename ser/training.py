"""Table + frames → a trained, calibrated head and its history. Nothing here looks at test speakers."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import keras
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ser.calibration import fit_scale, fit_scales, negative_log_likelihood, softmax
from ser.constants import EMOTIONS
from ser.cores import own_seeds
from ser.draws import CorpusData, Draws, TrainSettings, draw_weights, padded, targets_of
from ser.familiarity import fit_familiarity
from ser.frames import FrameStore
from ser.metrics import expected_calibration_error, recall_by_corpus, sure_threshold
from ser.models.speech_cnn_lstm import HeadSettings, build_head, set_standardisation
from ser.regression import Lesson, answers_by_others, fit_pooled, fit_strangers, fit_voice, statistics_of
from ser.splits import Split
from ser.sureness import SureFrom

STANDARDISE_CLIPS = 2000


@dataclass(frozen=True, eq=False)
class Fit:
    """A trained, calibrated head, and what happened on the way.

    Attributes:
        settings: the head's, with the corpora that taught it.
        scales: of the paths' logits, in the order of :data:`ser.models.mixture.SCALES`; those of the sequence and the
            pooled path are fitted on validation speakers, that of the strangers on corpora left out.
        sure_from: top probabilities from which on 90 % of the answers to these were right.
        validation_uar: corpus → score of its validation speakers, before the pooled path learnt from them.
        validation_calibration_error: likewise.
        history: a row an epoch.
        train_s: seconds that it took, speech frames not counted.
    """

    head: keras.Model
    settings: HeadSettings
    scales: tuple[float, float, float]
    sure_from: SureFrom
    validation_uar: dict[str, float]
    validation_calibration_error: float
    history: tuple[dict[str, float], ...]
    train_s: float


def predict_logits(
    head: keras.Model, store: FrameStore, clips: NDArray[np.int64], version: int = 0, batch_clips: int = 64
) -> dict[str, NDArray[np.float32]]:
    """Outputs of the head for one version of clips (0: as recorded), each (clips, n), in the order given."""
    logits = {name: np.zeros((len(clips), int(out.shape[-1])), np.float32) for name, out in head.output.items()}
    order = np.argsort(store.lengths(version)[clips], kind="stable")
    for start in range(0, len(order), batch_clips):
        part = order[start : start + batch_clips]
        answers = head.predict_on_batch(padded(store, clips[part], np.full(len(part), version)))
        for name, values in answers.items():
            logits[name][part] = values
    return logits


def corpus_scores(table: pd.DataFrame, clips: NDArray[np.int64], logits: NDArray[np.floating]) -> dict[str, float]:
    """Unweighted average recall within each corpus, over the emotions that it has there."""
    return recall_by_corpus(targets_of(table)[clips], logits.argmax(axis=1), table["corpus"].to_numpy(str)[clips])


@dataclass(frozen=True)
class Verdict:
    """What validation speakers say of an epoch: the weighted negative log-likelihood, and each corpus's recall."""

    loss: float
    uar: dict[str, float]


class BestOnValidation(keras.callbacks.Callback):
    """Asks unheard speakers after each epoch, keeps the likeliest weights, stops when patience runs out.

    Likelihood rather than recall chooses: recall of a few speakers wavers by more than an epoch's gain, and picked
    epochs whose sequence path was best left out.
    """

    def __init__(self, judge: Callable[[], Verdict], patience: int, say: Callable[[str], None]) -> None:
        super().__init__()
        self.judge, self.patience, self.say = judge, patience, say
        self.best, self.best_epoch, self.best_weights = math.inf, 0, None
        self.history: list[dict[str, float]] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Scores, remembers, and decides whether to go on."""
        verdict = self.judge()
        mean = float(np.mean(list(verdict.uar.values())))
        row = {
            "epoch": float(epoch + 1),
            "loss": float((logs or {}).get("loss", math.nan)),
            "validation_loss": verdict.loss,
            "validation_uar": mean,
        }
        self.history.append(row | {f"validation_uar_{name}": value for name, value in verdict.uar.items()})
        self.say(
            f"epoch {epoch + 1}: loss {row['loss']:.3f}, validation loss {verdict.loss:.4f}, UAR {mean:.3f} "
            f"({_in_words(verdict.uar)})"
        )
        if verdict.loss < self.best:
            self.best, self.best_epoch, self.best_weights = verdict.loss, epoch, self.model.get_weights()
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


class Judge:
    """Validation clips, and what a head whose pooled path is fitted makes of them."""

    def __init__(self, head: keras.Model, data: CorpusData, clips: NDArray[np.int64]) -> None:
        targets = targets_of(data.table)
        self.head, self.data = head, data
        self.clips = clips[(targets[clips] >= 0) & (data.store.lengths()[clips] > 0)]
        self.targets = targets[self.clips]
        self.weights = draw_weights(data.table, self.clips)
        self.pooled = predict_logits(head, data.store, self.clips)["pooled"]

    def calibrate(self) -> tuple[tuple[float, float], NDArray[np.float32]]:
        """Scales of the sequence and the pooled path, and the joint logits that they make, (clips, 8)."""
        sequence = predict_logits(self.head, self.data.store, self.clips)["sequence"]
        scales = fit_scales(sequence, self.pooled, self.targets, self.weights)
        return scales, np.asarray(scales[0] * sequence + scales[1] * self.pooled, dtype=np.float32)

    def scores(self, logits: NDArray[np.floating]) -> dict[str, float]:
        """See :func:`corpus_scores`."""
        return corpus_scores(self.data.table, self.clips, logits)

    def verdict(self) -> Verdict:
        """On the head as it is, both paths together at their best scales."""
        _, logits = self.calibrate()
        return Verdict(negative_log_likelihood(logits, self.targets, self.weights), self.scores(logits))

    def answers(self) -> NDArray[np.float64]:
        """Probabilities that the whole head gives, (clips, 8)."""
        return softmax(predict_logits(self.head, self.data.store, self.clips)["joint"])


def _fit_for_strangers(
    head: keras.Model, statistics: NDArray[np.float32], lesson: Lesson, unheard: NDArray[np.float32]
) -> tuple[float, float]:
    """Fits what answers for unfamiliar recordings, and what tells those apart.

    Returns:
        the scale of its logits, and the probability from which on its answers are sure. With a single corpus nothing
        is unfamiliar, and both are 1.
    """
    if lesson.corpus_count < 2:
        return 1.0, 1.0
    fit_strangers(head, lesson)
    fit_familiarity(head, statistics, lesson, unheard)
    answers = answers_by_others(head, statistics, lesson)
    taught = np.zeros((lesson.corpus_count, len(EMOTIONS)), bool)
    taught[lesson.corpora, lesson.emotions] = True
    # An emotion that no other corpus teaches can't be answered by them.
    asked = taught.sum(axis=0)[lesson.emotions] > 1
    answers, targets, weights = answers[asked], lesson.emotions[asked], lesson.weights[asked]
    scale = fit_scale(answers, targets, weights)
    return scale, sure_threshold(softmax(scale * answers), targets, weights)


def fit_head(
    data: CorpusData,
    split: Split,
    settings: TrainSettings,
    head_settings: HeadSettings,
    say: Callable[[str], None] = print,
    learn_again: bool = True,
) -> Fit:
    """Trains a head on a split's training speakers; validation speakers choose epoch, scales and threshold.

    After that, the regressions are fitted once more, on training and validation speakers: what those had to choose is
    chosen, and each voice more helps. The scales stay. Last comes what tells voices from other sounds.

    Args:
        data: clips and frames.
        split: rows for training and validation; its test rows are not touched.
        settings, head_settings: how, and how large.
        say: gets one line an epoch.
        learn_again: False keeps validation speakers unheard by every path, for scores on them.
    """
    started_s = time.perf_counter()
    draws = Draws(data.store, data.table, split.train, settings)
    head_settings = replace(head_settings, corpora=tuple(sorted(data.table["corpus"].iloc[draws.clips].unique())))
    with own_seeds(settings.seed):
        head = build_head(head_settings)
    standardise_from(head, data.store, draws.clips, settings.seed)
    statistics = statistics_of(head, draws)
    lesson = Lesson.of(statistics, draws, data.table, head_settings.corpora)
    fit_pooled(head, lesson)
    judge = Judge(head, data, split.validation)
    say(f"pooled path: validation {_in_words(judge.scores(judge.pooled))}")
    watch = BestOnValidation(judge.verdict, settings.patience, say)
    _fit_sequence(head, draws, settings, watch)
    unheard = statistics_of(head, Draws(data.store, data.table, judge.clips, settings))
    scale, strange = _fit_for_strangers(head, statistics, lesson, unheard)
    scales = (*judge.calibrate()[0], scale)
    head.get_layer("joint").scales.assign(scales)
    answers = judge.answers()
    heard = np.concatenate([split.train, judge.clips]) if learn_again else split.train
    _fit_again(head, data, heard, settings, head_settings.corpora)
    return Fit(
        head=head,
        settings=head_settings,
        scales=scales,
        sure_from=SureFrom(sure_threshold(answers, judge.targets, judge.weights), strange),
        validation_uar=judge.scores(answers),
        validation_calibration_error=expected_calibration_error(answers, judge.targets),
        history=tuple(watch.history),
        train_s=time.perf_counter() - started_s,
    )


def _fit_again(
    head: keras.Model, data: CorpusData, clips: NDArray[np.int64], settings: TrainSettings, corpora: tuple[str, ...]
) -> None:
    """Fits the regressions once more, on all clips that may be heard, and what tells voices from other sounds."""
    draws = Draws(data.store, data.table, clips, settings)
    statistics = statistics_of(head, draws)
    lesson = Lesson.of(statistics, draws, data.table, corpora)
    fit_pooled(head, lesson)
    fit_strangers(head, lesson)
    if data.outsiders is not None:
        fit_voice(head, statistics, data.outsiders)


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
