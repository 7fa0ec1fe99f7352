"""Raw streams that end inside a frame are told from whole ones; frames are counted by ffmpeg, or by the standard."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from itertools import accumulate

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ser import containers, ffmpeg
from ser.errors import DecodeError

# Bits of speech in a frame of each type (RFC 4867, tables 1a and 1b of TS 26.101 and TS 26.201), silence last.
AMR_BITS = {
    b"#!AMR\n": (95, 103, 118, 134, 148, 159, 204, 244, 39),
    b"#!AMR-WB\n": (132, 177, 253, 285, 317, 365, 397, 461, 477, 40),
}
NO_DATA = 15
TAGS = (b"TAG" + bytes(125), b"ID3\x03\0\0\0\0\0\x10" + bytes(16), bytes(100), b"APETAGEX" + bytes(24))
MakeEncoded = Callable[..., bytes]


def is_refused(data: bytes, demuxer: str) -> bool:
    try:
        containers.require_whole_stream(data, demuxer, "x")
    except DecodeError:
        return True
    return False


def frame_ends(data: bytes, demuxer: str) -> list[int]:
    """Where frames end, as ffmpeg's demuxer cuts them."""
    command = [ffmpeg.ffmpeg_path(), "-v", "error", "-f", demuxer, "-i", "pipe:0", "-c", "copy", "-f", "framecrc", "-"]
    told = subprocess.run(command, input=data, capture_output=True, check=True).stdout.decode()
    sizes = [int(line.split(",")[4]) for line in told.splitlines() if line and not line.startswith("#")]
    return list(accumulate(sizes))


@pytest.mark.parametrize("kind", ["aac", "ac3", "eac3"])
@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 32_000])
def test_a_stream_is_whole_where_a_frame_ends(kind: str, rate_hz: int, make_encoded: MakeEncoded) -> None:
    data = make_encoded(kind, rate_hz=rate_hz)
    ends = frame_ends(data, kind)
    assert ends[-1] == len(data)
    assert not is_refused(data, kind)
    for cut in range(1, 1500):
        assert is_refused(data[:-cut], kind) == (len(data) - cut not in ends), cut


@pytest.mark.parametrize("kind", ["aac", "ac3", "eac3"])
def test_tags_at_either_end_are_no_damage(kind: str, make_encoded: MakeEncoded) -> None:
    data = make_encoded(kind)
    for tag in TAGS:
        assert not is_refused(data + tag, kind)
        assert not is_refused(tag + data, kind)
        assert is_refused(tag + data[:-5], kind)


@given(
    st.sampled_from(sorted(AMR_BITS)),
    st.lists(st.sampled_from([*range(10), NO_DATA]), min_size=1, max_size=40),
    st.data(),
)
@settings(max_examples=60, deadline=None)
def test_amr_is_whole_where_a_frame_ends(magic: bytes, kinds: list[int], draw: st.DataObject) -> None:
    bits = AMR_BITS[magic]
    frames = [
        bytes([(kind if kind < len(bits) else NO_DATA) << 3 | 4])
        + bytes(-(-bits[kind] // 8) if kind < len(bits) else 0)
        for kind in kinds
    ]
    ends = [len(magic), *accumulate(map(len, frames), initial=len(magic))]
    data = magic + b"".join(frames)
    place = draw.draw(st.integers(len(magic), len(data)))
    assert is_refused(data[:place], "amr") == (place not in ends)


def test_the_sentence_says_how_much_is_missing() -> None:
    data = b"#!AMR\n" + (b"\x3c" + bytes(31)) * 9
    with pytest.raises(DecodeError) as caught:
        containers.require_whole_stream(data[:-12], "amr", "voice.amr")
    assert str(caught.value) == (
        "'voice.amr' is cut short: its last frame holds 20 of 32 bytes. Copy or download it again."
    )


def test_other_kinds_and_what_is_no_stream_are_left_to_others(make_encoded: MakeEncoded) -> None:
    noise = np.random.default_rng(0).bytes(200_000)
    for demuxer in ("aac", "ac3", "amr", "mp3", "mov"):
        assert not is_refused(noise, demuxer)
        assert not is_refused(b"", demuxer)
    assert not is_refused(make_encoded("aac")[:-5], "mp3")
    assert not is_refused(b"#!AMR_MC1.0\n" + noise, "amr")


@pytest.mark.parametrize("piece", [b"\xff\xf1", b"\xff\xf1\0\0\0\xe0\0", b"\xff\xf1\0\0\x01\0\0\0"])
def test_of_a_large_file_only_the_end_is_looked_at(piece: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    adts_bytes = containers._adts_bytes

    def noted(data: bytes, at: int) -> int:
        seen.append(at)
        return adts_bytes(data, at)

    monkeypatch.setattr(containers, "_adts_bytes", noted)
    data = piece * (20_000_000 // len(piece))
    is_refused(data, "aac")
    assert min(seen) >= len(data) - containers._TAIL_BYTES
    assert len(seen) <= containers._CHAIN_MIN * containers._TAIL_BYTES


def test_of_amr_only_the_longest_time_that_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"#!AMR\n" + (b"\x3c" + bytes(31)) * 100
    assert is_refused(data[:-1], "amr")
    monkeypatch.setattr(containers, "DURATION_MAX_S", 1.0)
    assert not is_refused(data[:-1], "amr")
