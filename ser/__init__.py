"""SER: which emotion a voice carries, how sure that is, and how it changes over time.

>>> import ser
>>> recognizer = ser.load()                       # doctest: +SKIP
>>> recognizer.predict("voice.mp3").emotion       # doctest: +SKIP
'happy'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ser.prediction import Prediction
    from ser.recognizer import Recognizer, load

__version__ = "0.1.0"
__all__ = ["Prediction", "Recognizer", "__version__", "load"]


def __getattr__(name: str) -> Any:
    """Imports the recognizer when it is first asked for, so that ``import ser`` costs nothing."""
    if name in ("Prediction", "Recognizer", "load"):
        from ser import recognizer

        return getattr(recognizer, name)
    raise AttributeError(f"module 'ser' has no attribute '{name}'")
