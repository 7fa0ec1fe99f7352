"""Many files: drop up to 200, or a ZIP of them; a table fills as they are heard.

Rows and recordings live in the session's own state and are gone when it ends.
"""

from __future__ import annotations

import hashlib
import io
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ser import plots, zipped
from ser.audio import AUDIO_SUFFIXES
from ser.cells import harmless
from ser.constants import EMOTIONS, UPLOAD_MAX_MB
from ser.errors import BusyError, SerError
from ser.language import ENGLISH, mark, ntr, spoken, tr, tr_into
from ser.prediction import Prediction
from ser.recognizer import Recognizer
from ser.turns import Waiting
from ser.ui import language, look, models, pictures, shelf, sounds
from ser.ui.card import card
from ser.ui.hearing import hear
from ser.ui.sounds import Sound

ROWS = "many-rows"
TABLE = "many-table"
ALL, REFUSED = mark("all"), mark("refused")
Load = Callable[[str], Recognizer]


@dataclass(frozen=True)
class Row:
    """One file: what was heard, or why nothing was. ``data`` is kept to be played."""

    name: str
    data: bytes = field(repr=False)
    prediction: Prediction | None
    error: SerError | None = None

    def emotion(self, said: Callable[..., str] = tr) -> str:
        """In a word, as the page says it; ``said`` puts it into a language."""
        if self.prediction is None:
            return ""
        if not self.prediction.has_voice:
            return said(mark("no speech"))
        word = said(plots.EMOTION_LOOKS[self.prediction.emotion].word)
        return word if self.prediction.is_sure else said(mark("not sure ({emotion}?)"), emotion=word)

    def shown(self) -> dict[str, Any]:
        """For the table, in the reader's language."""
        told = language.told(self.error, markdown=False) if self.error else ""
        return self.values() | {"emotion": self.emotion(), "error": told}

    def values(self) -> dict[str, Any]:
        """For the downloads, in English as all files for programs."""
        found = self.prediction
        return {
            "file": self.name,
            "emotion": self.emotion(partial(tr_into, ENGLISH)),
            "probability": found.probability if found else None,
            "duration_s": round(found.recording.duration_s, 2) if found else None,
            "speech_s": round(found.speech.speech_s, 2) if found and found.speech else None,
            "error": str(self.error or ""),
            **{emotion: found.probabilities[emotion] if found else None for emotion in EMOTIONS},
        }


def page(recognizer: Load) -> None:
    """Draws the page."""
    look.head(
        tr("Many recordings at once"),
        tr("Up to {limit} files, or a ZIP of them: a table of what is heard.", limit=zipped.FILES_MAX),
    )
    with st.container(border=True):
        uploads = st.file_uploader(
            tr("Drop recordings or a ZIP here, or browse"),
            type=[*(suffix.removeprefix(".") for suffix in AUDIO_SUFFIXES), "zip"],
            accept_multiple_files=True,
            max_upload_size=UPLOAD_MAX_MB,
            key="many",
        )
        model = models.choose()
    if not uploads:
        st.session_state.pop(ROWS, None)
        st.caption(tr("They are held in memory while this page is open, and are neither stored nor passed on."))
        return
    rows = _heard(uploads, model, recognizer)
    if rows:
        _summary(rows)
        _table(rows)
        _downloads(rows)


def _files(uploads: list[Any]) -> Iterator[zipped.Packed]:
    """All files, those in archives too; an archive that can't be opened is one file with an error."""
    for one in uploads:
        data = one.getvalue()
        if not zipped.is_zip(data):
            yield zipped.Packed(one.name, data)
            continue
        try:
            yield from zipped.unpacked(data, one.name)
        except SerError as error:
            yield zipped.Packed(one.name, error=error)


