"""A corpus of numbers: speech frames that tell emotions apart, small enough to train on in a test."""

import numpy as np
import pandas as pd

from ser.draws import TrainSettings
from ser.frames import FrameStore
from ser.models.speech_cnn_lstm import HeadSettings

HEAD = HeadSettings(encoder_layers=(1,), convolution_width=16, lstm_units=8)
QUICK = TrainSettings(epochs=3, epoch_clips=256, batch_clips=32, learning_rate=3e-3, mixup=0.0)
TAUGHT = ("angry", "happy", "sad")


def small_table(corpus: str = "a") -> pd.DataFrame:
    """Ten speakers of one corpus, four clips of each of three emotions and of one that is outside the eight."""
    rows = [
        {"path": f"{corpus}/{speaker}-{emotion}-{take}.wav", "corpus": corpus, "speaker": f"{corpus}/{speaker}",
         "style": "speech", "gender": "female" if speaker % 2 else "male", "emotion": emotion,
         "intensity": "unspecified", "sentence": str(take), "age_years": None}
        for speaker in range(10) for emotion in (*TAUGHT, "other") for take in range(4)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def small_store(table: pd.DataFrame) -> FrameStore:
    """Each emotion has its own direction among the numbers of a frame; each speaker has an offset."""
    rng = np.random.default_rng(0)
    directions = {emotion: rng.standard_normal(512) for emotion in table["emotion"].unique()}
    offsets = {speaker: rng.standard_normal(512) for speaker in table["speaker"].unique()}
    arrays, spans, at = [], [], 0
    for row in table.itertuples():
        length = int(rng.integers(10, 30))
        noise = rng.standard_normal((length, 512))
        arrays.append((directions[row.emotion] + 0.5 * offsets[row.speaker] + noise).astype(np.float16))
        spans.append([[0, at, length]])
        at += length
    return FrameStore((np.concatenate(arrays),), np.array(spans))
