"""A process that is kept to one core, by the system and by the libraries that count cores; its memory, its seeds."""

from __future__ import annotations

import os
import platform
import random
import subprocess
import sys
from threading import Event, Thread

import keras
import numpy as np
import pytest

from ser.cores import own_seeds, usable_cores

PROGRAM = """
import numpy as np
from ser.cores import keep_to_one_core, usable_cores
before = usable_cores()
keep_to_one_core(before + 1)
import tensorflow as tf
from threadpoolctl import threadpool_info
threads = max(pool["num_threads"] for pool in threadpool_info())
print(before, usable_cores(), tf.config.threading.get_intra_op_parallelism_threads(), threads)
"""


def test_a_process_keeps_to_one_core() -> None:
    said = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    before, after, tensorflow, others = map(int, said.stdout.split())
    assert before == usable_cores() > 0
    assert after == (1 if hasattr(os, "sched_setaffinity") else before)
    assert tensorflow == others == 1


FAULTS = """
import resource
import numpy as np
from ser.cores import keep_freed_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(10):
        np.ones(48 << 20, np.uint8)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

usual = faults()
keep_freed_memory()
faults()
print(usual, faults())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told")
def test_memory_that_was_freed_is_taken_again_without_faults() -> None:
    said = subprocess.run([sys.executable, "-c", FAULTS], capture_output=True, text=True, check=True)
    usual, kept = map(int, said.stdout.split())
    assert kept < usual / 10


def weights_of_a_network() -> np.ndarray:
    with own_seeds(3):
        network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8), keras.layers.Dense(2)])
    return np.concatenate([weight.ravel() for weight in network.get_weights()])


def test_seeds_are_those_of_keras_and_no_other_thread_changes_them() -> None:
    keras.utils.set_random_seed(3)
    network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8), keras.layers.Dense(2)])
    usual = np.concatenate([weight.ravel() for weight in network.get_weights()])
    over = Event()

    def draw() -> None:
        while not over.is_set():
            random.random()

    thread = Thread(target=draw)
    thread.start()
    try:
        for _ in range(5):
            assert np.array_equal(weights_of_a_network(), usual)
    finally:
        over.set()
        thread.join()
    assert random.randint.__self__ is random.random.__self__  # type: ignore[attr-defined]
