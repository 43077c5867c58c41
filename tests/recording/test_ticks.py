"""Every tick is taken once, late, or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trayapp.recording.ticks import Ticks


class Clock:
    """A clock that is turned by hand."""

    seconds = 50.0

    def __call__(self) -> float:
        return self.seconds


def test_ticks_are_due_on_a_grid() -> None:
    """Being late with one does not put off the next."""
    clock = Clock()
    ticks = Ticks(0.5, clock)
    for elapsed, next_due in ((0.0, 0.5), (0.7, 1.0), (1.01, 1.5)):
        clock.seconds = 50.0 + elapsed
        assert ticks.elapsed() == pytest.approx(elapsed)
        ticks.count_sample(ticks.elapsed())
        assert ticks.due_seconds == next_due
    assert (ticks.taken, ticks.missed, ticks.late) == (3, 0, 0)
    assert ticks.latest_seconds == pytest.approx(0.2)


def test_a_very_late_tick_is_one_tick() -> None:
    ticks = Ticks(0.1, Clock())
    ticks.count_sample(0.0)
    ticks.count_sample(0.57)
    assert (ticks.taken, ticks.missed, ticks.late) == (2, 4, 1)
    assert ticks.due_seconds == pytest.approx(0.6)
    assert ticks.latest_seconds == pytest.approx(0.47)


@given(st.lists(st.floats(0.0, 0.01), min_size=1, max_size=200))
def test_taken_and_missed_are_all_that_were_due(delays: list[float]) -> None:
    ticks = Ticks(0.001, Clock())
    elapsed = 0.0
    for delay in delays:
        elapsed = max(elapsed, ticks.due_seconds) + delay
        ticks.count_sample(elapsed)
        assert ticks.due_seconds > elapsed - 1e-9
    assert ticks.taken == len(delays)
    assert ticks.taken + ticks.missed == round(ticks.due_seconds / 0.001)
