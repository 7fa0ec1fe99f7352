"""What installs the project says the same in every place, and what hosts look for is there."""

from __future__ import annotations

import importlib.metadata
import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

import ser

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PIN = re.compile(r"^[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.]*(; [^#]+)?$")


def _lines(name: str) -> list[str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return [line.split("  #")[0].strip() for line in text.splitlines() if line and not line.startswith(("#", "-r"))]


def test_every_requirement_is_pinned_once() -> None:
    lines = _lines("requirements.txt") + _lines("requirements-dev.txt")
    assert [line for line in lines if not PIN.match(line)] == []
    names = [line.split("==")[0].lower() for line in lines]
    assert sorted(set(names)) == sorted(names)


def test_pyproject_depends_on_what_is_pinned() -> None:
    assert set(PROJECT["dependencies"]) <= set(_lines("requirements.txt"))
    direct = (ROOT / "requirements.txt").read_text(encoding="utf-8").split("# What the above bring along")[0]
    named = {line.split("  #")[0].strip() for line in direct.splitlines() if "==" in line}
    assert set(PROJECT["dependencies"]) == named


def test_installed_versions_are_the_pinned_ones() -> None:
    """Golden values and weights were made with exactly these."""
    pins = dict(line.split(";")[0].split("==") for line in _lines("requirements.txt") if ";" not in line)
    seen = {name: importlib.metadata.version(name) for name in pins}
    assert seen == pins


def test_numbers_and_server_are_pinned_as_they_must() -> None:
    pins = dict(line.split(";")[0].split("==") for line in _lines("requirements.txt"))
    assert {"numpy", "scipy", "numba", "librosa", "soxr", "tensorflow", "keras", "ai-edge-litert"} <= set(pins)
    assert tuple(int(part) for part in pins["uvicorn"].split(".")[:2]) >= (0, 52)
    assert any("audioop-lts" in line and 'python_version >= "3.13"' in line for line in _lines("requirements.txt"))


def test_version_is_said_once() -> None:
    assert "version" in PROJECT["dynamic"]
    assert "version" not in PROJECT
    assert re.fullmatch(r"\d+\.\d+\.\d+", ser.__version__)
    assert importlib.metadata.version("ser") == ser.__version__


def test_console_script_points_at_a_function() -> None:
    module, function = PROJECT["scripts"]["ser"].split(":")
    assert callable(getattr(importlib.import_module(module), function))


@pytest.mark.parametrize(
    "name",
    [
        *("README.md", "Makefile", "pyproject.toml", "requirements.txt", "packages.txt", "Dockerfile", "app.py"),
        *("ser", "model", "processed_data", "scripts", "tests", ".streamlit/config.toml", ".ci/run", ".gitignore"),
    ],
)
def test_top_level_is_complete(name: str) -> None:
    assert (ROOT / name).exists()


def test_packages_txt_is_a_plain_list() -> None:
    """Hosts hand every line to apt: no comments, one package a line."""
    lines = (ROOT / "packages.txt").read_text(encoding="utf-8").splitlines()
    assert "ffmpeg" in lines
    assert [line for line in lines if not re.fullmatch(r"[a-z0-9][a-z0-9.+-]+", line)] == []


def test_scripts_are_executable() -> None:
    assert [name for name in (".ci/run", "scripts/install.sh") if not os.access(ROOT / name, os.X_OK)] == []


def _install(tmp_path: Path, path: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs the installer in a bare copy of the project."""
    for name in ("requirements.txt", "requirements-dev.txt", "pyproject.toml"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    (tmp_path / "scripts").mkdir()
    script = tmp_path / "scripts" / "install.sh"
    script.write_bytes((ROOT / "scripts" / "install.sh").read_bytes())
    return subprocess.run(
        ["/bin/bash", str(script)],
        env={"PATH": path, "HOME": str(tmp_path), "PIP_CONFIG_FILE": os.devnull, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def _fake_python(tmp_path: Path, body: str) -> str:
    """A folder with the tools the installer needs and a ``python3`` that does what ``body`` says."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in ("bash", "dirname", "cat", "cmp", "rm", "tee", "grep", "head", "tail", "cut"):
        real = next(base for base in ("/usr/bin", "/bin") if os.access(f"{base}/{tool}", os.X_OK))
        (folder / tool).symlink_to(f"{real}/{tool}")
    if body:
        (folder / "python3").write_text(f"#!/bin/bash\n{body}\n", encoding="utf-8")
        (folder / "python3").chmod(0o755)
    return str(folder)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("", "Python 3.11, 3.12 or 3.13 is needed and none was found; install one and run the command again."),
        (
            'case "$2" in *exit*) exit 1;; *) echo " (python3 is Python 3.9)";; esac',
            "none was found (python3 is Python 3.9); install one",
        ),
        (
            'case "$2" in *ensurepip*) exit 1;; *venv*) echo python3.11-venv;; *) exit 0;; esac',
            "its venv module is missing (Debian has it in the package python3.11-venv); install that and run",
        ),
    ],
)
def test_missing_python_is_one_sentence(tmp_path: Path, body: str, sentence: str) -> None:
    answer = _install(tmp_path, _fake_python(tmp_path, body))
    assert answer.returncode == 1
    assert sentence in answer.stderr
    assert answer.stderr.startswith("Error: ")
    assert answer.stderr.count("\n") == 1


def test_failed_install_is_one_sentence_and_names_the_log(tmp_path: Path) -> None:
    """With no way to the packages, pip's many lines go to the log and one sentence to the person."""
    import sys

    folder = _fake_python(tmp_path, f'exec "{sys.executable}" "$@"')
    answer = _install(tmp_path, folder, PIP_NO_INDEX="1")
    assert answer.returncode == 1
    assert answer.stderr.count("\n") == 1
    assert re.search(r"Error: the packages could not be installed \(ERROR: .*\); pip's whole output", answer.stderr)
    assert "No matching distribution" in (tmp_path / ".venv" / "install.log").read_text(encoding="utf-8")
    assert not (tmp_path / ".venv" / "installed").exists()


def test_second_install_does_nothing(tmp_path: Path) -> None:
    """The environment that these tests run in was made by the installer, or by hand: only the former is checked."""
    if not (ROOT / ".venv" / "installed").exists():
        pytest.skip("the environment was not made by scripts/install.sh")
    answer = subprocess.run([str(ROOT / "scripts" / "install.sh")], capture_output=True, text=True, check=True)
    assert answer.stdout == ""
