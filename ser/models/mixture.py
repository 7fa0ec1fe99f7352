"""Pooled statistics of a clip → regressions, and how all paths of ``speech_cnn_lstm`` are joined to one answer.

The layers hold plain matrices; :mod:`ser.regression` fits them. Three questions are asked of the same statistics:

* :class:`PooledPath`: which emotion, if the recording is like those of a corpus that taught the model;
* :class:`EvenExperts`: which emotion, if it is not. Every corpus's own regression has the same say then, and hears
  means alone: deviations tell of studio and microphone and carry over badly;
* :class:`Familiarity`: which of the two it is. :class:`Joint` mixes their answers by it.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from ser.constants import EMOTIONS

DEVIATION_EPSILON = 1e-5
PROBABILITY_MIN = 1e-9
CERTAIN_LOGIT = 20.0  # until they are fitted: everything is a voice, and a familiar one
PROJECTED = 300  # directions in which familiarity is measured
SCALES = ("sequence", "pooled", "strangers")


def masked_statistics(x: keras.KerasTensor, weights: keras.KerasTensor) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Mean and deviation over time of x (b, t, n) under weights (b, t, 1) that sum to 1 over time."""
    mean = ops.sum(x * weights, axis=1)
    square = ops.sum(ops.square(x - mean[:, None, :]) * weights, axis=1)
    return mean, ops.sqrt(square + DEVIATION_EPSILON)


