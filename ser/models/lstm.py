"""The LSTM family: over the numbers of a summary, over averaged MFCC, and over MFCC frames in time."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers


@keras.saving.register_keras_serializable("ser")
class ChronoBias(keras.initializers.Initializer):
    """Biases with which an LSTM's cells forget over 1 to ``steps`` steps at first (Tallec & Ollivier 2018).

    The usual bias of 1 forgets within three steps: of the early numbers of a long row nothing is learnt for long.
    """

    def __init__(self, steps: int, seed: int = 0) -> None:
        self.steps, self.seed = steps, seed

    def __call__(self, shape: tuple[int, ...], dtype: Any = None, **_: Any) -> keras.KerasTensor:
        """Biases of the four gates in Keras's order: input, forget, cell, output; shape (4 · units,)."""
        units = shape[0] // 4
        forget = np.log(np.random.default_rng(self.seed).uniform(1.0, self.steps - 1.0, units))
        return keras.ops.convert_to_tensor(np.concatenate([-forget, forget, np.zeros(2 * units)]), dtype or "float32")

    def get_config(self) -> dict[str, int]:
        """For saved models."""
        return {"steps": self.steps, "seed": self.seed}


def lstm(inputs: keras.KerasTensor, classes: int) -> keras.KerasTensor:
    """162 steps of one number, the last first → LSTM 256 → Dense 64; 281,160 parameters with eight classes.

    Read from the end, the MFCC come behind the 128 mel bands, so that the last state still knows them. Weights from one
    input start as wide as one input asks for (LeCun et al. 1998): Keras's usual ones are made narrow for the 1,024
    outputs and hardly let the numbers in.
    """
    x = layers.Reshape((-1, 1))(inputs)
    bias = ChronoBias(int(x.shape[1]))
    x = layers.LSTM(
        256, kernel_initializer="lecun_uniform", bias_initializer=bias, unit_forget_bias=False, go_backwards=True
    )(x)
    return layers.Dense(classes)(layers.Dense(64, activation="relu")(layers.Dropout(0.2)(x)))


def lstm_mfcc(inputs: keras.KerasTensor, classes: int, units: int = 128) -> keras.KerasTensor:
    """13 steps of one number → LSTM → LSTM 64 → Dense 128; 125,320 parameters with eight classes."""
    x = layers.LSTM(units, return_sequences=True)(layers.Reshape((-1, 1))(inputs))
    x = layers.Dense(128, activation="relu")(layers.LSTM(64)(x))
    return layers.Dense(classes)(layers.Dropout(0.2)(x))


def lstm_mfcc_wide(inputs: keras.KerasTensor, classes: int) -> keras.KerasTensor:
    """:func:`lstm_mfcc` with 256 units in its first layer; 355,720 parameters with eight classes."""
    return lstm_mfcc(inputs, classes, units=256)


def lstm_deep(inputs: keras.KerasTensor, classes: int) -> keras.KerasTensor:
    """Frames (b, t, 40), zero where padded → averaged in fours → five LSTMs of 128 units, dropout 0.2 after each."""
    x = layers.Masking()(layers.AveragePooling1D(4)(inputs))
    for i in range(5):
        x = layers.Dropout(0.2)(layers.LSTM(128, return_sequences=i < 4)(x))
    return layers.Dense(classes)(x)
