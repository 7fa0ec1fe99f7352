"""The LSTM family: over the numbers of a summary, over averaged MFCC, and over MFCC frames in time."""

from __future__ import annotations

import keras
from keras import layers


def lstm(inputs: keras.KerasTensor, classes: int) -> keras.KerasTensor:
    """162 steps of one number → LSTM 256 → Dense 64; 281,160 parameters with eight classes."""
    x = layers.LSTM(256)(layers.Reshape((-1, 1))(inputs))
    x = layers.Dense(64, activation="relu")(layers.Dropout(0.2)(x))
    return layers.Dense(classes)(x)


def lstm_mfcc(inputs: keras.KerasTensor, classes: int, units: int = 128) -> keras.KerasTensor:
    """13 steps of one number → LSTM → LSTM 64 → Dense 128; 125,320 parameters with eight classes."""
    x = layers.LSTM(units, return_sequences=True)(layers.Reshape((-1, 1))(inputs))
    x = layers.Dense(128, activation="relu")(layers.LSTM(64)(x))
    return layers.Dense(classes)(layers.Dropout(0.2)(x))


def lstm_mfcc_wide(inputs: keras.KerasTensor, classes: int) -> keras.KerasTensor:
    """:func:`lstm_mfcc` with 256 units in its first layer; 355,720 parameters with eight classes."""
    return lstm_mfcc(inputs, classes, units=256)


def lstm_deep(inputs: keras.KerasTensor, classes: int) -> keras.KerasTensor:
    """Frames (b, t, 40), zero where padded → averaged in pairs → five LSTMs of 128 units, dropout 0.2 after each."""
    x = layers.Masking()(layers.AveragePooling1D(2)(inputs))
    for i in range(5):
        x = layers.Dropout(0.2)(layers.LSTM(128, return_sequences=i < 4)(x))
    return layers.Dense(classes)(x)
