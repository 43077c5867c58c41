from __future__ import annotations

from collections.abc import Iterable

import pytest

from trayapp.domain.judging.judges.forecast import Forecast
from trayapp.domain.judging.judges.pressure import pressure_level
from trayapp.domain.records.levels import Level
from trayapp.domain.records.samples import SystemSample

GIB = 1024**3
THRESHOLDS = {Level.WARNING: 0.75, Level.CRITICAL: 0.85, Level.EMERGENCY: 0.95}
N, W, C, E = Level.NORMAL, Level.WARNING, Level.CRITICAL, Level.EMERGENCY


def system(
    used_share: float,
    swap_used_share: float | None = None,
    stall_percent: float | None = None,
) -> SystemSample:
    has_swap = swap_used_share is not None
    return SystemSample(
        total_bytes=16 * GIB,
        available_bytes=round(16 * GIB * (1 - used_share)),
        swap_total_bytes=8 * GIB if has_swap else 0,
        swap_used_bytes=round(8 * GIB * (swap_used_share or 0)),
        stall_full_percent=stall_percent,
    )


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        (system(0.7), N),
        (system(0.76), W),
        (system(0.86), C),
        (system(0.96), E),
        (system(0.96, swap_used_share=0.0), C),
        (system(0.96, swap_used_share=0.8), E),
        (system(0.6, swap_used_share=0.9), N),
        (system(0.6, stall_percent=9.9), N),
        (system(0.6, stall_percent=11.0), W),
        (system(0.6, stall_percent=21.0), C),
        (system(0.96, swap_used_share=0.0, stall_percent=45.0), E),
        (system(0.3, stall_percent=45.0), N),
    ],
)
def test_memory_swap_and_stalls_are_judged_together(sample: SystemSample, expected: Level) -> None:
    assert pressure_level(sample, THRESHOLDS, 0.05, 10.0, N) is expected


def test_a_level_by_stalls_is_left_at_half_of_what_began_it() -> None:
    assert pressure_level(system(0.6, stall_percent=6.0), THRESHOLDS, 0.05, 10.0, W) is W
    assert pressure_level(system(0.6, stall_percent=4.0), THRESHOLDS, 0.05, 10.0, W) is N


def forecasts(samples: Iterable[SystemSample]) -> list[float | None]:
    forecast = Forecast()
    return [forecast.add_sample(float(second), each) for second, each in enumerate(samples)]


def test_memory_that_will_be_full_is_foreseen_with_the_time_left() -> None:
    """A gibibyte every 100 s: 16 GiB from one half on are full after 800 s."""
    found = forecasts(system(0.5 + second / 1600) for second in range(700))
    first = next(second for second, left in enumerate(found) if left is not None)
    assert 200 <= first <= 300
    left = found[400]
    assert left is not None
    assert abs(left - 400) < 30


def test_what_is_taken_and_given_back_at_once_is_no_forecast() -> None:
    used = [0.6 + 0.015 * min(second % 60, 20) * (second % 60 < 25) for second in range(600)]
    assert set(forecasts(map(system, used))) == {None}


def test_free_swap_counts_as_time() -> None:
    without = forecasts(system(0.5 + second / 1600) for second in range(500))
    with_swap = forecasts(system(0.5 + second / 1600, swap_used_share=0.0) for second in range(500))
    assert without[400] is not None
    assert with_swap[400] is None


def test_a_machine_that_is_mostly_free_has_nothing_to_fear() -> None:
    assert set(forecasts(system(0.01 * second) for second in range(45))) == {None}


def test_nothing_is_foreseen_across_a_gap() -> None:
    forecast = Forecast()
    for second in range(400):
        forecast.add_sample(float(second), system(0.5 + second / 1600))
    assert forecast.add_sample(4000.0, system(0.95)) is None
