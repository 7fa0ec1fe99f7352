"""``ser predict FILE…``: a table on the terminal, or one JSON object a file and line."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ser.constants import EMOTIONS
from ser.errors import AudioError, ToolMissingError
from ser.recognizer import DEFAULT_MODEL, Prediction, Recognizer, load


@dataclass(frozen=True)
class Answer:
    """One line of output: a prediction, or the sentence that says why there is none."""

    file: str
    prediction: Prediction | None
    error: str | None

    def to_json(self) -> str:
        """``file``, ``emotion``, ``probabilities`` of all eight emotions, ``error``; nulls where there is none."""
        found = self.prediction
        content = {
            "file": self.file,
            "emotion": found.emotion if found else None,
            "probabilities": {emotion: round(found.probabilities[emotion], 6) for emotion in EMOTIONS}
            if found
            else None,
            "error": self.error,
        }
        return json.dumps(content, ensure_ascii=False)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of ``ser predict``."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="recordings: WAV, MP3, M4A, OGG, FLAC, WebM, …")
    parser.add_argument("--format", choices=("table", "jsonl"), default="table", help="default: table")
    parser.add_argument("--model", default=DEFAULT_MODEL, help=f"a folder of model/ (default {DEFAULT_MODEL})")


def answers(recognizer: Recognizer, files: Sequence[str]) -> Iterator[Answer]:
    """Answers in the order given; a bad file gets its line and the run goes on."""
    for file in files:
        try:
            yield Answer(file, recognizer.predict(Path(file)), None)
        except (AudioError, ToolMissingError) as error:
            yield Answer(file, None, str(error))


def print_table(found: list[Answer]) -> None:
    """A table with the likeliest emotion, its probability, the runner-up, or the error."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("file")
    for heading in ("emotion", "probability", "next", "length"):
        table.add_column(heading, no_wrap=heading != "next")
    for answer in found:
        name = Text(answer.file, overflow="fold")
        if answer.prediction is None:
            table.add_row(name, "–", "", Text(answer.error or "", style="red"), "")
            continue
        second = answer.prediction.scores[1]
        table.add_row(
            name,
            Text(answer.prediction.emotion, style="bold"),
            f"{answer.prediction.probability:.0%}",
            f"{second.emotion} {second.probability:.0%}",
            f"{answer.prediction.recording.duration_s:.1f} s",
        )
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
