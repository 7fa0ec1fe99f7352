"""What batches would gain: clips of one length heard several at once, against one by one, on all cores.

python -m scripts.try_batches prints milliseconds a clip of the encoder and of the head of the bundled model. It is the
best that micro-batching could do: real clips differ in length, and would have to be filled up to the longest. Nothing
is shipped; docs/experiments.md has what came out.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

import keras
import numpy as np

from ser.catalogue import DEFAULT_MODEL, MODEL_FOLDER
from ser.constants import MEL_BANDS, MEL_FRAMES_PER_S
from ser.encoder import load_encoder
from ser.litert import export_litert
from ser.manifest import read_json
from ser.models.speech_cnn_lstm import HeadSettings, served_encoder, served_head

BATCHES = (1, 2, 4, 8, 16)
TIMED = 24  # clips; each batch as often as they need


class Batched:
    """One model in a file whose batch is fixed, and inputs for it."""

    def __init__(self, model: keras.Model, batch: int, shape: tuple[int, int], folder: Path) -> None:
        from ai_edge_litert.interpreter import Interpreter

        path = folder / f"{model.name}-{batch}.tflite"
        export_litert(model, path, batch=batch)
        self.batch = batch
        self._interpreter = Interpreter(model_path=str(path), num_threads=os.cpu_count())
        at = self._interpreter.get_input_details()[0]["index"]
        self._interpreter.resize_tensor_input(at, (batch, *shape))
        self._interpreter.allocate_tensors()
        self._interpreter.set_tensor(at, np.random.default_rng(0).normal(size=(batch, *shape)).astype(np.float32))
        self._interpreter.invoke()

    def clip_ms(self) -> float:
        """Wall time of one run, for each clip in it."""
        started_s = time.perf_counter()
        self._interpreter.invoke()
        return 1000 * (time.perf_counter() - started_s) / self.batch


def compare(what: str, model: keras.Model, shape: tuple[int, int], folder: Path) -> None:
    """Prints a line for each batch; they take turns."""
    runs = [Batched(model, batch, shape, folder) for batch in BATCHES]
    found: list[list[float]] = [[] for _ in runs]
    for _ in range(TIMED):
        for run, times_ms in zip(runs, found, strict=True):
            times_ms.append(run.clip_ms())
    one_ms = statistics.median(found[0])
    for run, times_ms in zip(runs, found, strict=True):
        middle_ms = statistics.median(times_ms)
        print(
            f"{what}, {run.batch} at once: {middle_ms:.1f} ms a clip ({min(times_ms):.1f} to {max(times_ms):.1f}), "
            f"{one_ms / middle_ms:.2f} times as fast as one by one",
            flush=True,
        )


def main() -> None:
    """Exports and times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each clip (default: 3)")
    options = parser.parse_args()
    manifest = read_json(MODEL_FOLDER / DEFAULT_MODEL / "manifest.json")
    encoder = served_encoder(load_encoder(HeadSettings.from_json(manifest["head"]).encoder_layers))
    head = served_head(keras.models.load_model(MODEL_FOLDER / DEFAULT_MODEL / manifest["head_file"]))
    mel_frames = round(options.seconds * MEL_FRAMES_PER_S)
    with tempfile.TemporaryDirectory() as folder:
        compare("encoder", encoder, (mel_frames, MEL_BANDS), Path(folder))
        heard = encoder(np.zeros((1, mel_frames, MEL_BANDS), np.float32))
        compare("head", head, tuple(heard.shape[1:]), Path(folder))


if __name__ == "__main__":
    main()
