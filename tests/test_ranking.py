"""People and models on the same clips: who stands where."""

from __future__ import annotations

from typing import Any

import pytest

from ser.ranking import MAJORITY, ONE_PERSON, Placed, beside_people

PEOPLE = {"uar": 0.40, "majority_uar": 0.45}


def cell(uar: float | None, folds: int = 5) -> dict[str, Any]:
    groups = {} if uar is None else {"corpus": {"crema-d": uar, "emodb": 0.9}}
    return {"report": {"groups": groups}, "folds": folds}


def test_the_best_stands_first_whoever_it_is() -> None:
    cells = {"pooled/speaker/a": cell(0.42), "pooled/speaker/b": cell(0.7), "pooled/speaker/c": cell(0.1, folds=1)}
    assert beside_people({"cells": cells, "people": PEOPLE}) == (
        Placed("b", 0.7, False),
        Placed(MAJORITY, 0.45, True),
        Placed("a", 0.42, False),
        Placed(ONE_PERSON, 0.40, True),
        Placed("c", 0.1, False, part=True),
    )


@pytest.mark.parametrize("protocol", ["random", "published", "corpus"])
def test_only_voices_never_heard_are_set_beside_people(protocol: str) -> None:
    """Any other split would set a leak beside people; a corpus left out is not what the words beside it say."""
    cells = {f"pooled/{protocol}/a": cell(0.9), "pooled/speaker/b": cell(0.3)}
    assert [one.who for one in beside_people({"cells": cells, "people": PEOPLE})] == [MAJORITY, ONE_PERSON, "b"]


def test_nothing_without_people_or_without_their_clips() -> None:
    assert beside_people({"cells": {"pooled/speaker/a": cell(0.9)}, "people": None}) == ()
    assert beside_people({"cells": {"ravdess/speaker/a": cell(None)}, "people": PEOPLE}) == ()
    assert beside_people({"cells": {}}) == ()
