"""The speech encoder: fixed values, an implementation in plain numpy as oracle, and refusal of wrong weights."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ser import encoder, features
from ser.errors import ModelError
from tests.conftest import voice_like

Array = NDArray[np.float64]


@pytest.fixture(scope="module")
def weights() -> dict[str, Array]:
    with np.load(encoder.ENCODER_FOLDER / "encoder.npz") as stored:
        return {name: stored[name].astype(np.float64) for name in stored.files}


@pytest.fixture(scope="module")
def frames() -> NDArray[np.float32]:
    """Layers 0 (stem), 1 and 3 of the voice-like sound, (101, 1536)."""
    mel = features.log_mel(voice_like()).T[None]
    return np.asarray(encoder.load_encoder((0, 1, 3))(mel))[0]


def _gelu(x: Array) -> Array:
    return 0.5 * x * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def _norm(x: Array, weights: dict[str, Array], name: str) -> Array:
    centred = x - x.mean(axis=-1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5)
    return scaled * weights[f"{name}/gamma"] + weights[f"{name}/beta"]


def _convolution(x: Array, weights: dict[str, Array], name: str, stride: int) -> Array:
    kernel = weights[f"{name}/kernel"]
    padded = np.pad(x, ((1, 1), (0, 0)))
    count = (len(padded) - 3) // stride + 1
    return (
        np.stack([np.einsum("kc,kcd->d", padded[i * stride : i * stride + 3], kernel) for i in range(count)])
        + (weights[f"{name}/bias"])
    )


def _oracle(mel: Array, weights: dict[str, Array]) -> tuple[Array, Array]:
    """Stem and first transformer layer in double precision: (t, 80) → twice (ceil(t / 2), 512)."""
    x = _gelu(_convolution(mel, weights, "conv1", 1))
    x = _gelu(_convolution(x, weights, "conv2", 2))
    for position in range(len(x)):
        for i in range(256):
            angle = position / 10_000 ** (i / 255)
            x[position, i] += math.sin(angle)
            x[position, 256 + i] += math.cos(angle)
    stem = x.copy()
    inner = _norm(x, weights, "layer_0/attention_norm")
    qkv = inner @ weights["layer_0/attention/qkv/kernel"] + weights["layer_0/attention/qkv/bias"]
    mixed = np.empty_like(x)
    for head in range(8):
        query, key, value = (qkv[:, part * 512 + head * 64 :][:, :64] for part in range(3))
        scores = np.exp(query @ key.T / 8)
        mixed[:, head * 64 : head * 64 + 64] = scores / scores.sum(axis=1, keepdims=True) @ value
    x = x + mixed @ weights["layer_0/attention/out/kernel"] + weights["layer_0/attention/out/bias"]
    inner = _norm(x, weights, "layer_0/feed_forward_norm")
    wide = _gelu(inner @ weights["layer_0/widen/kernel"] + weights["layer_0/widen/bias"])
    return stem, x + wide @ weights["layer_0/narrow/kernel"] + weights["layer_0/narrow/bias"]


@pytest.mark.parametrize("mel_frames", [51, 60])
def test_stem_and_first_layer_agree_with_plain_numpy(weights: dict[str, Array], mel_frames: int) -> None:
    mel = features.log_mel(voice_like(1.0)).T[:mel_frames]
    got = np.asarray(encoder.load_encoder((0, 1))(mel[None]))[0]
    stem, first = _oracle(mel.astype(np.float64), weights)
    np.testing.assert_allclose(got[:, :512], stem, atol=1e-3)
    np.testing.assert_allclose(got[:, 512:], first, atol=1e-3)


def test_third_layer_golden(frames: NDArray[np.float32]) -> None:
    third = frames[:, 1024:]
    assert third.shape == (101, 512)
    places = [(0, 0), (1, 100), (25, 7), (50, 255), (75, 300), (100, 511)]
    expected = [-0.553589, 0.665528, 0.202477, 0.821533, 0.171366, -0.094759]
    np.testing.assert_allclose([third[place] for place in places], expected, atol=1e-3)
    assert third.mean() == pytest.approx(0.561885, abs=1e-3)
    assert third.std() == pytest.approx(0.405525, abs=1e-3)


@pytest.mark.parametrize(("mel_frames", "speech_frames"), [(300, 150), (301, 151), (1, 1), (600, 300)])
def test_half_as_many_frames_come_out(mel_frames: int, speech_frames: int) -> None:
    stem = encoder.build_encoder(0)
    assert stem(np.zeros((2, mel_frames, 80), dtype=np.float32)).shape == (2, speech_frames, 512)


def test_clips_of_a_batch_do_not_mix() -> None:
    model = encoder.load_encoder((1,))
    mels = np.stack([features.log_mel(voice_like(1.0, seed=seed)).T for seed in (0, 1)])
    together = np.asarray(model(mels))
    np.testing.assert_allclose(together[1], np.asarray(model(mels[1:]))[0], atol=1e-4)
    assert np.abs(together[0] - together[1]).max() > 0.01


def test_stem_hears_the_same_sound_later_as_the_same() -> None:
    """Without their positions, the stem's frames move with the sound."""
    mel = features.log_mel(voice_like(1.0)).T[:80]
    later = np.concatenate([np.zeros((20, 80), dtype=np.float32), mel])
    stem = encoder.load_encoder((0,))
    table = encoder.sinusoids(60, 512)
    early, late = np.asarray(stem(mel[None]))[0] - table[:40], np.asarray(stem(later[None]))[0] - table[:50]
    np.testing.assert_allclose(late[12:49], early[2:39], atol=1e-4)


