from __future__ import annotations

import pytest

from tests.domain.building import MIB
from trayapp.domain.judging.growth_tracker import GrowthRule, GrowthTracker, Spike, SpikeRule
from trayapp.domain.judging.judges.growth import is_growth_due
from trayapp.domain.records.samples import MemoryReading, ProcessKey

RULE = GrowthRule(threshold_bytes_per_second=10_000, hold_seconds=30, minimum_bytes=0)
A, B = ProcessKey(1, 1), ProcessKey(2, 2)


def feed(
    tracker: GrowthTracker,
    second: float,
    rss_bytes: dict[ProcessKey, float],
    rule: GrowthRule = RULE,
    anon_bytes: float | None = None,
) -> Spike | None:
    readings = {
        key: MemoryReading(round(size), None if anon_bytes is None else round(anon_bytes))
        for key, size in rss_bytes.items()
    }
    return tracker.add_sample(second, 1.0, readings, rule, SpikeRule())


def grow(tracker: GrowthTracker, seconds: range, bytes_per_second: float) -> None:
    for second in seconds:
        feed(tracker, second, {A: 100 * MIB + bytes_per_second * second})


def is_sustained(tracker: GrowthTracker) -> bool:
    return tracker.growth is not None and tracker.growth.sustained


def test_the_rate_of_a_straight_climb_is_its_slope() -> None:
    tracker = GrowthTracker()
    grow(tracker, range(5), 200_000)
    assert tracker.rate_bytes_per_second is not None
    assert abs(tracker.rate_bytes_per_second - 200_000) < 1


def test_a_look_right_after_the_first_counts_no_more_than_the_time_it_covers() -> None:
    """Opening the menu has a target looked at again some milliseconds after it was found."""
    tracker = GrowthTracker()
    feed(tracker, 0.0, {A: 100 * MIB})
    feed(tracker, 0.01, {A: 100 * MIB})
    for second in range(1, 16):
        feed(tracker, second, {A: 100 * MIB + 200_000 * second})
    assert tracker.rate_bytes_per_second is not None
    assert abs(tracker.rate_bytes_per_second - 200_000) < 1_000


def test_growth_is_told_after_it_has_been_held_and_not_before() -> None:
    tracker = GrowthTracker()
    grow(tracker, range(32), 200_000)
    assert tracker.growth is not None
    assert not is_sustained(tracker)
    grow(tracker, range(32, 34), 200_000)
    assert is_sustained(tracker)
    assert tracker.growth.grown_bytes >= 30 * 200_000


def test_a_saw_tooth_that_falls_back_is_no_growth_however_steep() -> None:
    """Teeth of 20 s that climb at 1 MiB/s and lose all of it: what a collector does."""
    tracker = GrowthTracker()
    for second in range(600):
        feed(tracker, second, {A: 100 * MIB + (second % 20) * MIB})
        assert not is_sustained(tracker)


def test_a_leak_under_a_saw_tooth_is_growth() -> None:
    tracker = GrowthTracker()
    for second in range(120):
        feed(tracker, second, {A: 100 * MIB + second * 500_000 + (second % 5) * MIB})
    assert is_sustained(tracker)


def test_growth_needs_three_samples() -> None:
    tracker = GrowthTracker()
    grow(tracker, range(2), 1_000_000)
    assert tracker.growth is None
    grow(tracker, range(2, 3), 1_000_000)
    assert tracker.growth is not None


def test_growth_below_the_threshold_is_never_told() -> None:
    tracker = GrowthTracker()
    grow(tracker, range(600), 9_000)
    assert not is_sustained(tracker)


def test_growth_too_small_to_matter_waits_until_it_is_not() -> None:
    rule = GrowthRule(threshold_bytes_per_second=10_000, hold_seconds=5, minimum_bytes=MIB)
    tracker = GrowthTracker()
    told_at = None
    for second in range(300):
        feed(tracker, second, {A: 20 * MIB + 20_000 * second}, rule)
        if is_sustained(tracker) and told_at is None:
            told_at = second
    assert told_at is not None
    assert abs(told_at - MIB / 20_000) < 5


def test_growth_that_stops_ends() -> None:
    tracker = GrowthTracker()
    grow(tracker, range(60), 200_000)
    assert is_sustained(tracker)
    for second in range(60, 200):
        feed(tracker, second, {A: 100 * MIB + 60 * 200_000})
    assert tracker.growth is None


