"""The image, built and run as servers run it where there is something to build with; and the script that does so."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = ROOT / "scripts" / "container.sh"
BUILD_MAX_S = 1800

# A docker that answers as one with a good image does, and keeps what it was told.
FAKE = """#!/bin/sh
echo "$*" >>"$TOLD"
case "$1 $2" in
    "exec "*)
        case "$*" in
            *"id -u") echo 1000 ;;
            *touch*) exit 1 ;;
        esac ;;
    "inspect "*) echo "${ENDS:-0}" ;;
esac
"""
FAKE_CURL = """#!/bin/sh
case "$*" in *predict*) echo '{"emotion":null,"ranking":[]}' ;; esac
"""


def _tool() -> str | None:
    for name in ("docker", "podman"):
        if shutil.which(name) and not subprocess.run([name, "info"], capture_output=True, check=False).returncode:
            return name
    return None


def _scripted(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    for name, text in (("docker", FAKE), ("curl", FAKE_CURL)):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    found = {"PATH": f"{folder}:/usr/bin:/bin", "TOLD": str(folder / "told"), **environment}
    return subprocess.run([SCRIPT], env=found, capture_output=True, text=True, check=False)


def test_the_script_runs_the_image_as_a_server_does(tmp_path: Path) -> None:
    done = _scripted(tmp_path)
    assert done.returncode == 0, done.stderr
    assert "stopped with 0" in done.stdout
    told = (tmp_path / "told").read_text()
    assert "--read-only --tmpfs /tmp --cap-drop ALL" in told
    assert "stop -t 10" in told
    assert told.splitlines()[-1].startswith("rm -f ser-check-")


def test_the_script_fails_where_the_server_does_not_end_well(tmp_path: Path) -> None:
    done = _scripted(tmp_path, ENDS="143")
    assert done.returncode == 1
    assert "Error: it ended with 143" in done.stderr


def test_without_a_tool_it_is_a_sentence(tmp_path: Path) -> None:
    done = subprocess.run(
        [SCRIPT], env={**os.environ, "CONTAINER_TOOL": "no-such-tool"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr == (
        "Error: neither docker nor podman is here and running; install one of them, or start its service.\n"
    )


@pytest.mark.slow
def test_the_image_is_built_healthy_read_only_answers_and_ends() -> None:
    if not _tool():
        pytest.skip("neither docker nor podman is here and running")
    done = subprocess.run([SCRIPT], cwd=ROOT, capture_output=True, text=True, check=False, timeout=BUILD_MAX_S)
    assert done.returncode == 0, (done.stdout + done.stderr)[-2000:]
    assert "healthy after" in done.stdout
