"""What installs the project says the same in every place, and what hosts look for is there."""

from __future__ import annotations

import importlib.metadata
import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

import ser
from ser.language import LANGUAGES
from ser.ui import about

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LISTS = ("requirements.txt", "requirements-models.txt", "requirements-dev.txt")
PIN = re.compile(r"^[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.]*(; [^#]+)?$")


def _lines(name: str) -> list[str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return [line.split("  #")[0].strip() for line in text.splitlines() if line and not line.startswith(("#", "-r"))]


def test_every_requirement_is_pinned_once() -> None:
    lines = [line for name in LISTS for line in _lines(name)]
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


def test_the_container_installs_the_same_versions_and_no_training_framework() -> None:
    pins = dict(line.split(";")[0].strip().split("==") for line in _lines("requirements.txt"))
    text = (ROOT / "requirements-serve.txt").read_text(encoding="utf-8")
    served = dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", text, re.MULTILINE))
    assert {name: pins.get(name) for name in served} == served
    assert not {"tensorflow", "keras", "catboost", "xgboost", "librosa", "numba", "scipy", "scikit-learn"} & set(served)
    assert text.count("--hash=sha256:") >= len(served)
    wanted = {line for line in (ROOT / "requirements-serve.in").read_text().splitlines() if line[:1] not in ("", "#")}
    assert wanted <= set(served)


def test_wheel_and_image_hold_translations_style_sheets_and_the_marker_of_types() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)["tool"]["setuptools"]["package-data"]
    packed = {path for package, globs in data.items() for glob in globs for path in
              (ROOT / package.replace(".", "/")).glob(glob)}  # fmt: skip
    assert {f"ser/locale/{code}/LC_MESSAGES/ser.mo" for code in LANGUAGES if code != "en"} <= {
        path.relative_to(ROOT).as_posix() for path in packed
    }
    assert {one for kind in ("css", "svg") for one in (ROOT / "ser").rglob(f"*.{kind}")} <= packed
    assert ROOT / "ser" / "py.typed" in packed
    assert "COPY ser ser" in (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert "!ser/" in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()


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
    assert [
        name
        for name in (".ci/run", "scripts/container.sh", "scripts/install.sh")
        if not os.access(ROOT / name, os.X_OK)
    ] == []


# A python3 that makes environments in no time: it copies itself, and its pip says what $PIP_SAYS holds.
FAKE_PYTHON = """
case "$*" in
    "-m venv"*) mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
    "-m pip install"*) echo "$*" >>pip_calls; printf "%b" "$PIP_SAYS"; exit "$PIP_EXITS" ;;
    "--version") echo Python 3.11.9 ;;
esac
"""


def _bare_copy(folder: Path) -> Path:
    """What the installer reads, and the installer."""
    (folder / "scripts").mkdir()
    for name in (*LISTS, "pyproject.toml", "scripts/install.sh"):
        (folder / name).write_bytes((ROOT / name).read_bytes())
    return folder


def _install(
    project: Path, python3: str | None, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Runs the installer where PATH has only the tools it needs and a ``python3`` that does what the text says."""
    tools = project / "bin"
    tools.mkdir(exist_ok=True)
    for tool in ("bash", "dirname", "cat", "cmp", "cp", "mkdir", "rm", "tee", "grep", "head", "tail", "cut"):
        if not (tools / tool).exists():
            real = next(base for base in ("/usr/bin", "/bin") if os.access(f"{base}/{tool}", os.X_OK))
            (tools / tool).symlink_to(f"{real}/{tool}")
    if python3 is not None:
        (tools / "python3").write_text(f"#!/bin/bash\n{python3}\n", encoding="utf-8")
        (tools / "python3").chmod(0o755)
    return subprocess.run(
        ["/bin/bash", str(project / "scripts" / "install.sh"), *arguments],
        env={"PATH": str(tools), "HOME": str(project), "PIP_SAYS": "", "PIP_EXITS": "0", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("python3", "sentence"),
    [
        (None, "Python 3.11, 3.12 or 3.13 is needed and none was found; install one and run the command again."),
        (
            'case "$2" in *exit*) exit 1;; *) echo " (python3 is Python 3.9)";; esac',
            "none was found (python3 is Python 3.9); install one",
        ),
        (
            'case "$2" in *ensurepip*) exit 1;; *venv*) echo python3.11-venv;; *) exit 0;; esac',
            "its venv module is missing (Debian has it in the package python3.11-venv); install that and run",
        ),
        (
            'case "$2" in *Darwin*) exit 1;; *) exit 0;; esac',
            "TensorFlow has no build for Intel Macs",
        ),
    ],
)
def test_unfit_python_is_one_sentence(tmp_path: Path, python3: str | None, sentence: str) -> None:
    answer = _install(_bare_copy(tmp_path), python3)
    assert answer.returncode == 1
    assert sentence in answer.stderr
    assert answer.stderr.startswith("Error: ")
    assert answer.stderr.count("\n") == 1


def test_failed_install_is_one_sentence_and_names_the_log(tmp_path: Path) -> None:
    """pip's many lines go to the log, one sentence goes to the person, and the next run tries again."""
    project = _bare_copy(tmp_path)
    says = "Collecting numpy==2.4.6\\nERROR: No matching distribution found for numpy\\nERROR: and much more\\n"
    answer = _install(project, FAKE_PYTHON, PIP_SAYS=says, PIP_EXITS="1")
    log = project / ".venv" / "install.log"
    assert answer.returncode == 1
    assert answer.stdout.endswith("getting numpy==2.4.6\n")
    assert answer.stderr == (
        "Error: the packages could not be installed (ERROR: No matching distribution found for numpy); "
        f"pip's whole output is in {log}; check the network and the free disk space and run the command again.\n"
    )
    assert "ERROR: and much more" in log.read_text(encoding="utf-8")
    assert "Installed." in _install(project, FAKE_PYTHON).stdout


def test_second_install_does_nothing_until_the_list_changes(tmp_path: Path) -> None:
    project = _bare_copy(tmp_path)
    calls = project / "pip_calls"
    assert "Installed." in _install(project, FAKE_PYTHON).stdout
    assert "-r requirements.txt" in calls.read_text(encoding="utf-8")
    calls.unlink()
    assert _install(project, FAKE_PYTHON).stdout == ""
    assert not calls.exists()
    assert "Installed." in _install(project, FAKE_PYTHON, "dev").stdout
    assert "-r requirements-dev.txt" in calls.read_text(encoding="utf-8")
    assert _install(project, FAKE_PYTHON).stdout == ""  # what tests need includes what the page needs
    with (project / "requirements.txt").open("a", encoding="utf-8") as file:
        file.write("another==1.0\n")
    assert "Installed." in _install(project, FAKE_PYTHON).stdout


def test_deployments_agree_with_the_image() -> None:
    """Port, health and what the app reads from its environment are named alike everywhere."""
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    bicep = (ROOT / "deploy" / "azure" / "main.bicep").read_text(encoding="utf-8")
    compose = yaml.safe_load((ROOT / "deploy" / "server" / "compose.yaml").read_text(encoding="utf-8"))
    port = re.search(r"^EXPOSE (\d+)$", dockerfile, re.MULTILINE)
    assert port
    assert f"name: 'WEBSITES_PORT', value: '{port[1]}'" in bicep
    assert f"reverse_proxy ser:{port[1]}" in (ROOT / "deploy" / "server" / "Caddyfile").read_text(encoding="utf-8")
    assert "/_stcore/health" in dockerfile
    assert bicep.count("/_stcore/health") == 2
    for name in ("SER_API_KEY", "SER_API_RATE", about.NOTICE_VARIABLE, "SER_METRICS", "SER_METRICS_KEY"):
        assert f"name: '{name}'" in bicep
        assert name in compose["services"]["ser"]["environment"]
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "deploy.yml").read_text(encoding="utf-8"))
    assert workflow["jobs"]["deploy"]["needs"] == "test"


def test_the_deploy_script_says_what_is_missing(tmp_path: Path) -> None:
    script = ROOT / "deploy" / "azure" / "deploy.sh"
    assert os.access(script, os.X_OK)
    usage = subprocess.run([script], capture_output=True, text=True, check=False)
    assert usage.returncode == 2
    assert "deploy.sh NAME [LOCATION]" in usage.stderr
    nothing = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    missing = subprocess.run([script, "x"], capture_output=True, text=True, check=False, env=nothing)
    assert missing.returncode == 1
    assert "Azure CLI (az) is not installed" in missing.stderr