def test_sinusoids() -> None:
    table = encoder.sinusoids(1500, 512)
    assert table.shape == (1500, 512)
    assert table.dtype == np.float32
    np.testing.assert_array_equal(table[0], np.concatenate([np.zeros(256), np.ones(256)]))
    np.testing.assert_allclose(table[:, :256] ** 2 + table[:, 256:] ** 2, 1, atol=2e-3)
    assert table[7, 0] == pytest.approx(math.sin(7), abs=1e-3)


def _copy_of_folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(encoder.ENCODER_FOLDER, tmp_path / "encoder"))


def test_changed_weights_are_refused(tmp_path: Path) -> None:
    folder = _copy_of_folder(tmp_path)
    with (folder / "encoder.npz").open("r+b") as file:
        file.seek(1_000_000)
        byte = file.read(1)
        file.seek(1_000_000)
        file.write(bytes([byte[0] ^ 1]))
    with pytest.raises(ModelError, match="does not belong to its manifest: SHA-256"):
        encoder.load_encoder((1,), folder)


def test_missing_weights_are_said(tmp_path: Path) -> None:
    folder = _copy_of_folder(tmp_path)
    (folder / "encoder.npz").unlink()
    with pytest.raises(ModelError, match="is missing"):
        encoder.load_encoder((1,), folder)


def test_more_layers_than_stored_are_refused() -> None:
    stored = json.loads((encoder.ENCODER_FOLDER / "manifest.json").read_text(encoding="utf-8"))["layers"]
    with pytest.raises(ModelError, match=f"Layer {stored + 1} of the encoder was asked for, but .* holds {stored}"):
        encoder.load_encoder((stored + 1,))


def test_wrong_names_and_shapes_are_refused() -> None:
    stem = encoder.build_encoder(0)
    names = {variable.path: np.zeros(variable.shape) for variable in stem.weights}
    with pytest.raises(ModelError, match="lack 'conv1/kernel'"):
        encoder.assign_weights(stem, {name: value for name, value in names.items() if name != "conv1/kernel"})
    with pytest.raises(ModelError, match=r"'conv1/kernel' has shape \(3, 80, 511\), expected \(3, 80, 512\)"):
        encoder.assign_weights(stem, {**names, "conv1/kernel": np.zeros((3, 80, 511))})


def test_encoder_is_frozen() -> None:
    assert not encoder.build_encoder(1).trainable_weights
