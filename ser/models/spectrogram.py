"""Models that look at the mel spectrogram as a picture: a plain CNN, and image networks from keras.applications.

Image networks start from ImageNet's weights where ``SER_IMAGENET`` names a folder of Keras's own ``*_notop.h5`` files
or is the word ``download``, and from nothing otherwise; :func:`starts_from` says which, and every report repeats it.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import keras
from keras import layers

from ser.errors import ModelError

Builder = Callable[[keras.KerasTensor, int], keras.KerasTensor]
# Name: Keras's name, its module, and its epochs: on RAVDESS, all protocols together well under an hour of two cores.
BACKBONES: Final = {
    "vgg16": ("VGG16", "vgg16", 1),
    "resnet101": ("ResNet101", "resnet", 2),
    "efficientnetb3": ("EfficientNetB3", "efficientnet", 5),
    "mobilenetv2": ("MobileNetV2", "mobilenet_v2", 10),
}
# Keras averages the statistics over 100 steps, in some image networks over 1,000: more than a short training has, whose
# epoch validation then chooses by statistics that are not yet the network's.
SCRATCH_MOMENTUM: Final = 0.9
SCRATCH, IMAGENET = "from scratch", "from ImageNet"
FOLDER_VARIABLE, DOWNLOAD = "SER_IMAGENET", "download"


def spectrogram_cnn(inputs: keras.KerasTensor, classes: int) -> keras.KerasTensor:
    """(b, 96, 96, 1) → four blocks of two-dimensional convolution and pooling → logits (b, classes)."""
    x = inputs
    for i, filters in enumerate((32, 64, 128, 128)):
        x = layers.Conv2D(filters, 3, strides=1 if i else 2, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization(momentum=SCRATCH_MOMENTUM)(x)
        x = layers.MaxPooling2D()(layers.ReLU()(x))
    x = layers.Dropout(0.4)(layers.GlobalAveragePooling2D()(x))
    return layers.Dense(classes)(layers.Dense(64, activation="relu")(x))


def backbone(name: str) -> Builder:
    """The builder of an image network, one of :data:`BACKBONES`."""
    return functools.partial(_backbone, name)


@functools.cache
def starts_from(name: str) -> str:
    """:data:`SCRATCH` or :data:`IMAGENET`: whether there is a file of weights for an image network."""
    return IMAGENET if _weights(name) else SCRATCH


def _weights(name: str) -> Path | str | None:
    """What keras.applications takes: a file, the word for its own download, or nothing."""
    folder = os.environ.get(FOLDER_VARIABLE, "")
    if folder == DOWNLOAD:
        return "imagenet"
    found = sorted(Path(folder).glob(f"{name}*notop*.h5")) if folder else []
    return found[0] if found else None


def _backbone(name: str, inputs: keras.KerasTensor, classes: int) -> keras.KerasTensor:
    """(b, 96, 96, 1), 0 … 1 → grey as three colours, 0 … 255 → the network's own scaling → logits (b, classes)."""
    function, module, _ = BACKBONES[name]
    scale = getattr(keras.applications, module).preprocess_input
    x = layers.Concatenate()([layers.Rescaling(255.0)(inputs)] * 3)
    x = layers.Lambda(scale, name="scale_as_taught", output_shape=(*inputs.shape[1:-1], 3))(x)
    try:
        network = getattr(keras.applications, function)(
            include_top=False, weights=_weights(name), input_shape=(*inputs.shape[1:-1], 3), pooling="avg"
        )
    except Exception as error:  # Keras raises nothing narrower when a download fails
        raise ModelError(
            f"ImageNet's weights for {function} could not be had ({error}). Set {FOLDER_VARIABLE} to a folder with "
            f"'{name}…notop….h5' in it, or unset it to train from scratch."
        ) from error
    for layer in network.layers if _weights(name) is None else ():
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = SCRATCH_MOMENTUM
    return layers.Dense(classes)(layers.Dropout(0.4)(network(x)))
