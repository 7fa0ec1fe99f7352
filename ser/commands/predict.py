"""``ser predict FILE…``: a table on the terminal, one JSON object a file and line, or files that say what was when."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ser.constants import EMOTIONS
from ser.errors import AudioError, SerError, ToolMissingError
from ser.prediction import Prediction
from ser.recognizer import DEFAULT_MODEL, Recognizer, known_models, load
from ser.timeline import as_csv, as_json, as_subtitles

TIMELINES: dict[str, Callable[[Prediction], str]] = {
    "csv": as_csv,
    "json": as_json,
    "srt": lambda prediction: as_subtitles(prediction, "srt"),
    "vtt": lambda prediction: as_subtitles(prediction, "vtt"),
}
PROGRESS_FROM_S = 60.0
EPILOG = """exit codes: 0 all heard; for a single kind of error 11 not audio, 12 empty, 13 damaged or cut short,
14 silent, 15 too short, 16 too long, 20 ffmpeg missing; 1 for several kinds or another error; 2 wrong command line"""


@dataclass(frozen=True)
class Answer:
    """One line of output: a prediction, or the sentence that says why there is none."""

    file: str
    model: str
    prediction: Prediction | None
    error: str | None
    exit_code: int = 0

    def to_json(self) -> str:
        """One line: ``file``, ``emotion``, ``probabilities`` of all eight, ``error``, ``sure``, and what follows.

        Null stands where there is none. ``emotion`` is the likeliest one also where ``sure`` is false, and null where
        nobody speaks; ``voice`` and
        ``familiar`` are the probabilities that there is a voice, and that the recording is like what taught the model;
        ``remarks`` names what is wrong with the sound: clipped, quiet, noisy, narrow.
        """
        found = self.prediction
        content = {
            "file": self.file,
            "emotion": found.emotion if found and found.has_voice else None,
            "probabilities": {emotion: round(found.probabilities[emotion], 6) for emotion in EMOTIONS}
            if found
            else None,
            "error": self.error,
            "sure": found.is_sure and found.has_voice if found else None,
            "voice": round(found.voice, 6) if found else None,
            "familiar": round(found.familiar, 6) if found else None,
            "duration_s": round(found.recording.duration_s, 3) if found else None,
            "speech_s": round(found.speech.speech_s, 3) if found and found.speech else None,
            "remarks": [remark.kind for remark in found.remarks] if found else None,
            "model": self.model,
        }
        return json.dumps(content, ensure_ascii=False)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of ``ser predict``."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="recordings: WAV, MP3, M4A, OGG, FLAC, WebM, …")
    parser.add_argument("--format", choices=("table", "jsonl"), default="table", help="default: table")
    known = ", ".join(f"{one.name} ({one.title})" if one.title != one.name else one.name for one in known_models())
    parser.add_argument(
        "--timeline", choices=tuple(TIMELINES), metavar="FORM",
        help="write what the voice carries when, as csv, json (every step), srt or vtt (subtitles), for each file",
    )  # fmt: skip
    parser.add_argument("--out", type=Path, help="folder for --timeline (default: beside each recording)")
    parser.epilog = EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    # argparse reads % as the start of a format.
    text = f"which model answers: {known or 'none found'}; default: {DEFAULT_MODEL}".replace("%", "%%")
    parser.add_argument("--model", default=DEFAULT_MODEL, help=text)


def answers(recognizer: Recognizer, files: Sequence[str]) -> Iterator[Answer]:
    """Answers in the order given; a bad file gets its line and the run goes on."""
    for file in files:
        try:
            yield Answer(file, recognizer.name, recognizer.predict(Path(file), progress=_bar(file)), None)
        except (AudioError, ToolMissingError) as error:
            yield Answer(file, recognizer.name, None, str(error), error.exit_code)


def in_words(prediction: Prediction) -> tuple[str, str, str]:
    """Emotion, probability and next likeliest as the table shows them; two of a kind where the model is not sure."""
    first, second, third = prediction.scores[:3]
    if not prediction.has_voice:
        return "no speech found", "", ""
    if prediction.is_sure:
        return first.emotion, f"{first.probability:.0%}", f"{second.emotion} {second.probability:.0%}"
    return (
        f"not sure: {first.emotion} or {second.emotion}",
        f"{first.probability:.0%} or {second.probability:.0%}",
        f"{third.emotion} {third.probability:.0%}",
    )


def print_table(found: list[Answer]) -> None:
    """A table with the likeliest emotion (two if not sure), its probability, the next likeliest, or the error.

    What is wrong with a recording's sound stands below it.
    """
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
    console = Console()
    console.print(table)
    for answer in found:
        for remark in answer.prediction.remarks if answer.prediction else ():
            console.print(Text(f"{answer.file}: {remark.text}", style="yellow"))


def run(options: argparse.Namespace) -> int:
    """Predicts every file; see :func:`exit_code`."""
    recognizer = load(options.model)
    found: list[Answer] = []
    for answer in answers(recognizer, options.files):
        found.append(answer)
        if options.format == "jsonl":
            print(answer.to_json(), flush=True)
        if options.timeline and answer.prediction:
            write_timeline(answer, options.timeline, options.out)
    if options.format == "table":
        print_table(found)
    return exit_code(found)


def write_timeline(answer: Answer, form: str, folder: Path | None) -> Path:
    """Writes ``NAME.csv`` (or another form) of one answer.

    Raises:
        SerError: the folder can't be written to.
    """
    assert answer.prediction
    path = (folder or Path(answer.file).parent) / f"{Path(answer.file).stem}.{form}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(TIMELINES[form](answer.prediction), encoding="utf-8")
    except OSError as error:
        raise SerError(f"'{path}' can't be written: {error.strerror}. Name another folder with --out.") from error
    print(f"Timeline: {path}", file=sys.stderr)
    return path


def exit_code(found: Sequence[Answer]) -> int:
    """0 if all went well; the error's own code where only one kind of error occurred; 1 where there were several."""
    codes = {answer.exit_code for answer in found if answer.error}
    return codes.pop() if len(codes) == 1 else int(bool(codes))


def _bar(file: str) -> Callable[[float, float], None]:
    """A line on the terminal that tells how far a long recording is."""
    started_s = time.perf_counter()

    def show(done_s: float, all_s: float) -> None:
        if all_s < PROGRESS_FROM_S or not sys.stderr.isatty():
            return
        left_s = (time.perf_counter() - started_s) * (all_s - done_s) / done_s
        end = "\n" if done_s >= all_s else ""
        print(f"\r{Path(file).name}: {done_s / all_s:4.0%}, {left_s:.0f} s left ", end=end, file=sys.stderr, flush=True)

    return show
