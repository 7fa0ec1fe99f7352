"""What 8-bit weights would cost and gain: the same clips by the files that are served and by files with 8-bit weights.

python -m scripts.try_int8 DATA prints sizes, milliseconds of a clip of 3 s, and for each bundled model in how many
clips the answer is the same and how recall moves. Nothing is shipped; docs/experiments.md has what came out.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import keras
import numpy as np
import pandas as pd
from rich.progress import track

from ser.audio import load as load_audio
from ser.catalogue import MODEL_FOLDER
from ser.constants import EMOTIONS, MODEL_WINDOW_S, SAMPLE_RATE_HZ
from ser.ears import ENCODER
from ser.encoder import load_encoder
from ser.features import levelled_log_mel, trim_silence
from ser.litert import LiteRtModel, export_litert
from ser.manifest import read_json
from ser.metrics import unweighted_average_recall
from ser.models.speech_cnn_lstm import HeadSettings, served_encoder, served_head
from ser.processed import read_clips
from ser.recipes import RECIPES

TABLES = MODEL_FOLDER.parent / "processed_data"
TIMED = 30


def pair(model: keras.Model, served: Path, folder: Path) -> tuple[LiteRtModel, LiteRtModel]:
    """The file that is served, and the same model with 8-bit weights; prints their sizes."""
    small = folder / f"{served.parent.name}.tflite"
    export_litert(model, small, "int8")
    print(f"{served.parent.name}: {served.stat().st_size / 1e6:.1f} MB, int8 {small.stat().st_size / 1e6:.1f} MB")
    return LiteRtModel(served, 1), LiteRtModel(small, 1)


def milliseconds(models: tuple[LiteRtModel, LiteRtModel], values: np.ndarray) -> list[float]:
    """Median time of the processor for one input, on one thread; the models take turns."""
    found: list[list[float]] = [[], []]
    for _ in range(TIMED):
        for model, times_ms in zip(models, found, strict=True):
            started_s = time.thread_time()
            model(values)
            times_ms.append(1000 * (time.thread_time() - started_s))
    return [statistics.median(times_ms) for times_ms in found]


def chosen_clips(per_corpus: int) -> pd.DataFrame:
    """As many of each corpus, the same on every run."""
    table = read_clips(TABLES)
    return table[table["emotion"].isin(EMOTIONS)].groupby("corpus").sample(per_corpus, random_state=0)


def told(name: str, table: pd.DataFrame, answers: np.ndarray) -> None:
    """Prints what one model's two kinds of answers, (2, clips, 8), have in common."""
    served, small = answers.argmax(axis=2)
    truth = table["emotion"].map(EMOTIONS.index).to_numpy()
    print(f"{name}: same answer {np.mean(served == small):.2%}, furthest {np.abs(answers[0] - answers[1]).max():.3f}")
    for corpus in table["corpus"].unique():
        own = (table["corpus"] == corpus).to_numpy()
        before, after = (unweighted_average_recall(truth[own], one[own]) for one in (served, small))
        print(f"  {corpus}: recall {before:.3f} → {after:.3f}")


def main() -> None:
    """Exports, asks, compares."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder that holds the corpora")
    parser.add_argument("--clips", type=int, default=80, help="of each corpus (default: 80)")
    options = parser.parse_args()
    manifests = {name: read_json(MODEL_FOLDER / name / "manifest.json") for name in sorted(RECIPES)}
    first = next(iter(manifests.values()))
    layers = HeadSettings.from_json(first["head"]).encoder_layers
    with tempfile.TemporaryDirectory() as folder:
        served = MODEL_FOLDER / ENCODER / first["encoder"]["file"]
        encoders = pair(served_encoder(load_encoder(layers)), served, Path(folder))
        heads = {
            name: pair(
                served_head(keras.models.load_model(MODEL_FOLDER / name / manifest["head_file"])),
                MODEL_FOLDER / name / manifest["file"],
                Path(folder),
            )
            for name, manifest in manifests.items()
        }
        mel = np.random.default_rng(0).normal(size=(301, 80)).astype(np.float32)
        for what, models, values in (("encoder", encoders, mel), ("head", heads[first["name"]], encoders[0](mel))):
            before, after = milliseconds(models, values)
            print(f"{what}, 3 s, one thread: {before:.1f} ms, int8 {after:.1f} ms")
        table = chosen_clips(options.clips)
        answers: dict[str, list[list[np.ndarray]]] = {name: [[], []] for name in heads}
        for path in track(table["path"], "Clips"):
            samples = load_audio(options.data / path).span(0, round(MODEL_WINDOW_S * SAMPLE_RATE_HZ))
            log_mel = levelled_log_mel(trim_silence(samples)).T
            for kind, encoder in enumerate(encoders):
                frames = encoder(log_mel)
                for name, models in heads.items():
                    answers[name][kind].append(models[kind](frames)[: len(EMOTIONS)])
    for name, found in answers.items():
        told(name, table, np.array(found))


if __name__ == "__main__":
    main()
