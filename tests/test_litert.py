"""The runtime answers the same whatever it was asked before, and as Keras does."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ser.catalogue import DEFAULT_MODEL, MODEL_FOLDER
from ser.constants import EMOTIONS, MODEL_WINDOW_S, SAMPLE_RATE_HZ
from ser.litert import LiteRtModel, export_litert
from ser.processed import read_clips
from ser.recipes import RECIPES
from ser.recognizer import load, read_json
from tests.conftest import voice_like

CLIPS = 200
LONGEST = round(MODEL_WINDOW_S * SAMPLE_RATE_HZ)


def test_an_answer_does_not_depend_on_the_lengths_asked_before() -> None:
    manifest = read_json(MODEL_FOLDER / DEFAULT_MODEL / "manifest.json")
    path = MODEL_FOLDER / DEFAULT_MODEL / manifest["file"]
    width = LiteRtModel(path, 1)._interpreter.get_input_details()[0]["shape"][-1]
    rng = np.random.default_rng(0)
    inputs = [rng.normal(size=(length, width)).astype(np.float32) for length in (40, 40, 25, 40, 40)]
    model = LiteRtModel(path, 1)
    for values in inputs:
        np.testing.assert_array_equal(model(values), LiteRtModel(path, 1)(values))


def synthesised(number: int) -> np.ndarray:
    """A voice or, every fourth time, a noise: of 0.5 to 1.5 s, as loud as it comes."""
    rng = np.random.default_rng(number)
    duration_s = rng.uniform(0.5, 1.5)
    sound = voice_like(duration_s, seed=number)
    if number % 4 == 0:
        sound = rng.normal(0, 0.1, len(sound)).astype(np.float32)
    return np.asarray(sound * np.float32(10 ** rng.uniform(-2, 0)), np.float32)


def clips() -> list[np.ndarray]:
    """Of the corpora where they are, all of them alike; otherwise synthesised."""
    from ser.audio import load as load_audio

    data = Path(os.environ.get("SER_DATA") or Path(__file__).parents[2] / "shared" / "data")
    table = read_clips(MODEL_FOLDER.parent / "processed_data")
    if not (data / table["path"].iloc[0]).is_file():
        return [synthesised(number) for number in range(CLIPS)]
    count = CLIPS // table["corpus"].nunique()
    chosen = table.groupby("corpus")["path"].sample(count, random_state=0)
    return [load_audio(data / path).span(0, LONGEST) for path in chosen]


def test_what_is_served_agrees_with_keras_on_200_clips() -> None:
    """What is served, at any length and level: to a thousandth, and in what it answers."""
    import keras
    import tensorflow as tf

    from ser.encoder import load_encoder
    from ser.features import levelled_log_mel, trim_silence
    from ser.models.speech_cnn_lstm import HeadSettings, served_encoder, served_head

    recognizers = [load(name) for name in sorted(RECIPES)]
    settings = HeadSettings.from_json(recognizers[0].manifest["head"])

    def compiled(model: keras.Model) -> Callable[[np.ndarray], np.ndarray]:
        """As it is, the LSTM's steps take a second a clip."""
        graph = tf.function(model, input_signature=[tf.TensorSpec((1, *model.input_shape[1:]), tf.float32)])
        return lambda values: graph(values[None])[0].numpy()

    encoder = compiled(served_encoder(load_encoder(settings.encoder_layers)))
    heads = []
    for one in recognizers:
        head = served_head(keras.models.load_model(MODEL_FOLDER / one.name / one.manifest["head_file"]))
        heads.append(compiled(head))
    served, same = [], []
    for clip in clips():
        samples = trim_silence(clip)
        frames = encoder(levelled_log_mel(samples).T)
        for recognizer, head in zip(recognizers, heads, strict=True):
            expected, told = head(frames), recognizer._ear.answer(recognizer.hear(samples))
            served.append(np.abs(told - expected).max())
            same.append(told[: len(EMOTIONS)].argmax() == expected[: len(EMOTIONS)].argmax())
    assert max(served) < 1e-3
    assert np.mean(same) >= 0.99


def test_eight_bit_weights_are_smaller_and_answer_alike(tmp_path: Path) -> None:
    """The form that scripts/try_int8.py weighs; none is shipped."""
    import keras

    keras.utils.set_random_seed(0)
    inner = [keras.layers.Dense(256, activation="relu"), keras.layers.Dense(8, activation="softmax")]
    model = keras.Sequential([keras.Input((None, 128)), *inner])
    export_litert(model, tmp_path / "half.tflite")
    export_litert(model, tmp_path / "eight.tflite", "int8")
    half, eight = (LiteRtModel(tmp_path / f"{name}.tflite", 1) for name in ("half", "eight"))
    assert (tmp_path / "eight.tflite").stat().st_size < 0.65 * (tmp_path / "half.tflite").stat().st_size
    values = np.random.default_rng(0).normal(size=(50, 128)).astype(np.float32)
    difference = np.abs(half(values) - eight(values)).max()
    assert 0.0 < difference < 0.02
