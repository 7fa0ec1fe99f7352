"""``ser completion SHELL``: prints what makes a shell complete commands, flags and file names of ``ser``."""

from __future__ import annotations

import argparse

from ser.errors import ToolMissingError

SHELLS = ("bash", "zsh", "tcsh")
# What names files or folders.
_PATHS = ("files", "files_from", "folder", "folders", "words", "file", "output", "out", "tables", "cache")
EPILOG = """bash: ser completion bash > ~/.local/share/bash-completion/completions/ser
zsh:  ser completion zsh > ~/.zfunc/_ser   (with ~/.zfunc in $fpath)
tcsh: ser completion tcsh >> ~/.tcshrc"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of ``ser completion``."""
    parser.add_argument("shell", choices=SHELLS, help="which shell")
    parser.epilog = EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter


def run(options: argparse.Namespace) -> int:
    """Prints a script, which is complete: the shell never starts ``ser`` to complete a word.

    Raises:
        ToolMissingError: the package shtab is not installed.
    """
    from ser.cli import parser_of

    try:
        import shtab
    except ImportError as error:
        raise ToolMissingError("The package shtab is not installed. Run: pip install shtab") from error
    parser = parser_of(None)
    _mark_paths(parser, shtab.FILE)
    print(shtab.complete(parser, options.shell))
    return 0


def _mark_paths(parser: argparse.ArgumentParser, how: object) -> None:
    for action in parser._actions:
        if action.dest in _PATHS:
            vars(action)["complete"] = how
        if isinstance(action, argparse._SubParsersAction):
            for sub in action.choices.values():
                _mark_paths(sub, how)
