"""Where work over many files runs: Dask's workers, of this machine or of a cluster that is there already.

Recordings are personal data: workers that are started here hold them in memory only and write none to disk, where Dask
would by default when memory runs short.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import math
import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from ser.errors import EngineError, ToolMissingError

if TYPE_CHECKING:
    from distributed import Client, Future

Job = TypeVar("Job")
Result = TypeVar("Result")
AHEAD = 2  # jobs a worker has in hand: the one it does, and the next
CONNECT_S = 10.0
COUNT_EVERY_S = 5.0
TRIES = 3  # ends of workers over one job, after which the job is to blame


@dataclass(frozen=True)
class EngineSettings:
    """Which workers there are.

    Attributes:
        workers: processes of this machine; 0 means one a core.
        scheduler: address of a cluster's scheduler, such as ``tcp://10.0.0.4:8786``; its workers are used instead.
    """

    workers: int = 0
    scheduler: str | None = None

    @property
    def processes(self) -> int:
        """Worker processes to start on this machine."""
        return self.workers or os.cpu_count() or 1


HERE = EngineSettings(workers=1)


class Engine:
    """Workers that wait for jobs; used in a ``with`` block.

    Raises:
        ToolMissingError: Dask is not installed.
        EngineError: at its begin: the scheduler can't be reached, or has no workers; at its end: the connection was
            lost in between.
    """

    def __init__(self, settings: EngineSettings = EngineSettings()) -> None:
        self.settings = settings
        self._slots, self._counted_s = 1, -math.inf

    def __enter__(self) -> Self:
        try:
            import dask
            import distributed  # noqa: F401 - brings its settings, before some of them are set for a while
        except ImportError as error:
            raise ToolMissingError(
                "Work is shared out by the packages dask and distributed, which are not installed. "
                "Run: pip install dask distributed"
            ) from error

        self._open = contextlib.ExitStack()
        self._open.enter_context(dask.config.set(_settings()))
        self._open.enter_context(_quiet())
        try:
            self.client: Client = self._open.enter_context(self._connect())
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, where: TracebackType | None) -> None:
        from concurrent.futures import CancelledError

        from distributed.comm import CommClosedError

        lost = isinstance(error, CancelledError | CommClosedError)
        # Any other trouble with a connection, unless a job itself brought it back.
        lost |= isinstance(error, OSError) and self.client.status != "running"
        self._open.close()
        if lost:
            place = f" at '{self.settings.scheduler}'" if self.settings.scheduler else ""
            raise EngineError(
                f"The connection to the scheduler{place} was lost. What is finished is kept: when it is back, run the "
                "same command again."
            ) from cast(BaseException, error)

    def _connect(self) -> Client:
        from distributed import Client, LocalCluster

        if not self.settings.scheduler:
            cluster = LocalCluster(
                n_workers=self.settings.processes,
                threads_per_worker=1,
                dashboard_address="127.0.0.1:0",
                silence_logs=logging.CRITICAL,
            )
            return Client(self._open.enter_context(cluster))
        address = self.settings.scheduler
        try:
            client = Client(address, timeout=CONNECT_S)
        except (OSError, ValueError) as error:
            raise EngineError(
                f"No scheduler answers at '{address}' ({error}). Check the address and that it runs: dask scheduler"
            ) from error
        try:
            client.wait_for_workers(1, timeout=CONNECT_S)
        except TimeoutError as error:
            client.close()
            raise EngineError(
                f"The scheduler at '{address}' has no workers. Start some, where ser is installed: "
                f"dask worker {address}"
            ) from error
        return client

    @property
    def slots(self) -> int:
        """Jobs that can run at once; workers that come or go are noticed within seconds."""
        if time.monotonic() - self._counted_s > COUNT_EVERY_S:
            self._slots = max(1, sum(self.client.nthreads().values()))
            self._counted_s = time.monotonic()
        return self._slots

    @property
    def dashboard(self) -> str:
        """Address of Dask's page about its work; empty if there is none."""
        return str(self.client.dashboard_link or "")

    def submit(self, work: Callable[..., Result], *given: Any) -> Future[Any]:
        """Hands out one job; futures among what is given stand for their results, which stay where they are."""
        return self.client.submit(work, *given, pure=False)

    def run(self, work: Callable[[Job], Result], jobs: Iterable[Job]) -> Iterator[Result]:
        """Results as they are finished, in any order. Jobs are taken only as workers come free.

        Raises:
            WorkersEndedError: a job ended several workers, one after the other.
            Exception: whatever the work raised.
        """
        from distributed import as_completed

        waiting = iter(jobs)
        ahead = AHEAD * self.slots
        running = as_completed([self.submit(work, job) for job in itertools.islice(waiting, ahead)])
        for future in running:
            yield self.result(future)
            for job in itertools.islice(waiting, 1):
                running.add(self.submit(work, job))

    def result(self, future: Future[Any]) -> Any:
        """What a finished job gave.

        Raises:
            WorkersEndedError: the job ended several workers, one after the other.
            Exception: whatever the work raised.
        """
        from distributed import KilledWorker

        try:
            return future.result()
        except KilledWorker as error:
            raise WorkersEndedError(
                f"{TRIES} workers were ended from outside over one piece of work, perhaps for lack of memory. What is "
                "finished is kept: run the same command again, with fewer workers."
            ) from error


def _settings() -> dict[str, object]:
    return {
        "distributed.worker.memory.target": False,
        "distributed.worker.memory.spill": False,
        "distributed.scheduler.allowed-failures": TRIES - 1,
        "distributed.comm.timeouts.connect": f"{CONNECT_S:g}s",
        # Dask's own profile and its 50 ticks a second, which nobody looks at here, take 5 % of each core.
        "distributed.worker.profile.enabled": False,
        "distributed.admin.tick.interval": "500ms",
    }


class WorkersEndedError(EngineError):
    """A job was running each time that workers were ended from outside."""


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """What Dask logs on this side of a lost connection, tracebacks among it, is said in one sentence instead."""
    names = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] == "distributed"]
    before = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)


def run_all(work: Callable[[Job], Result], jobs: list[Job], settings: EngineSettings) -> Iterator[Result]:
    """Results as they are finished, in any order; with one process of this machine in this one, without Dask.

    Raises:
        EngineError: as :meth:`Engine.run`.
    """
    if not settings.scheduler and min(settings.processes, len(jobs)) <= 1:
        yield from map(work, jobs)
        return
    if not settings.scheduler:
        settings = EngineSettings(min(settings.processes, len(jobs)))
    with Engine(settings) as engine:
        yield from engine.run(work, jobs)
