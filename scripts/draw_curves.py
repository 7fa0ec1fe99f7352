"""Reports → a picture of what confidence is worth: accuracy over coverage, and reliability."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure

from scripts.card_tables import of_protocol, tested

CURVES_FILE = "confidence.svg"
# Okabe & Ito 2008: colours that colour-blind people can tell apart; line styles and markers say the same once more.
LOOKS = (("#0072B2", "o"), ("#D55E00", "s"), ("#009E73", "^"), ("#CC79A7", "D"), ("#E69F00", "v"))


def draw(reports: dict[str, dict[str, Any]], path: Path) -> None:
    """Writes the picture as SVG, the same bytes for the same reports."""
    figure = Figure(figsize=(9.5, 4.2), layout="constrained")
    risk, calibration = figure.subplots(1, 2)
    for report, (colour, marker) in zip(of_protocol(reports, "speaker"), LOOKS, strict=False):
        name = tested(report)
        shares, accuracies = zip(*report["risk_coverage"], strict=True)
        risk.plot([100 * s for s in shares], [100 * a for a in accuracies], marker, ls="-", ms=3, c=colour, label=name)
        bins = [one for one in report["reliability"] if one["clips"] >= 10]
        calibration.plot(
            [100 * one["probability"] for one in bins], [100 * one["accuracy"] for one in bins], marker, ls="-", ms=4,
            c=colour, label=name,
        )  # fmt: skip
    calibration.plot([0, 100], [0, 100], c="grey", ls=":", label="as stated")
    for axes, (x, y) in ((risk, ("clips answered, the surest first", "accuracy")),
                         (calibration, ("probability stated", "share of right answers"))):  # fmt: skip
        axes.set(xlabel=f"{x} (%)", ylabel=f"{y} (%)", xlim=(0, 101), ylim=(0, 101))
        axes.grid(alpha=0.25)
        axes.legend(frameon=False, loc="lower left" if axes is risk else "upper left")
    with rc_context({"svg.hashsalt": "ser", "svg.fonttype": "none"}):  # else each run would name its elements anew
        figure.savefig(path, format="svg", metadata={"Date": None})
