"""The health of the machine: what costs points, how many, and what is unknown."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from trayapp.domain.judging.machine_health import MachineHealth, MachineHealthTracker
from trayapp.domain.records.levels import Level
from trayapp.domain.records.samples import SystemSample

GIB = 1024**3


def machine(
    available_gib: float, stall: float | None = 0.0, swap_gib: float | None = 0.0
) -> SystemSample:
    return SystemSample(
        total_bytes=16 * GIB,
        available_bytes=round(available_gib * GIB),
        swap_total_bytes=None if swap_gib is None else 8 * GIB,
        swap_used_bytes=None if swap_gib is None else round(swap_gib * GIB),
        stall_some_percent=stall,
    )


def health(
    course: Callable[[float], SystemSample],
    seconds: float,
    worst: Level = Level.NORMAL,
    step: float = 5.0,
) -> MachineHealth | None:
    tracker = MachineHealthTracker()
    for number in range(int(seconds / step) + 1):
        tracker.fold(1000 + number * step, course(number * step))
    return tracker.health(course(seconds), worst)


def lost(found: MachineHealth | None) -> dict[str, int]:
    assert found is not None
    return {each.what: each.points for each in found.deductions}


def test_an_idle_machine_has_all_points_and_a_new_one_is_unknown() -> None:
    found = health(lambda _: machine(8), 4000)
    assert found is not None
    assert (found.score, found.word, found.unknown) == (100, "good", ())
    assert found.text == "100 of 100, good"
    assert health(lambda _: machine(8), 30) is None


def test_little_memory_costs_up_to_twenty() -> None:
    assert lost(health(lambda _: machine(3.2), 600)) == {}
    assert lost(health(lambda _: machine(1.76), 600)) == {"memory": 10}
    assert lost(health(lambda _: machine(0.1), 600)) == {"memory": 20}


def test_stalls_cost_a_point_for_each_percent_of_the_last_minutes() -> None:
    assert lost(health(lambda _: machine(8, stall=11.0), 6000)) == {"stalls": 10}
    assert lost(health(lambda _: machine(8, stall=90.0), 6000)) == {"stalls": 25}
    brief = health(lambda at: machine(8, stall=50.0 if 3000 < at < 3020 else 0.0), 3600)
    assert lost(brief) == {}


def test_swap_that_moves_costs_and_swap_that_rests_does_not() -> None:
    assert lost(health(lambda _: machine(8, swap_gib=6.0), 3000)) == {}
    thrash = health(lambda at: machine(8, swap_gib=4.0 + (at % 10) / 10), 3000)
    assert lost(thrash) == {"swap": 15}


@pytest.mark.parametrize(
    ("worst", "points"), [(Level.WARNING, 10), (Level.CRITICAL, 18), (Level.EMERGENCY, 25)]
)
def test_the_worst_incident_costs_what_it_costs_a_run(worst: Level, points: int) -> None:
    assert lost(health(lambda _: machine(8), 600, worst)) == {"incidents": points}


def test_falling_memory_costs_more_the_sooner_it_is_gone() -> None:
    soon = health(lambda at: machine(12 - at / 600), 3600)
    late = health(lambda at: machine(12 - at / 6000), 3600)
    assert lost(soon)["trend"] == 15
    assert 0 < lost(late)["trend"] < 10
    assert lost(health(lambda at: machine(9 + (at % 900) / 900), 3600)) == {}
    assert lost(health(lambda at: machine(6 + at / 3600), 3600)) == {}


def test_what_the_system_does_not_tell_is_named_and_costs_nothing() -> None:
    found = health(lambda _: machine(8, stall=None, swap_gib=None), 300)
    assert found is not None
    assert (found.score, set(found.unknown)) == (100, {"stalls", "swap", "trend"})


def test_a_pause_forgets_what_was_before() -> None:
    tracker = MachineHealthTracker()
    for number in range(100):
        tracker.fold(number * 5.0, machine(8, stall=80.0))
    tracker.fold(5000.0, machine(8))
    assert tracker.health(machine(8), Level.NORMAL) is None


def test_a_poor_machine_says_why_the_largest_first() -> None:
    found = health(lambda _: machine(0.5, stall=40.0), 3000, Level.EMERGENCY)
    assert found is not None
    assert (found.score, found.word) == (31, "poor")
    assert found.text == (
        "31 of 100, poor (programs waiting for memory −25, open alerts −25, "
        "little memory available −19)"
    )
