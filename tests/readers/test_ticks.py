"""Ticks: evenly spaced, and never two for one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trayapp.readers.ticks import next_tick_seconds


@pytest.mark.parametrize(
    ("tick", "now", "due"),
    [
        (10.0, 10.0, 12.0),  # on time
        (10.1, 10.3, 12.0),  # a little late: the next one is on time again
        (11.5, 11.6, 14.0),  # so late that two would come in a row: one is left out
        (10.0, 11.9, 12.0),  # the work took nearly all of the interval
        (10.0, 17.0, 18.0),  # the work took longer: what was missed is not made up for
    ],
)
def test_ticks_are_aligned(tick: float, now: float, due: float) -> None:
    assert next_tick_seconds(tick, now, interval_seconds=2.0) == due


@given(
    tick=st.floats(0, 1e7),
    work=st.floats(0, 100),
    interval=st.floats(0.2, 30),
)
def test_the_next_tick_is_neither_past_nor_far(tick: float, work: float, interval: float) -> None:
    due = next_tick_seconds(tick, tick + work, interval)
    rounding = 1e-6
    assert due >= tick + work - rounding
    assert due >= tick + interval / 2 - rounding
    assert due <= max(tick + interval / 2, tick + work) + interval + rounding
