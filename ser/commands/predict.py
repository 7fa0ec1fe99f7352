"""``ser predict WHAT…``: which emotion recordings carry, as a table, as files for programs, and as what was when."""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ser.catalogue import DEFAULT_MODEL, known_models
from ser.commands.answer_files import FORMATS, writer
from ser.commands.recordings import PIPE_NAME, Named, listed, named
from ser.constants import EMOTIONS
from ser.errors import AudioError, SerError, ToolMissingError
from ser.language import ENGLISH, LANGUAGES, emotion_word, speaking, tr
from ser.outcome import Outcome
from ser.prediction import Prediction
from ser.recognizer import Recognizer, load
from ser.timeline import as_csv, as_json, as_subtitles


def _words() -> dict[str, str]:
    return {emotion: emotion_word(emotion) for emotion in EMOTIONS}


TIMELINES: dict[str, Callable[[Prediction], str]] = {
    "csv": as_csv,
    "json": as_json,
    "srt": lambda prediction: as_subtitles(prediction, "srt", _words()),
    "vtt": lambda prediction: as_subtitles(prediction, "vtt", _words()),
}
PROGRESS_FROM_S = 60.0
EPILOG = """exit codes: 0 all heard; for a single kind of error 11 not audio, 12 empty, 13 damaged or cut short,
14 silent, 15 too short, 16 too long, 20 ffmpeg missing; 1 for several kinds or another error; 2 wrong command line"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of ``ser predict``."""
    parser.add_argument(
        "files", nargs="*", metavar="WHAT",
        help="recordings (WAV, MP3, M4A, OGG, FLAC, WebM, …), folders, patterns such as 'calls/**/*.mp3', or - for one "
        "recording by a pipe",
    )  # fmt: skip
    parser.add_argument("--files-from", type=Path, metavar="LIST", help="a text file of more, one a line; or -")
    parser.add_argument(
        "--format", choices=FORMATS, help="form of the answers (default: by the suffix of --output, else table)"
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="write there (audformat: a folder), not here")
    parser.add_argument(
        "--top",
        type=_top,
        metavar="N",
        help="name the N likeliest emotions (default: 2 in the table, else all 8)",
    )
    parser.add_argument(
        "--timeline", choices=tuple(TIMELINES), metavar="FORM",
        help="write what the voice carries when, as csv, json (every step), srt or vtt (subtitles), for each file",
    )  # fmt: skip
    parser.add_argument("--out", type=Path, help="folder for --timeline (default: beside each recording)")
    parser.add_argument(
        "--language", choices=tuple(LANGUAGES), default=ENGLISH.code,
        help="of the table, of subtitles and of sentences about recordings: "
        f"{', '.join(f'{one.code} {one.name}' for one in LANGUAGES.values())} (default: %(default)s)",
    )  # fmt: skip
    parser.epilog = EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add_model(parser)


def add_model(parser: argparse.ArgumentParser) -> None:
    """The flag that chooses the weights."""
    known = ", ".join(f"{one.name} ({one.title})" if one.title != one.name else one.name for one in known_models())
    # argparse reads % as the start of a format.
    text = f"which model answers: {known or 'none found'}; default: {DEFAULT_MODEL}".replace("%", "%%")
    parser.add_argument("--model", default=DEFAULT_MODEL, help=text)


def _top(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= len(EMOTIONS):
        raise argparse.ArgumentTypeError(f"'{text}' is no number from 1 to {len(EMOTIONS)}")
    return int(text)


def answers(recognizer: Recognizer, recordings: Iterable[Named]) -> Iterator[Outcome]:
    """Answers in the order given; a bad file gets its line and the run goes on."""
    for one in recordings:
        try:
            yield Outcome(one.file, recognizer.name, _predicted(recognizer, one), None)
        except (AudioError, ToolMissingError) as error:
            sentence = tr(error.template, **error.values)
            yield Outcome(one.file, recognizer.name, None, sentence, error.exit_code)


def _predicted(recognizer: Recognizer, one: Named) -> Prediction:
    if one.error:
        raise one.error
    if isinstance(one.source, bytes):
        return recognizer.predict(one.source, name=one.file, progress=progress_of(one.file))
    return recognizer.predict(one.source, progress=progress_of(one.file))


def run(options: argparse.Namespace) -> int:
    """Predicts every recording; see :func:`exit_code`.

    Raises:
        SerError: nothing was named, or the output can't be written.
    """
    if not options.files and not options.files_from:
        raise SerError("Name recordings, folders or patterns, or a list with --files-from. See: ser predict --help")
    words = itertools.chain(options.files, listed(options.files_from) if options.files_from else ())
    recordings = itertools.chain.from_iterable(named([word]) for word in words)
    codes: set[int] = set()
    timelines = _Timelines(options.timeline, options.out)
    with speaking(options.language), writer(options.format, options.output, options.top) as output:
        for answer in answers(load(options.model), recordings):
            output.write(answer)
            codes |= {answer.exit_code} if answer.error else set()
            if options.timeline and answer.prediction:
                timelines.write(answer)
    return exit_code(codes)


@dataclass(frozen=True)
class _Timelines:
    """Writes ``NAME.csv`` (or another form) of one answer after the other, none over another one of this run."""

    form: str
    folder: Path | None
    written: set[Path] = field(default_factory=set)

    def write(self, answer: Outcome) -> Path:
        """Writes one.

        Raises:
            SerError: the folder can't be written to.
        """
        assert answer.prediction
        path = self._path(answer.file)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(TIMELINES[self.form](answer.prediction), encoding="utf-8")
        except OSError as error:
            raise SerError(f"'{path}' can't be written: {error.strerror}. Name another folder with --out.") from error
        print(f"Timeline: {path}", file=sys.stderr)
        return path

    def _path(self, file: str) -> Path:
        """Two recordings of one name, from different folders or of different kinds, get a number."""
        stem = Path(file).stem if file != PIPE_NAME else "recording"
        folder = self.folder or (Path(file).parent if file != PIPE_NAME else Path())
        names = (f"{stem}{f'-{number}' if number > 1 else ''}.{self.form}" for number in itertools.count(1))
        path = next(folder / name for name in names if folder / name not in self.written)
        self.written.add(path)
        return path


def exit_code(codes: set[int]) -> int:
    """0 if all went well; the error's own code where only one kind of error occurred; 1 where there were several."""
    return next(iter(codes)) if len(codes) == 1 else int(bool(codes))


def progress_of(file: str) -> Callable[[float, float], None]:
    """A line on the terminal that tells how far a long recording is."""
    started_s = time.perf_counter()

    def show(done_s: float, all_s: float) -> None:
        if all_s < PROGRESS_FROM_S or not sys.stderr.isatty():
            return
        left_s = (time.perf_counter() - started_s) * (all_s - done_s) / done_s
        end = "\n" if done_s >= all_s else ""
        print(f"\r{Path(file).name}: {done_s / all_s:4.0%}, {left_s:.0f} s left ", end=end, file=sys.stderr, flush=True)

    return show
