"""The command beside its arguments: as a module, and completed by shells."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ser.cli import main
from ser.errors import NotAudioError

ROOT = Path(__file__).resolve().parent.parent.parent


def test_the_module_is_the_command(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ser", "predict", "--format", "csv", str(folder / "deep" / "bad.mp3")],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == NotAudioError.exit_code
    assert "is not an audio file" in done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_shells_complete_commands_flags_and_files(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    for word in ("predict", "corpora", "ravdess", "files-from", "parquet", "accept-licence"):
        assert word in script


def test_bash_completes_a_flag_and_its_choices(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["completion", "bash"])
    (tmp_path / "ser.bash").write_text(capsys.readouterr().out)
    code = "source ser.bash; COMP_WORDS=(ser predict {}); COMP_CWORD={}; _shtab_ser; echo ${{COMPREPLY[@]}}"
    for words, place, expected in (("--form", 2, "--format"), ("--format parq", 3, "parquet")):
        done = subprocess.run(
            ["bash", "-c", code.format(words, place)], capture_output=True, text=True, check=True, cwd=tmp_path
        )
        assert done.stdout.strip() == expected
