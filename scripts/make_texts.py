"""Collects the page's texts from the sources, brings them into the catalogues, and compiles those.

::

    make texts      # after a text was added or changed, and after a translation was written

Every language has ``ser/locale/LANGUAGE/LC_MESSAGES/ser.po``, which people and their tools edit, and beside it
``ser.mo``, which the page reads with nothing but the standard library. A text that is no longer in the sources leaves
the catalogues; a new one stands there without a translation, and the page says it in English. Needs Babel
(requirements-dev.txt).
"""

from __future__ import annotations

import ast
import io
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from ser import errors
from ser.language import DOMAIN, FOLDER, LANGUAGES

ROOT = Path(__file__).resolve().parent.parent
# Functions and classes whose first argument is a text, or whose first two are its singular and plural.
SINGULAR = {"tr", "mark", *(one for one in dir(errors) if one.endswith("Error"))}
PLURAL = {"ntr"}
KEPT_ENGLISH = {"SerError", "CorpusError", "ModelError"}  # for who trains and runs it, not for who reads the page
# A date of its own would change every file at every run.
WRITTEN = datetime(2026, 11, 22, tzinfo=UTC)


def texts(path: Path) -> Iterator[tuple[str | tuple[str, str], int]]:
    """The texts that a source file names, and their lines. By its syntax, because texts stand inside f-strings too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        given = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        if node.func.id in PLURAL and len(given) >= 2:
            yield (given[0], given[1]), node.lineno
        elif node.func.id in SINGULAR - KEPT_ENGLISH and given and given[0]:
            yield given[0], node.lineno


def collected() -> Catalog:
    """All texts of the sources, without translations."""
    catalog = Catalog(
        domain=DOMAIN,
        project="SER",
        version="0",
        msgid_bugs_address="see README.md",
        creation_date=WRITTEN,
        fuzzy=False,
    )
    for path in [ROOT / "app.py", *sorted((ROOT / "ser").rglob("*.py"))]:
        for text, _ in sorted(texts(path), key=lambda one: one[1]):
            # Without the line: it would change with every edit of the file.
            catalog.add(text, locations=[(path.relative_to(ROOT).as_posix(), 0)])
    return catalog


def catalogue(code: str, template: Catalog) -> Catalog:
    """A language's catalogue with exactly the template's texts."""
    path = _path(code, "po")
    if path.is_file():
        with path.open("rb") as file:
            catalog = read_po(file, locale=code, domain=DOMAIN)
    else:
        catalog = Catalog(locale=code, domain=DOMAIN, project="SER")
    catalog.update(template, no_fuzzy_matching=True, update_header_comment=False)
    catalog.obsolete.clear()
    catalog.creation_date = catalog.revision_date = WRITTEN
    catalog.header_comment = "# The page's texts. After an edit: make texts"
    catalog.last_translator, catalog.language_team = "SER", LANGUAGES[code].name
    catalog.version, catalog.msgid_bugs_address = template.version, template.msgid_bugs_address
    catalog.fuzzy = False
    return catalog


def as_po(catalog: Catalog) -> bytes:
    """As people edit it."""
    file = io.BytesIO()
    write_po(file, catalog, width=100, include_lineno=False)
    return file.getvalue()


def as_mo(catalog: Catalog) -> bytes:
    """As the page reads it."""
    file = io.BytesIO()
    write_mo(file, catalog)
    return file.getvalue()


def _path(code: str, suffix: str) -> Path:
    return FOLDER / code / "LC_MESSAGES" / f"{DOMAIN}.{suffix}"


def translated() -> tuple[str, ...]:
    """The codes of all languages but English, which is in the sources."""
    return tuple(code for code in LANGUAGES if code != "en")


def main() -> int:
    """Writes all catalogues; 1 if a text has no translation."""
    template, missing = collected(), 0
    for code in translated():
        catalog = catalogue(code, template)
        _path(code, "po").parent.mkdir(parents=True, exist_ok=True)
        _path(code, "po").write_bytes(as_po(catalog))
        _path(code, "mo").write_bytes(as_mo(catalog))
        lacking = [str(one.id) for one in catalog if one.id and not (one.string and all(_forms(one.string)))]
        missing += len(lacking)
        print(f"{code}: {len(catalog) - len(lacking)} of {len(catalog)} texts", *lacking[:5], sep="\n    ")
    return 1 if missing else 0


def _forms(translation: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (translation,) if isinstance(translation, str) else tuple(translation)


if __name__ == "__main__":
    sys.exit(main())
