"""Text from outside as a spreadsheet's cell: a file's name is a stranger's."""

from __future__ import annotations

from typing import Final

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def harmless(text: str) -> str:
    """With a quote before what a spreadsheet would take for a formula.

    >>> harmless("=cmd()"), harmless("voice.wav")
    ("'=cmd()", 'voice.wav')
    """
    return f"'{text}" if text.startswith(FORMULA) else text
