from pathlib import Path

import numpy as np
import pytest
import soundfile

from ser.augment import AugmentSettings
from ser.engine import HERE
from ser.frames import FrameSettings, cache_frames, cache_key

ONE = FrameSettings(encoder_layers=(1,), copies=1)


@pytest.fixture
def corpus(tmp_path: Path, voice: np.ndarray) -> Path:
    for i in range(3):
        soundfile.write(tmp_path / f"{i}.wav", voice[: 16_000 + 4_000 * i], 16_000)
    return tmp_path


def test_the_key_changes_with_every_setting() -> None:
    keys = {
        cache_key(settings)
        for settings in (
            ONE,
            FrameSettings(encoder_layers=(2,), copies=1),
            FrameSettings(encoder_layers=(1,), copies=2),
            FrameSettings(encoder_layers=(1,), copies=1, seed=1),
            FrameSettings(encoder_layers=(1,), copies=1, augmentation=AugmentSettings(noise_chance=0.0)),
        )
    }
    assert len(keys) == 5
    assert cache_key(ONE) == cache_key(FrameSettings(encoder_layers=(1,), copies=1))


def test_frames_are_kept_added_to_and_equal_the_encoders(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ser.audio import load
    from ser.encoder import load_encoder
    from ser.features import levelled_log_mel, trim_silence

    cache = tmp_path / "cache"
    first = cache_frames(corpus, ["1.wav", "0.wav"], ONE, cache, HERE)
    assert first.spans.shape == (2, 2, 3)
    mel = levelled_log_mel(trim_silence(load(corpus / "0.wav").samples))
    frames = np.asarray(load_encoder((1,))(mel.T[None]))[0]
    pairs = frames[: len(frames) // 2 * 2].reshape(-1, 2, 512).mean(axis=1)
    np.testing.assert_allclose(first.frames(1)[: len(pairs)], pairs, atol=2e-2, rtol=2e-3)
    assert len(first.frames(1, version=1)) != len(first.frames(1))

    shards = set(cache.rglob("*.npy"))
    cache_frames(corpus, ["0.wav", "1.wav", "2.wav"], ONE, cache, HERE)
    assert len(set(cache.rglob("*.npy")) - shards) == 1

    monkeypatch.setattr("ser.frames._make_shard", None)  # whatever is asked for now must come from the cache
    again = cache_frames(corpus, ["2.wav", "0.wav"], ONE, cache, HERE)
    np.testing.assert_array_equal(again.frames(1), first.frames(1))


def test_a_clip_that_cannot_be_decoded_keeps_its_place(corpus: Path, tmp_path: Path) -> None:
    (corpus / "bad.wav").write_bytes(b"RIFF0000WAVEnothing")
    store = cache_frames(corpus, ["bad.wav", "0.wav"], ONE, tmp_path / "cache", HERE)
    assert store.lengths()[0] == 0
    assert store.lengths()[1] > 0
