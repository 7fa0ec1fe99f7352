"""Makes the page's example clips: a synthetic voice that says one sentence in several manners.

    python scripts/make_examples.py            # writes ser/ui/examples/*.ogg

Needs espeakng-loader (requirements-dev.txt), which brings espeak-ng as a library. No corpus and no person is in them.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import espeakng_loader
import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from ser.constants import SAMPLE_RATE_HZ

OUTPUT: Final = Path(__file__).resolve().parent.parent / "ser" / "ui" / "examples"
SENTENCE: Final = "I told you yesterday that the letter would come. Now it is here, and nobody has opened it."
PEAK: Final = 0.7

# Of espeak-ng's speak_lib.h.
RETRIEVAL, UTF8, POSITION_CHARACTER = 1, 1, 1
RATE, PITCH, RANGE = 1, 3, 4


@dataclass(frozen=True)
class Manner:
    """How the sentence is said.

    Attributes:
        rate: words a minute.
        pitch: 0 … 100, 50 is usual.
        range: of the melody, 0 … 100, 50 is usual.
    """

    name: str
    voice: str
    rate: int
    pitch: int
    range: int


MANNERS: Final = (
    Manner("lively", "en-us+f3", 205, 70, 95),
    Manner("even", "en-us+m3", 160, 40, 25),
    Manner("slow", "en-us+f2", 115, 30, 10),
)


class Voice:
    """espeak-ng, whose samples come back through a callback."""

    def __init__(self) -> None:
        self.library = ctypes.cdll.LoadLibrary(espeakng_loader.get_library_path())
        self.rate_hz = self.library.espeak_Initialize(RETRIEVAL, 0, espeakng_loader.get_data_path().encode(), 0)
        self.parts: list[NDArray[np.int16]] = []
        kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
        self._callback = kind(self._take)  # kept, or it would be collected while the library still calls it
        self.library.espeak_SetSynthCallback(self._callback)

    def _take(self, samples: Any, count: int, _: Any) -> int:
        if count > 0:
            self.parts.append(np.ctypeslib.as_array(samples, (count,)).copy())
        return 0

    def say(self, text: str, manner: Manner) -> NDArray[np.float32]:
        """Mono float32 samples at 16 kHz."""
        self.parts.clear()
        if self.library.espeak_SetVoiceByName(manner.voice.encode()):
            raise RuntimeError(f"espeak-ng has no voice '{manner.voice}'")
        for what, value in ((RATE, manner.rate), (PITCH, manner.pitch), (RANGE, manner.range)):
            self.library.espeak_SetParameter(what, value, 0)
        data = text.encode()
        self.library.espeak_Synth(data, len(data) + 1, 0, POSITION_CHARACTER, 0, UTF8, None, None)
        self.library.espeak_Synchronize()
        samples = np.concatenate(self.parts).astype(np.float32)
        return np.asarray(soxr.resample(samples * (PEAK / np.abs(samples).max()), self.rate_hz, SAMPLE_RATE_HZ))


def main() -> None:
    """Writes one file a manner."""
    voice = Voice()
    OUTPUT.mkdir(parents=True, exist_ok=True)
    for manner in MANNERS:
        path = OUTPUT / f"{manner.name}.ogg"
        soundfile.write(path, voice.say(SENTENCE, manner), SAMPLE_RATE_HZ, format="OGG", subtype="OPUS")
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