def _heard(uploads: list[Any], model: str, recognizer: Load) -> list[Row]:
    """Rows of all files; those that are known already are not heard again."""
    known: dict[str, Row] = st.session_state.setdefault(ROWS, {})
    with st.spinner(tr("Loading …")):
        files = list(_files(uploads))
    if len(files) > zipped.FILES_MAX:
        words = tr(
            "{n} files; at most {limit} are heard at once. The first {limit} follow.",
            n=len(files),
            limit=zipped.FILES_MAX,
        )
        st.error(words, icon=":material/error:")
        files = files[: zipped.FILES_MAX]
    keys = [_key(model, one) for one in files]
    todo = [(key, one) for key, one in zip(keys, files, strict=True) if key not in known]
    if todo:
        with st.spinner(tr("Loading …")):
            loaded = recognizer(model)
        _hear(todo, known, keys, loaded)
    for key in set(known) - set(keys):
        del known[key]  # taken off the page: forgotten
    return [known[key] for key in keys if key in known]


def _key(model: str, one: zipped.Packed) -> str:
    """SHA-256 of model, name and content."""
    digest = hashlib.sha256(f"{model}/{one.name}/".encode())
    digest.update(one.data)  # apart: together they would be a copy of the file
    return digest.hexdigest()


def _hear(
    todo: list[tuple[str, zipped.Packed]], known: dict[str, Row], keys: list[str], recognizer: Recognizer
) -> None:
    """Hears what is not known yet, and shows how far it is; where the server is too busy, what is known stays."""
    bar, slot, started_s = st.progress(0.0, tr("Listening …")), st.empty(), time.perf_counter()
    try:
        for number, (key, one) in enumerate(todo, start=1):
            known[key] = _row(one, recognizer, _waiting(bar, (number - 1) / len(todo)))
            left_s = (time.perf_counter() - started_s) * (len(todo) - number) / number
            left = look.duration_words(left_s)
            words = tr("{number} of {all}, {left} left", number=number, all=len(todo), left=left)
            bar.progress(number / len(todo), words)
            done = [known[key] for key in keys if key in known]
            _draw(slot, done, ["file", "emotion", "error"])
    except BusyError as error:
        st.error(f"{language.told(error)} {tr('What is heard already stays.')}", icon=":material/error:")
    bar.empty()
    slot.empty()


def _waiting(bar: DeltaGenerator, share: float) -> Waiting:
    """Says on the bar how many stand before this file."""

    def say(count: int) -> None:
        bar.progress(share, tr("Waiting: {n} before you …", n=count))

    return say


def _row(one: zipped.Packed, recognizer: Recognizer, waiting: Waiting) -> Row:
    """What is heard of a file, or why not; that the server is busy is not the file's fault, and is raised."""
    try:
        if one.error:
            raise one.error
        heard = hear("/many", Sound(one.name, one.data), lambda: recognizer, waiting)
        return Row(one.name, one.data, heard)
    except BusyError:
        raise
    except SerError as error:
        return Row(one.name, b"", None, error)


def _summary(rows: list[Row]) -> None:
    heard = [row.prediction for row in rows if row.prediction and row.prediction.has_voice]
    counts = pd.Series([one.emotion for one in heard if one.is_sure], dtype=str).value_counts()
    looks = ((plots.EMOTION_LOOKS[name], spoken().number(str(n))) for name, n in counts.items())
    each = " · ".join(f"{one.icon} {one.said} {n}" for one, n in looks)
    unsure, failed = sum(not one.is_sure for one in heard), sum(row.prediction is None for row in rows)
    silent = len(rows) - failed - len(heard)
    rest = (
        (unsure, tr("not sure {n}", n=unsure)),
        (silent, tr("no speech {n}", n=silent)),
        (failed, tr("refused {n}", n=failed)),
    )
    parts = [each, *(words for count, words in rest if count)]
    st.markdown(f"**{ntr('{n} file:', '{n} files:', len(rows))}** " + " · ".join(filter(None, parts)))


