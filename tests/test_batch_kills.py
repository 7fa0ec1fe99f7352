"""Client, worker and scheduler are killed in turn: no row is lost and none is written twice."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ser import engine
from ser.batch import pace
from ser.batch import run as batch
from ser.batch.run import BatchSettings
from ser.batch.tally import Progress
from ser.engine import EngineSettings
from ser.errors import EngineError
from tests.archives import ROWS, make_archive, require_whole, rows
from tests.clusters import Cluster, started


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_archive(tmp_path_factory.mktemp("archive"))


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many pieces, and a part for every two or three."""
    monkeypatch.setattr(pace, "PIECE_FILES", 2)
    monkeypatch.setattr(batch, "COMMIT_ROWS", 4)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """Two workers, to be killed."""
    with started(tmp_path, 2) as found:
        yield found


# The client is killed as soon as it tells of ten recordings; what it runs is what the command line runs.
KILLED = """
import os, signal, sys
from ser.batch import pace, run as batch
from ser.engine import EngineSettings
if __name__ == "__main__":
    pace.PIECE_FILES, batch.COMMIT_ROWS = 2, 4
    def told(progress):
        if progress.files >= 10:
            os.kill(os.getpid(), signal.SIGKILL)
    batch.run(batch.BatchSettings(sys.argv[1], sys.argv[2], engine=EngineSettings(scheduler=sys.argv[3])), told)
"""


def test_a_killed_run_goes_on_and_writes_no_row_twice(
    archive: Path, tmp_path: Path, dask_worker: EngineSettings
) -> None:
    script, output = tmp_path / "killed.py", tmp_path / "out"
    script.write_text(KILLED, encoding="utf-8")
    run = subprocess.run(
        [sys.executable, str(script), str(archive), str(output), str(dask_worker.scheduler)], check=False, timeout=120
    )
    assert run.returncode == -signal.SIGKILL
    written = len(rows(output))
    assert 4 <= written <= 10
    # It died between two tables of a part, and while it wrote a third one.
    (output / "rejects").mkdir(exist_ok=True)
    (output / "rejects" / "part-00077.parquet").write_bytes(b"half")
    (output / "answers" / ".part-00077.parquet.part").write_bytes(b"half")
    report = batch.run(BatchSettings(str(archive), str(output), engine=dask_worker))
    assert report["done_by_earlier_runs"] >= written
    assert report["recordings"] + report["done_by_earlier_runs"] == ROWS
    require_whole(archive, output)


def at_ten(act: Callable[[], None]) -> Callable[[Progress], None]:
    """Does something once, when ten recordings are done."""
    done = False

    def told(progress: Progress) -> None:
        nonlocal done
        if progress.files >= 10 and not done:
            done = True
            act()

    return told


def test_the_loss_of_a_worker_costs_nothing(archive: Path, tmp_path: Path, cluster: Cluster) -> None:
    settings = BatchSettings(str(archive), str(tmp_path / "out"), engine=cluster.settings)
    report = batch.run(settings, at_ten(cluster.workers[0].kill))
    assert cluster.workers[0].wait() == -signal.SIGKILL
    assert report["finished"]
    require_whole(archive, tmp_path / "out")


def test_the_loss_of_the_scheduler_ends_the_run_which_goes_on_elsewhere(
    archive: Path,
    tmp_path: Path,
    cluster: Cluster,
    dask_worker: EngineSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine, "CONNECT_S", 3.0)  # so long it is looked for before it is given up
    settings = BatchSettings(str(archive), str(tmp_path / "out"), engine=cluster.settings)
    with pytest.raises(EngineError, match=f"connection to the scheduler at '{cluster.address}' was lost") as lost:
        batch.run(settings, at_ten(cluster.scheduler.kill))
    assert lost.value.exit_code == 51
    written = len(rows(tmp_path / "out"))
    assert written >= 9  # what had come in by then was written
    report = batch.run(replace(settings, engine=dask_worker))
    assert report["done_by_earlier_runs"] >= written
    require_whole(archive, tmp_path / "out")
    stored = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert [run["finished"] for run in stored["runs"]] == [False, True]
