"""The documentation's site is built as `make docs` builds it, and asks nobody for anything."""

from __future__ import annotations

import html.parser
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
import yaml

import ser
from scripts import docs_hook
from tests.browser.real import WHY_NOT

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK = ROOT / "docs" / "quickstart.ipynb"
CONFIG = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))


def _build(config: Path, site: Path) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "mkdocs",
        "build",
        "--strict",
        "--config-file",
        str(config),
        "--site-dir",
        str(site),
    ]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole site; its notebook has run."""
    folder = tmp_path_factory.mktemp("site")
    built = _build(ROOT / "mkdocs.yml", folder)
    assert built.returncode == 0, built.stderr
    return folder


def _pages(nav: Any) -> Iterator[str]:
    for entry in nav:
        for target in entry.values():
            if isinstance(target, str):
                yield target
            else:
                yield from _pages(target)


def test_every_text_has_its_place_among_the_pages(site: Path) -> None:
    pages = set(_pages(CONFIG["nav"]))
    assert {f"{path.stem}.md" for path in (ROOT / "docs").glob("*") if path.suffix in (".md", ".ipynb")} <= pages
    assert set(docs_hook.PAGES) <= pages
    assert [page for page in pages if not (site / page).with_suffix(".html").is_file()] == []


def test_the_reference_has_every_public_name(site: Path) -> None:
    shown = set(re.findall(r'id="([\w.]+)"', (site / "reference.html").read_text(encoding="utf-8")))
    wanted = {f"ser.{name}" for name in ser.__all__ if callable(getattr(ser, name))} | {
        f"{module.__name__}.{name}"
        for module in (ser.errors, ser.features, ser.classifier)
        for name, one in vars(module).items()
        if (inspect.isclass(one) or inspect.isfunction(one)) and one.__module__ == module.__name__ and name[0] != "_"
    }
    assert len(wanted) > 30
    assert wanted - shown == set()
    assert {"ser.Recognizer.predict", "ser.Prediction.is_sure"} <= shown


def test_no_docstring_shows_its_marks(site: Path) -> None:
    text = (site / "reference.html").read_text(encoding="utf-8")
    assert re.findall(r":(?:class|func|meth|mod|data):", text) == []
    assert re.search('Made by <a [^>]*href="#ser.load"><code>load</code></a>', text)


class _Sources(html.parser.HTMLParser):
    """Collects what a page makes a browser fetch."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        is_fetched = tag == "link" and named.get("rel") not in ("canonical", "next", "prev")
        self.found.append(str(named.get("src") or (named.get("href") if is_fetched else "") or ""))


def test_nothing_comes_from_another_host(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    found = {source for page in pages for source in _Sources(page.read_text(encoding="utf-8")).found}
    assert any(source.endswith("plotly.min.js") for source in found)
    assert [source for source in found if re.match(r"(https?:)?//", source)] == []
    styles = "".join(sheet.read_text(encoding="utf-8") for sheet in site.rglob("*.css"))
    assert re.findall(r"(?:url\(|@import )[\"']?(?:https?:)?//[^)]*", styles) == []


def test_links_into_the_repository_lead_to_the_file(site: Path) -> None:
    assert 'href="files/benchmarks/peer.py.html"' in (site / "performance.html").read_text(encoding="utf-8")
    assert "162 numbers" in (site / "files" / "benchmarks" / "peer.py.html").read_text(encoding="utf-8")
    assert 'href="models/comparison.html"' in (site / "index.html").read_text(encoding="utf-8")
    assert (site / "files" / "model" / "speech_cnn_lstm" / "confidence.svg").is_file()


def test_the_page_of_commands_has_them_all(site: Path) -> None:
    text = (site / "commands.html").read_text(encoding="utf-8")
    for command in ("predict", "corpora get", "train", "app"):
        assert f"usage: ser {command}" in text


def test_a_link_to_nothing_fails_the_build(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "one.md").write_text("[a file](../no_such_file.py)", encoding="utf-8")
    settings = {"site_name": "x", "hooks": [str(ROOT / "scripts" / "docs_hook.py")], "theme": "mkdocs"}
    (tmp_path / "mkdocs.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    built = _build(tmp_path / "mkdocs.yml", tmp_path / "site")
    assert built.returncode == 1
    assert "links to 'no_such_file.py', which is no file of the repository" in built.stderr


def test_the_notebook_is_kept_without_outputs() -> None:
    cells = [cell for cell in nbformat.read(NOTEBOOK, as_version=4).cells if cell.cell_type == "code"]
    assert cells
    assert [cell for cell in cells if cell.outputs or cell.execution_count] == []


def test_the_notebook_shows_what_leaks(site: Path) -> None:
    text = (site / "quickstart.html").read_text(encoding="utf-8")
    assert "by speaker: 0 of 20 tested voices were heard in training" in text
    assert "random clips: 20 of 20 tested voices were heard in training" in text
    recall = {
        name: float(re.search(rf"<th>{name}</th>\s*<td>\d+</td>\s*<td>([\d.]+)</td>", text)[1])  # type: ignore[index]
        for name in ("by speaker", "random clips")
    }
    assert 1 / 8 < recall["by speaker"] < recall["random clips"] - 0.05
    assert "plotly-graph-div" in text
    assert "Traceback" not in text


@pytest.mark.slow
@pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT))
@pytest.mark.parametrize(("width_px", "theme"), [(1280, "dark"), (390, "light")])
def test_a_browser_draws_the_figure_and_asks_nobody(site: Path, width_px: int, theme: str) -> None:
    from scripts.screenshot import browser

    asked: list[str] = []
    with browser(width_px, theme) as page:
        page.on("request", lambda request: asked.append(request.url))
        page.goto((site / "quickstart.html").as_uri())
        page.locator(".js-plotly-plot .heatmaplayer image").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        scheme = page.locator("body").get_attribute("data-md-color-scheme")
    assert scheme == ("slate" if theme == "dark" else "default")
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