def test_a_worker_that_starts_or_ends_is_no_growth() -> None:
    tracker = GrowthTracker()
    for second in range(60):
        workers = {A: 100.0 * MIB} | ({B: 500.0 * MIB} if second % 7 > 2 else {})
        assert feed(tracker, second, workers) is None
    assert tracker.rate_bytes_per_second == 0
    assert tracker.growth is None


def test_a_restart_forgets_the_rate() -> None:
    tracker = GrowthTracker()
    grow(tracker, range(60), 200_000)
    feed(tracker, 60, {B: 10 * MIB})
    assert tracker.rate_bytes_per_second is None
    assert tracker.growth is None


def test_nothing_is_concluded_across_a_gap_or_a_clock_that_stands_still() -> None:
    tracker = GrowthTracker()
    feed(tracker, 0, {A: 100 * MIB})
    assert feed(tracker, 3600, {A: 900 * MIB}) is None
    assert tracker.rate_bytes_per_second is None
    assert feed(tracker, 3600, {A: 4000 * MIB}) is None


def test_mapped_files_are_no_growth_where_anonymous_memory_is_known() -> None:
    tracker = GrowthTracker()
    for second in range(60):
        feed(tracker, second, {A: 100 * MIB + second * MIB}, anon_bytes=50 * MIB)
    assert tracker.rate_bytes_per_second == 0


def test_a_doubling_by_half_a_mebibyte_is_a_spike() -> None:
    tracker = GrowthTracker()
    for second in range(10):
        assert feed(tracker, second, {A: 100 * MIB}) is None
    spike = feed(tracker, 10, {A: 200 * MIB})
    assert spike == Spike(before_bytes=100 * MIB, after_bytes=200 * MIB)


def test_less_than_a_doubling_or_less_than_the_minimum_is_none() -> None:
    tracker = GrowthTracker()
    for second in range(10):
        feed(tracker, second, {A: 100 * MIB, B: 0.2 * MIB})
    assert feed(tracker, 10, {A: 190 * MIB, B: 0.2 * MIB}) is None
    small = GrowthTracker()
    for second in range(10):
        feed(small, second, {A: 0.2 * MIB})
    assert feed(small, 10, {A: 0.6 * MIB}) is None


def test_a_program_that_starts_up_does_not_spike() -> None:
    tracker = GrowthTracker()
    assert [feed(tracker, second, {A: 2.0**second * MIB}) for second in range(5)] == [None] * 5


def times_told(sizes: list[float]) -> list[int]:
    """The seconds at which growth became sustained; one size per second."""
    tracker = GrowthTracker()
    told, was = [], False
    for second, size in enumerate(sizes):
        feed(tracker, second, {A: size})
        if is_sustained(tracker) and not was:
            told.append(second)
        was = is_sustained(tracker)
    return told


def test_growth_up_to_what_was_held_before_is_no_news() -> None:
    """Three teeth of a minute each: only the first goes where this program never was."""
    tooth = [float(50 * MIB + second * MIB) for second in range(60)]
    assert len(times_told([*tooth, *tooth, *tooth])) == 1


def test_what_was_told_is_told_again_at_twice_the_size() -> None:
    climb = [float(50 * MIB + second * MIB) for second in range(60)]
    rest = [climb[-1]] * 120
    on = [climb[-1] + second * MIB for second in range(200)]
    told = times_told([*climb, *rest, *on])
    assert len(told) == 2
    assert [*climb, *rest, *on][told[1]] >= 2 * [*climb, *rest, *on][told[0]]


def test_a_start_that_slows_down_is_no_growth_that_goes_on() -> None:
    assert times_told([50 * MIB + 60 * MIB * (1 - 0.9**second) for second in range(300)]) == []


def test_the_same_spike_again_is_no_news() -> None:
    tracker = GrowthTracker()
    spikes = [
        second
        for second in range(400)
        if feed(tracker, second, {A: (200 if second % 50 > 45 else 50) * MIB})
    ]
    assert len(spikes) == 1


@pytest.mark.parametrize(
    ("lasted", "left", "is_due"),
    [
        (30, None, False),
        (30, 8 * 60, False),
        (60, 8 * 60, True),
        (40 * 60, 2 * 86_400, False),
        (6 * 3600, 2 * 86_400, True),
        (0, 0, True),
        (5, 40, True),
    ],
)
def test_growth_is_reported_when_a_tenth_of_the_time_to_its_limit_is_gone(
    lasted: float, left: float | None, is_due: bool
) -> None:
    assert is_growth_due(lasted, left, 0.1) is is_due
