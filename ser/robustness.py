"""How well a model understands recordings that are worse than the corpora's: one table, many conditions.

Asked about clips of speakers it never heard, each through the whole served pipeline (``ser robustness``).
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ser import audio, augment
from ser.constants import EMOTIONS, SAMPLE_RATE_HZ
from ser.errors import AudioError, CorpusError
from ser.ffmpeg import load_pydub
from ser.intake import rounded
from ser.metrics import recall_by_corpus
from ser.recognizer import Recognizer

Samples = NDArray[np.float32]
Change = Callable[[Samples, np.random.Generator], Samples]
ROOM_DECAY_S = 0.4
AS_RECORDED = "as recorded"


def as_mp3(samples: Samples, bitrate: str = "32k") -> Samples:
    """What is left after MP3 at a bit rate, by ffmpeg under pydub."""
    segment = load_pydub().AudioSegment
    sound = segment(rounded(samples).tobytes(), sample_width=2, frame_rate=SAMPLE_RATE_HZ, channels=1)
    file = io.BytesIO()
    sound.export(file, format="mp3", bitrate=bitrate)
    return audio.load(file.getvalue(), "copy.mp3").samples


CONDITIONS: dict[str, Change] = {
    AS_RECORDED: lambda samples, _: samples,
    "MP3, 32 kbit/s": lambda samples, _: as_mp3(samples),
    "telephone": lambda samples, _: augment.telephone(samples),
    "noise, 20 dB": lambda samples, rng: augment.add_noise(samples, 20.0, rng),
    "noise, 10 dB": lambda samples, rng: augment.add_noise(samples, 10.0, rng),
    "noise, 5 dB": lambda samples, rng: augment.add_noise(samples, 5.0, rng),
    "room": lambda samples, rng: augment.add_room(samples, ROOM_DECAY_S, rng),
    "30 dB quieter": lambda samples, _: augment.change_gain(samples, -30.0),
    "10 % faster": lambda samples, _: augment.change_speed(samples, 1.1),
    "10 % slower": lambda samples, _: augment.change_speed(samples, 0.9),
}


@dataclass(frozen=True)
class Endured:
    """One condition's scores; every score 0 … 1.

    Attributes:
        uar: corpus → unweighted average recall.
        mean: of the corpora's.
        sure: share of clips whose answer was called sure.
        familiar: share of clips taken for recordings like those that taught the model.
        unheard: clips that were refused, or in which no speech was found.
    """

    condition: str
    uar: dict[str, float]
    mean: float
    sure: float
    familiar: float
    unheard: int
    clips: int


def drawn(table: pd.DataFrame, clips: int) -> pd.DataFrame:
    """About so many spoken clips, spread evenly over corpora and emotions, the same on every run.

    Raises:
        CorpusError: there are none.
    """
    table = table[table["emotion"].isin(EMOTIONS) & (table["style"] == "speech")]
    if table.empty:
        raise CorpusError("No clip of a validation speaker is there. Name the folder that was given to ser prepare.")
    cells = table.groupby(["corpus", "emotion"])["path"].transform("size")
    each = max(1, round(clips / table.groupby(["corpus", "emotion"]).ngroups))
    place = table.sample(frac=1.0, random_state=0).groupby(["corpus", "emotion"]).cumcount()
    return table[(place.reindex(table.index) < each) | (cells <= each)]


def endure(
    recognizer: Recognizer, table: pd.DataFrame, root: Path, progress: Callable[[], None] = lambda: None
) -> Iterator[Endured]:
    """Asks about every clip under every condition."""
    truth = np.array([EMOTIONS.index(emotion) for emotion in table["emotion"]])
    corpora = table["corpus"].to_numpy(str)
    for condition, change in CONDITIONS.items():
        answers, sure, familiar, unheard = np.full(len(table), -1), 0, 0, 0
        for i, path in enumerate(table["path"]):
            rng = np.random.default_rng(i)
            changed = change(audio.load(root / path).samples, rng)
            progress()
            try:
                prediction = recognizer.predict(changed)
            except AudioError:  # too quiet to be heard at all: a miss like any other
                answers[i], unheard = (truth[i] + 1) % len(EMOTIONS), unheard + 1
                continue
            answers[i] = EMOTIONS.index(prediction.emotion)
            sure += prediction.is_sure
            familiar += prediction.is_familiar
            unheard += not prediction.has_voice
        uar = recall_by_corpus(truth, answers, corpora)
        shares = (sure / len(table), familiar / len(table))
        yield Endured(condition, uar, float(np.mean(list(uar.values()))), *shares, unheard, len(table))


def write(found: list[Endured], settings: dict[str, Any], path: Path) -> None:
    """Stores the table, with the settings that trained the model."""
    content = {"training": settings, "conditions": [asdict(one) for one in found]}
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
