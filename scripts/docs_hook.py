"""What the documentation's site has beyond ``docs/``: mkdocs calls these functions (``hooks`` in mkdocs.yml).

* Pages made from files of the repository: README, model cards, the commands' own help, the notebook after a run.
* Links as the code host wants them, relative and to any file: one that leaves ``docs/`` leads to the page made from
  that file, or else to a page that shows it. So the site is whole without the address of a code host.
* Colours and fonts from the page's own theme, .streamlit/config.toml.
"""

from __future__ import annotations

import argparse
import logging
import os
import posixpath
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from unittest import mock

import plotly
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from pygments.lexers import get_lexer_for_filename
from pygments.util import ClassNotFound

from scripts import notebook
from ser.cli import parser_of

ROOT: Final = Path(__file__).resolve().parent.parent
LOG: Final = logging.getLogger("mkdocs.hooks.docs")  # its warnings fail a strict build
# Page of the site → the file of the repository that it shows.
PAGES: Final = {
    "index.md": "README.md",
    "models/speech_cnn_lstm.md": "model/speech_cnn_lstm/CARD.md",
    "models/speech_cnn_lstm_open.md": "model/speech_cnn_lstm_open/CARD.md",
    "models/comparison.md": "model/comparison/README.md",
    "tables.md": "processed_data/README.md",
    "changes.md": "CHANGELOG.md",
}
LISTINGS: Final = "files/"
COLOURS, MARK, PLOTLY = "assets/colours.css", "assets/mark.svg", "assets/plotly.min.js"
PICTURES: Final = (".png", ".svg")
HELP_COLUMNS: Final = "84"  # as many as fit beside the lists of pages
# A code block, or the address in a relative link; a link's anchor is not part of it.
_LINK: Final = re.compile(r"^```.*?^```$|(?<=\]\()(?!https?:|mailto:|#)(?P<address>[^)#\s]+)", re.DOTALL | re.MULTILINE)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the pages, pictures and styles that do not lie in ``docs/``."""
    for page, source in PAGES.items():
        files.append(File.generated(config, page, content=(ROOT / source).read_text(encoding="utf-8")))
    files.append(File.generated(config, "commands.md", content=_commands()))
    files.append(File.generated(config, COLOURS, content=_colours()))
    files.append(File.generated(config, MARK, abs_src_path=str(ROOT / "ser" / "ui" / "mark.svg")))
    plotly_js = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    files.append(File.generated(config, PLOTLY, abs_src_path=str(plotly_js)))
    for book in [file for file in files if file.src_uri.endswith(".ipynb")]:
        files.remove(book)
        ran = notebook.executed(book.content_string, Path(config.docs_dir))
        page = book.src_uri.replace(".ipynb", ".md")
        files.append(File.generated(config, page, content=notebook.as_markdown(ran, PLOTLY)))
    for path in sorted(set().union(*(_linked(page) for page in files.documentation_pages()))):
        if (ROOT / path).is_file():
            files.append(_listing(config, path))
        else:
            LOG.warning("A page links to '%s', which is no file of the repository.", path)
    return files


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Brings links from where they lead in the repository to where they lead on the site."""
    here = page.file.src_uri
    if here.startswith(LISTINGS):
        return markdown

    def to_site(found: re.Match[str]) -> str:
        if not found["address"]:
            return found[0]
        return posixpath.relpath(_on_site(_in_repository(found[0], here)), posixpath.dirname(here) or ".")

    return _LINK.sub(to_site, markdown)


def _linked(page: File) -> set[str]:
    """Files of the repository that a page links to and that no page is made of, nor lies in ``docs/``."""
    addresses = {found["address"] for found in _LINK.finditer(page.content_string)} - {None}
    paths = {_in_repository(address, page.src_uri) for address in addresses}
    return {path for path in paths if _on_site(path).startswith(LISTINGS)}


def _in_repository(address: str, page: str) -> str:
    """The file that a link on a page of the site names, as a path of the repository."""
    source = PAGES.get(page, f"docs/{page}")
    return posixpath.normpath(posixpath.join(posixpath.dirname(source), address))


def _on_site(path: str) -> str:
    """Where the site shows a file of the repository."""
    made = next((page for page, source in PAGES.items() if source == path), "")
    if made or path.startswith("docs/"):
        return made or path.removeprefix("docs/").replace(".ipynb", ".md")
    place = f"{LISTINGS}{path.lstrip('.')}"  # mkdocs leaves out what is hidden
    return place if path.endswith(PICTURES) else f"{place}.md"


def _listing(config: MkDocsConfig, path: str) -> File:
    """A page that shows a file, or the file itself where it is a picture."""
    if path.endswith(PICTURES):
        return File.generated(config, _on_site(path), abs_src_path=str(ROOT / path))
    try:
        language = get_lexer_for_filename(path).aliases[0]
    except ClassNotFound:
        language = "text"
    text = (ROOT / path).read_text(encoding="utf-8")
    return File.generated(config, _on_site(path), content=f"# {path}\n\n````{language}\n{text}\n````\n")


def _commands() -> str:
    """What each command says when it is asked for ``--help``."""
    with mock.patch.dict(os.environ, COLUMNS=HELP_COLUMNS):
        parts = [f"## {parser.prog}\n\n```text\n{parser.format_help()}```\n" for parser in _parsers(parser_of(None))]
    return "\n".join(["# All commands\n", *parts])


def _parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """A parser and those of its commands, at any depth."""
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for one in action.choices.values():
                yield from _parsers(one)


def _colours() -> str:
    """The page's theme as variables of CSS, for the site's light and dark scheme."""
    theme = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]
    parts = [f":root {{ --ser-font: {theme['font']}; --ser-heading-font: {theme['headingFont']}; }}"]
    for scheme, colours in (("default", theme["light"]), ("slate", theme["dark"])):
        named = " ".join(f"--ser-{name}: {value};" for name, value in colours.items())
        parts.append(f'[data-md-color-scheme="{scheme}"] {{ {named} }}')
    return "\n".join(parts) + "\n"
