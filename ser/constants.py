"""Every number about audio and the vocabulary of emotions, in one place.

Numbers are derived from one another where they depend on one another, and their unit is in the name.
"""

from typing import Final

# The rate at which everything is heard: Whisper's, and enough for all of speech's formants.
SAMPLE_RATE_HZ: Final = 16_000

# Log-mel front end of Whisper (Radford et al. 2022, section 2.2).
WINDOW_SAMPLES: Final = 400
HOP_SAMPLES: Final = 160
MEL_BANDS: Final = 80
MEL_FRAMES_PER_S: Final = SAMPLE_RATE_HZ // HOP_SAMPLES  # 100
LOG_MEL_FLOOR_DECADES: Final = 8.0  # below the maximum
LOG_MEL_POWER_MIN: Final = 1e-10
# The model hears everything at one level: this quantile of the frames' summed mel power is brought to this power.
LOG_MEL_LEVEL_QUANTILE: Final = 0.9
LOG_MEL_LEVEL: Final = 10.0

# Speech frames that the encoder gives: its second convolution has stride 2.
SPEECH_FRAMES_PER_S: Final = MEL_FRAMES_PER_S // 2  # 50
ENCODER_WIDTH: Final = 512
ENCODER_HEADS: Final = 8
ENCODER_FEED_FORWARD: Final = 4 * ENCODER_WIDTH
ENCODER_POSITIONS: Final = 1500  # Whisper's 30 s of speech frames

# The 162-number summary and the MFCC plot use librosa's own window, as the field's classic models do.
SUMMARY_WINDOW_SAMPLES: Final = 2048
SUMMARY_HOP_SAMPLES: Final = 512
SUMMARY_CHROMA: Final = 12
SUMMARY_MFCC: Final = 20
SUMMARY_MEL_BANDS: Final = 128
SUMMARY_SIZE: Final = 1 + SUMMARY_CHROMA + SUMMARY_MFCC + 1 + SUMMARY_MEL_BANDS  # 162
MFCC_COUNTS: Final = (13, 40)

# Other inputs of the field's models: 13 averaged MFCC, 40 MFCC over time, a picture of the mel spectrogram.
MFCC_MEAN_COUNT: Final = 13
MFCC_FRAME_COUNT: Final = 40
MFCC_FRAMES_S: Final = 4.0
MFCC_FRAMES: Final = round(MFCC_FRAMES_S * SAMPLE_RATE_HZ / SUMMARY_HOP_SAMPLES)  # 125
PICTURE_SIDE: Final = 96  # mel bands, and frames: 3.1 s
PICTURE_RANGE_DB: Final = 80.0

# Silence around speech is cut before the model listens (not before the plots).
TRIM_BELOW_PEAK_DB: Final = 35.0
TRIM_WINDOW_SAMPLES: Final = 1024
TRIM_HOP_SAMPLES: Final = 256
TRIM_MARGIN_SAMPLES: Final = SAMPLE_RATE_HZ // 10  # 0.1 s

# The door: what a recording must be to be heard at all.
DURATION_MIN_S: Final = 0.5
DURATION_MAX_S: Final = 3 * 3600.0
UPLOAD_MAX_MB: Final = 200
CHANNELS_MAX: Final = 8
SOURCE_RATE_MIN_HZ: Final = 4_000
SOURCE_RATE_MAX_HZ: Final = 384_000
# Up to here samples are kept as they come out of the resampler; longer recordings as 16-bit integers.
EXACT_MAX_S: Final = 600.0
# Digital silence and the dither of a muted microphone lie below this peak (-66 dB of full scale).
SILENCE_PEAK: Final = 5e-4

# The bundled model hears one window at a time; longer recordings are heard in overlapping windows (ser.passages).
MODEL_WINDOW_S: Final = 6.0

EMOTIONS: Final[tuple[str, ...]] = (
    "angry",
    "calm",
    "disgust",
    "fearful",
    "happy",
    "neutral",
    "sad",
    "surprised",
)
# What a model may tell beside the emotions' probabilities, each a probability of its own: whether there is a voice at
# all, and whether the recording is like those that taught the model.
EXTRAS: Final[tuple[str, ...]] = ("voice", "familiar")
# What a corpus calls by a name that has no place above (boredom, excitement, …).
OTHER_EMOTION: Final = "other"
# The environment variable that names the folder of the corpora, or several, as PATH does.
DATA_VARIABLE: Final = "SER_DATA"