def means_of(statistics: keras.KerasTensor) -> keras.KerasTensor:
    """The means among (b, 2n) statistics: (b, n)."""
    return statistics[:, : statistics.shape[-1] // 2]


@keras.saving.register_keras_serializable("ser")
class PooledStatistics(layers.Layer):
    """Mean and deviation of the valid frames. (b, t, n), (b, t, 1) → (b, 2n)."""

    def compute_output_shape(
        self, frames_shape: tuple[int | None, ...], valid_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        return (frames_shape[0], 2 * int(frames_shape[-1] or 0))

    def call(self, frames: keras.KerasTensor, valid: keras.KerasTensor) -> keras.KerasTensor:
        mean, deviation = masked_statistics(frames, valid / ops.sum(valid, axis=1, keepdims=True))
        return ops.concatenate([mean, deviation], axis=-1)


class _OfCorpora(layers.Layer):
    """A layer with a part for each corpus; with a single corpus there is nothing to part."""

    def __init__(self, corpora: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.corpora = corpora if corpora > 1 else 0

    def get_config(self) -> dict[str, Any]:
        """For the ``.keras`` file."""
        return {**super().get_config(), "corpora": self.corpora}

    def compute_output_shape(self, statistics_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (statistics_shape[0], len(EMOTIONS))

    def _log_probabilities(self, experts: layers.Dense, statistics: keras.KerasTensor) -> keras.KerasTensor:
        """What each corpus's regression says, (b, corpora, 8)."""
        return ops.log_softmax(ops.reshape(experts(statistics), (-1, self.corpora, len(EMOTIONS))))


@keras.saving.register_keras_serializable("ser")
class PooledPath(_OfCorpora):
    """Statistics of the frames (b, 2n) → log-likelihoods (b, emotions).

    One regression, on means, is common to all corpora. With ``corpora`` above 1, each corpus has one of its own beside
    it, on means and deviations, whose probabilities are mixed by a further one that guesses the corpus (a mixture of
    experts, Jacobs et al. 1991): what a word like "calm" means, and how a studio sounds, differs between corpora. The
    logarithms of both answers are added.
    """

    def __init__(self, corpora: int = 0, **kwargs: Any) -> None:
        super().__init__(corpora, **kwargs)
        self.common = layers.Dense(len(EMOTIONS), name="common")
        self.experts = layers.Dense(self.corpora * len(EMOTIONS), name="experts") if self.corpora else None
        self.gate = layers.Dense(self.corpora, name="gate") if self.corpora else None

    def build(self, statistics_shape: tuple[int | None, ...]) -> None:
        self.common.build((None, int(statistics_shape[-1] or 0) // 2))
        for part in (self.experts, self.gate):
            if part is not None:
                part.build(statistics_shape)
        super().build(statistics_shape)

    def call(self, statistics: keras.KerasTensor) -> keras.KerasTensor:
        common = ops.log_softmax(self.common(means_of(statistics)))
        if self.experts is None or self.gate is None:
            return common
        share = ops.log_softmax(self.gate(statistics))
        return common + ops.logsumexp(self._log_probabilities(self.experts, statistics) + share[:, :, None], axis=1)


@keras.saving.register_keras_serializable("ser")
class EvenExperts(_OfCorpora):
    """Statistics (b, 2n) → log-probabilities (b, emotions): the mean of what the corpora's regressions on means say."""

    def __init__(self, corpora: int = 0, **kwargs: Any) -> None:
        super().__init__(corpora, **kwargs)
        self.experts = layers.Dense(self.corpora * len(EMOTIONS), name="experts") if self.corpora else None

    def build(self, statistics_shape: tuple[int | None, ...]) -> None:
        if self.experts is not None:
            self.experts.build((None, int(statistics_shape[-1] or 0) // 2))
        super().build(statistics_shape)

    def call(self, statistics: keras.KerasTensor) -> keras.KerasTensor:
        if self.experts is None:
            return 0.0 * statistics[:, : len(EMOTIONS)]
        each = self._log_probabilities(self.experts, means_of(statistics))
        return ops.logsumexp(each, axis=1) - ops.log(float(self.corpora))


@keras.saving.register_keras_serializable("ser")
class Familiarity(_OfCorpora):
    """Statistics (b, 2n) → logit (b, 1) of the recording's being like those of a corpus that taught the model.

    The distance of the means to the nearest corpus's centre, where directions in which clips of one corpus differ count
    by how far they do (Mahalanobis distance); ``judge`` holds the slope and offset that make a logit of it.
    """

    def build(self, statistics_shape: tuple[int | None, ...]) -> None:
        """Weights for (b, 2n) statistics: projection (n, 300), centres (corpora, 300), slope and offset (2,)."""
        width = int(statistics_shape[-1] or 0) // 2
        self.projection = self.add_weight(
            shape=(width, PROJECTED), initializer="zeros", trainable=False, name="projection"
        )
        self.centres = self.add_weight(
            shape=(max(1, self.corpora), PROJECTED), initializer="zeros", trainable=False, name="centres"
        )
        certain = keras.initializers.Constant([0.0, CERTAIN_LOGIT])
        self.judge = self.add_weight(shape=(2,), initializer=certain, trainable=False, name="judge")
        super().build(statistics_shape)

    def compute_output_shape(self, statistics_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (statistics_shape[0], 1)

    def call(self, statistics: keras.KerasTensor) -> keras.KerasTensor:
        projected = ops.matmul(means_of(statistics), self.projection)
        squares = ops.mean(ops.square(projected[:, None, :] - self.centres), axis=-1)
        nearest = ops.sqrt(ops.min(squares, axis=1, keepdims=True))
        return self.judge[0] * nearest + self.judge[1]


@keras.saving.register_keras_serializable("ser")
class Joint(layers.Layer):
    """One answer of all paths: log-probabilities (b, emotions).

    For what is familiar, the logits of the sequence and the pooled path, each times its scale; for what is not, those
    of :class:`EvenExperts`; mixed by how familiar it is; even probabilities in so far as there is no voice. The scales,
    in the order of :data:`SCALES`, are set, not trained.
    """

    def build(self, sequence_shape: tuple[int | None, ...], *_: tuple[int | None, ...]) -> None:
        self.scales = self.add_weight(shape=(len(SCALES),), initializer="ones", trainable=False, name="scales")
        super().build(sequence_shape)

    def compute_output_shape(self, sequence_shape: tuple[int | None, ...], *_: Any) -> tuple[int | None, ...]:
        return sequence_shape

    def call(
        self,
        sequence: keras.KerasTensor,
        pooled: keras.KerasTensor,
        strangers: keras.KerasTensor,
        voice: keras.KerasTensor,
        familiar: keras.KerasTensor,
    ) -> keras.KerasTensor:
        """Logits (b, 8) of the three paths, then the logits (b, 1) of a voice and of familiarity → (b, 8)."""
        at_home = ops.softmax(self.scales[0] * sequence + self.scales[1] * pooled)
        abroad = ops.softmax(self.scales[2] * strangers)
        known, heard = ops.sigmoid(familiar), ops.sigmoid(voice)
        told = known * at_home + (1.0 - known) * abroad
        return ops.log(heard * told + (1.0 - heard) / len(EMOTIONS) + PROBABILITY_MIN)
