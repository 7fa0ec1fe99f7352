"""A peer, as the field's demos are written: librosa's features of a file, means over time, then Keras ``predict()``.

    python benchmarks/peer.py MODEL.keras FILE

Nothing is made slower than such demos do it, and what costs nothing is left out: the file is read once, the model is
loaded once, and predict() draws no bar. It reads at librosa's own rate of 22,050 Hz, as they do.
"""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras
import librosa
import numpy as np

EMOTIONS = ("angry", "calm", "disgust", "fearful", "happy", "neutral", "sad", "surprised")


def features(data: bytes) -> np.ndarray:
    """The 162 numbers of those demos: zero crossings, chroma, MFCC, RMS and mel spectrogram, each averaged."""
    y, sr = librosa.load(io.BytesIO(data))
    stft = np.abs(librosa.stft(y))
    return np.hstack([
        np.mean(librosa.feature.zero_crossing_rate(y=y).T, axis=0),
        np.mean(librosa.feature.chroma_stft(S=stft, sr=sr).T, axis=0),
        np.mean(librosa.feature.mfcc(y=y, sr=sr).T, axis=0),
        np.mean(librosa.feature.rms(y=y).T, axis=0),
        np.mean(librosa.feature.melspectrogram(y=y, sr=sr).T, axis=0),
    ])  # fmt: skip


def predict(model: keras.Model, data: bytes) -> np.ndarray:
    """Probabilities of the eight emotions, shape (8,)."""
    return np.asarray(model.predict(features(data)[None], verbose=0)[0])


def make_model(path: Path) -> None:
    """The project's ``cnn_lstm`` with random weights: trained ones would cost the same time."""
    from ser.models.cnn_lstm import cnn_lstm

    inputs = keras.Input((162,))
    outputs = keras.layers.Softmax()(cnn_lstm(inputs, len(EMOTIONS)))
    keras.Model(inputs, outputs).save(path)


if __name__ == "__main__":
    loaded = keras.models.load_model(sys.argv[1])
    answer = predict(loaded, Path(sys.argv[2]).read_bytes())
    print(json.dumps({"emotion": EMOTIONS[int(answer.argmax())], "probability": float(answer.max())}))
