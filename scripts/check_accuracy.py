"""Does the bundled model still answer as well as its manifest says?

Predicts up to ``--clips`` recordings of the validation speakers named in the manifest and fails when the mean of the
corpora's unweighted average recalls falls more than ``--slack`` below the manifest's. It shows that nothing broke on
the way from file to answer, and no more: one path of the model has since learnt from these voices. The honest scores
are those of ``ser evaluate``, in ``report.json``.

    python scripts/check_accuracy.py DATA
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from rich.progress import track

import ser
from ser.constants import EMOTIONS
from ser.metrics import unweighted_average_recall
from ser.processed import read_clips

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Predicts and compares; the exit code says whether all is well."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder that holds the corpora")
    parser.add_argument("--tables", type=Path, default=ROOT / "processed_data")
    parser.add_argument("--clips", type=int, default=400)
    parser.add_argument("--slack", type=float, default=0.06, help="about two standard errors of 400 clips")
    options = parser.parse_args()
    recognizer = ser.load()
    expected = recognizer.manifest["validation"]["uar"]
    table = read_clips(options.tables)
    chosen = table["speaker"].isin(recognizer.manifest["validation_speakers"]) & table["emotion"].isin(EMOTIONS)
    table = table[chosen & table["corpus"].isin(expected)]
    table = table[[(options.data / path).is_file() for path in table["path"]]]
    if table.empty:
        sys.exit(f"No recording of a validation speaker under '{options.data}'. Name the folder given to ser prepare.")
    share = min(1.0, options.clips / len(table))
    table = table.groupby(["corpus", "emotion"]).sample(frac=share, random_state=0)
    paths = [options.data / path for path in table["path"]]
    answers = np.array([EMOTIONS.index(recognizer.predict(path).emotion) for path in track(paths, "Listening")])
    truth = np.array([EMOTIONS.index(emotion) for emotion in table["emotion"]])
    corpora = table["corpus"].to_numpy()
    seen = {str(c): unweighted_average_recall(truth[corpora == c], answers[corpora == c]) for c in sorted(set(corpora))}
    for corpus, value in seen.items():
        print(f"{corpus}: unweighted average recall {value:.3f}, manifest {expected[corpus]:.3f}")
    mean, wanted = np.mean(list(seen.values())), np.mean([expected[corpus] for corpus in seen])
    print(f"mean over corpora, {len(table)} clips: {mean:.3f}, manifest {wanted:.3f}")
    if mean < wanted - options.slack:
        print(f"FAILED: {mean:.3f} is more than {options.slack} below the manifest's {wanted:.3f}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
