"""The flags that say which workers do the work of a command, and what they mean."""

from __future__ import annotations

import argparse

from ser.engine import EngineSettings


def add_engine_arguments(parser: argparse.ArgumentParser, what: str = "") -> None:
    """Declares them.

    Args:
        parser: of a command.
        what: the part of the command that is shared out, such as "to make inputs"; all of it without.
    """
    words = f" {what}" if what else ""
    parser.add_argument(
        "--workers", type=_count, default=0, metavar="N", help=f"processes{words} (default: one a core)"
    )
    parser.add_argument(
        "--scheduler", metavar="ADDRESS",
        help=f"of a Dask cluster, such as tcp://10.0.0.4:8786, whose workers are used instead{words}: ser must be "
        "installed there, and folders on disks be the same",
    )  # fmt: skip


def engine_of(options: argparse.Namespace) -> EngineSettings:
    """The workers that the flags name."""
    return EngineSettings(options.workers, options.scheduler)


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"'{text}' is no number of 1 or more")
    return int(text)
