"""One process that has loaded its model: milliseconds from a file's bytes to probabilities, and resident memory.

python -m benchmarks.warm ser|peer MODEL FILE … prints JSON: the median of each file, and the memory at the end.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.measure import megabytes

WARM_UP, TIMED = 5, 50


def _ready(kind: str, model: str) -> Callable[[bytes], object]:
    if kind == "peer":
        import keras

        from benchmarks import peer

        loaded = keras.models.load_model(model)
        return lambda data: peer.predict(loaded, data)
    import ser

    recognizer = ser.load()
    return lambda data: recognizer.predict(data).probabilities


def main(kind: str, model: str, *files: str) -> None:
    """Measures and prints."""
    predict, median_ms = _ready(kind, model), {}
    for name in files:
        data, times_ms = Path(name).read_bytes(), []
        for number in range(WARM_UP + TIMED):
            started_s = time.perf_counter()
            predict(data)
            if number >= WARM_UP:
                times_ms.append(1000 * (time.perf_counter() - started_s))
        median_ms[Path(name).suffix] = statistics.median(times_ms)
    print(json.dumps({"median_ms": median_ms, "memory_mb": megabytes(os.getpid())}))


if __name__ == "__main__":
    main(*sys.argv[1:])
