"""``cnn_lstm``: convolutions over the 162 numbers of a summary, their output read in order by an LSTM."""

from __future__ import annotations

import keras
from keras import layers

FILTERS = (64, 128, 256)
KERNEL = 5
UNITS = 220


def cnn_lstm(inputs: keras.KerasTensor, classes: int) -> keras.KerasTensor:
    """(b, 162) → logits (b, classes); 627,096 parameters with eight classes."""
    x = layers.Reshape((-1, 1))(inputs)
    for filters in FILTERS:
        x = layers.Conv1D(filters, KERNEL, padding="same", activation="relu")(x)
        x = layers.MaxPooling1D(KERNEL, 2, padding="same")(x)
    x = layers.LSTM(UNITS)(layers.Dropout(0.2)(x))
    return layers.Dense(classes)(layers.Dropout(0.3)(x))
