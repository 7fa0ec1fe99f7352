"""``attention``: a small transformer encoder (Vaswani et al. 2017) over MFCC frames."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers, ops

WIDTH, HEADS, BLOCKS = 96, 4, 2


@keras.saving.register_keras_serializable("ser")
class LearnedPositions(layers.Layer):
    """Adds a learned vector to each place in time: (b, t, n) → (b, t, n)."""

    def build(self, shape: tuple[int | None, ...]) -> None:
        self.table = self.add_weight(shape=(int(shape[1] or 0), int(shape[2] or 0)), initializer="normal")
        super().build(shape)

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        return x + self.table


def attention(inputs: keras.KerasTensor, classes: int) -> keras.KerasTensor:
    """Frames (b, t, 40), zero where padded → their pairs → two pre-norm transformer layers → mean → logits."""
    inputs = layers.AveragePooling1D(2)(inputs)
    real = layers.Lambda(_real, name="real")(inputs)
    visible = layers.Lambda(_visible, name="visible")(real)
    x = LearnedPositions()(layers.Dense(WIDTH)(inputs))
    for _ in range(BLOCKS):
        normed = layers.LayerNormalization()(x)
        x = x + layers.MultiHeadAttention(HEADS, WIDTH // HEADS, dropout=0.1)(normed, normed, attention_mask=visible)
        y = layers.Dense(2 * WIDTH, activation="gelu")(layers.LayerNormalization()(x))
        x = x + layers.Dropout(0.2)(layers.Dense(WIDTH)(y))
    x = layers.LayerNormalization()(x)
    mean = layers.Lambda(_mean_of_real, name="mean_of_real")([x, real])
    return layers.Dense(classes)(layers.Dropout(0.3)(mean))


def _real(frames: keras.KerasTensor) -> keras.KerasTensor:
    return ops.cast(ops.any(frames != 0.0, axis=-1), "float32")


def _visible(real: keras.KerasTensor) -> keras.KerasTensor:
    return ops.cast(real[:, None, :], "bool")


def _mean_of_real(pair: list[keras.KerasTensor]) -> keras.KerasTensor:
    x, real = pair
    return ops.sum(x * real[:, :, None], axis=1) / (ops.sum(real, axis=1, keepdims=True) + np.float32(1e-6))
