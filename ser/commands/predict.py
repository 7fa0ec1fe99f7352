"""``ser predict FILE…``: a table on the terminal, or one JSON object a file and line."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ser.constants import EMOTIONS
from ser.errors import AudioError, ToolMissingError
from ser.prediction import Prediction
from ser.recognizer import DEFAULT_MODEL, Recognizer, known_models, load


@dataclass(frozen=True)
class Answer:
    """One line of output: a prediction, or the sentence that says why there is none."""

    file: str
    model: str
    prediction: Prediction | None
    error: str | None

    def to_json(self) -> str:
        """One line: ``file``, ``emotion``, ``probabilities`` of all eight, ``error``, ``sure``, and what follows.

        Null stands where there is none. ``emotion`` is the likeliest one also where ``sure`` is false; ``voice`` and
        ``familiar`` are the probabilities that there is a voice, and that the recording is like what taught the model.
        """
        found = self.prediction
        content = {
            "file": self.file,
            "emotion": found.emotion if found else None,
            "probabilities": {emotion: round(found.probabilities[emotion], 6) for emotion in EMOTIONS}
            if found
            else None,
            "error": self.error,
            "sure": found.is_sure if found else None,
            "voice": round(found.voice, 6) if found else None,
            "familiar": round(found.familiar, 6) if found else None,
            "model": self.model,
        }
        return json.dumps(content, ensure_ascii=False)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of ``ser predict``."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="recordings: WAV, MP3, M4A, OGG, FLAC, WebM, …")
    parser.add_argument("--format", choices=("table", "jsonl"), default="table", help="default: table")
    known = ", ".join(f"{one.name} ({one.title})" if one.title != one.name else one.name for one in known_models())
    # argparse reads % as the start of a format.
    text = f"which model answers: {known or 'none found'}; default: {DEFAULT_MODEL}".replace("%", "%%")
    parser.add_argument("--model", default=DEFAULT_MODEL, help=text)


def answers(recognizer: Recognizer, files: Sequence[str]) -> Iterator[Answer]:
    """Answers in the order given; a bad file gets its line and the run goes on."""
    for file in files:
        try:
            yield Answer(file, recognizer.name, recognizer.predict(Path(file)), None)
        except (AudioError, ToolMissingError) as error:
            yield Answer(file, recognizer.name, None, str(error))


def in_words(prediction: Prediction) -> tuple[str, str, str]:
    """Emotion, probability and next likeliest as the table shows them; two of a kind where the model is not sure."""
    first, second, third = prediction.scores[:3]
    if not prediction.has_voice:
        return "no voice found", "", ""
    if prediction.is_sure:
        return first.emotion, f"{first.probability:.0%}", f"{second.emotion} {second.probability:.0%}"
    return (
        f"not sure: {first.emotion} or {second.emotion}",
        f"{first.probability:.0%} or {second.probability:.0%}",
        f"{third.emotion} {third.probability:.0%}",
    )


def print_table(found: list[Answer]) -> None:
    """A table with the likeliest emotion (two if not sure), its probability, the next likeliest, or the error."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("file")
    table.add_column("emotion", min_width=len("surprised"))
    table.add_column("probability", no_wrap=True)
    table.add_column("next")
    table.add_column("length", no_wrap=True)
    for answer in found:
        name = Text(answer.file, overflow="fold")
        if answer.prediction is None:
            table.add_row(name, "–", "", Text(answer.error or "", style="red"), "")
            continue
        emotion, probability, following = in_words(answer.prediction)
        style = "bold" if answer.prediction.is_sure else ""
        length = f"{answer.prediction.recording.duration_s:.1f} s"
        table.add_row(name, Text(emotion, style=style), probability, following, length)
    Console().print(table)


def run(options: argparse.Namespace) -> int:
    """Predicts every file; 1 if any could not be used."""
    recognizer = load(options.model)
    found: list[Answer] = []
    for answer in answers(recognizer, options.files):
        found.append(answer)
        if options.format == "jsonl":
            print(answer.to_json(), flush=True)
    if options.format == "table":
        print_table(found)
    return int(any(answer.error for answer in found))
