"""The door: what passes comes out as mono float32 at 16 kHz; what does not is refused with a sentence."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ser import audio, errors, intake
from ser.constants import DURATION_MAX_S, SAMPLE_RATE_HZ
from tests.bad_audio import whole
from tests.conftest import dominant_hz, encode, tone, voice_like, wav_bytes


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW"])
def test_wav_of_every_sample_format(subtype: str) -> None:
    recording = audio.load(wav_bytes(tone(1.0, 16_000), 16_000, subtype), "a.wav")
    assert recording.samples.dtype == np.float32
    assert recording.samples.shape == (16_000,)
    assert recording.source.codec == subtype
    assert np.abs(recording.samples).max() == pytest.approx(0.5, abs=0.02)
    assert dominant_hz(recording.samples) == pytest.approx(440, abs=1)


@pytest.mark.parametrize("rate_hz", [4_000, 8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000, 384_000])
@pytest.mark.parametrize("channels", [1, 2, 6, 8])
def test_wav_of_every_rate_and_channel_count(rate_hz: int, channels: int) -> None:
    sound = np.repeat(tone(0.8, rate_hz)[:, None], channels, axis=1)
    recording = audio.load(wav_bytes(sound, rate_hz), "a.wav")
    assert recording.duration_s == pytest.approx(0.8, abs=0.001)
    assert recording.samples.flags.c_contiguous
    assert dominant_hz(recording.samples) == pytest.approx(440, abs=2)
    assert np.abs(recording.samples[1000:-1000]).max() == pytest.approx(0.5, abs=0.01)
    source = recording.source
    assert (source.name, source.media_type, source.codec) == ("a.wav", "audio/wav", "PCM_16")
    assert source.size_bytes == len(wav_bytes(sound, rate_hz))
    assert (source.sample_rate_hz, source.channels) == (rate_hz, channels)
    assert source.duration_s == pytest.approx(0.8, abs=0.001)


@pytest.mark.parametrize(
    ("kind", "media_type", "codec", "rate_hz"),
    [
        ("mp3", "audio/mpeg", "mp3", 44_100),
        ("m4a", "audio/mp4", "aac", 44_100),
        ("ogg", "audio/ogg", "vorbis", 44_100),
        ("opus", "audio/ogg", "opus", 48_000),  # Opus always states 48 kHz
        ("flac", "audio/flac", "flac", 44_100),
        ("webm", "audio/webm", "opus", 48_000),
    ],
)
def test_every_compressed_format(
    make_encoded: Callable[..., bytes], kind: str, media_type: str, codec: str, rate_hz: int
) -> None:
    data = make_encoded(kind)
    recording = audio.load(data, f"a.{kind}")
    source = recording.source
    assert (source.name, source.media_type, source.size_bytes) == (f"a.{kind}", media_type, len(data))
    assert (source.codec, source.sample_rate_hz, source.channels) == (codec, rate_hz, 2)
    assert source.duration_s == pytest.approx(2.0, abs=0.03)
    assert recording.duration_s == pytest.approx(2.0, abs=0.03)
    assert recording.samples.dtype == np.float32
    # The same sound, sample by sample where the format keeps time: MP3, AAC and Opus lose little at these rates.
    expected = voice_like(2.0)
    length = min(len(expected), len(recording.samples))
    heard = np.corrcoef(expected[2000 : length - 2000], recording.samples[2000 : length - 2000])[0, 1]
    assert heard > 0.95


@pytest.mark.parametrize("channels", [1, 2, 6, 8])
def test_channel_count_of_compressed_file(channels: int) -> None:
    flac = encode(wav_bytes(np.repeat(tone(0.8, 16_000)[:, None], channels, axis=1), 16_000), "flac")
    recording = audio.load(flac, "a.flac")
    assert recording.source.channels == channels
    assert np.abs(recording.samples).max() == pytest.approx(0.5, abs=0.01)


def test_m4a_whose_index_comes_last_is_read_from_memory(make_encoded: Callable[..., bytes]) -> None:
    data = make_encoded("m4a")
    assert data.index(b"moov") > data.index(b"mdat")
    assert audio.load(data).duration_s == pytest.approx(2.0, abs=0.03)


def test_content_decides_not_the_name(make_wav: Callable[..., bytes], make_encoded: Callable[..., bytes]) -> None:
    assert audio.load(make_wav(), "voice.mp3").source.media_type == "audio/wav"
    assert audio.load(make_encoded("mp3"), "voice.wav").source.media_type == "audio/mpeg"


def test_mp3_inside_wav_is_read() -> None:
    data = encode(wav_bytes(tone(1.0, 44_100), 44_100), "mp3 in wav")
    assert data[:4] == b"RIFF"
    assert audio.load(data).duration_s == pytest.approx(1.0, abs=0.1)


def test_path_str_and_bytes_give_the_same(tmp_path: Path, make_wav: Callable[..., bytes]) -> None:
    path = tmp_path / "Stimme mit Leerzeichen é.wav"
    path.write_bytes(make_wav())
    from_path, from_str, from_bytes = audio.load(path), audio.load(str(path)), audio.load(make_wav(), path.name)
    assert from_path.source == from_str.source == from_bytes.source
    assert from_path.source.name == path.name
    np.testing.assert_array_equal(from_path.samples, from_bytes.samples)


def test_nothing_is_written_beside_the_file(tmp_path: Path, make_encoded: Callable[..., bytes]) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(make_encoded("mp3"))
    audio.load(path)
    assert list(tmp_path.iterdir()) == [path]


def test_wav_with_unknown_length_is_read() -> None:
    """A streamed WAV has 0xFFFFFFFF in its sizes; that is no sign of a cut."""
    data = bytearray(wav_bytes(tone(1.0, 16_000), 16_000))
    at = data.index(b"data") + 4
    data[at : at + 4] = data[4:8] = b"\xff\xff\xff\xff"
    assert audio.load(bytes(data)).duration_s == pytest.approx(1.0, abs=0.001)


def test_opposite_phase_stereo_is_heard() -> None:
    """The mean of the two channels is silence; the recording is not."""
    left = tone(1.0, 16_000)
    recording = audio.load(wav_bytes(np.stack([left, -left], axis=1), 16_000, "FLOAT"))
    assert np.abs(recording.samples).max() == pytest.approx(0.5, abs=0.01)


def test_two_different_channels_are_averaged() -> None:
    left, right = tone(1.0, 16_000, 440.0, 0.5), tone(1.0, 16_000, 1000.0, 0.25)
    recording = audio.load(wav_bytes(np.stack([left, right], axis=1), 16_000, "FLOAT"))
    np.testing.assert_allclose(recording.samples, (left + right) / 2, atol=1e-6)


def _silent() -> bytes:
    return wav_bytes(np.zeros(16_000), 16_000)


def _not_a_number() -> bytes:
    sound = tone(1.0, 16_000)
    sound[100] = np.nan
    return wav_bytes(sound, 16_000, "FLOAT")


def _cut(kind: str) -> bytes:
    data = encode(wav_bytes(voice_like(3.0, 44_100), 44_100), kind)
    return data[: len(data) // 2]


def _wav_header_only() -> bytes:
    data = wav_bytes(tone(1.0, 16_000), 16_000)
    return data[: data.index(b"data")]


def _long() -> bytes:
    """A minute over the limit, at the lowest rate."""
    return wav_bytes(np.zeros(round((DURATION_MAX_S + 60) * 4_000), np.float32), 4_000, "PCM_U8")


def _rate(rate_hz: int) -> bytes:
    return wav_bytes(tone(1.0, rate_hz, 50.0), rate_hz)


def _nine_channels() -> bytes:
    return wav_bytes(np.repeat(tone(1.0, 16_000)[:, None], 9, axis=1), 16_000)


BAD_FILES: dict[str, tuple[Callable[[], bytes], type[errors.AudioError], str]] = {
    "no bytes": (lambda: b"", errors.EmptyAudioError, "'x' is empty (0 bytes). Choose a file"),
    "no samples": (lambda: wav_bytes(np.zeros(0), 16_000), errors.EmptyAudioError, "holds no sound (0 samples). Rec"),
    "text": (
        lambda: b"Dear reader, this is no sound.\n" * 99,
        errors.NotAudioError,
        "not an audio file that can be re",
    ),
    "random": (lambda: np.random.default_rng(1).bytes(50_000), errors.NotAudioError, "Accepted: WAV, MP3, M4A, OGG"),
    "picture": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(5000), errors.NotAudioError, "is not an audio file"),
    "NaN": (_not_a_number, errors.NotAudioError, "samples that are not numbers (NaN or infinity). Export it again."),
    "cut WAV": (
        lambda: wav_bytes(tone(2.0, 16_000), 16_000)[:30_000],
        errors.DecodeError,
        "states 64000 bytes of sound and holds 29956. Copy or download it again.",
    ),
    "WAV header": (_wav_header_only, errors.DecodeError, "a WAV header without sound behind it. Copy or download"),
    "RIFF junk": (lambda: b"RIFF\x10\0\0\0WAVE" + bytes(5), errors.DecodeError, "cut short"),
    "cut M4A": (lambda: _cut("m4a"), errors.DecodeError, "damaged or cut short: moov atom not found. Export or down"),
    "cut FLAC": (lambda: _cut("flac"), errors.DecodeError, "it states 3.0 s and holds 1."),
    "cut MP3": (lambda: _cut("mp3"), errors.DecodeError, "it states 3.0 s and holds 1.5 s. Copy or download it again."),
    "cut Opus": (lambda: _cut("opus"), errors.DecodeError, "last Ogg page is not complete. Copy or download it again."),
    "cut WebM": (lambda: _cut("webm"), errors.DecodeError, "it states 3.0 s and holds 1."),
    "cut AAC": (lambda: _cut("aac"), errors.DecodeError, "bytes. Copy or download it again."),
    "cut AC-3": (lambda: _cut("ac3"), errors.DecodeError, "is cut short: its last frame holds "),
    "cut E-AC-3": (lambda: _cut("eac3"), errors.DecodeError, "is cut short: its last frame holds "),
    "cut AMR": (
        lambda: whole()["voice.amr"][:-7],
        errors.DecodeError,
        "is cut short: its last frame holds 25 of 32 bytes. Copy or download it again.",
    ),
    "cut AMR-WB": (lambda: whole()["voice-wide.amr"][:-7], errors.DecodeError, "last frame holds 54 of 61 bytes."),
    "Ogg stub": (lambda: b"OggS" + bytes(300), errors.DecodeError, "damaged or cut short"),
    "silent": (
        _silent,
        errors.SilentAudioError,
        "peak 0.0e+00 of full scale, at least 5e-04 is needed). Check the mic",
    ),
    "short": (
        lambda: wav_bytes(tone(0.3, 16_000), 16_000),
        errors.TooShortError,
        "lasts 0.30 s; at least 0.5 s are needed. Record a whole sentence.",
    ),
    "low rate": (
        lambda: _rate(2_000),
        errors.NotAudioError,
        "has a sample rate of 2000 Hz; 4000 to 384000 are heard. Export it again.",
    ),
    "high rate": (lambda: _rate(400_000), errors.NotAudioError, "has a sample rate of 400000 Hz; 4000 to 384000"),
    "enormous": (
        lambda: wav_bytes(1e30 * voice_like(1.0), 16_000, "DOUBLE"),
        errors.NotAudioError,
        "holds samples of 5.0e+29 times full scale; up to 65536 is heard. Export it again.",
    ),
    "nine channels": (_nine_channels, errors.NotAudioError, "has 9 channels; 1 to 8 are heard. Export it again."),
    "long": (_long, errors.TooLongError, "lasts 181.0 min; the limit is 180 min. Cut it into parts."),
}


@pytest.mark.parametrize("what", BAD_FILES)
def test_bad_file_is_refused_with_a_sentence(what: str) -> None:
    make, kind, sentence = BAD_FILES[what]
    with pytest.raises(errors.AudioError) as caught:
        audio.load(make(), "x")
    assert type(caught.value) is kind
    assert sentence in str(caught.value)
    assert str(caught.value).startswith("'x'")
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


def test_compressed_file_over_the_limit(monkeypatch: pytest.MonkeyPatch, make_encoded: Callable[..., bytes]) -> None:
    """Refused by what it states (FLAC), and, where it states nothing (MP3), after decoding up to the limit."""
    monkeypatch.setattr(intake, "DURATION_MAX_S", 1.5)
    monkeypatch.setattr(intake, "SLACK_S", 0.0)
    with pytest.raises(errors.TooLongError, match="lasts 0.0 min"):
        audio.load(make_encoded("flac"))
    mp3 = make_encoded("mp3").replace(b"Info", b"\0\0\0\0").replace(b"Xing", b"\0\0\0\0")
    with pytest.raises(errors.TooLongError, match="lasts more than 0.025 min"):
        audio.load(mp3)


def test_file_over_the_size_limit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(audio, "UPLOAD_MAX_MB", 1)
    data = wav_bytes(tone(40.0, 16_000), 16_000)
    path = tmp_path / "big.wav"
    path.write_bytes(data)
    for source in (data, path):
        with pytest.raises(errors.TooLongError, match=r"has 1 MB; the limit is 1 MB. Cut it into parts"):
            audio.load(source)


def test_path_that_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(errors.NotAudioError, match="does not exist. Check the path."):
        audio.load(tmp_path / "none.wav")
    with pytest.raises(errors.NotAudioError, match="is a folder, not a recording. Name a file."):
        audio.load(tmp_path)


def test_length_at_the_limits_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert audio.from_samples(tone(0.5, 16_000), 16_000).duration_s == 0.5
    monkeypatch.setattr(intake, "DURATION_MAX_S", 20.0)
    assert audio.from_samples(tone(20.0, 4_000), 4_000).duration_s == 20.0
    with pytest.raises(errors.TooLongError):
        audio.from_samples(tone(21.01, 4_000), 4_000)


def test_a_long_recording_is_kept_in_half_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = tone(3.0, 44_100)
    exact = audio.from_samples(sound, 44_100)
    monkeypatch.setattr(intake, "EXACT_MAX_S", 1.0)
    monkeypatch.setattr(audio, "PIECE_SAMPLES", 10_000)
    long = audio.from_samples(sound, 44_100)
    assert exact.stored.dtype == np.float32
    assert long.stored.dtype == np.int16
    assert long.duration_s == exact.duration_s == 3.0
    assert long.samples.dtype == np.float32
    np.testing.assert_allclose(long.samples, exact.samples, atol=1 / 32_000)
    np.testing.assert_array_equal(long.span(100, 200), long.samples[100:200])


@pytest.mark.parametrize(
    ("samples", "rate_hz", "kind", "sentence"),
    [
        (np.zeros(16_000, dtype=np.int16), 16_000, errors.NotAudioError, "dtype int16; expected floats in -1 … 1"),
        (np.zeros((2, 2, 2)), 16_000, errors.NotAudioError, "has 3 dimensions; expected"),
        (np.ones(16_000), 0, errors.NotAudioError, "sample rate of 0 Hz; expected a positive number"),
        (np.ones(16_000), -8, errors.NotAudioError, "sample rate of -8 Hz"),
        (np.full(16_000, np.inf), 16_000, errors.NotAudioError, "not numbers"),
        (np.zeros(0), 16_000, errors.EmptyAudioError, "0 samples"),
        (np.zeros(16_000), 16_000, errors.SilentAudioError, "silent"),
        (np.ones(4_000), 16_000, errors.TooShortError, "0.25 s"),
    ],
)
def test_bad_array_is_refused(samples: np.ndarray, rate_hz: int, kind: type[errors.AudioError], sentence: str) -> None:
    with pytest.raises(kind, match=sentence):
        audio.from_samples(samples, rate_hz)


def test_array_and_file_give_the_same_samples() -> None:
    sound = voice_like(1.0, 44_100)
    from_array = audio.from_samples(sound, 44_100)
    from_file = audio.load(wav_bytes(sound, 44_100, "FLOAT"))
    np.testing.assert_array_equal(from_array.samples, from_file.samples)
    assert len(from_array.samples) == SAMPLE_RATE_HZ


def test_resampling_removes_what_16_khz_cannot_hold() -> None:
    """A 10 kHz tone lies above half of 16 kHz; badly resampled it would come back at 6 kHz."""
    recording = audio.from_samples(tone(1.0, 48_000, 10_000.0) + tone(1.0, 48_000, 440.0, 0.1), 48_000)
    assert dominant_hz(recording.samples) == pytest.approx(440, abs=1)
    assert np.abs(recording.samples[1000:-1000]).max() < 0.11


def test_wav_that_states_more_than_it_holds_by_a_little_is_read() -> None:
    data = bytearray(wav_bytes(tone(1.0, 16_000), 16_000))
    at = data.index(b"data") + 4
    struct.pack_into("<I", data, at, 32_000 + 100)
    assert audio.load(bytes(data)).duration_s == pytest.approx(1.0, abs=0.01)
