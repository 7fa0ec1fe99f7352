import itertools
import json
from dataclasses import replace

import numpy as np
import pytest

from ser import audio, features, plots
from ser.constants import EMOTIONS, SAMPLE_RATE_HZ
from ser.prediction import EmotionScore, Prediction, Step, Timing
from ser.speech import Span

# Machado et al. 2009, severity 1: what linear RGB becomes without one of the three cones.
SIGHTS = {
    "normal": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
GROUNDS = ("#FBF8F3", "#11161C")  # .streamlit/config.toml


def linear_rgb(colour: str) -> np.ndarray:
    values = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    ratio = XYZ @ np.clip(rgb, 0, 1) / np.array([0.95047, 1.0, 1.08883])
    f = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def contrast(a: str, b: str) -> float:
    light, dark = sorted((float(XYZ[1] @ linear_rgb(one)) for one in (a, b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def recording(duration_s: float = 2.0, hertz: float = 1000.0) -> audio.Recording:
    time_s = np.arange(int(duration_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    return audio.from_samples((0.5 * np.sin(2 * np.pi * hertz * time_s)).astype(np.float32), SAMPLE_RATE_HZ, "tone")


def prediction(first: float = 0.793) -> Prediction:
    rest = (1 - first) / 7
    order = ("happy", *(one for one in EMOTIONS if one != "happy"))
    scores = tuple(EmotionScore(one, first if one == "happy" else rest) for one in order)
    return Prediction(scores, "test", recording(), Timing(0.0, 0.0, 0.0))


@pytest.mark.parametrize("sight", SIGHTS)
def test_emotion_colours_can_be_told_apart(sight: str) -> None:
    seen = {name: lab(np.array(SIGHTS[sight]) @ linear_rgb(one.colour)) for name, one in plots.EMOTION_LOOKS.items()}
    for a, b in itertools.combinations(seen, 2):
        assert np.linalg.norm(seen[a] - seen[b]) > 23, f"{a} and {b}"


@pytest.mark.parametrize("ground", GROUNDS)
def test_colours_stand_out_from_both_grounds(ground: str) -> None:
    for name, one in plots.EMOTION_LOOKS.items():
        assert contrast(one.colour, ground) >= 2.0, name
    assert contrast(plots.INK, ground) >= 3.0


def test_looks_never_rely_on_colour_alone() -> None:
    looks = plots.EMOTION_LOOKS.values()
    for part in ("word", "icon", "colour"):
        assert len({getattr(one, part) for one in looks}) == len(EMOTIONS)


def test_probability_bars_show_all_eight_in_order() -> None:
    figure = plots.probability_bars(prediction())
    (bar,) = figure.data
    assert bar.y[0] == "😊 Happy"
    assert bar.x[0] == pytest.approx(79.3)
    assert bar.text[0] == "79 %"
    assert len(bar.x) == 8
    assert sum(bar.x) == pytest.approx(100, abs=0.1)
    assert bar.marker.color[0] == plots.EMOTION_LOOKS["happy"].colour
    assert figure.layout.xaxis.range == (0, 114)
    assert figure.layout.yaxis.autorange == "reversed"


def test_small_probability_is_not_called_zero() -> None:
    assert plots.probability_bars(prediction(0.99)).data[0].text[-1] == "< 1 %"


def test_mel_spectrogram_puts_a_tone_at_its_frequency() -> None:
    figure = plots.mel_spectrogram(recording(hertz=1000.0))
    (picture,) = figure.data
    levels = np.asarray(picture.z)
    band = int(levels[:, 50].argmax())
    assert picture.y[band] == f"{features.mel_frequencies_hz()[band]:.0f} Hz"
    assert features.mel_frequencies_hz()[band] == pytest.approx(1000, abs=40)
    # The 1000 Hz tick stands within half a band of it.
    tick = figure.layout.yaxis.tickvals[figure.layout.yaxis.ticktext.index("1000")]
    assert tick == pytest.approx(band, abs=0.75)
    assert picture.dx == pytest.approx(0.01)
    assert levels.max() == 0
    assert levels.min() >= -80


def test_mfcc_shows_true_values_under_the_pointer() -> None:
    sound = recording()
    (picture,) = plots.mfcc(sound).data
    expected = features.mfcc(sound.samples, 13)
    np.testing.assert_allclose(np.asarray(picture.customdata), expected, atol=0.051)
    assert picture.dx == pytest.approx(0.032)
    assert np.isfinite(np.asarray(picture.z)).all()


def test_figures_fit_both_themes_and_leave_the_finger_to_the_page() -> None:
    sound = recording()
    for figure in (plots.waveform(sound), plots.mel_spectrogram(sound), plots.mfcc(sound)):
        assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0,0,0,0)"
        assert figure.layout.dragmode is False
        assert "(s)" in figure.layout.xaxis.title.text
        assert figure.layout.xaxis.range == (0.0, sound.duration_s)


def test_figures_of_a_long_recording_stay_small() -> None:
    rng = np.random.default_rng(0)
    sound = audio.from_samples(rng.uniform(-0.5, 0.5, 60 * SAMPLE_RATE_HZ).astype(np.float32), SAMPLE_RATE_HZ)
    sizes = [len(one(sound).to_json()) for one in (plots.waveform, plots.mel_spectrogram, plots.mfcc)]
    assert sum(sizes) < 600_000, sizes
    assert all(json.loads(one(sound).to_json()) for one in (plots.waveform,))


def long_prediction(steps: int, pause_after: int | None = None) -> Prediction:
    """Steps of 3 s, each with its own likeliest emotion, a pause of 6 s after one of them."""
    made = []
    at_s = 0.0
    for i in range(steps):
        probabilities = np.full(8, 0.02)
        probabilities[i % 8] = 0.86
        made.append(Step(Span(round(at_s * SAMPLE_RATE_HZ), round((at_s + 3) * SAMPLE_RATE_HZ)), probabilities))
        at_s += 9.0 if i == pause_after else 3.0
    return replace(prediction(), recording=recording(at_s), steps=tuple(made))


def test_a_timeline_stacks_to_a_hundred_and_marks_silence() -> None:
    figure = plots.timeline(long_prediction(6, pause_after=2))
    silence, *emotions = figure.data
    assert [one.name for one in emotions] == [f"{one.icon} {one.word}" for one in plots.EMOTION_LOOKS.values()]
    assert np.sum([one.y for one in emotions], axis=0) == pytest.approx(100)
    assert list(emotions[0].x) == [0, 3, 6, 15, 18, 21]
    assert list(silence.x) == [9]
    assert list(silence.width) == [6]


def test_a_timeline_of_hours_stays_small() -> None:
    figure = plots.timeline(long_prediction(1500))
    assert max(len(one.x) for one in figure.data) <= plots.STEPS_MAX
    assert np.sum([one.y for one in figure.data[1:]], axis=0) == pytest.approx(100, abs=0.5)


def test_a_timeline_without_speech_is_all_grey() -> None:
    figure = plots.timeline(replace(prediction(), steps=()))
    assert list(figure.data[0].width) == [2.0]
    assert all(len(one.x) == 0 for one in figure.data[1:])
