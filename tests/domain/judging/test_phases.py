"""The phases of runs: what they are called, where they lie, and what does not disturb them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.benchmarks.phases import COURSES, DISTURBANCES, make_run, score
from trayapp.domain.judging.phases import MOST_PHASES, find_phases
from trayapp.domain.records.series import Point

MIB = 1024**2


def curve(course: Callable[[float], float | None], seconds: int, step: float = 1.0) -> list[Point]:
    """Return a course in MiB as points, with a little noise."""
    rng = random.Random(1)
    points = []
    for number in range(int(seconds / step)):
        size = course(number * step)
        size = None if size is None else (size + rng.gauss(0, 0.1)) * MIB
        points.append(Point(1000.0 + number * step, size, size, size))
    return points


def kinds(points: Sequence[Point], *, is_begun: bool = True) -> list[str]:
    return [phase.kind for phase in find_phases(points, is_begun=is_begun)]


def loaded(size: float, seconds: float) -> Callable[[float], float]:
    """Return the course of a program that takes so long to have that size."""
    return lambda at: size * min(1.0, (at + 1) / seconds)


def test_a_run_has_a_start_a_warm_up_rest_growth_and_release() -> None:
    def course(at: float) -> float:
        if at < 900:
            return loaded(100, 10)(at) + 50 * min(1.0, max(0.0, at - 10) / 300)
        return 150 + 0.2 * (at - 900) if at < 1900 else 170

    found = find_phases(curve(course, 3000))
    assert [phase.kind for phase in found] == [
        "start", "warm-up", "steady", "growth", "release", "steady"
    ]  # fmt: skip
    growth = found[3]
    assert growth.start == pytest.approx(1900, abs=20)
    assert growth.end == pytest.approx(2900, abs=20)
    assert growth.from_bytes == pytest.approx(150 * MIB, rel=0.02)
    assert growth.to_bytes == pytest.approx(350 * MIB, rel=0.02)
    assert growth.rate_bytes_per_second == pytest.approx(0.2 * MIB, rel=0.03)


def test_phases_follow_each_other_from_the_first_sample_to_the_last() -> None:
    points = curve(lambda at: 100 + (at if at < 500 else 500), 1500)
    found = find_phases(points)
    assert found[0].start == points[0].wall_seconds
    assert found[-1].end == points[-1].wall_seconds
    assert all(one.end == other.start for one, other in pairwise(found))


def test_a_leak_from_the_beginning_is_growth_after_the_start() -> None:
    assert kinds(curve(lambda at: loaded(60, 8)(at) + 0.05 * at, 3000)) == ["start", "growth"]


def test_without_a_known_beginning_nothing_is_called_start_or_warm_up() -> None:
    points = curve(lambda at: min(100.0, 50 + at / 10), 3000)
    assert kinds(points) == ["warm-up", "steady"]
    assert kinds(points, is_begun=False) == ["growth", "steady"]


def test_a_collectors_teeth_are_no_phases_but_a_swing() -> None:
    (only,) = find_phases(curve(lambda at: 100 + 40 * (at % 60) / 60, 1800))
    assert only.kind == "steady"
    assert only.swing_bytes == pytest.approx(40 * MIB, rel=0.1)
    assert only.to_bytes == pytest.approx(100 * MIB, rel=0.03)


def test_a_program_is_loaded_before_its_first_tooth() -> None:
    start, rest = find_phases(curve(lambda at: loaded(100, 12)(at) + 40 * (at % 300) / 300, 3000))
    assert (start.kind, rest.kind) == ("start", "steady")
    assert start.end - start.start < 40
    assert start.from_bytes < 20 * MIB


def test_a_leak_below_the_teeth_is_growth() -> None:
    (only,) = find_phases(curve(lambda at: 100 + 0.03 * at + 40 * (at % 60) / 60, 1800))
    assert only.kind == "growth"
    assert only.rate_bytes_per_second == pytest.approx(0.03 * MIB, rel=0.1)


def test_growth_in_steps_is_one_growth() -> None:
    assert kinds(curve(lambda at: 100 + 20 * (at // 200), 3000), is_begun=False) == ["growth"]


def test_a_gap_is_no_phase_and_growth_across_one_has_no_rate() -> None:
    def course(at: float) -> float | None:
        return None if 1000 < at < 2000 else 100.0 if at < 1500 else 180.0

    before, between, after = find_phases(curve(course, 3000))
    assert (before.kind, between.kind, after.kind) == ("steady", "growth", "steady")
    assert between.rate_bytes_per_second is None
    assert kinds(curve(lambda at: None if 1000 < at < 2000 else 100.0, 3000)) == ["steady"]


def test_a_run_that_is_too_short_has_no_phases() -> None:
    assert find_phases([]) == []
    assert find_phases(curve(lambda _: 100.0, 10)) == []
    assert find_phases(curve(lambda _: None, 100)) == []


def test_a_month_shows_its_first_minutes_too() -> None:
    head = curve(loaded(200, 20), 600)
    rng = random.Random(2)
    sizes = [(200 + rng.gauss(0, 1)) * MIB for _ in range(1400)]
    tail = [Point(1600 + 1800.0 * at, size, size, size) for at, size in enumerate(sizes)]
    start, rest = find_phases([*head, *tail])
    assert (start.kind, rest.kind) == ("start", "steady")
    assert start.end - start.start < 40


@pytest.mark.parametrize("how", DISTURBANCES)
def test_made_up_runs_are_read_as_they_were_made(how: str) -> None:
    """Nine tenths of the time of all is called what it is, and more than half of nearly all."""
    right = []
    for course, parts in COURSES.items():
        for seed in range(4):
            name = f"{course} {seed}"
            points, phases = make_run(parts, DISTURBANCES[how], 3600.0, 4.0, name)
            right.append(score(find_phases(points), phases, 3600.0).agreement)
    assert sum(right) / len(right) > 0.9
    assert sum(one < 0.5 for one in right) <= 1


sizes = st.none() | st.floats(allow_nan=True, allow_infinity=True) | st.integers(0, 2**45)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0.001, 1e5), sizes), max_size=120), st.booleans())
def test_any_curve_has_a_bounded_number_of_phases_without_a_pause(
    steps: Iterable[tuple[float, float | None]], is_begun: bool
) -> None:
    at, points = 0.0, []
    for seconds, size in steps:
        at += seconds
        points.append(Point(at, size, size, size))
    found = find_phases(points, is_begun=is_begun)
    assert len(found) <= MOST_PHASES
    assert all(one.end == other.start for one, other in pairwise(found))
    assert all(one.start < one.end for one in found)
