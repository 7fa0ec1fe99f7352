import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import ser
from ser.audio import from_samples
from ser.constants import EMOTIONS
from ser.errors import AudioError, ModelError
from ser.recognizer import DEFAULT_MODEL, MODEL_FOLDER, Recognizer, cut_windows, load


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return load()


@pytest.fixture
def model_copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(MODEL_FOLDER / DEFAULT_MODEL, tmp_path / "copy"))


def test_probabilities_are_ranked_complete_and_sum_to_one(recognizer: Recognizer, voice: np.ndarray) -> None:
    prediction = recognizer.predict(voice)
    ranked = [score.probability for score in prediction.scores]
    assert ranked == sorted(ranked, reverse=True)
    assert sum(ranked) == pytest.approx(1.0)
    assert list(prediction.probabilities) == list(EMOTIONS)
    assert prediction.probability == prediction.probabilities[prediction.emotion] == ranked[0]
    assert prediction.model == DEFAULT_MODEL
    assert prediction.timing.total_s > 0


def test_array_bytes_path_and_recording_give_one_answer(
    recognizer: Recognizer, voice: np.ndarray, tmp_path: Path
) -> None:
    import soundfile

    path = tmp_path / "voice.wav"
    soundfile.write(path, voice, 16_000, subtype="FLOAT")
    answers = [
        recognizer.predict(source).probabilities
        for source in (voice, path, str(path), path.read_bytes(), from_samples(voice, 16_000))
    ]
    assert all(answer == answers[0] for answer in answers)


def test_the_file_served_agrees_with_keras(recognizer: Recognizer, voice: np.ndarray) -> None:
    """LiteRT's float16 file against the same head and encoder run by Keras, at several lengths."""
    import keras

    from ser.encoder import load_encoder
    from ser.features import log_mel
    from ser.models.speech_cnn_lstm import HeadSettings, assemble

    manifest = recognizer.manifest
    settings = HeadSettings(**manifest["head"] | {"encoder_layers": tuple(manifest["head"]["encoder_layers"])})
    head = keras.models.load_model(MODEL_FOLDER / DEFAULT_MODEL / manifest["head_file"])
    model = assemble(load_encoder(settings.encoder_layers), head)
    for count in (9_000, 20_000, len(voice)):
        mel = log_mel(voice[:count])
        np.testing.assert_allclose(recognizer.probabilities_of(mel), np.asarray(model(mel.T[None]))[0], atol=1e-3)


def test_threads_share_one_recognizer(recognizer: Recognizer, voice: np.ndarray) -> None:
    sounds = [voice[: 10_000 + 4_000 * i] for i in range(8)]
    alone = [recognizer.predict(sound).probabilities for sound in sounds]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda sound: recognizer.predict(sound).probabilities, sounds))
    assert together == alone


def test_windows_cover_everything_and_overlap() -> None:
    samples = np.arange(16_000 * 14, dtype=np.float32)
    windows = cut_windows(samples)
    assert [len(w) for w in windows] == [96_000] * 4
    assert [w[0] / 16_000 for w in windows] == [0, 3, 6, 8]
    assert windows[-1][-1] == samples[-1]
    assert len(cut_windows(samples[:96_000])) == 1


def test_bad_recordings_raise_audio_errors(recognizer: Recognizer) -> None:
    with pytest.raises(AudioError, match=r"'tiny' lasts 0\.10 s; at least 0\.5 s"):
        recognizer.predict(np.ones(1600, np.float32) * 0.1, name="tiny")
    with pytest.raises(AudioError, match="'x' is empty"):
        recognizer.predict(b"", name="x")


def test_unknown_model_names_the_known_ones() -> None:
    with pytest.raises(ModelError, match="no model 'nonsense'.*Known models: speech_cnn_lstm"):
        load("nonsense")


def test_damaged_weights_are_refused(model_copy: Path) -> None:
    weights = model_copy / "model.tflite"
    content = bytearray(weights.read_bytes())
    content[len(content) // 2] ^= 1
    weights.write_bytes(content)
    with pytest.raises(ModelError, match="does not belong to its manifest"):
        Recognizer(model_copy)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("labels", ["angry", "happy"], "Train it again with this version"),
        ("front_end", {"sample_rate_hz": 44_100}, "trained on other features.*sample_rate_hz"),
        ("sha256", None, "lacks sha256"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(model_copy: Path, key: str, value: object, message: str) -> None:
    path = model_copy / "manifest.json"
    manifest = json.loads(path.read_text())
    if value is None:
        del manifest[key]
    else:
        manifest[key] = value
    path.write_text(json.dumps(manifest))
    with pytest.raises(ModelError, match=message):
        Recognizer(model_copy)


def test_the_package_offers_load_and_little_else() -> None:
    assert ser.load is load
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = ser.nonsense
