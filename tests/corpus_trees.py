"""Small corpora with official file names and folders, filled with synthesised tones."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import soundfile

RATE_HZ = 16_000

# Corpus → files as its authors name them, with the quirks that the real corpora have.
OFFICIAL: dict[str, tuple[str, ...]] = {
    "ravdess": (
        "Audio_Speech_Actors_01-24/Actor_01/03-01-06-01-02-01-01.wav",
        "Audio_Speech_Actors_01-24/Actor_12/03-01-02-02-01-02-12.wav",
        "Audio_Song_Actors_01-24/Actor_24/03-02-03-02-02-01-24.wav",
    ),
    "crema-d": (
        "AudioWAV/1001_DFA_ANG_XX.wav",
        "AudioWAV/1002_IEO_FEA_HI.wav",
        "AudioWAV/1040_ITH_SAD_X.wav",
        "AudioWAV/1091_WSI_NEU_XX.wav",
    ),
    "tess": (
        "OAF_Fear/OAF_back_fear.wav",
        "OAF_neutral/OA_bite_neutral.wav",
        "YAF_pleasant_surprised/YAF_youth_ps.wav",
        "YAF_sad/YAF_dog_sad.wav",
    ),
    "savee": ("AudioData/DC/a01.wav", "AudioData/JE/sa15.wav", "AudioData/JK/su03.wav", "AudioData/KL/n30.wav"),
    "emodb": ("wav/03a01Fa.wav", "wav/08b10Wb.wav", "wav/16a07La.wav"),
    "emovo": ("EMOVO/f1/dis-f1-b1.wav", "EMOVO/f3/gio-f3-n5.wav", "EMOVO/m2/tri-m2-l4.wav"),
    "casia": (
        "liuchanhg/angry/201.wav",
        "ZhaoZuoxiang/surprise/250.wav",
        "wangzhe/neutral/201.wav",
        "zhaoquanyin/fear/201.wav",
        "不同文本100/Zhe.Wang/normal/301.wav",
    ),
    "shemo": ("female/F01A05.wav", "female/F14F09.wav", "male/M02W01.wav"),
    "cafe": ("Colère/Faible/01-C-1-2.wav", "Neutre/12-N-1-6.wav", "Tristesse/Fort/02-T-2-1.wav"),
    "aesdd": ("anger/a01 (1).wav", "sadness/s05 (5).wav", "happiness/h20 (6)b.wav"),
    "jl-corpus": (
        "JL(wav+txt)/female1_angry_1a_1.wav",
        "JL(wav+txt)/male2_excited_15b_2.wav",
        "JL(wav+txt)/male1_sad_7a_2.wav",
    ),
    "nemo": ("samples/SM0_anger_77.wav", "samples/EB0_surprised_1.wav", "samples/XY0_neutral_90.wav"),
}


def write_tone(path: Path, duration_s: float = 1.2, seed: int | None = None, peak: float = 0.3) -> Path:
    """A tone with a little noise, mono 16 kHz 16-bit WAV; another one for each path unless a seed is given."""
    seed = zlib.crc32(path.as_posix().encode()) if seed is None else seed
    rng = np.random.default_rng(seed)
    time_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    tone = np.sin(2 * np.pi * (100 + seed % 400) * time_s) + 0.1 * rng.standard_normal(len(time_s))
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, peak * tone / np.abs(tone).max(), RATE_HZ, subtype="PCM_16")
    return path


def touch(path: Path) -> Path:
    """An empty file: enough where only names are read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path
