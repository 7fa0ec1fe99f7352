"""``speech_cnn_lstm``: a CNN+LSTM over speech frames, the bundled model.

log-mel → frozen encoder (:mod:`ser.encoder`, two layers' output side by side) → pairs of frames averaged (25 a second)
→ standardised → two paths, whose logits are added:

* sequence: two residual 1-D convolution blocks → bidirectional LSTM → attentive statistics pooling (Okabe et al. 2018);
* pooled: mean and deviation over time → multinomial logistic regressions, one common to all corpora and one for each.
  On few speakers they are as good as any network, so the sequence path only has to add to them.

The joint logits are the paths' logits, each times a scale fitted on validation speakers (temperature scaling, Guo et
al. 2017, with a temperature for each path) → softmax over the emotions. A further regression on the same statistics
says how likely it is that there is a voice at all; what is missing to certainty is shared out evenly among the
emotions, so that noise or music gets no confident answer.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray

from ser.constants import EMOTIONS, ENCODER_WIDTH, MEL_BANDS

POOLED_FRAMES = 2  # encoder frames averaged to one
DEVIATION_EPSILON = 1e-5
PROBABILITY_MIN = 1e-9
ALL_VOICE_LOGIT = 20.0  # until it is fitted, everything counts as a voice


@dataclass(frozen=True)
class HeadSettings:
    """Sizes of what is trained on top of the encoder.

    Attributes:
        corpora: those that have a regression of their own in the pooled path; training fills them in.
    """

    encoder_layers: tuple[int, ...] = (2, 3)
    corpora: tuple[str, ...] = ()
    convolution_width: int = 128
    convolution_kernel: int = 5
    lstm_units: int = 96
    dropout: float = 0.3

    @property
    def frame_width(self) -> int:
        """Numbers in one speech frame."""
        return ENCODER_WIDTH * len(self.encoder_layers)

    def to_json(self) -> dict[str, Any]:
        """For the manifest."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> HeadSettings:
        """Undoes :meth:`to_json`, also after JSON has made lists of its tuples."""
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()
        }
        return cls(**values)


