"""LiteRT: a Keras model of one input and one output → a file, and the file → answers, at any length.

The same runtime makes the frames that heads are trained on and serves the shipped model. On two cores it is several
times as fast as the TensorFlow graph it comes from.
"""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import keras

Weights = Literal["float32", "float16", "int8"]


class LiteRtModel:
    """A LiteRT file with an input (1, …), of any length where the file leaves it free. Thread-safe."""

    def __init__(self, path: Path, threads: int) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self._interpreter = Interpreter(model_path=str(path), num_threads=threads)
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._output = self._interpreter.get_output_details()[0]["index"]
        self._shape: tuple[int, ...] = ()
        self._lock = threading.Lock()

    def __call__(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Runs on one input, such as (t, n) float32; gives the output's first row, float32, as an array of its own."""
        batch = np.ascontiguousarray(values[None], dtype=np.float32)
        with self._lock:  # the interpreter holds one input at a time
            if batch.shape != self._shape:  # making room takes a tenth of the time; a long recording's blocks are alike
                self._shape = ()
                self._interpreter.resize_tensor_input(self._input, batch.shape)
                self._interpreter.allocate_tensors()
                self._shape = batch.shape
            self._interpreter.set_tensor(self._input, batch)
            self._interpreter.invoke()
            return np.asarray(self._interpreter.get_tensor(self._output)[0])


def export_litert(model: keras.Model, path: Path, weights: Weights = "float16", batch: int = 1) -> None:
    """Converts a model to LiteRT, by default with float16 weights; 8-bit ones meet activations scaled as they come.

    The batch is fixed, which the LSTM's loop needs; :class:`LiteRtModel` runs batches of one. What the model leaves
    free, such as the length, stays free.
    """
    import keras
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as folder:
        archive = keras.export.ExportArchive()
        archive.track(model)
        archive.add_endpoint(
            "serve",
            lambda values: model(values, training=False),
            input_signature=[tf.TensorSpec((batch, *model.input_shape[1:]), tf.float32)],
        )
        archive.write_out(folder, verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=["serve"])
        if weights != "float32":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if weights == "float16":
            converter.target_spec.supported_types = [tf.float16]
        path.write_bytes(converter.convert())
