"""The weights that are shipped: which corpora teach each, and what that allows people to do with it."""

from __future__ import annotations

from dataclasses import dataclass

from ser.catalogue import DEFAULT_MODEL
from ser.language import mark


@dataclass(frozen=True)
class Recipe:
    """One set of weights in ``model/``.

    Attributes:
        name: its folder.
        title: its name for people.
        corpora: what teaches it; empty for all that are at hand.
        use: what it may be used for, in a sentence.
    """

    name: str
    title: str
    corpora: tuple[str, ...]
    use: str


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            DEFAULT_MODEL,
            mark("All corpora"),
            (),
            mark(
                "For research, teaching and other non-commercial use: RAVDESS, TESS and nEMO, which helped to teach "
                "it, are licensed so."
            ),
        ),
        Recipe(
            f"{DEFAULT_MODEL}_open",
            mark("Open corpora"),
            ("crema-d", "emodb"),
            mark(
                "Also for commercial use, with attribution: taught by CREMA-D (ODbL) and EmoDB (CC0 or CC BY 4.0, as "
                "its distributors state it) alone. It knows neither calm nor surprise."
            ),
        ),
    )
}
