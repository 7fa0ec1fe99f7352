"""What a worker does: reads and decodes recordings, and lets the model hear those that are wanted.

Two steps, so that a sound that was heard before is not heard again: the first one's sound stays with the worker in
memory, and only its digest travels; whoever shares the work out then says which of them are wanted.
"""

from __future__ import annotations

import functools
import hashlib
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from ser import __version__, audio
from ser.audio import BYTES_PER_MB, Recording
from ser.batch.sources import Source, Store
from ser.catalogue import MODEL_FOLDER, require_known
from ser.constants import UPLOAD_MAX_MB
from ser.errors import ModelError, NotAudioError, SerError, ToolMissingError
from ser.fingerprint import sound_sha256
from ser.outcome import Outcome
from ser.recognizer import Recognizer, load

MAX_BYTES = UPLOAD_MAX_MB * BYTES_PER_MB
READS_AT_ONCE = 8  # a store answers many questions in the time of one
TRIES = 3
WAIT_S = 0.5  # before the second try; twice as long before the third


@dataclass(frozen=True)
class ModelKey:
    """Which weights answer; workers refuse to answer with others. The digest is the manifest's, which has theirs."""

    name: str
    sha256: str
    version: str

    @classmethod
    def of(cls, name: str) -> ModelKey:
        """The model of that name on this machine.

        Raises:
            UnknownModelError: there is none.
        """
        require_known(name)
        manifest = (MODEL_FOLDER / name / "manifest.json").read_bytes()
        return cls(name, hashlib.sha256(manifest).hexdigest(), __version__)


@dataclass(frozen=True)
class Heard:
    """What became of one recording before a model heard it: the digest of its sound, or the reason of its rejection."""

    source: Source
    sha256: str = ""
    duration_s: float = 0.0
    size_bytes: int = 0
    reason: str = ""
    exit_code: int = 0


@dataclass(frozen=True, eq=False)
class Fetched:
    """Decoded recordings, in a worker's memory."""

    heard: tuple[Heard, ...]
    recordings: tuple[Recording | None, ...] = field(repr=False)
    seconds: float = 0.0


@dataclass(frozen=True)
class Told:
    """What a model said of one sound.

    Attributes:
        row: a flat row, without the file's name.
        segments: start and end in seconds, emotion, probability.
    """

    sha256: str
    row: dict[str, Any]
    segments: tuple[tuple[float, float, str, float], ...] = ()


def fetch(sources: Sequence[Source], store: Store) -> Fetched:
    """Reads and decodes recordings; one that can't be used is told so, and the rest go on."""
    begun_s = time.perf_counter()
    with ThreadPoolExecutor(READS_AT_ONCE) as readers:
        found = [_decoded(one, data) for one, data in zip(sources, readers.map(_reader(store), sources), strict=True)]
    heard, recordings = zip(*found, strict=True)
    return Fetched(heard, recordings, time.perf_counter() - begun_s)


def described(fetched: Fetched) -> tuple[tuple[Heard, ...], float]:
    """All but the sound, and the seconds it took."""
    return fetched.heard, fetched.seconds


def _reader(store: Store) -> Any:
    def read(source: Source) -> bytes | SerError:
        try:
            return _bytes(source, store)
        except OSError as error:
            words = error.strerror or str(error) or type(error).__name__
            return NotAudioError(f"'{source.file}' can't be read: {words}. Check that it is there and may be read.")

    return read


def _bytes(source: Source, store: Store) -> bytes:
    """A file's bytes; one more than is heard of a file that is too large, which is then refused."""
    fs, path = store.open(source.file)
    for again in range(TRIES):
        try:
            if source.size_bytes is not None and source.size_bytes <= MAX_BYTES:
                return bytes(fs.cat_file(path))
            with fs.open(path, "rb") as file:
                return bytes(file.read(MAX_BYTES + 1))
        except (FileNotFoundError, PermissionError, IsADirectoryError):
            raise
        except OSError:
            if again == TRIES - 1:
                raise
            time.sleep(WAIT_S * 2**again)
    raise AssertionError("unreachable")


def _decoded(source: Source, data: bytes | SerError) -> tuple[Heard, Recording | None]:
    try:
        if isinstance(data, SerError):
            raise data
        recording = audio.load(data, source.file)
    except ToolMissingError:
        raise  # the same for every recording
    except SerError as error:
        size = len(data) if isinstance(data, bytes) else 0
        return Heard(source, size_bytes=size, reason=str(error), exit_code=error.exit_code), None
    return Heard(source, sound_sha256(recording), recording.duration_s, len(data)), recording


@functools.cache
def _recognizer(model: ModelKey) -> Recognizer:
    """Loaded once a worker; one thread, because each core has a worker."""
    here = ModelKey.of(model.name)
    if here != model:
        raise ModelError(
            f"A worker has the model '{here.name}' {here.sha256[:12]} of version {here.version}; this run wants "
            f"{model.sha256[:12]} of version {model.version}. Install the same version on all workers."
        )
    return load(model.name, threads=1)


def hear(fetched: Fetched, wanted: Sequence[int], model: ModelKey, with_segments: bool) -> tuple[list[Told], float]:
    """What the model says of some of the fetched recordings, and the seconds it took."""
    recognizer, begun_s = _recognizer(model), time.perf_counter()
    told = []
    for index in wanted:
        recording = fetched.recordings[index]
        assert recording
        answer = Outcome("", model.name, recognizer.predict(recording), None)
        row = {name: value for name, value in answer.to_row().items() if name not in ("file", "error", "model")}
        segments = tuple((one.start_s, one.stop_s, one.emotion, one.probability) for one in answer.segments())
        told.append(Told(fetched.heard[index].sha256, row, segments if with_segments else ()))
    return told, time.perf_counter() - begun_s
