"""Every model that can be trained and compared, by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import keras

from ser.errors import ModelError
from ser.inputs import INPUTS, SPEECH_FRAMES
from ser.language import mark
from ser.models.attention import attention
from ser.models.boosting import catboost, xgboost
from ser.models.cnn import cnn
from ser.models.cnn_lstm import cnn_lstm
from ser.models.linear import linear, speech_linear
from ser.models.lstm import lstm, lstm_deep, lstm_mfcc, lstm_mfcc_wide
from ser.models.mlp import mlp
from ser.models.spectrogram import BACKBONES, backbone, spectrogram_cnn

Network = Callable[[keras.KerasTensor, int], keras.KerasTensor]
Estimator = Callable[[int], Any]


@dataclass(frozen=True)
class NetworkSettings:
    """How a Keras network is trained.

    Attributes:
        epochs: passes over the training rows at most; early stopping ends most trainings before.
        row_visits: rows seen over all epochs at most, to the nearest whole epoch, so that large sets get fewer epochs;
            0 for no such limit.
        batch_rows: rows a step.
        optimizer: ``adamw``, or ``muon``, whose steps turn every direction of a matrix alike (Jordan et al. 2024; steps
            as wide as AdamW's by Liu et al. 2025): the LSTM over 162 steps gets as far in half the epochs.
        learning_rate: at the start; halved when the validation loss stands still for ``patience / 3`` epochs.
        one_cycle: instead, the learning rate rises to ``learning_rate`` and falls to 0 along a cosine, over all epochs
            (Smith & Topin 2018): gets as far in half the epochs where these are many.
        weight_decay: of the optimizer, times the learning rate.
        watch: what validation rows choose the epoch by: ``val_loss``, or ``val_accuracy``, which goes on rising where
            a network grows too sure of itself; the scale that is fitted afterwards takes that back.
        patience: epochs without a better validation before training stops; the best epoch's weights stay.
        label_smoothing: probability spread over the other emotions.
        mixup: share of batches whose rows are mixed in pairs (Zhang et al. 2018).
        masks: share of batches with a stretch of time and one of frequency blanked (SpecAugment, Park et al. 2019);
            for inputs over time only.
        class_weights: emotions count the same in all, whatever their number of rows.
        seed: of weights, order, mixing and masks.
    """

    epochs: int = 100
    row_visits: int = 0
    batch_rows: int = 64
    optimizer: str = "adamw"
    learning_rate: float = 1e-3
    one_cycle: bool = False
    weight_decay: float = 1e-4
    watch: str = "val_loss"
    patience: int = 12
    label_smoothing: float = 0.05
    mixup: float = 0.0
    masks: float = 0.0
    class_weights: bool = True
    seed: int = 0

    def epochs_for(self, rows: int) -> int:
        """Passes over so many training rows at most, whole ones, one at least."""
        return min(self.epochs, max(1, round(self.row_visits / rows))) if self.row_visits else self.epochs


CLASSIC_USE: Final = mark(
    "For research and teaching: one of the field's classic models, here to be compared with. Far less reliable."
)


@dataclass(frozen=True)
class ModelSpec:
    """One model.

    Attributes:
        name: what ``--model`` takes, and its folder in ``model/``.
        title: its name for people.
        input: key of :data:`ser.inputs.INPUTS`, or :data:`ser.inputs.SPEECH_FRAMES`.
        what: in a sentence.
        network: builds a network: (standardised input, classes) → logits.
        estimator: makes an unfitted scikit-learn classifier from a seed; one of the two is given, or neither for the
            bundled model, which has a training of its own.
        training: how a network is trained.
        use: what it is good for, in a sentence that the page shows.
        parameters: of the classifier, where they are not the registry's.
    """

    name: str
    title: str
    input: str
    what: str
    network: Network | None = None
    estimator: Estimator | None = None
    training: NetworkSettings = field(default_factory=NetworkSettings)
    use: str = CLASSIC_USE
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def reads_frames(self) -> bool:
        """Whether its input goes over time and frequency, so that stretches of it can be blanked."""
        return self.input in INPUTS and len(INPUTS[self.input].shape) > 1


_SUMMARY = NetworkSettings(
    epochs=40, row_visits=720_000, batch_rows=128, learning_rate=2e-3, one_cycle=True, watch="val_accuracy", patience=6
)
_TWOFOLD = replace(_SUMMARY, row_visits=1_200_000)  # convolutions and LSTM together are slow to fit many rows
_LONG = replace(
    _SUMMARY, epochs=20, row_visits=420_000, batch_rows=64, optimizer="muon", learning_rate=0.012, weight_decay=0.02
)
_MEANS = replace(_SUMMARY, epochs=60, row_visits=400_000, batch_rows=64, learning_rate=4e-3, mixup=0.5, patience=15)
_FRAMES = NetworkSettings(epochs=40, row_visits=200_000, one_cycle=True, mixup=0.3, masks=0.5, patience=8)
_PICTURE = replace(_FRAMES, epochs=25)
_RAVDESS_ROWS = 1_632  # of training, where copies are no rows of their own: what image networks' epochs are counted in
_BACKBONE = NetworkSettings(batch_rows=32, learning_rate=3e-4, one_cycle=True, masks=0.3)

MODELS: Final[dict[str, ModelSpec]] = {
    spec.name: spec
    for spec in (
        ModelSpec("linear", mark("Linear"), "summary", "logistic regression on 162 numbers", estimator=linear),
        ModelSpec("mlp", "MLP", "summary", "three hidden layers (256, 256, 64) on 162 numbers", estimator=mlp),
        ModelSpec("xgboost", "XGBoost", "summary", "boosted trees on 162 numbers", estimator=xgboost),
        ModelSpec("catboost", "CatBoost", "summary", "boosted symmetric trees on 162 numbers", estimator=catboost),
        ModelSpec("cnn", "CNN", "summary", "convolutions over 162 numbers", cnn, training=_SUMMARY),
        ModelSpec("lstm", "LSTM", "summary", "an LSTM over 162 numbers", lstm, training=_LONG),
        ModelSpec(
            "cnn_lstm", "CNN+LSTM", "summary", "convolutions and an LSTM over 162 numbers", cnn_lstm, training=_TWOFOLD
        ),
        ModelSpec(
            "lstm_mfcc", mark("LSTM on MFCC"), "mfcc_mean", "two LSTMs over 13 averaged MFCC", lstm_mfcc,
            training=_MEANS,
        ),
        ModelSpec(
            "lstm_mfcc_wide", mark("Wide LSTM on MFCC"), "mfcc_mean",
            "two LSTMs over 13 averaged MFCC, the first twice as wide", lstm_mfcc_wide, training=_MEANS,
        ),
        ModelSpec(
            "lstm_deep", mark("Deep LSTM"), "mfcc_frames", "five LSTMs over MFCC in time", lstm_deep, training=_FRAMES
        ),
        ModelSpec(
            "attention", "Transformer", "mfcc_frames", "two transformer layers over MFCC in time", attention,
            training=_FRAMES,
        ),
        ModelSpec(
            "spectrogram_cnn", mark("CNN on pictures"), "mel_picture", "a CNN that looks at the mel spectrogram",
            spectrogram_cnn, training=_PICTURE,
        ),
        *(
            ModelSpec(
                name, title, "mel_picture", f"the image network {title}, looking at the mel spectrogram",
                backbone(name),
                training=replace(_BACKBONE, epochs=epochs, row_visits=epochs * _RAVDESS_ROWS, patience=epochs),
            )
            for name, (title, _, epochs) in BACKBONES.items()
        ),
        ModelSpec(
            "speech_linear", mark("Linear on speech frames"), SPEECH_FRAMES,
            "logistic regression on mean and deviation of the speech encoder's frames", estimator=speech_linear,
            use=mark(
                "For research and teaching: hears what the bundled model hears, and decides by plain logistic "
                "regression. It notices neither sounds without a voice nor voices unlike those that taught it."
            ),
        ),
        ModelSpec(
            "speech_cnn_lstm", "CNN+LSTM on speech frames", SPEECH_FRAMES,
            "the bundled model: CNN+LSTM and regressions on the speech encoder's frames",
        ),
    )
}  # fmt: skip


def spec_of(name: str) -> ModelSpec:
    """The model of a name.

    Raises:
        ModelError: there is none.
    """
    if name not in MODELS:
        raise ModelError(f"There is no model '{name}'. Models: {', '.join(MODELS)}.")
    return MODELS[name]


def with_settings(spec: ModelSpec, settings: Mapping[str, Any]) -> ModelSpec:
    """A model with some settings changed: fields of :class:`NetworkSettings`, or parameters of its classifier.

    Raises:
        ModelError: the classifier has no such parameter.
    """
    if spec.network:
        return replace(spec, training=replace(spec.training, **settings))
    make, parameters = spec.estimator, {**spec.parameters, **settings}
    assert make is not None

    classifier = make(0)
    # CatBoost lists only those parameters that were set, XGBoost's signature only some of them.
    known = set(classifier.get_params()) | set(inspect.signature(type(classifier)).parameters)
    if unknown := sorted(set(settings) - known):
        raise ModelError(f"'{spec.name}' has no parameter {', '.join(unknown)}. It has: {', '.join(sorted(known))}.")
    return replace(spec, estimator=lambda seed: make(seed).set_params(**parameters), parameters=parameters)
