"""Names in docstrings, marked as Sphinx has them (``:class:`~ser.audio.Recording```) → links of the site."""

from __future__ import annotations

import re
from typing import Any, Final

import griffe

_ROLE: Final = re.compile(r":(?:class|func|meth|mod|data):`(?P<short>~?)(?P<name>[\w.]+)`")
_LITERAL: Final = re.compile(r"^::\n", re.MULTILINE)  # the mark of a block that Markdown knows by its indent


class Roles(griffe.Extension):
    """Called for each object that has a docstring."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rewrites the docstring, each name as seen from where it stands; what the site does not show stays code."""
        if obj.docstring:
            text = _LITERAL.sub("", obj.docstring.value)
            obj.docstring.value = _ROLE.sub(lambda found: _link(obj, found), text)


def _link(obj: griffe.Object, found: re.Match[str]) -> str:
    name = found["name"]
    try:
        full = obj.resolve(name)
    except griffe.NameResolutionError:
        full = name
    shown = name.rpartition(".")[2] if found["short"] else name
    return f'<autoref identifier="{full}" optional><code>{shown}</code></autoref>'
