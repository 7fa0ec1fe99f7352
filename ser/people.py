"""How well people do the same: CREMA-D's listeners, who heard the sound alone and named one of six emotions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ser.errors import CorpusError

VOTES_FILE = Path("crema-d") / "human_ratings.csv"
VOTED = ("angry", "disgust", "fearful", "happy", "neutral", "sad")


@dataclass(frozen=True)
class Listeners:
    """Listeners' votes against the emotion that the actor meant; every share 0 … 1.

    Attributes:
        votes, clips: how many.
        accuracy: share of single votes that were right.
        uar: the mean of the emotions' shares, as models are scored.
        majority_accuracy, majority_uar: the same if each clip's most frequent vote is its answer (ties count in part).
    """

    votes: int
    clips: int
    accuracy: float
    uar: float
    majority_accuracy: float
    majority_uar: float


def listeners(data: Path, table: pd.DataFrame) -> Listeners | None:
    """What the votes file in a data folder says of the table's CREMA-D clips; None if there is no such file.

    Args:
        table: has columns ``corpus``, ``path`` and ``emotion``.

    Raises:
        CorpusError: the file lacks a column, or no clip of the table has votes.
    """
    path = data / VOTES_FILE
    if not path.is_file():
        return None
    votes = pd.read_csv(path, dtype={"file": str})
    if missing := sorted({"file", *VOTED} - set(votes.columns)):
        raise CorpusError(f"{path} lacks the columns {', '.join(missing)}. Restore it from CREMA-D.")
    clips = table[(table["corpus"] == "crema-d") & table["emotion"].isin(VOTED)]
    truth = pd.Series(clips["emotion"].to_numpy(), index=[Path(p).stem for p in clips["path"]], name="emotion")
    joined = votes.set_index("file").join(truth, how="inner")
    counts = joined[list(VOTED)].to_numpy(np.float64)
    joined, counts = joined[counts.sum(axis=1) > 0], counts[counts.sum(axis=1) > 0]
    if not len(joined):
        raise CorpusError(f"None of {len(clips)} clips has votes in {path}.")
    meant = np.array([VOTED.index(emotion) for emotion in joined["emotion"]])
    right = counts[np.arange(len(counts)), meant]
    top = counts == counts.max(axis=1, keepdims=True)
    chosen = top[np.arange(len(top)), meant] / top.sum(axis=1)
    of_each = [meant == i for i in range(len(VOTED)) if np.any(meant == i)]
    return Listeners(
        votes=int(counts.sum()),
        clips=len(counts),
        accuracy=float(right.sum() / counts.sum()),
        uar=float(np.mean([right[one].sum() / counts[one].sum() for one in of_each])),
        majority_accuracy=float(chosen.mean()),
        majority_uar=float(np.mean([chosen[one].mean() for one in of_each])),
    )
