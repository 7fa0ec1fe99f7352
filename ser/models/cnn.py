"""``cnn``: one-dimensional convolutions over the 162 numbers of a summary, as many public projects have it."""

from __future__ import annotations

import keras
from keras import layers

FILTERS = (256, 256, 128, 64)
KERNEL = 5
POOL, STRIDE = 5, 2


def cnn(inputs: keras.KerasTensor, classes: int) -> keras.KerasTensor:
    """(b, 162) → logits (b, classes); 557,288 parameters with eight classes."""
    x = layers.Reshape((-1, 1))(inputs)
    for i, filters in enumerate(FILTERS):
        x = layers.Conv1D(filters, KERNEL, padding="same", activation="relu")(x)
        x = layers.MaxPooling1D(POOL, STRIDE, padding="same")(x)
        if i == 2:
            x = layers.Dropout(0.2)(x)
    x = layers.Dense(32, activation="relu")(layers.Flatten()(x))
    return layers.Dense(classes)(layers.Dropout(0.3)(x))
