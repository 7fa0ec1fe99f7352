"""Models that look at the mel spectrogram as a picture: a plain CNN, and image networks from keras.applications.

Image networks start from ImageNet's weights where a file of them is given (``SER_IMAGENET``, a folder of Keras's own
``*_notop.h5`` files) or can be downloaded, and from nothing otherwise; :func:`starts_from` says which, and every report
repeats it.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import keras
from keras import layers

Builder = Callable[[keras.KerasTensor, int], keras.KerasTensor]
BACKBONES: Final = {
    "vgg16": ("VGG16", "vgg16"),
    "resnet101": ("ResNet101", "resnet"),
    "efficientnetb3": ("EfficientNetB3", "efficientnet"),
    "mobilenetv2": ("MobileNetV2", "mobilenet_v2"),
}
SCRATCH, IMAGENET = "from scratch", "from ImageNet"
FOLDER_VARIABLE = "SER_IMAGENET"


def spectrogram_cnn(inputs: keras.KerasTensor, classes: int) -> keras.KerasTensor:
    """(b, 96, 96, 1) → four blocks of two-dimensional convolution and pooling → logits (b, classes)."""
    x = inputs
    for filters in (32, 64, 128, 128):
        x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
        x = layers.MaxPooling2D()(layers.ReLU()(layers.BatchNormalization()(x)))
    x = layers.Dropout(0.4)(layers.GlobalAveragePooling2D()(x))
    return layers.Dense(classes)(layers.Dense(64, activation="relu")(x))


def backbone(name: str) -> Builder:
    """The builder of an image network, one of :data:`BACKBONES`."""
    return functools.partial(_backbone, name)


@functools.cache
def starts_from(name: str) -> str:
    """:data:`SCRATCH` or :data:`IMAGENET`: whether there is a file of weights for an image network."""
    return IMAGENET if _weights_file(name) else SCRATCH


def _weights_file(name: str) -> Path | None:
    folder = os.environ.get(FOLDER_VARIABLE, "")
    found = sorted(Path(folder).glob(f"{name}*notop*.h5")) if folder else []
    return found[0] if found else None


def _backbone(name: str, inputs: keras.KerasTensor, classes: int) -> keras.KerasTensor:
    """(b, 96, 96, 1), 0 … 1 → grey as three colours, 0 … 255 → the network's own scaling → logits (b, classes)."""
    function, module = BACKBONES[name]
    scale = getattr(keras.applications, module).preprocess_input
    x = layers.Concatenate()([layers.Rescaling(255.0)(inputs)] * 3)
    x = layers.Lambda(scale, name="scale_as_taught", output_shape=(*inputs.shape[1:-1], 3))(x)
    network = getattr(keras.applications, function)(
        include_top=False, weights=_weights_file(name), input_shape=(*inputs.shape[1:-1], 3), pooling="avg"
    )
    return layers.Dense(classes)(layers.Dropout(0.4)(network(x)))
