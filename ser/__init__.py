"""SER: which emotion a voice carries, how sure that is, and how it changes over time.

>>> from pathlib import Path
>>> import ser
>>> recognizer = ser.load()
>>> example = Path(ser.__file__).parent / "ui" / "examples" / "slow.ogg"  # a synthetic voice, which is hard to tell
>>> prediction = recognizer.predict(example)
>>> [score.emotion for score in prediction.scores[:2]], prediction.is_sure
(['sad', 'neutral'], False)
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

# TensorFlow turns Intel's oneDNN on by itself only where a processor has AVX-512, yet on others too a training takes
# half to nine tenths of the time with it. Read when TensorFlow is loaded; whoever sets the variable himself is obeyed.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

__version__ = "0.1.0"
__all__ = ["Prediction", "Recognizer", "Recording", "__version__", "audio", "classifier", "errors", "features", "load"]

_HOMES = {"Prediction": "prediction", "Recognizer": "recognizer", "Recording": "audio", "load": "recognizer"}

if TYPE_CHECKING:
    from ser import audio, classifier, errors, features
    from ser.audio import Recording
    from ser.prediction import Prediction
    from ser.recognizer import Recognizer, load
else:  # a type checker that saw this function would take every misspelt name for something

    def __getattr__(name: str) -> Any:
        """Imports what is public when it is first asked for, so that ``import ser`` costs nothing."""
        if name in _HOMES:
            return getattr(importlib.import_module(f"ser.{_HOMES[name]}"), name)
        if name in __all__:
            return importlib.import_module(f"ser.{name}")
        raise AttributeError(f"module 'ser' has no attribute '{name}'")


def __dir__() -> list[str]:
    """What is public, whether it has been asked for or not."""
    return sorted({*globals(), *__all__})
