"""``speech_cnn_lstm``: a CNN+LSTM over speech frames, the bundled model.

log-mel → frozen encoder (:mod:`ser.encoder`, two layers' output side by side) → pairs of frames averaged (25 a second)
→ standardised → two paths, whose logits are added:

* sequence: two residual 1-D convolution blocks → bidirectional LSTM → attentive statistics pooling (Okabe et al. 2018);
* pooled: mean and deviation over time → multinomial logistic regressions (:mod:`ser.models.mixture`). On few speakers
  they are as good as any network, so the sequence path only has to add to them.

The joint logits are the paths' logits, each times a scale fitted on validation speakers (temperature scaling, Guo et
al. 2017, with a temperature for each path) → softmax over the emotions. Recordings unlike those of any corpus that
taught the model are answered by regressions that carry over between corpora, with a temperature of their own; and what
is no voice gets even probabilities, so that noise or music gets no confident answer.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray

from ser.constants import EMOTIONS, ENCODER_WIDTH, EXTRAS, MEL_BANDS
from ser.models.mixture import (
    CERTAIN_LOGIT,
    EvenExperts,
    Familiarity,
    Joint,
    PooledPath,
    PooledStatistics,
    masked_statistics,
)

POOLED_FRAMES = 2  # encoder frames averaged to one


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
    where a frame is real. Outputs: logits (b, 8) ``sequence``, ``pooled`` and ``strangers``, log-probabilities (b, 8)
    ``joint`` of all, and the logits (b, 1) ``voice`` of there being a voice and ``familiar`` of its sounding like a
    corpus that taught the model.
    """
    frames = keras.Input((None, settings.frame_width), name="frames")
    valid = keras.Input((None, 1), name="valid")
    x = layers.Normalization(name="standardise")(frames)
    x = layers.Multiply(name="blank_padding")([x, valid])
    statistics = PooledStatistics(name="statistics")(x, valid)
    corpora = len(settings.corpora)
    pooled = PooledPath(corpora, name="pooled", trainable=False)(statistics)
    strangers = EvenExperts(corpora, name="strangers", trainable=False)(statistics)
    familiar = Familiarity(corpora, name="familiar", trainable=False)(statistics)
    voice = layers.Dense(
        1,
        bias_initializer=keras.initializers.Constant(CERTAIN_LOGIT),
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
    told = {"sequence": sequence, "pooled": pooled, "strangers": strangers, "voice": voice, "familiar": familiar}
    joint = Joint(name="joint")(*told.values())
    return keras.Model({"frames": frames, "valid": valid}, {"joint": joint, **told}, name="speech_cnn_lstm_head")


def average_pairs(frames: keras.KerasTensor) -> keras.KerasTensor:
    """(b, t, n) at 50 frames a second → (b, ceil(t / 2), n) at 25; a last odd frame stands for itself."""
    return layers.AveragePooling1D(POOLED_FRAMES, padding="same", name="average_pairs")(frames)


def served_encoder(encoder: keras.Model) -> keras.Model:
    """The encoder as it is served: log-mel (b, t, 80) float32 → speech frames (b, ceil(t / 4), n), 25 a second."""
    mel = keras.Input((None, MEL_BANDS), name="log_mel")
    return keras.Model(mel, average_pairs(encoder(mel)), name="speech_encoder")


def served_head(head: keras.Model) -> keras.Model:
    """The head as it is served: speech frames (b, t, n) float32, all real → (b, 10).

    Eight probabilities in the order of ``EMOTIONS``, then those of :data:`ser.constants.EXTRAS`, each 0 … 1 on its own.
    """
    frames = keras.Input(head.input["frames"].shape[1:], name="speech_frames")
    valid = layers.Lambda(lambda x: ops.ones_like(x[:, :, :1]), name="all_real")(frames)
    told = head({"frames": frames, "valid": valid})
    extras = [layers.Activation("sigmoid", name=f"probability_{name}")(told[name]) for name in EXTRAS]
    probabilities = layers.Softmax(name="probabilities")(told["joint"])
    return keras.Model(frames, layers.Concatenate(name="answer")([probabilities, *extras]), name="speech_cnn_lstm")


def set_standardisation(head: keras.Model, mean: NDArray[np.float32], variance: NDArray[np.float32]) -> None:
    """Puts the training speakers' mean and variance, each (512 · layers,), into the head's first layer."""
    layer = head.get_layer("standardise")
    layer.adapt_mean.assign(mean)
    layer.adapt_variance.assign(variance)
    layer.finalize_state()