def masked_statistics(x: keras.KerasTensor, weights: keras.KerasTensor) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Mean and deviation over time of x (b, t, n) under weights (b, t, 1) that sum to 1 over time."""
    mean = ops.sum(x * weights, axis=1)
    square = ops.sum(ops.square(x - mean[:, None, :]) * weights, axis=1)
    return mean, ops.sqrt(square + DEVIATION_EPSILON)


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


@keras.saving.register_keras_serializable("ser")
class PooledPath(layers.Layer):
    """Statistics of the frames → regressions. (b, numbers) → log-likelihoods (b, emotions).

    One regression is common to all corpora. With ``corpora`` above 1, each corpus has one of its own beside it, whose
    probabilities are mixed by a further one that guesses the corpus (a mixture of experts, Jacobs et al. 1991): what a
    word like "calm" means, and how a studio sounds, differs between corpora. The logarithms of both answers are added.
    """

    def __init__(self, corpora: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.corpora = corpora if corpora > 1 else 0
        self.common = layers.Dense(len(EMOTIONS), name="common")
        self.experts = layers.Dense(self.corpora * len(EMOTIONS), name="experts") if self.corpora else None
        self.gate = layers.Dense(self.corpora, name="gate") if self.corpora else None

    def build(self, statistics_shape: tuple[int | None, ...]) -> None:
        for part in (self.common, self.experts, self.gate):
            if part is not None:
                part.build(statistics_shape)
        super().build(statistics_shape)

    def get_config(self) -> dict[str, Any]:
        """For the ``.keras`` file."""
        return {**super().get_config(), "corpora": self.corpora}

    def compute_output_shape(self, statistics_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (statistics_shape[0], len(EMOTIONS))

    def call(self, statistics: keras.KerasTensor) -> keras.KerasTensor:
        common = ops.log_softmax(self.common(statistics))
        if self.experts is None or self.gate is None:
            return common
        each = ops.log_softmax(ops.reshape(self.experts(statistics), (-1, self.corpora, len(EMOTIONS))))
        share = ops.log_softmax(self.gate(statistics))
        return common + ops.logsumexp(each + share[:, :, None], axis=1)


@keras.saving.register_keras_serializable("ser")
class Joint(layers.Layer):
    """Adds the two paths' logits, each times its scale; the scales are set, not trained.

    Gives log-probabilities, (b, emotions): those of the sum if there is a voice, even ones if there is none.
    """

    def build(self, sequence_shape: tuple[int | None, ...], *_: tuple[int | None, ...]) -> None:
        self.scales = self.add_weight(shape=(2,), initializer="ones", trainable=False, name="scales")
        super().build(sequence_shape)

    def compute_output_shape(self, sequence_shape: tuple[int | None, ...], *_: Any) -> tuple[int | None, ...]:
        return sequence_shape

    def call(
        self, sequence: keras.KerasTensor, pooled: keras.KerasTensor, voice: keras.KerasTensor
    ) -> keras.KerasTensor:
        told = ops.softmax(self.scales[0] * sequence + self.scales[1] * pooled)
        heard = ops.sigmoid(voice)
        return ops.log(heard * told + (1.0 - heard) / len(EMOTIONS) + PROBABILITY_MIN)


@keras.saving.register_keras_serializable("ser")
class AttentiveStatistics(layers.Layer):
    """Attentive statistics pooling: weighted mean and deviation over time, (b, t, n) → (b, 2n)."""

    def __init__(self, units: int = 64, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.hidden = layers.Dense(units, activation="tanh", name="hidden")
        self.score = layers.Dense(1, name="score")

    def build(self, frames_shape: tuple[int | None, ...], valid_shape: tuple[int | None, ...]) -> None:
        self.hidden.build(frames_shape)
        self.score.build((None, None, self.hidden.units))
        super().build(frames_shape)

    def compute_output_shape(self, frames_shape: tuple[int | None, ...], *_: Any) -> tuple[int | None, ...]:
        return (frames_shape[0], 2 * int(frames_shape[-1] or 0))

    def call(self, frames: keras.KerasTensor, valid: keras.KerasTensor) -> keras.KerasTensor:
        scores = self.score(self.hidden(frames)) - 1e4 * (1.0 - valid)
        mean, deviation = masked_statistics(frames, ops.softmax(scores, axis=1))
        return ops.concatenate([mean, deviation], axis=-1)


def _convolution_block(x: keras.KerasTensor, settings: HeadSettings, name: str) -> keras.KerasTensor:
    """x + dropout(relu(norm(convolution(x)))): keeps length and width."""
    width, kernel = settings.convolution_width, settings.convolution_kernel
    y = layers.Conv1D(width, kernel, padding="same", name=f"{name}_convolution")(x)
    y = layers.LayerNormalization(name=f"{name}_norm")(y)
    y = layers.Dropout(settings.dropout, name=f"{name}_dropout")(layers.ReLU(name=f"{name}_relu")(y))
    return layers.Add(name=f"{name}_add")([x, y])


def build_head(settings: HeadSettings) -> keras.Model:
    """What is trained: speech frames → logits.

    Inputs ``frames`` (b, t, 512 · layers) float32, 25 a second, zero where padded, and ``valid`` (b, t, 1) float32, 1
    where a frame is real. Outputs: logits (b, 8) ``sequence`` and ``pooled``, log-probabilities (b, 8) ``joint`` of
    both, and the logit (b, 1) ``voice`` of there being a voice.
    """
    frames = keras.Input((None, settings.frame_width), name="frames")
    valid = keras.Input((None, 1), name="valid")
    x = layers.Normalization(name="standardise")(frames)
    x = layers.Multiply(name="blank_padding")([x, valid])
    statistics = PooledStatistics(name="statistics")(x, valid)
    pooled = PooledPath(len(settings.corpora), name="pooled", trainable=False)(statistics)
    voice = layers.Dense(
        1,
        bias_initializer=keras.initializers.Constant(ALL_VOICE_LOGIT),
        kernel_initializer="zeros",
        name="voice",
        trainable=False,
    )(statistics)

    y = layers.SpatialDropout1D(settings.dropout / 2, name="frame_dropout")(x)
    y = layers.Dense(settings.convolution_width, name="project")(y)
    for i in (1, 2):
        y = layers.Multiply(name=f"blank_{i}")([_convolution_block(y, settings, f"block_{i}"), valid])
    y = layers.Bidirectional(layers.LSTM(settings.lstm_units, return_sequences=True), name="lstm")(y)
    y = AttentiveStatistics(name="attentive_statistics")(y, valid)
    y = layers.Dropout(settings.dropout, name="last_dropout")(y)
    sequence = layers.Dense(len(EMOTIONS), name="sequence")(y)
    joint = Joint(name="joint")(sequence, pooled, voice)
    return keras.Model(
        {"frames": frames, "valid": valid},
        {"joint": joint, "sequence": sequence, "pooled": pooled, "voice": voice},
        name="speech_cnn_lstm_head",
    )


def average_pairs(frames: keras.KerasTensor) -> keras.KerasTensor:
    """(b, t, n) at 50 frames a second → (b, ceil(t / 2), n) at 25; a last odd frame stands for itself."""
    return layers.AveragePooling1D(POOLED_FRAMES, padding="same", name="average_pairs")(frames)


def assemble(encoder: keras.Model, head: keras.Model) -> keras.Model:
    """The whole model for serving: log-mel (b, t, 80) float32 → probabilities (b, 8), in the order of ``EMOTIONS``."""
    mel = keras.Input((None, MEL_BANDS), name="log_mel")
    frames = average_pairs(encoder(mel))
    valid = layers.Lambda(lambda x: ops.ones_like(x[:, :, :1]), name="all_real")(frames)
    logits = head({"frames": frames, "valid": valid})["joint"]
    return keras.Model(mel, layers.Softmax(name="probabilities")(logits), name="speech_cnn_lstm")


def set_standardisation(head: keras.Model, mean: NDArray[np.float32], variance: NDArray[np.float32]) -> None:
    """Puts the training speakers' mean and variance, each (512 · layers,), into the head's first layer."""
    layer = head.get_layer("standardise")
    layer.adapt_mean.assign(mean)
    layer.adapt_variance.assign(variance)
    layer.finalize_state()
