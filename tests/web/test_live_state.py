"""The points of the live view, also where the clock was set."""

from __future__ import annotations

from trayapp.web.live_state import Ring


def times(ring: Ring) -> list[float]:
    found: list[float] = ring.since(0.0, ["system"])["times"]
    return found


def test_the_ring_keeps_the_newest_points() -> None:
    ring = Ring(3)
    for at in (100.0, 101.0, 102.0, 103.0):
        ring.add(at, {"system": at})
    assert times(ring) == [101.0, 102.0, 103.0]
    assert ring.since(ring.newest(2), ["system", "other"]) == {
        "times": [102.0, 103.0],
        "curves": {"system": [102.0, 103.0], "other": [None, None]},
    }


def test_what_the_history_knows_better_is_put_between() -> None:
    ring = Ring(10)
    ring.add(102.0, {"system": 1.0})
    ring.merge({100.0: {"system": 2.0}, 102.0: {"system": 3.0, "other": 4.0}})
    assert ring.since(0.0, ["system", "other"]) == {
        "times": [100.0, 102.0],
        "curves": {"system": [2.0, 1.0], "other": [None, 4.0]},
    }


def test_after_the_clock_was_set_back_new_points_are_kept() -> None:
    """Not those that are still to come by the new time, which would push them out."""
    ring = Ring(3)
    for at in (1000.0, 1001.0, 1002.0):
        ring.add(at, {"system": at})
    for at in (50.0, 51.0, 52.0, 53.0):
        ring.add(at, {"system": at})
    assert times(ring) == [51.0, 52.0, 53.0]


def test_after_the_clock_was_set_forward_there_are_both() -> None:
    ring = Ring(3)
    for at in (50.0, 51.0, 9000.0):
        ring.add(at, {"system": at})
    assert times(ring) == [50.0, 51.0, 9000.0]
