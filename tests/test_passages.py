import itertools

import pytest

from ser.constants import SAMPLE_RATE_HZ
from ser.passages import passages
from ser.speech import Span, Speech

LENGTH = 100 * SAMPLE_RATE_HZ


def speech(*edges_s: float) -> Speech:
    """Spans from edges in seconds, two each."""
    edges = [round(edge * SAMPLE_RATE_HZ) for edge in edges_s]
    return Speech(tuple(Span(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True)), LENGTH / SAMPLE_RATE_HZ)


def test_pauses_up_to_a_second_are_bridged() -> None:
    found = passages(speech(1, 3, 3.9, 5, 6.1, 8), LENGTH)
    assert [(p.blocks[0].start_s, p.blocks[-1].stop_s) for p in found] == [(1.0, 5.0), (6.1, 8.0)]


@pytest.mark.parametrize(
    ("duration_s", "blocks", "rest"),
    [(2.0, 1, False), (6.0, 1, False), (6.1, 1, True), (30.0, 5, False), (31.0, 5, True)],
)
def test_blocks_adjoin_last_six_seconds_and_a_rest_reaches_the_end(duration_s: float, blocks: int, rest: bool) -> None:
    (passage,) = passages(speech(2, 2 + duration_s), LENGTH)
    assert len(passage.blocks) == blocks
    assert passage.duration_s == pytest.approx(duration_s)
    assert all(a.stop == b.start for a, b in itertools.pairwise(passage.blocks))
    assert {block.duration_s for block in passage.blocks} == {min(6.0, duration_s)}
    assert (passage.rest is not None) == rest
    if passage.rest:
        assert (passage.rest.duration_s, passage.rest.stop_s) == pytest.approx((6.0, 2 + duration_s))


@pytest.mark.parametrize("start_s", [0.0, 50.0, 99.8])
def test_a_short_cry_is_widened_within_the_sound(start_s: float) -> None:
    (passage,) = passages(speech(start_s, start_s + 0.2), LENGTH)
    (block,) = passage.blocks
    assert block.duration_s == pytest.approx(0.5, abs=1e-4)
    assert 0 <= block.start <= start_s * SAMPLE_RATE_HZ
    assert (start_s + 0.2) * SAMPLE_RATE_HZ - 1 <= block.stop <= LENGTH


def test_silence_has_no_passage() -> None:
    assert passages(Speech((), 10.0), LENGTH) == ()
