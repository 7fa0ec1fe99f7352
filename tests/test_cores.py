"""A process that is kept to one core: by the system, by TensorFlow, and by the libraries that count cores."""

from __future__ import annotations

import os
import subprocess
import sys

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
