"""Ticks: evenly spaced, never two for one, and awake when somebody asks."""

from __future__ import annotations

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trayapp.readers.pace import Pace, next_tick_seconds


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


def test_the_first_tick_is_at_once_and_the_next_ones_aligned() -> None:
    pace = Pace(3600)
    assert pace.wait()
    pace.set_interval(0.2)
    for _ in range(2):
        assert pace.wait()
        late = time.monotonic() % 0.2
        assert late < 0.15


class Ticker:
    """A thread that ticks at a pace and counts."""

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self.ticked = threading.Semaphore(0)
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self) -> None:
        while self.pace.wait():
            self.ticked.release()

    def ticks(self, within_seconds: float) -> bool:
        return self.ticked.acquire(timeout=within_seconds)

    def stop(self) -> None:
        self.pace.stop()
        self.thread.join(5)
        assert not self.thread.is_alive()


def test_a_new_interval_holds_for_the_wait_that_is_going_on() -> None:
    ticker = Ticker(Pace(3600))
    try:
        assert ticker.ticks(5)
        ticker.pace.set_interval(0.05)
        assert ticker.ticks(5)
        assert ticker.ticks(5)
        assert ticker.pace.interval_seconds == 0.05
    finally:
        ticker.stop()


def test_waking_ticks_once() -> None:
    ticker = Ticker(Pace(3600))
    try:
        assert ticker.ticks(5)
        ticker.pace.wake()
        assert ticker.ticks(5)
        assert not ticker.ticks(0.05)
    finally:
        ticker.stop()


def test_stopping_ends_a_long_wait() -> None:
    ticker = Ticker(Pace(3600))
    assert ticker.ticks(5)
    ticker.stop()
    assert not ticker.pace.wait()
