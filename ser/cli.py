"""The command line: ``ser COMMAND …``, see :data:`COMMANDS`.

Each command's module is imported when the command runs, so that ``ser --help`` and ``ser predict`` load neither
TensorFlow nor anything else of the training side.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import sys
from collections.abc import Sequence
from types import ModuleType

from ser import __version__
from ser.errors import SerError

COMMANDS = {
    "predict": "which emotion recordings carry",
    "explain": "one page with answer, timeline and pictures of a recording",
    "batch": "an archive of recordings → tables of answers, on many cores or machines",
    "corpora": "which corpora are understood, and how to have them",
    "prepare": "corpora → the tables of processed_data/",
    "train": "train a model on all corpora and ship it into model/",
    "evaluate": "train and score a model on speakers it has not heard",
    "compare": "every model on the same clips and splits, in one table",
    "tune": "search a classic model's settings on validation speakers",
    "robustness": "what noise, codecs, rooms, level and speed cost the model",
    "app": "open the page in a browser",
    "completion": "what makes a shell complete the words of ser",
}


def _module(command: str) -> ModuleType:
    return importlib.import_module(f"ser.commands.{command}")


def parser_of(chosen: str | None) -> argparse.ArgumentParser:
    """The command line, with the flags of the chosen command; of all that can be loaded, if none is chosen."""
    parser = argparse.ArgumentParser(prog="ser", description="Speech emotion recognition that people can trust.")
    parser.add_argument("--version", action="version", version=f"ser {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, help_text in COMMANDS.items():
        sub = commands.add_parser(name, help=help_text, description=help_text[0].upper() + help_text[1:] + ".")
        if name == chosen:
            _module(name).add_arguments(sub)
        elif chosen is None:
            # A container that only answers has no training framework, nor the flags that need it.
            with contextlib.suppress(ImportError):
                _module(name).add_arguments(sub)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command.

    Returns:
        The exit code: 0 when all went well, an error's own (:mod:`ser.errors`), 2 for a command line that is not
        understood, 130 when interrupted.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    options = parser_of(next((word for word in words if not word.startswith("-")), "")).parse_args(words)
    try:
        return int(_module(options.command).run(options))
    except SerError as error:
        print(f"ser: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("ser: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader (head, less) has closed the pipe: that is no error of ours.
        sys.stderr.close()
        return 0


if __name__ == "__main__":
    sys.exit(main())
