"""A notebook → the same with the outputs of a run → a Markdown page.

JupyterLab's own pages would bring another look, and scripts from other hosts, into the site; there are three kinds of
output here, and each has its place in Markdown.
"""

from __future__ import annotations

import functools
import json
import os
import re
from pathlib import Path
from typing import Any

import nbformat
import plotly.io
from nbclient import NotebookClient

FIGURE = "application/vnd.plotly.v1+json"
CELL_MAX_S = 300
# Plotly hands on the figure alone, without its script; TensorFlow keeps its greetings to itself.
ENVIRONMENT = {"PLOTLY_RENDERER": "plotly_mimetype", "TF_CPP_MIN_LOG_LEVEL": "3"}


@functools.cache
def executed(text: str, folder: Path) -> nbformat.NotebookNode:
    """A notebook's text → the notebook after a run in ``folder``; once for each text, however often it is asked for.

    Raises:
        CellExecutionError: a cell failed; with its traceback.
    """
    notebook = nbformat.reads(text, as_version=4)
    client = NotebookClient(notebook, timeout=CELL_MAX_S, resources={"metadata": {"path": str(folder)}})
    client.execute(env={**os.environ, **ENVIRONMENT})
    return notebook


def as_markdown(notebook: nbformat.NotebookNode, script: str) -> str:
    """A Markdown page with a notebook's texts, code and outputs.

    Args:
        notebook: as :func:`executed` gives it.
        script: address of plotly.js, relative to the page.
    """
    parts = [f'<script src="{script}"></script>']
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            parts.append(cell.source)
        else:
            parts += [f"```python\n{cell.source}\n```", *(_shown(output) for output in cell.outputs)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _shown(output: Any) -> str:
    """One output; nothing of standard error, where libraries say which processor they found."""
    if output.output_type == "stream":
        return _words(output.text) if output.name == "stdout" else ""
    if FIGURE in output.data:
        return _figure(output.data[FIGURE])
    if "text/html" in output.data:
        return _table(output.data["text/html"])
    return _words(output.data["text/plain"])


def _words(text: str) -> str:
    return f"``` {{.text .output}}\n{text.rstrip()}\n```"


def _figure(data: Any) -> str:
    figure = plotly.io.from_json(json.dumps({"data": data["data"], "layout": data["layout"]}))
    config = {"displayModeBar": False, "responsive": True}
    return str(plotly.io.to_html(figure, full_html=False, include_plotlyjs=False, config=config))


def _table(html: str) -> str:
    """A table of pandas without its own look, so that it gets the site's."""
    bare = re.search(r"<table.*</table>", html, re.DOTALL)
    return re.sub(r' (border|class|style)="[^"]*"', "", bare[0]) if bare else html
