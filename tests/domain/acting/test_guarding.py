"""When a guarded run is told of and started again."""

from __future__ import annotations

from trayapp.domain.acting.guarding import LOOKS, PER_HOUR, BoundWatch, RestartBudget


def looks(watch: BoundWatch, *sizes: int) -> list[bool]:
    return [watch.add_size(size) for size in sizes]


def test_a_bound_is_told_once_until_the_size_was_clearly_below() -> None:
    watch = BoundWatch(1000)
    assert looks(watch, 900, 1001, 1001, 1001, 1001) == [False, False, False, True, False]
    assert watch.is_over
    assert looks(watch, 960, 1100, 1100, 1100, 1100) == [False] * 5, "not clearly below"
    assert looks(watch, 950, 1100, 1100, 1100) == [False, False, False, True]


def test_a_moment_is_not_told() -> None:
    """A fork counts twice until its exec."""
    watch = BoundWatch(1000)
    assert not any(looks(watch, *([2000] * (LOOKS - 1) + [1000]) * 10))
    assert not watch.is_over


def test_restarts_wait_longer_each_time_and_end() -> None:
    budget = RestartBudget()
    assert [budget.spend(now) for now in (0, 10, 20, 30, 40)] == [1, 2, 4, 8, None]
    assert budget.count(40) == PER_HOUR
    assert budget.seconds_left(40) == 3560
    assert budget.spend(3599) is None
    assert budget.seconds_left(3600) == 0
    assert budget.spend(3600) == 8
