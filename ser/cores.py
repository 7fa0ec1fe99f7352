"""How many cores this process may use, and how it is kept to one of them."""

from __future__ import annotations

import os
from pathlib import Path

import tensorflow as tf
from threadpoolctl import threadpool_limits

THREADS = Path("/proc/self/task")


def usable_cores() -> int:
    """Cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def keep_to_one_core(number: int) -> None:
    """Lets this process run on one core alone, so that libraries start one thread instead of one a core.

    Two trainings of small networks, each on a core, take half to nine tenths of the time that one after the other
    takes on both. To be called before TensorFlow computes anything. Where the system can't bind a process (macOS),
    the number of threads alone is limited.

    Args:
        number: which of the usable cores; those past the last begin anew.
    """
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_setaffinity") else []
    if len(cores) > 1:
        for thread in THREADS.iterdir():  # threads that are there already don't follow the one that calls
            os.sched_setaffinity(int(thread.name), {cores[number % len(cores)]})
    # These count the cores when they are imported, and two threads that wait for each other on one core are far
    # slower than one.
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    threadpool_limits(1)
