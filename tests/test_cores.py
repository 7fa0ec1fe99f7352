"""A process that is kept to one core, by the system and by the libraries that count cores; and its memory."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

from ser.cores import usable_cores

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
