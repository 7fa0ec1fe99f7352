"""Archives in stores: the emulator of Azure's blobs that Microsoft keeps, and plain http."""

from __future__ import annotations

import functools
import http.server
import json
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pandas as pd
import pytest

from ser.batch import run as batch
from ser.batch.run import BatchSettings
from ser.batch.sources import Source, Store, sources
from ser.cli import main
from ser.engine import Engine, EngineSettings
from ser.errors import ArchiveError, ToolMissingError
from tests.conftest import encode, voice_like, wav_bytes

AZURITE = "azurite@3.35.0"
ROOT = Path(__file__).resolve().parent.parent
# The emulator's account, which is the same for everybody.
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


@pytest.fixture(scope="module")
def program() -> Path:
    """The emulator; installed once a checkout, into the folder for caches."""
    if not shutil.which("npm"):
        pytest.skip("npm is not installed, which installs Azurite, the emulator of Azure's blobs")
    folder = ROOT / ".cache" / AZURITE
    found = folder / "node_modules" / ".bin" / "azurite-blob"
    if not found.exists():
        folder.mkdir(parents=True, exist_ok=True)
        words = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), AZURITE]
        made = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False)
        if made.returncode:
            pytest.skip(f"Azurite can't be installed: {made.stderr[-300:]}")
    return found


@pytest.fixture(scope="module")
def azure(program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """How to reach an emulator that holds a container ``calls`` with three recordings."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("azurite")
    words = [str(program), "--blobPort", str(port), "--location", str(folder), "--silent", "--skipApiVersionCheck"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            assert any("successfully listens" in line for line in process.stdout)
            endpoint = f"http://127.0.0.1:{port}/{ACCOUNT}"
            store = Store(
                {
                    "connection_string": f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};"
                    f"BlobEndpoint={endpoint};"
                }
            )
            fs = fsspec.filesystem("abfs", **store.options)
            fs.mkdir("calls")
            sound = wav_bytes(voice_like(1.0), 16_000)
            fs.pipe_file("calls/2026/one.wav", sound)
            fs.pipe_file("calls/2026/deep/two.mp3", encode(sound, "mp3"))
            fs.pipe_file("calls/2026/bad.wav", b"no sound")
            yield store
        finally:
            process.kill()


def test_an_archive_in_azure_is_heard_and_its_tables_written_there(azure: Store, dask_worker: EngineSettings) -> None:
    address, output = "abfs://calls/2026", "abfs://calls/answers"
    found = {one.file: one for one in sources(address, azure)}
    assert set(found) == {f"{address}/{name}" for name in ("one.wav", "deep/two.mp3", "bad.wav")}
    assert found[f"{address}/bad.wav"].size_bytes == len(b"no sound")
    settings = BatchSettings(address, output, store=azure, engine=dask_worker)
    report = batch.run(settings)
    assert (report["heard"], report["rejected"]) == (2, 1)
    answers = pd.read_parquet(f"{output}/answers", storage_options=dict(azure.options))
    assert set(answers["file"]) == {f"{address}/one.wav", f"{address}/deep/two.mp3"}
    again = batch.run(settings)
    assert (again["recordings"], again["done_by_earlier_runs"]) == (0, 3)
    fs = fsspec.filesystem("abfs", **azure.options)
    assert [run["recordings"] for run in json.loads(fs.cat_file("calls/answers/report.json"))["runs"]] == [3, 0]
    # What opens the store is written nowhere.
    for path in fs.find("calls/answers"):
        assert KEY.encode() not in fs.cat_file(path)


def test_a_store_that_refuses_is_one_sentence(azure: Store, capsys: pytest.CaptureFixture[str]) -> None:
    missing = {"connection_string": azure.options["connection_string"]}
    with pytest.raises(ArchiveError, match="'abfs://nothing/here' can't be read"):
        list(sources("abfs://nothing/here", Store(missing)))
    assert main(["batch", "nowhere://calls", "out"]) == 50
    assert "'nowhere://calls' can't be reached: Protocol not known: nowhere" in capsys.readouterr().err


def test_packages_that_are_missing_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(ToolMissingError, match=r"'s3://calls/a' can't be reached: Install s3fs to access S3"):
        list(sources("s3://calls/a", Store()))
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(ToolMissingError, match="pip install fsspec"):
        list(sources("calls", Store()))
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ToolMissingError, match="pip install dask distributed"):
        Engine().__enter__()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """Address of a folder that is served over http."""
    (tmp_path / "one.wav").write_bytes(wav_bytes(voice_like(1.0), 16_000))
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_list_names_recordings_on_the_web(site: str, tmp_path: Path, dask_worker: EngineSettings) -> None:
    listed = tmp_path / "list.csv"
    listed.write_text(f"id,url\n1,{site}/one.wav\n2,{site}/gone.wav\n", encoding="utf-8")
    assert list(sources(str(listed), Store())) == [Source(f"{site}/one.wav"), Source(f"{site}/gone.wav")]
    output = tmp_path / "out"
    report = batch.run(BatchSettings(str(listed), str(output), engine=dask_worker))
    assert (report["heard"], report["rejected"]) == (1, 1)
    assert f"'{site}/gone.wav' can't be read" in pd.read_parquet(output / "rejects")["reason"][0]
