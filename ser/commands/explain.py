"""``ser explain FILE``: one HTML page with the answer, the timeline and the three pictures, which opens offline."""

from __future__ import annotations

import argparse
from pathlib import Path

from ser.commands.predict import add_model, progress_of
from ser.errors import SerError
from ser.recognizer import load


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of ``ser explain``."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a recording: WAV, MP3, M4A, OGG, FLAC, WebM, …")
    parser.add_argument(
        "--output", type=Path, metavar="FILE.html", help="the page to write (default: beside the recording, .html)"
    )
    add_model(parser)


def run(options: argparse.Namespace) -> int:
    """Writes the page and says where it is.

    Raises:
        AudioError: the recording can't be used.
        SerError: the page would overwrite the recording, or can't be written.
    """
    output: Path = options.output or options.file.with_suffix(".html")
    if output == options.file:
        raise SerError(f"'{output}' is the recording itself. Name another file with --output.")
    prediction = load(options.model).predict(options.file, progress=progress_of(str(options.file)))
    from ser.explanation import page

    text = page(prediction)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SerError(f"'{output}' can't be written: {error.strerror}. Name another file with --output.") from error
    print(output)
    return 0
