import json
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import ser
from ser.audio import from_samples
from ser.catalogue import DEFAULT_MODEL, MODEL_FOLDER
from ser.constants import EMOTIONS
from ser.errors import AudioError, ModelError, NotAudioError
from ser.outsiders import TESTED, synthesise
from ser.prediction import EmotionScore, Prediction, Timing
from ser.recipes import RECIPES
from ser.recognizer import Recognizer, load
from ser.speech import Span
from tests.conftest import voice_like


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return load()


@pytest.fixture
def model_copy(tmp_path: Path) -> Path:
    """Manifest and weights alone, which is all that answering needs."""
    folder = tmp_path / "copy"
    folder.mkdir()
    for name in ("manifest.json", "head.tflite"):
        shutil.copyfile(MODEL_FOLDER / DEFAULT_MODEL / name, folder / name)
    (tmp_path / "encoder").symlink_to(MODEL_FOLDER / "encoder")
    return folder


def change(manifest: Path, **values: object) -> None:
    """Rewrites keys of a manifest; None removes one."""
    content = json.loads(manifest.read_text(encoding="utf-8")) | values
    manifest.write_text(json.dumps({key: value for key, value in content.items() if value is not None}))


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


def _told(recognizer: Recognizer, frames: np.ndarray) -> np.ndarray:
    answer = recognizer.answer_of(frames, Span(0, 1))
    return np.array([*answer.probabilities, answer.voice, answer.familiar])


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_the_files_served_agree_with_keras(name: str, voice: np.ndarray) -> None:
    """LiteRT's float16 files against the same encoder and head run by Keras, at several lengths."""
    import keras

    from ser.encoder import load_encoder
    from ser.features import levelled_log_mel
    from ser.models.speech_cnn_lstm import HeadSettings, served_encoder, served_head

    recognizer = load(name)
    manifest = recognizer.manifest
    settings = HeadSettings.from_json(manifest["head"])
    encoder = served_encoder(load_encoder(settings.encoder_layers))
    head = served_head(keras.models.load_model(MODEL_FOLDER / name / manifest["head_file"]))
    for count in (9_000, 20_000, len(voice)):
        expected = np.asarray(head(encoder(levelled_log_mel(voice[:count]).T[None])))[0]
        np.testing.assert_allclose(_told(recognizer, recognizer.hear(voice[:count])), expected, atol=1e-3)


def test_threads_share_one_recognizer(recognizer: Recognizer, voice: np.ndarray) -> None:
    sounds = [voice[: 10_000 + 4_000 * i] for i in range(8)]
    alone = [recognizer.predict(sound).probabilities for sound in sounds]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda sound: recognizer.predict(sound).probabilities, sounds))
    # Not to the last bit: the limit on threads of the numerical libraries is the process's, and one call's end lifts it
    # while another is still adding up.
    assert [pytest.approx(one, abs=1e-9) for one in alone] == together


def test_a_short_recording_is_one_step(recognizer: Recognizer, voice: np.ndarray) -> None:
    prediction = recognizer.predict(voice)
    (step,) = prediction.steps
    assert (step.span.start, step.span.stop) == (0, len(voice))
    assert prediction.speech is not None
    assert prediction.speech.share > 0.8


def with_pauses(*parts_s: float) -> np.ndarray:
    """Voice and faint noise by turns."""
    rng = np.random.default_rng(0)
    parts = [voice_like(s) if i % 2 == 0 else 1e-4 * rng.standard_normal(round(16_000 * s))
             for i, s in enumerate(parts_s)]  # fmt: skip
    return np.concatenate(parts).astype(np.float32)


def test_a_long_recording_is_heard_in_steps_that_cover_its_speech(recognizer: Recognizer) -> None:
    prediction = recognizer.predict(with_pauses(14.0, 3.0, 2.0))
    assert prediction.speech is not None
    assert sum(step.span.duration_s for step in prediction.steps) == pytest.approx(prediction.speech.speech_s, abs=0.1)
    edges = [edge for step in prediction.steps for edge in (step.span.start, step.span.stop)]
    assert edges == sorted(edges)
    assert len(prediction.steps) == 7  # two blocks of two steps and a rest; one block of two steps
    assert all(step.probabilities.sum() == pytest.approx(1.0) for step in prediction.steps)
    assert sum(prediction.probabilities.values()) == pytest.approx(1.0)


def test_steps_are_the_mean_of_the_windows_that_cover_them(recognizer: Recognizer) -> None:
    sound = with_pauses(14.0)
    first, second, third, fourth, rest = recognizer.predict(sound).steps
    assert (rest.span.start, rest.span.stop) == (12 * 16_000, 14 * 16_000)
    windows = [sound[: 6 * 16_000], sound[6 * 16_000 : 12 * 16_000], sound[8 * 16_000 :]]
    frames = [recognizer.hear(window) for window in windows]
    across = np.concatenate([frames[0][75:], frames[1][:75]])
    told = [recognizer.answer_of(one, Span(0, 1)).probabilities for one in (*frames, across)]
    for step, expected in (
        (first, told[0]), (second, (told[0] + told[3]) / 2), (third, (told[1] + told[3]) / 2), (fourth, told[1]),
        (rest, told[2]),
    ):  # fmt: skip
        np.testing.assert_allclose(step.probabilities, expected, atol=1e-6)


