"""A reloaded tab shows what it showed; nobody else does, and nothing is kept for it."""

from __future__ import annotations

import gc
from collections.abc import Callable

import pytest

from ser.ui import memory
from tests.scripted_page import Scripted, opened, upload, words

MakeWav = Callable[..., bytes]
TAB, OTHER = "0" * 32, "1" * 32


def test_a_reloaded_tab_has_its_answer_without_hearing_it_again(
    scripted: Scripted, make_wav: MakeWav, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "_tab", lambda: TAB)
    before = upload(opened(), "voice.wav", make_wav(2.0))
    calls = scripted.calls
    after = opened()
    assert "Calm" in words(after)
    assert "voice.wav" in words(after)
    assert scripted.calls == calls
    after.button(key="remove-given").click().run()
    assert "ser-answer" not in words(after)
    assert "ser-answer" not in words(opened())  # what was removed does not come back with the next reload
    assert "ser-answer" in words(before.run())


def test_another_tab_sees_nothing_of_it(scripted: Scripted, make_wav: MakeWav, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_tab", lambda: TAB)
    kept = upload(opened(), "voice.wav", make_wav(2.0))
    monkeypatch.setattr(memory, "_tab", lambda: OTHER)
    assert "ser-answer" not in words(opened())
    monkeypatch.setattr(memory, "_tab", lambda: None)
    assert "ser-answer" not in words(opened())
    assert "ser-answer" in words(kept)


def test_the_server_forgets_with_the_session(
    scripted: Scripted, make_wav: MakeWav, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "_tab", lambda: TAB)
    page = upload(opened(), "voice.wav", make_wav(2.0))
    assert TAB in memory._tabs()
    del page
    gc.collect()
    assert TAB not in memory._tabs()


@pytest.mark.parametrize("told", [None, 7, "", "x" * 32, "0" * 33, ["0" * 32]])
def test_a_name_that_is_none_is_not_taken(told: object, monkeypatch: pytest.MonkeyPatch) -> None:
    class Result:
        tab = told

    monkeypatch.setattr(memory, "component", lambda _: lambda **__: Result())
    assert memory._tab() is None
