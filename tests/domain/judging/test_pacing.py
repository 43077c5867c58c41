"""The pace: within bounds, quick when memory runs out, slow at rest, and without flapping."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trayapp.domain.judging.pacing import (
    LOOKS_LEFT,
    RELAX_SECONDS,
    SHORT_SHARE,
    MovementGauge,
    PaceKeeper,
    PaceRule,
)
from trayapp.domain.records.samples import SystemSample

MIB = 1024**2
TOTAL = 16_000 * MIB
PLENTY = TOTAL // 2


def system(available_bytes: float, total_bytes: int = TOTAL) -> SystemSample:
    return SystemSample(total_bytes=total_bytes, available_bytes=round(available_bytes))


def run(
    keeper: PaceKeeper,
    seconds: Iterable[float],
    available_bytes: float = PLENTY,
    *,
    moved: bool = True,
    on_battery: bool | None = False,
) -> float:
    """The interval after these ticks, with the same values in all of them."""
    for second in seconds:
        keeper.update(second, system(available_bytes), moved, on_battery)
    return keeper.interval_seconds


def test_while_something_moves_it_is_the_persons_interval() -> None:
    keeper = PaceKeeper(PaceRule(interval_seconds=2.0))
    assert run(keeper, range(0, 600, 2)) == 2.0
    assert keeper.reason == "as set"


def test_at_rest_it_is_doubled_and_doubled_again() -> None:
    keeper = PaceKeeper(PaceRule(interval_seconds=2.0))
    assert run(keeper, range(59), moved=False) == 2.0
    assert run(keeper, range(59, 80), moved=False) == 4.0
    assert keeper.reason == "nothing has changed for 1 min"
    assert run(keeper, range(80, 200), moved=False) == 8.0
    assert keeper.reason == "nothing has changed for 3 min"
    assert run(keeper, range(200, 4000), moved=False) == 8.0


def test_what_moves_is_followed_at_once() -> None:
    keeper = PaceKeeper(PaceRule(interval_seconds=2.0))
    assert run(keeper, range(300), moved=False) == 8.0
    assert run(keeper, [301]) == 2.0
    assert keeper.reason == "as set"


def test_on_battery_it_is_doubled_and_at_most_fourfold() -> None:
    keeper = PaceKeeper(PaceRule(interval_seconds=2.0))
    assert run(keeper, range(30), on_battery=True) == 4.0
    assert keeper.reason == "on battery"
    assert run(keeper, range(30, 120), moved=False, on_battery=True) == 8.0
    assert keeper.reason == "on battery, nothing has changed for 1 min"
    assert run(keeper, range(120, 600), moved=False, on_battery=True) == 8.0
    assert run(keeper, [601], on_battery=None) == 2.0


@pytest.mark.parametrize(
    ("interval", "slowest"), [(0.2, 0.8), (2.0, 8.0), (10.0, 30.0), (30.0, 30.0), (60.0, 60.0)]
)
def test_rest_never_exceeds_the_bounds(interval: float, slowest: float) -> None:
    keeper = PaceKeeper(PaceRule(interval_seconds=interval))
    assert run(keeper, range(1000), moved=False, on_battery=True) == slowest


@pytest.mark.parametrize(("interval", "fastest"), [(0.1, 0.1), (0.5, 0.2), (2.0, 0.2), (30.0, 3.0)])
def test_pressure_never_exceeds_the_bounds(interval: float, fastest: float) -> None:
    keeper = PaceKeeper(PaceRule(interval_seconds=interval))
    assert run(keeper, range(3), 0) == pytest.approx(fastest)


def test_the_less_is_left_the_faster() -> None:
    keeper = PaceKeeper(PaceRule(interval_seconds=2.0))
    paces = {
        percent: run(keeper, [(50 - percent) * 100], TOTAL * percent / 100)
        for percent in range(50, 0, -1)
    }
    assert paces[50] == paces[11] == 2.0
    assert paces[6] == paces[5] == 1.0
    assert paces[4] == paces[3] == pytest.approx(0.4)
    assert paces[1] == pytest.approx(0.2)
    assert keeper.reason == "only 160 MiB left"


def test_with_little_left_even_a_still_machine_is_not_left_alone() -> None:
    keeper = PaceKeeper(PaceRule(interval_seconds=2.0))
    assert run(keeper, range(600), TOTAL * 0.3, moved=False, on_battery=True) == 4.0
    assert run(keeper, range(600, 1200), TOTAL * 0.13, moved=False) == 2.0


def test_a_person_who_looks_seldom_is_not_hurried_while_there_is_plenty() -> None:
    keeper = PaceKeeper(PaceRule(interval_seconds=30.0))
    assert run(keeper, range(0, 3000, 30), TOTAL * 0.3) == 30.0


def test_a_program_that_fills_memory_is_watched_closely() -> None:
    """Ten looks are left before memory would be full, long before it is short."""
    keeper = PaceKeeper(PaceRule(interval_seconds=2.0))
    rate = TOTAL / 30
    intervals = {}
    for second in range(0, 16, 2):
        left = TOTAL - rate * second
        keeper.update(float(second), system(left), True, False)
        intervals[second] = keeper.interval_seconds
        if second:
            assert keeper.interval_seconds <= left / rate / LOOKS_LEFT + 1e-6
    assert intervals[0] == 2.0
    assert intervals[14] == 1.0
    assert "shrinking by" in keeper.reason


def test_it_relaxes_only_when_it_has_been_enough_for_a_while() -> None:
    keeper = PaceKeeper(PaceRule(interval_seconds=2.0))
    assert run(keeper, range(30), TOTAL * 0.06) == 1.0
    assert run(keeper, range(30, 40), TOTAL * 0.2) == 1.0
    # Short again, within ten seconds.
    assert run(keeper, range(40, 80, 5), TOTAL * 0.06) <= 1.0
    assert run(keeper, range(80, 90), TOTAL * 0.9) <= 1.0
    assert run(keeper, range(90, 200), TOTAL * 0.9) == 2.0
    assert keeper.reason == "as set"


def test_a_value_that_wavers_about_a_border_does_not_make_it_flap() -> None:
    keeper = PaceKeeper(PaceRule(interval_seconds=2.0))
    border = TOTAL * SHORT_SHARE
    paces = []
    for second in range(600):
        # Below the border for one second in three; a few MiB up and down.
        run(keeper, [float(second)], border * (0.99 if second % 3 == 0 else 1.05))
        paces.append(keeper.interval_seconds)
    changes = sum(before != after for before, after in pairwise(paces))
    assert changes <= 1


def test_a_suspend_is_no_rate() -> None:
    keeper = PaceKeeper(PaceRule(interval_seconds=2.0))
    run(keeper, range(10), TOTAL * 0.9)
    assert run(keeper, [20_000], TOTAL * 0.6) == 2.0


def test_a_person_who_wants_one_pace_has_one() -> None:
    keeper = PaceKeeper(PaceRule(interval_seconds=2.0, adaptive=False))
    assert run(keeper, range(300), moved=False, on_battery=True) == 2.0
    assert run(keeper, range(300, 310), 0) == 2.0
    assert keeper.reason == "as set"


def test_another_interval_is_in_force_at_once() -> None:
    keeper = PaceKeeper(PaceRule(interval_seconds=2.0))
    run(keeper, range(300), moved=False)
    keeper.set_rule(PaceRule(interval_seconds=5.0))
    assert keeper.interval_seconds == 5.0
    assert run(keeper, [301]) == 5.0


@given(
    interval=st.floats(0.05, 60),
    ticks=st.lists(
        st.tuples(
            st.floats(0, 500), st.integers(-5, 2 * TOTAL), st.booleans(),
            st.none() | st.booleans(),
        ),
        max_size=60,
    ),
    total=st.sampled_from([0, 1, TOTAL]),
)  # fmt: skip
def test_any_machine_keeps_the_pace_within_bounds(
    interval: float, ticks: list[tuple[float, int, bool, bool | None]], total: int
) -> None:
    rule = PaceRule(interval_seconds=interval)
    keeper = PaceKeeper(rule)
    now = 0.0
    for elapsed, available, moved, on_battery in ticks:
        now += elapsed
        pace = keeper.update(now, system(available, total), moved, on_battery)
        assert min(interval, max(0.2, interval / 10)) <= pace * (1 + 1e-9)
        assert pace <= max(interval, min(30.0, interval * 4))
        assert pace == keeper.interval_seconds
        assert keeper.reason.isprintable()
        assert len(keeper.reason) < 80


@given(st.lists(st.integers(0, TOTAL), min_size=2, max_size=100))
def test_it_slows_down_at_most_once_in_ten_seconds(available: list[int]) -> None:
    keeper = PaceKeeper(PaceRule(interval_seconds=2.0))
    slowed = []
    before = keeper.interval_seconds
    for second, left in enumerate(available):
        pace = keeper.update(float(second), system(left), True, False)
        if pace > before:
            slowed.append(second)
        before = pace
    assert all(later - earlier >= RELAX_SECONDS for earlier, later in pairwise(slowed))


# What moves


def test_small_changes_are_no_movement_but_a_drift_is() -> None:
    gauge = MovementGauge()
    size = 1000 * MIB
    assert gauge.update({"web": size})
    assert not gauge.update({"web": size + MIB})
    assert not gauge.update({"web": size + 9 * MIB})
    assert gauge.update({"web": size + 10 * MIB})
    assert not gauge.update({"web": size + 10 * MIB})


def test_a_small_one_moves_by_no_less_than_a_mebibyte() -> None:
    gauge = MovementGauge()
    gauge.update({"tiny": 4096})
    assert not gauge.update({"tiny": 8192})
    assert gauge.update({"tiny": 4096 + MIB})


def test_coming_and_going_is_movement() -> None:
    gauge = MovementGauge()
    gauge.update({"a": MIB, "b": MIB})
    assert gauge.update({"a": MIB})
    assert not gauge.update({"a": MIB})
    assert gauge.update({"a": None})
    assert gauge.update({"a": MIB})
    assert not gauge.update({"a": MIB, "b": None})
