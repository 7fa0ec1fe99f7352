"""What a training makes of its process: the cores, the memory, seeds that are its own, and batches without a wait."""

from __future__ import annotations

import ctypes
import os
import random
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf
from threadpoolctl import threadpool_limits

THREADS = Path("/proc/self/task")
# Numbers of glibc's mallopt(3), and what they are set to.
_MALLOC = {"trim threshold": (-1, 2**31 - 1), "top pad": (-2, 256 << 20), "mmap max": (-4, 0)}


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
    # slower than one. Between operations TensorFlow needs two: with one alone, a training was seen to wait for its own
    # batches for ever.
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(2)
    threadpool_limits(1)


def keep_freed_memory() -> None:
    """Lets glibc keep what is freed for the next step instead of giving it back to the system.

    A convolution over a batch frees and takes blocks of megabytes at each step, and every page that is taken anew costs
    a fault: 5 to 30 % of such a training's time. Does nothing where there is no glibc.
    """
    if sys.platform != "linux":
        return
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        for option, value in _MALLOC.values():
            library.mallopt(option, value)


def streamed(
    batches: Callable[[], Iterable[Any]], signature: Any, count: int = tf.data.INFINITE_CARDINALITY, ahead: int = 2
) -> tf.data.Dataset:
    """Batches as Keras takes them, a few made ahead, without TensorFlow's own tuning of how many.

    The tuner, which Keras's datasets bring along, looks at shorter, then at longer intervals, up to a minute. An
    iterator that ends meanwhile was seen to wait for its next look, with the cores idle: up to as long as the epoch.

    Args:
        batches: begins an epoch anew.
        signature: of a batch, as :class:`tf.TensorSpec`.
        count: batches of an epoch.
    """

    def begun() -> Iterable[Any]:
        keep_freed_memory()  # TensorFlow undoes a part of it as it makes its first generator
        return batches()

    options = tf.data.Options()
    options.autotune.enabled = False
    made = tf.data.Dataset.from_generator(begun, output_signature=signature).prefetch(ahead).with_options(options)
    return made.apply(tf.data.experimental.assert_cardinality(count))


@contextmanager
def own_seeds(seed: int) -> Iterator[None]:
    """Networks built within get the seeds that :func:`keras.utils.set_random_seed` gives them, whatever threads do.

    Keras draws the seed of each layer from Python's one generator, and so do the threads that keep a Dask worker in
    touch with its scheduler: trained there, the same network began with other weights each time.
    """
    keras.utils.set_random_seed(seed)
    shared = random.randint
    random.randint = random.Random(seed).randint
    try:
        yield
    finally:
        random.randint = shared
