"""When a guarded run is told of and started again."""

from __future__ import annotations

from trayapp.domain.acting.guarding import (
    LOOKS,
    PER_HOUR,
    BoundWatch,
    GrowthWatch,
    RestartBudget,
)


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


def told(
    watch: GrowthWatch, seconds: float, rate: float, start: tuple[float, float]
) -> list[float]:
    """At which seconds growth was told, while a size grew from `start` at a rate in MB/s."""
    at, size = start
    steps = [at + 0.5 * step for step in range(1, int(2 * seconds) + 1)]
    return [now for now in steps if watch.add_size(round(1e6 * (size + rate * (now - at))), now)]


def test_steady_growth_is_told_once_for_each_rate() -> None:
    watch = GrowthWatch()
    assert told(watch, 30, 2.0, (0, 10)) == [6.5]
    assert told(watch, 10, 6.0, (30, 70)) == [36.5] or watch.bytes_per_second > 5e6
    assert told(watch, 60, 0.0, (40, 130)) == []
    assert len(told(watch, 30, 20.0, (100, 130))) <= 3
    assert watch.fastest_bytes_per_second == 20e6


def test_a_jump_and_a_start_are_no_growth() -> None:
    watch = GrowthWatch()
    assert told(watch, 2, 100.0, (0, 0)) == []
    assert told(watch, 60, 0.1, (2, 200)) == []
    assert not watch.add_size(900_000_000, 62.5)
    assert told(watch, 60, 0.1, (62.5, 900)) == []


def test_looks_may_come_as_close_as_they_like() -> None:
    watch = GrowthWatch()
    found = [at for at in range(9000) if watch.add_size(2000 * at, 0.001 * at)]
    assert len(found) == 1
    assert 6000 <= found[0] <= 7000