def test_progress_is_told_and_may_stop_it(recognizer: Recognizer) -> None:
    told: list[tuple[float, float]] = []
    recognizer.predict(with_pauses(14.0, 3.0, 2.0), progress=lambda done, of: told.append((done, of)))
    assert told == sorted(told)
    assert told[-1][0] == pytest.approx(told[-1][1])

    def enough(done_s: float, _all_s: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        recognizer.predict(with_pauses(14.0), progress=enough)


def test_where_nobody_speaks_no_voice_is_found(recognizer: Recognizer) -> None:
    noise = 1e-2 * np.random.default_rng(0).standard_normal(16_000 * 9)
    prediction = recognizer.predict(noise.astype(np.float32))
    assert not prediction.has_voice
    assert len(prediction.steps) >= 1
    assert prediction.remarks == ()  # nothing is said of a voice that is not there


def test_bad_recordings_raise_audio_errors(recognizer: Recognizer) -> None:
    with pytest.raises(AudioError, match=r"'tiny' lasts 0\.10 s; at least 0\.5 s"):
        recognizer.predict(np.ones(1600, np.float32) * 0.1, name="tiny")
    with pytest.raises(AudioError, match="'x' is empty"):
        recognizer.predict(b"", name="x")


@pytest.mark.parametrize(("limit", "sure"), [(None, True), (0.0, True), (1.0, False)])
def test_the_manifest_says_when_the_model_is_not_sure(
    model_copy: Path, voice: np.ndarray, limit: float | None, sure: bool
) -> None:
    limits = None if limit is None else {"familiar": limit, "strange": limit}
    change(model_copy / "manifest.json", sure_from=limits)
    prediction = Recognizer(model_copy).predict(voice)
    assert prediction.not_sure_below == (limit or 0.0)
    assert prediction.is_sure is sure


def test_what_is_unfamiliar_has_a_limit_of_its_own(model_copy: Path, voice: np.ndarray) -> None:
    change(model_copy / "manifest.json", sure_from={"familiar": 0.5, "strange": 0.75})
    prediction = Recognizer(model_copy).predict(voice)
    assert prediction.not_sure_below == pytest.approx(0.75 - 0.25 * prediction.familiar)


def test_at_the_limit_the_model_is_sure(voice: np.ndarray) -> None:
    scores = (EmotionScore("happy", 0.57), EmotionScore("angry", 0.43))
    heard, timing = from_samples(voice, 16_000), Timing(0.0, 0.0, 0.0)
    assert Prediction(scores, "test", heard, timing).is_sure
    assert Prediction(scores, "test", heard, timing, 0.57).is_sure
    assert not Prediction(scores, "test", heard, timing, 0.58).is_sure


def test_damaged_weights_are_refused(model_copy: Path) -> None:
    weights = model_copy / "head.tflite"
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
        ("sure_from", {"familiar": 57, "strange": 0.8}, "'familiar': 57.*expected 0 to 1"),
        ("sure_from", {"familiar": 0.5, "strange": float("nan")}, "'strange': nan.*expected 0 to 1"),
        ("sure_from", {"familiar": "0.57", "strange": 0.8}, "'0.57'.*expected 0 to 1"),
        ("sure_from", 0.57, "sure_from 0.57, expected familiar and strange"),
        ("extras", ["voice", "age"], "tells age, which this version does not know"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(model_copy: Path, key: str, value: object, message: str) -> None:
    change(model_copy / "manifest.json", **{key: value})
    with pytest.raises(ModelError, match=message):
        Recognizer(model_copy)


def test_the_package_offers_load_and_little_else() -> None:
    assert ser.load is load
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = ser.nonsense  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", TESTED)
def test_sounds_without_a_voice_get_no_confident_answer(recognizer: Recognizer, kind: str) -> None:
    for seed in range(4):
        prediction = recognizer.predict(synthesise(TESTED[kind], np.random.default_rng(100 + seed)))
        assert not prediction.is_sure
        assert prediction.probability < 0.3


def test_many_come_in_order_with_errors_in_their_places(recognizer: Recognizer, voice: np.ndarray) -> None:
    asked: list[int] = []

    def sources() -> Iterator[np.ndarray | bytes]:
        given: list[np.ndarray | bytes] = [voice, b"no sound", voice[::-1].copy()]
        for number, source in enumerate(given):
            asked.append(number)
            yield source

    many = recognizer.predict_many(sources())
    first = next(many)
    assert asked == [0]  # none is read before it is asked for
    second, third = many
    assert isinstance(first, Prediction)
    assert isinstance(second, NotAudioError)
    assert isinstance(third, Prediction)
    assert first.probabilities == recognizer.predict(voice).probabilities
    assert third.probabilities == recognizer.predict(voice[::-1].copy()).probabilities
