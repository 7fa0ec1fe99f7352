"""From which probability on an answer may be called sure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Familiar = TypeVar("Familiar", float, NDArray[np.float64])


@dataclass(frozen=True)
class SureFrom:
    """Top probabilities, 0 … 1, from which on answers are right often enough; 0 answers always.

    Attributes:
        familiar: for recordings like those of a corpus that taught the model, by its validation speakers.
        strange: for others, by corpora left out one after the other.
    """

    familiar: float = 0.0
    strange: float = 0.0

    def at(self, familiar: Familiar) -> Familiar:
        """The limit for recordings that are familiar with this probability, 0 … 1."""
        return familiar * self.familiar + (1.0 - familiar) * self.strange

    @classmethod
    def from_json(cls, stored: Any) -> SureFrom:
        """Undoes ``asdict``.

        Raises:
            ValueError: these are not two numbers between 0 and 1.
        """
        if not isinstance(stored, dict) or set(stored) != {"familiar", "strange"}:
            raise ValueError(f"{stored!r}, expected familiar and strange")
        for value in stored.values():
            if not isinstance(value, int | float) or not 0.0 <= value <= 1.0:
                raise ValueError(f"{stored!r}, expected 0 to 1")
        return cls(float(stored["familiar"]), float(stored["strange"]))
