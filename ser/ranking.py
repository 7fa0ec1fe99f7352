"""People and models on the clips that both heard: the stored comparison → one order, the best first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

HEARD_BY_PEOPLE: Final = "crema-d"
MAJORITY, ONE_PERSON = "people, most frequent vote", "people, a single vote"


@dataclass(frozen=True)
class Placed:
    """One place of the order.

    Attributes:
        who: a model's name, or which votes of people.
        uar: unweighted average recall on CREMA-D's clips, 0 … 1.
        person: whether these are people.
        part: whether a model was asked about a part of the speakers only: fewer folds than others had.
    """

    who: str
    uar: float
    person: bool
    part: bool = False


def beside_people(kept: Mapping[str, Any]) -> tuple[Placed, ...]:
    """Listeners and all models that were asked about CREMA-D's voices without having heard them.

    Args:
        kept: what ``model/comparison/results.json`` holds.

    Returns:
        The best first; nothing where there are no listeners, or no model to set beside them.
    """
    people = kept.get("people")
    found = {}
    for key, cell in kept["cells"].items():
        _, protocol, model = key.split("/")
        by_corpus = cell["report"]["groups"].get("corpus", {})
        if protocol == "speaker" and HEARD_BY_PEOPLE in by_corpus:
            found[model] = (by_corpus[HEARD_BY_PEOPLE], cell["folds"])
    if not people or not found:
        return ()
    whole = max(folds for _, folds in found.values())
    placed = [Placed(model, uar, False, folds < whole) for model, (uar, folds) in found.items()]
    placed += [Placed(MAJORITY, people["majority_uar"], True), Placed(ONE_PERSON, people["uar"], True)]
    return tuple(sorted(placed, key=lambda one: -one.uar))
