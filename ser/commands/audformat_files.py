"""Answers as a database in audformat, which the field's tools read (https://audeering.github.io/audformat)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import audformat
import pandas as pd

from ser.constants import EMOTIONS

DESCRIPTION = "What a model says of recordings, not what people heard. Probabilities are calibrated."
_NUMBERS = ("probability", "voice", "familiar", "duration_s", "speech_s")


def database(rows: Sequence[dict[str, Any]], segments: Sequence[tuple[Any, ...]]) -> audformat.Database:
    """Rows of answers and (file, start, end, emotion, probability) of segments → tables ``files`` and ``segments``.

    A recording that was named twice stands in the tables once.
    """
    model = next((row["model"] for row in rows), "")
    found = audformat.Database("emotions", usage=audformat.define.Usage.OTHER, description=DESCRIPTION)
    found.meta["model"] = model
    found.schemes["emotion"] = audformat.Scheme(labels=list(EMOTIONS))
    found.schemes["text"] = audformat.Scheme(audformat.define.DataType.STRING)
    found.schemes["sure"] = audformat.Scheme(audformat.define.DataType.BOOL)
    found.schemes["number"] = audformat.Scheme(audformat.define.DataType.FLOAT)
    table = pd.DataFrame(list(rows)).drop_duplicates("file") if rows else pd.DataFrame(columns=["file"])
    _fill(found, "files", audformat.filewise_index(table["file"].tolist()), table.drop(columns="file"))
    parts = pd.DataFrame(segments, columns=["file", "start_s", "end_s", "emotion", "probability"]).drop_duplicates()
    starts, ends = (pd.to_timedelta(parts[name].astype(float), unit="s") for name in ("start_s", "end_s"))
    index = audformat.segmented_index(parts["file"].tolist(), starts.tolist(), ends.tolist())
    _fill(found, "segments", index, parts[["emotion", "probability"]])
    return found


def _fill(found: audformat.Database, name: str, index: pd.Index, table: pd.DataFrame) -> None:
    found[name] = audformat.Table(index)
    for column in table.columns:
        found[name][column] = audformat.Column(scheme_id=_scheme(column))
        found[name][column].set(table[column].tolist())


def _scheme(column: str) -> str:
    if column in _NUMBERS or column in EMOTIONS or column.endswith("_probability"):
        return "number"
    return column if column in ("emotion", "sure") else "emotion" if column.startswith("top_") else "text"
