"""``speech_cnn_lstm``: a CNN+LSTM over speech frames, the bundled model.

log-mel → frozen encoder (:mod:`ser.encoder`, two layers' output side by side) → pairs of frames averaged (25 a second)
→ standardised → two paths, whose logits are added:

* sequence: two residual 1-D convolution blocks → bidirectional LSTM → attentive statistics pooling (Okabe et al. 2018);
* pooled: mean and deviation over time → multinomial logistic regression. On few speakers it is as good as any
  network, so the sequence path only has to add to it.

The joint logits are the paths' logits, each times a scale fitted on validation speakers (temperature scaling, Guo et
al. 2017, with a temperature for each path) → softmax over the emotions.
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


@dataclass(frozen=True)
class HeadSettings:
    """Sizes of what is trained on top of the encoder."""

    encoder_layers: tuple[int, ...] = (2, 3)
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


def masked_statistics(x: keras.KerasTensor, weights: keras.KerasTensor) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Mean and deviation over time of x (b, t, n) under weights (b, t, 1) that sum to 1 over time."""
    mean = ops.sum(x * weights, axis=1)
    square = ops.sum(ops.square(x - mean[:, None, :]) * weights, axis=1)
    return mean, ops.sqrt(square + DEVIATION_EPSILON)


@keras.saving.register_keras_serializable("ser")
class PooledPath(layers.Layer):
    """Mean and deviation of the frames → one linear layer. (b, t, n), (b, t, 1) → logits (b, emotions)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.linear = layers.Dense(len(EMOTIONS), name="linear")

    def build(self, frames_shape: tuple[int | None, ...], valid_shape: tuple[int | None, ...]) -> None:
        self.linear.build((None, 2 * int(frames_shape[-1] or 0)))
        super().build(frames_shape)

    def compute_output_shape(self, *_: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (None, len(EMOTIONS))

    def call(self, frames: keras.KerasTensor, valid: keras.KerasTensor) -> keras.KerasTensor:
        mean, deviation = masked_statistics(frames, valid / ops.sum(valid, axis=1, keepdims=True))
        return self.linear(ops.concatenate([mean, deviation], axis=-1))


@keras.saving.register_keras_serializable("ser")
class Joint(layers.Layer):
    """Adds the two paths' logits, each times its scale; the scales are set, not trained."""

    def build(self, sequence_shape: tuple[int | None, ...], pooled_shape: tuple[int | None, ...]) -> None:
        self.scales = self.add_weight(shape=(2,), initializer="ones", trainable=False, name="scales")
        super().build(sequence_shape)

    def compute_output_shape(self, sequence_shape: tuple[int | None, ...], *_: Any) -> tuple[int | None, ...]:
        return sequence_shape

    def call(self, sequence: keras.KerasTensor, pooled: keras.KerasTensor) -> keras.KerasTensor:
        return self.scales[0] * sequence + self.scales[1] * pooled


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
    where a frame is real. Outputs, each (b, 8) logits: ``joint`` (both paths, scaled), ``sequence``, ``pooled``.
    """
    frames = keras.Input((None, settings.frame_width), name="frames")
    valid = keras.Input((None, 1), name="valid")
    x = layers.Normalization(name="standardise")(frames)
    x = layers.Multiply(name="blank_padding")([x, valid])
    pooled = PooledPath(name="pooled", trainable=False)(x, valid)

    y = layers.SpatialDropout1D(settings.dropout / 2, name="frame_dropout")(x)
    y = layers.Dense(settings.convolution_width, name="project")(y)
    for i in (1, 2):
        y = layers.Multiply(name=f"blank_{i}")([_convolution_block(y, settings, f"block_{i}"), valid])
    y = layers.Bidirectional(layers.LSTM(settings.lstm_units, return_sequences=True), name="lstm")(y)
    y = AttentiveStatistics(name="attentive_statistics")(y, valid)
    y = layers.Dropout(settings.dropout, name="last_dropout")(y)
    sequence = layers.Dense(len(EMOTIONS), name="sequence")(y)
    joint = Joint(name="joint")(sequence, pooled)
    return keras.Model(
        {"frames": frames, "valid": valid},
        {"joint": joint, "sequence": sequence, "pooled": pooled},
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
