"""The two checkpoint layouts lead to the same encoder, and the CTranslate2 reader reads what its format says."""

import struct

import numpy as np
import pytest

from scripts.make_encoder import (
    ALL_LAYERS,
    Weights,
    from_ctranslate2,
    from_openai,
    read_ctranslate2,
    require_digest,
)
from ser.encoder import build_encoder

WIDTH, WIDE = 512, 2048


@pytest.fixture(scope="module")
def openai() -> Weights:
    """A state dict with OpenAI's names and (out, in) shapes, filled with numbers."""
    rng = np.random.default_rng(0)

    def numbers(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape).astype(np.float16)

    state = {
        "encoder.conv1.weight": numbers(WIDTH, 80, 3),
        "encoder.conv2.weight": numbers(WIDTH, WIDTH, 3),
        "encoder.conv1.bias": numbers(WIDTH),
        "encoder.conv2.bias": numbers(WIDTH),
        "encoder.ln_post.weight": numbers(WIDTH),
        "encoder.ln_post.bias": numbers(WIDTH),
    }
    for i in range(ALL_LAYERS):
        at = f"encoder.blocks.{i}"
        for part in ("query", "key", "value", "out"):
            state[f"{at}.attn.{part}.weight"] = numbers(WIDTH, WIDTH)
            if part != "key":
                state[f"{at}.attn.{part}.bias"] = numbers(WIDTH)
        for part, out, into in (("0", WIDE, WIDTH), ("2", WIDTH, WIDE)):
            state[f"{at}.mlp.{part}.weight"], state[f"{at}.mlp.{part}.bias"] = numbers(out, into), numbers(out)
        for norm in ("attn_ln", "mlp_ln"):
            state[f"{at}.{norm}.weight"], state[f"{at}.{norm}.bias"] = numbers(WIDTH), numbers(WIDTH)
    return state


@pytest.fixture(scope="module")
def ctranslate2(openai: Weights) -> Weights:
    """The same numbers as CTranslate2 stores them: query, key and value joined, the key's bias zero."""
    out = {f"encoder/conv{i}/{n}": openai[f"encoder.conv{i}.{n}"] for i in (1, 2) for n in ("weight", "bias")}
    out["encoder/layer_norm/gamma"] = openai["encoder.ln_post.weight"]
    out["encoder/layer_norm/beta"] = openai["encoder.ln_post.bias"]
    for i in range(ALL_LAYERS):
        at, to = f"encoder.blocks.{i}", f"encoder/layer_{i}"
        joined = [openai[f"{at}.attn.{part}.weight"] for part in ("query", "key", "value")]
        out[f"{to}/self_attention/linear_0/weight"] = np.concatenate(joined)
        biases = [openai[f"{at}.attn.query.bias"], np.zeros(WIDTH), openai[f"{at}.attn.value.bias"]]
        out[f"{to}/self_attention/linear_0/bias"] = np.concatenate(biases)
        for name, part in (
            ("self_attention/linear_1", "attn.out"),
            ("ffn/linear_0", "mlp.0"),
            ("ffn/linear_1", "mlp.2"),
        ):
            out[f"{to}/{name}/weight"] = openai[f"{at}.{part}.weight"]
            out[f"{to}/{name}/bias"] = openai[f"{at}.{part}.bias"]
        for name, part in (("self_attention", "attn_ln"), ("ffn", "mlp_ln")):
            out[f"{to}/{name}/layer_norm/gamma"] = openai[f"{at}.{part}.weight"]
            out[f"{to}/{name}/layer_norm/beta"] = openai[f"{at}.{part}.bias"]
    return out


def test_both_layouts_give_the_same_weights(openai: Weights, ctranslate2: Weights) -> None:
    first, second = from_openai(openai), from_ctranslate2(ctranslate2)
    assert set(first) == set(second)
    for name, values in first.items():
        np.testing.assert_array_equal(values, second[name], err_msg=name)


def test_names_and_shapes_are_those_of_the_keras_model(openai: Weights) -> None:
    found = {name: tuple(values.shape) for name, values in from_openai(openai).items()}
    for variable in build_encoder(ALL_LAYERS).weights:
        assert found[variable.path] == tuple(variable.shape)


def test_the_binary_format_is_read() -> None:
    def text(word: str) -> bytes:
        return struct.pack("<H", len(word) + 1) + word.encode() + b"\0"

    matrix = np.arange(6, dtype=np.float16).reshape(2, 3)
    blob = struct.pack("<I", 6) + text("WhisperSpec") + struct.pack("<II", 3, 2)
    blob += text("a/weight") + struct.pack("<BIIBI", 2, 2, 3, 4, matrix.nbytes) + matrix.tobytes()
    blob += text("a/flag") + struct.pack("<BBI", 0, 1, 1) + b"\x05"
    variables = read_ctranslate2(blob)
    np.testing.assert_array_equal(variables["a/weight"], matrix)
    assert variables["a/flag"] == 5
    with pytest.raises(SystemExit, match="version 7, expected 6"):
        read_ctranslate2(struct.pack("<I", 7) + blob[4:])


def test_another_file_is_refused() -> None:
    with pytest.raises(SystemExit, match="expected 0000"):
        require_digest(b"x", "0000", "The file")
