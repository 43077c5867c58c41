"""The health of a run: what costs points, how many, and what costs none."""

from __future__ import annotations

import pytest

from trayapp.domain.judging.health import run_health
from trayapp.domain.records.levels import Level

MIB = 1024**2


def score(sizes_mib: list[float], seconds: float = 3600.0, **more: object) -> int | None:
    health = run_health([size * MIB for size in sizes_mib], seconds, **more)  # type: ignore[arg-type]
    return None if health is None else health.score


def test_a_flat_run_is_perfect() -> None:
    assert score([100.0] * 100) == 100


def test_growth_that_stays_costs_a_point_for_each_two_percent() -> None:
    assert score([100.0] * 50 + [120.0] * 50) == 90
    assert score([100.0] * 50 + [200.0] * 50) == 50
    assert score([100.0] * 50 + [900.0] * 50) == 50


def test_a_steady_climb_is_poor() -> None:
    health = run_health([(100 + number) * MIB for number in range(200)], 7200.0)
    assert health is not None
    assert health.score < 80
    assert health.word == "fair"


def test_the_warm_up_is_forgiven() -> None:
    assert score([10.0, 30.0, 60.0, 90.0] * 5 + [100.0] * 80) == 100


def test_a_spike_a_saw_tooth_and_shrinking_cost_nothing() -> None:
    assert score([100.0] * 50 + [900.0] * 2 + [100.0] * 48) == 100
    assert score([100.0, 120.0, 140.0, 160.0] * 28) == 100
    assert score([100.0] * 50 + [50.0] * 50) == 100


def test_a_small_program_is_not_blamed_for_a_few_mebibytes() -> None:
    assert score([1.0] * 50 + [3.0] * 50) == 94


def test_nearing_the_limit_costs_up_to_a_quarter() -> None:
    sizes = [100.0] * 50
    assert score(sizes, limit_bytes=400.0 * MIB) == 100
    assert score(sizes, limit_bytes=200.0 * MIB) == 100
    assert score(sizes, limit_bytes=200.0 * MIB, peak_bytes=150.0 * MIB) == 88
    assert score(sizes, limit_bytes=100.0 * MIB) == 75
    assert score(sizes, limit_bytes=50.0 * MIB) == 75


@pytest.mark.parametrize(
    ("worst", "expected"),
    [(Level.WARNING, 90), (Level.CRITICAL, 82), (Level.EMERGENCY, 75)],
)
def test_the_worst_alert_counts_once(worst: Level, expected: int) -> None:
    assert score([100.0] * 50, worst=worst) == expected


def test_the_worst_of_all_has_no_points_left() -> None:
    sizes = [100.0] * 50 + [900.0] * 50
    assert score(sizes, limit_bytes=900.0 * MIB, worst=Level.EMERGENCY) == 0


def test_what_is_too_short_is_not_judged() -> None:
    assert score([100.0] * 50, seconds=30.0) is None
    assert score([100.0] * 8) is None
    assert score([]) is None
