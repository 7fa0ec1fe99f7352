"""The image, built and run as servers run it where there is something to build with; and the script that does so."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.image import PURPOSES, Weights

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = ROOT / "scripts" / "container.sh"
BASE = "docker.io/library/python:3.11-slim"
BUILD_MAX_S = 900
PULL_MAX_S = 120

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


def _why_not() -> str:
    """Why no image can be built here; empty if one can."""
    tools = [name for name in ("docker", "podman", "buildah") if shutil.which(name)]
    for name in tools:
        if name == "buildah" and os.geteuid() != 0:
            continue
        if subprocess.run([name, "info"], capture_output=True, check=False).returncode:
            continue
        pull = [name, "pull", *(["--policy", "missing"] if name == "buildah" else []), BASE]
        pulled = subprocess.run(pull, capture_output=True, text=True, check=False, timeout=PULL_MAX_S)
        return f"{name} can't pull {BASE}: {pulled.stderr.strip()[-300:]}" if pulled.returncode else ""
    return "neither docker nor podman is here and running, nor buildah and root"


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
        "Error: neither docker nor podman is here and running, nor buildah and root; install one of them, or start its "
        "service.\n"
    )


@pytest.mark.slow
@pytest.mark.container
def test_the_image_is_built_healthy_read_only_answers_and_ends() -> None:
    """Built, and used by the API and the page; its weight is told too."""
    if why := _why_not():
        pytest.skip(why)
    done = subprocess.run(
        [SCRIPT], cwd=ROOT, env={**os.environ, "PYTHON": sys.executable}, capture_output=True, text=True, check=False,
        timeout=BUILD_MAX_S,
    )  # fmt: skip
    assert done.returncode == 0, (done.stdout + done.stderr)[-2000:]
    for words in ("healthy after", "answered:", "the page answered", "stopped with 0"):
        assert words in done.stdout
    weights = Weights.of(done.stdout.splitlines())
    assert weights.hit() == "hit"
    assert "numpy" in weights.words()


SAID = ["healthy after 1 s", "weighs\t900000000\t/", "weighs\t40000000\t/app", *(
    f"weighs\t{1_000_000 * (50 - i)}\t{name}" for i, name in enumerate(list(PURPOSES)[:12])
)]  # fmt: skip


def test_the_image_s_weights_are_a_table_that_adds_up() -> None:
    weights = Weights.of(SAID)
    rows = [row.split("|")[1:3] for row in weights.words().splitlines()[2:]]
    assert [name.strip() for name, _ in rows[:10]] == list(PURPOSES)[:10]
    numbers = [int(number) for _, number in rows]
    assert sum(numbers[:-1]) == pytest.approx(numbers[-1], abs=len(numbers))
    assert weights.hit() == "hit"
    assert Weights(1_200_000_000, 1, {}).hit() == "**missed**"


def test_a_large_package_that_nobody_knows_stops_the_table() -> None:
    weights = Weights.of([*SAID, "weighs\t99000000\tsomething-new"])
    with pytest.raises(SystemExit, match="what these are for: something-new"):
        weights.words()
    with pytest.raises(SystemExit, match="did not say"):
        Weights.of(["healthy after 1 s"])
