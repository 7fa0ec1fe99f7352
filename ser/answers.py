"""What was said of test clips by models that had not heard their speakers, and how well groups were understood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ser.draws import targets_of
from ser.metrics import unweighted_average_recall
from ser.sureness import SureFrom

GROUP_CLIPS_MIN = 50
AGE_BANDS = ((0, 29), (30, 44), (45, 120))  # years, both ends included


@dataclass(frozen=True, eq=False)
class Answers:
    """What was said of test clips.

    Attributes:
        clips: their rows of the table.
        truth: class indices, (n,).
        versions: probabilities for each clip as recorded, then for its altered copies, (versions, n, 8).
        sure: whether the fold's model called its answer sure, (n,).
        familiar: probability, 0 … 1, that the recording is like those of a corpus that taught the model, (n,).
    """

    clips: pd.DataFrame
    truth: NDArray[np.int64]
    versions: NDArray[np.float64]
    sure: NDArray[np.bool_]
    familiar: NDArray[np.float64]

    @classmethod
    def of(
        cls,
        table: pd.DataFrame,
        rows: NDArray[np.int64],
        versions: NDArray[np.float64],
        familiar: NDArray[np.float64],
        sure_from: SureFrom,
    ) -> Answers:
        """Answers of one fold about some rows of a table."""
        clips = table.iloc[rows]
        return cls(clips, targets_of(clips), versions, versions[0].max(axis=1) >= sure_from.at(familiar), familiar)

    @classmethod
    def join(cls, parts: Sequence[Answers]) -> Answers:
        """One after the other."""
        return cls(
            pd.concat([part.clips for part in parts]),
            np.concatenate([part.truth for part in parts]),
            np.concatenate([part.versions for part in parts], axis=1),
            np.concatenate([part.sure for part in parts]),
            np.concatenate([part.familiar for part in parts]),
        )

    def where(self, chosen: NDArray[np.bool_]) -> Answers:
        """Some of them."""
        parts = (self.clips[chosen], self.truth[chosen], self.versions[:, chosen], self.sure[chosen])
        return Answers(*parts, self.familiar[chosen])

    def only(self, corpus: str) -> Answers:
        """Those about one corpus."""
        return self.where((self.clips["corpus"] == corpus).to_numpy())

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """For the clips as recorded, (n, 8)."""
        return np.asarray(self.versions[0])

    @property
    def guess(self) -> NDArray[np.int64]:
        """The likeliest emotion of each clip, (n,)."""
        return np.asarray(self.probabilities.argmax(axis=1))

    @property
    def uar(self) -> float:
        """Unweighted average recall over all of them."""
        return unweighted_average_recall(self.truth, self.guess)

    def in_words(self) -> str:
        """Unweighted average recall of each corpus."""
        names = sorted(self.clips["corpus"].unique())
        return "UAR " + ", ".join(f"{name} {self.only(name).uar:.3f}" for name in names)


def age_bands(ages_years: pd.Series) -> list[str]:
    """Each age's band in words; "unknown" where there is none."""
    names = {
        age: ("under 30" if low == 0 else f"{low} and over" if high == AGE_BANDS[-1][1] else f"{low} to {high}")
        for low, high in AGE_BANDS
        for age in range(low, high + 1)
    }
    return [names.get(int(age), "unknown") if pd.notna(age) else "unknown" for age in ages_years]


def group_recalls(answers: Answers) -> dict[str, dict[str, float]]:
    """Recall by corpus, gender, age, intensity and sentence, where that is told and a group has enough clips."""
    clips = answers.clips
    kinds = {kind: clips[kind].to_numpy(str) for kind in ("corpus", "gender", "intensity", "sentence")}
    kinds["age"] = np.array(age_bands(clips["age_years"]))
    found: dict[str, dict[str, float]] = {}
    for kind, values in kinds.items():
        counts = {str(v): int(np.sum(values == v)) for v in sorted(set(values)) if v not in ("unknown", "unspecified")}
        scored = {v: answers.where(values == v).uar for v, n in counts.items() if n >= GROUP_CLIPS_MIN}
        if len(scored) > 1:
            found[kind] = scored
    return found
