"""The lower layers of OpenAI's Whisper base encoder, as Keras layers: log-mel → speech frames.

Two convolutions and sinusoidal positions, then pre-norm transformer layers (Radford et al. 2022; MIT licence).
No padding to 30 s: positions simply stop where the clip stops. The weights lie in ``model/encoder/``, made by
``scripts/make_encoder.py`` from the published checkpoint; ``model/encoder/NOTICE`` names licence and origin.

GELU is written out with ``erf``: Keras's own becomes an operator that LiteRT's and ONNX's exporters refuse.
"""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray

from ser.constants import (
    ENCODER_FEED_FORWARD,
    ENCODER_HEADS,
    ENCODER_POSITIONS,
    ENCODER_WIDTH,
    MEL_BANDS,
)
from ser.errors import ModelError

ENCODER_FOLDER = Path(__file__).resolve().parent.parent / "model" / "encoder"
LAYER_NORM_EPSILON = 1e-5


def gelu(x: keras.KerasTensor) -> keras.KerasTensor:
    """Exact Gaussian error linear unit, x · Φ(x)."""
    return 0.5 * x * (1.0 + ops.erf(x / np.float32(np.sqrt(2.0))))


def sinusoids(positions: int, width: int) -> NDArray[np.float32]:
    """Whisper's fixed position table, shape (positions, width), float32: sines, then cosines.

    Rounded to float16 like all weights here, as in the checkpoint that the port is checked against: the upper
    layers enlarge that rounding a thousandfold, and without it the comparison would show 0.3 instead of 6e-4.
    """
    step = np.log(10_000.0) / (width // 2 - 1)
    angles = np.arange(positions)[:, None] * np.exp(-step * np.arange(width // 2))[None, :]
    return (
        np.concatenate([np.sin(angles), np.cos(angles)], axis=1)
        .astype(np.float32)
        .astype(np.float16)
        .astype(np.float32)
    )


class AddPositions(layers.Layer):
    """Adds the sinusoidal position of each frame; input and output (batch, t, 512)."""

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.table = sinusoids(ENCODER_POSITIONS, ENCODER_WIDTH)
        super().build(input_shape)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        return x + ops.convert_to_tensor(self.table)[None, : ops.shape(x)[1], :]


class SelfAttention(layers.Layer):
    """Multi-head self-attention with query, key and value in one matrix, as in the checkpoint."""

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.qkv = layers.Dense(3 * ENCODER_WIDTH, name="qkv")
        self.out = layers.Dense(ENCODER_WIDTH, name="out")
        self.qkv.build((None, None, ENCODER_WIDTH))
        self.out.build((None, None, ENCODER_WIDTH))
        super().build(input_shape)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        """(b, t, 512) → (b, t, 512), every frame mixed with all others."""
        head = ENCODER_WIDTH // ENCODER_HEADS
        batch, frames = ops.shape(x)[0], ops.shape(x)[1]  # a batch known as 1 stays known: LiteRT's LSTM needs it

        def split(part: keras.KerasTensor) -> keras.KerasTensor:
            return ops.transpose(ops.reshape(part, (batch, frames, ENCODER_HEADS, head)), (0, 2, 1, 3))

        query, key, value = (split(part) for part in ops.split(self.qkv(x), 3, axis=-1))
        scores = ops.matmul(query * np.float32(head**-0.5), ops.transpose(key, (0, 1, 3, 2)))
        mixed = ops.transpose(ops.matmul(ops.softmax(scores, axis=-1), value), (0, 2, 1, 3))
        return self.out(ops.reshape(mixed, (batch, frames, ENCODER_WIDTH)))


class TransformerLayer(layers.Layer):
    """Pre-norm transformer layer: x + attention(norm(x)), then x + feed-forward(norm(x))."""

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Makes the parts, named as the weights file names them."""
        shape = (None, None, ENCODER_WIDTH)
        self.attention_norm = layers.LayerNormalization(epsilon=LAYER_NORM_EPSILON, name="attention_norm")
        self.attention = SelfAttention(name="attention")
        self.feed_forward_norm = layers.LayerNormalization(epsilon=LAYER_NORM_EPSILON, name="feed_forward_norm")
        self.widen = layers.Dense(ENCODER_FEED_FORWARD, name="widen")
        self.narrow = layers.Dense(ENCODER_WIDTH, name="narrow")
        for part in (self.attention_norm, self.attention, self.feed_forward_norm, self.widen):
            part.build(shape)
        self.narrow.build((None, None, ENCODER_FEED_FORWARD))
        super().build(input_shape)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        x = x + self.attention(self.attention_norm(x))
        return x + self.narrow(gelu(self.widen(self.feed_forward_norm(x))))


def build_encoder(layer_count: int, outputs: tuple[int, ...] | None = None) -> keras.Model:
    """The encoder's stem and first ``layer_count`` transformer layers, without weights.

    Args:
        layer_count: transformer layers, 0 … 6.
        outputs: layers whose output is wanted, 1-based (0 is the stem); by default the last one.

    Returns:
        Model from log-mel (batch, t, 80) float32 to speech frames (batch, ceil(t / 2), 512 · len(outputs)),
        the wanted layers side by side, 50 frames a second.
    """
    wanted = outputs or (layer_count,)
    mel = keras.Input((None, MEL_BANDS), name="log_mel")
    x = gelu(layers.Conv1D(ENCODER_WIDTH, 3, padding="valid", name="conv1")(layers.ZeroPadding1D(1)(mel)))
    x = gelu(layers.Conv1D(ENCODER_WIDTH, 3, strides=2, padding="valid", name="conv2")(layers.ZeroPadding1D(1)(x)))
    x = AddPositions(name="positions")(x)
    states = [x]
    for i in range(layer_count):
        x = TransformerLayer(name=f"layer_{i}")(x)
        states.append(x)
    chosen = [states[i] for i in wanted]
    joined = chosen[0] if len(chosen) == 1 else layers.Concatenate(name="speech_frames")(chosen)
    return keras.Model(mel, joined, name="speech_encoder", trainable=False)


def assign_weights(encoder: keras.Model, weights: dict[str, NDArray[np.floating]]) -> None:
    """Puts arrays named ``conv1/kernel``, ``layer_0/attention/qkv/kernel``, … into a model of :func:`build_encoder`.

    Raises:
        ModelError: a name is missing, or a shape differs.
    """
    for variable in encoder.weights:
        name = variable.path
        if name not in weights:
            raise ModelError(f"Encoder weights lack '{name}'. Run scripts/make_encoder.py again.")
        if tuple(weights[name].shape) != tuple(variable.shape):
            raise ModelError(
                f"Encoder weight '{name}' has shape {weights[name].shape}, expected {tuple(variable.shape)}. "
                "Run scripts/make_encoder.py again."
            )
        variable.assign(np.asarray(weights[name], dtype=np.float32))


def load_encoder(outputs: tuple[int, ...], folder: Path = ENCODER_FOLDER) -> keras.Model:
    """Encoder with the project's weights; ``outputs`` as in :func:`build_encoder`.

    Raises:
        ModelError: the file is missing, damaged (SHA-256), or holds fewer layers than asked for.
    """
    from ser.manifest import read_json, require_sha256

    manifest = read_json(folder / "manifest.json")
    if max(outputs) > manifest["layers"]:
        raise ModelError(
            f"Layer {max(outputs)} of the encoder was asked for, but {folder} holds {manifest['layers']}. "
            "Run scripts/make_encoder.py with --layers."
        )
    path = folder / manifest["file"]
    require_sha256(path, manifest["sha256"])
    encoder = build_encoder(max(outputs), outputs)
    with np.load(path) as stored:
        assign_weights(encoder, dict(stored))
    return encoder


__all__ = ["ENCODER_FOLDER", "assign_weights", "build_encoder", "gelu", "load_encoder", "sinusoids"]