def _table(rows: list[Row]) -> None:
    """All rows, or those of one kind; a chosen one is played and shown."""
    words = {_kind(row): row.emotion() or tr(REFUSED) for row in rows}
    kinds = {ALL: tr(ALL)} | dict(sorted(words.items()))
    chosen_kind = ALL
    if len(words) > 1:
        chosen_kind = st.selectbox(
            tr("Show"), list(kinds), format_func=kinds.__getitem__, key="many-kind", filter_mode=None
        )
    shown = [row for row in rows if chosen_kind in (ALL, _kind(row))]
    columns = ["file", "emotion", "probability", "duration_s", "speech_s", "error"]
    chosen = _draw(st, shown, columns, on_select="rerun", selection_mode="single-row", key=TABLE, width="stretch")
    picked = chosen["selection"]["rows"] if chosen else []
    if picked and picked[0] < len(shown):
        _closer(shown[picked[0]])
    else:
        st.caption(tr("Click a row to hear it. Click a column's name to sort."))


def _kind(row: Row) -> str:
    """Rows of one kind can be shown alone; a language changes nothing about which they are."""
    return str(row.values()["emotion"]) or REFUSED


def _draw(place: Any, rows: list[Row], columns: list[str], **options: Any) -> Any:
    """A table of rows, with its head in the reader's language."""
    config = {
        "file": st.column_config.TextColumn(tr("File")),
        "emotion": st.column_config.TextColumn(tr("Emotion")),
        "probability": st.column_config.ProgressColumn(
            tr("Probability"), min_value=0.0, max_value=1.0, format="percent"
        ),
        "duration_s": st.column_config.NumberColumn(tr("Length (s)"), format="%.1f"),
        "speech_s": st.column_config.NumberColumn(tr("Speech (s)"), format="%.1f"),
        "error": st.column_config.TextColumn(tr("Why not")),
    }
    table = pd.DataFrame([row.shown() for row in rows])[columns]
    return place.dataframe(table, hide_index=True, column_config=config, **options)


def _closer(row: Row) -> None:
    with st.container(border=True):
        st.markdown(f"**{look.plain(row.name)}**")
        if row.prediction is None:
            if row.error:
                st.error(language.told(row.error), icon=":material/error:")
            return
        left, right = st.columns([5, 6], vertical_alignment="center")
        left.html(card(row.prediction))
        with right:
            alt = tr("Probability of each emotion of {name}", name=row.name)
            pictures.chart(plots.probability_bars(row.prediction), "bars", "many", alt)
        pictures.player(row.data, row.prediction.recording, None)
        if st.button(tr("Open in Recognise"), key="many-open", icon=":material/open_in_new:"):
            sounds.give(Sound(row.name, row.data))
            shelf.go_to_first()


def _downloads(rows: list[Row]) -> None:
    table = pd.DataFrame([row.values() for row in rows])
    forms = (
        ("CSV", "csv", "text/csv", lambda: _csv(table)),
        ("JSON", "json", "application/json", lambda: json.dumps([row.values() for row in rows], indent=1).encode()),
        ("Excel", "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", lambda: _excel(table)),
    )
    for column, (label, suffix, media_type, make) in zip(st.columns(len(forms)), forms, strict=True):
        column.download_button(
            label, make, f"emotions.{suffix}", media_type, icon=":material/download:", width="stretch",
            key=f"many-{suffix}", on_click="ignore",
        )  # fmt: skip


def _csv(table: pd.DataFrame) -> bytes:
    """No cell of it is a formula: a file's name is a stranger's."""
    texts = {name: table[name].map(harmless) for name in ("file", "error")}
    return table.assign(**texts).to_csv(index=False).encode()


def _excel(table: pd.DataFrame) -> bytes:
    file = io.BytesIO()
    # A name that begins with = is a name, not a formula.
    options = {"strings_to_formulas": False, "strings_to_urls": False}
    with pd.ExcelWriter(file, engine="xlsxwriter", engine_kwargs={"options": options}) as writer:
        table.to_excel(writer, index=False, sheet_name="emotions")
    return file.getvalue()
