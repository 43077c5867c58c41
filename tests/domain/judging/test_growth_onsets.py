"""When growth began, in sizes of which that is known."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from tests.domain.building import MIB
from trayapp.domain.judging.growth_onsets import STEP_SECONDS, Course, find_course
from trayapp.domain.records.series import Point

HOUR = 12
"""In steps."""
FIRST = 5_000_000
"""The step in which it begins."""


def points(size: Callable[[int], float | None], steps: int = 4 * HOUR) -> list[Point]:
    """Sizes in MiB by the number of the step."""
    found = []
    for at in range(steps):
        mib = size(at)
        value = None if mib is None else mib * MIB
        found.append(Point((FIRST + at + 0.5) * STEP_SECONDS, value, value, value))
    return found


def begun(course: Course) -> list[int]:
    return [onset.step - FIRST for onset in course.onsets]


def test_a_step_and_a_slope_begin_where_they_begin() -> None:
    step = find_course(points(lambda at: 100 + 20 * (at > 20)))
    assert begun(step) == [20]
    assert step.onsets[0].grown_bytes == 20 * MIB
    slope = find_course(points(lambda at: 100 + 2 * min(10, max(0, at - 20))))
    assert begun(slope) == [20]
    assert slope.onsets[0].end - FIRST == 30


def test_growth_that_goes_on_cannot_begin_again() -> None:
    course = find_course(points(lambda at: 100 + 2 * min(10, max(0, at - 20))))
    watched = {step - FIRST for step in course.watched}
    assert 20 in watched
    assert not watched & set(range(21, 30))
    assert 30 in watched


def test_steps_with_a_short_pause_are_one_growth() -> None:
    assert begun(find_course(points(lambda at: 100 + 10 * (at > 20) + 10 * (at > 22)))) == [20]
    assert begun(find_course(points(lambda at: 100 + 10 * (at > 20) + 10 * (at > 30)))) == [20, 30]


@pytest.mark.parametrize(
    "size",
    [
        lambda _at: 100.0,
        lambda at: 100 + 30 * (at % 7) / 7,
        lambda at: 100 + 40 * (20 < at < 26),
        lambda at: 100 + 0.5 * (at > 20),
        lambda at: 300 - 2 * at,
        lambda at: 100 + 1.0 * at,
    ],
    ids=["flat", "swings", "given back", "too little", "shrinks", "grows all the time"],
)
def test_what_is_no_beginning_of_growth(size: Callable[[int], float]) -> None:
    assert begun(find_course(points(size))) == []


def test_noise_is_no_growth() -> None:
    random = Random(2)
    sizes = [300 + random.gauss(0, 3) for _ in range(20 * HOUR)]
    assert begun(find_course(points(lambda at: sizes[at], len(sizes)))) == []


def test_a_start_and_a_gap_are_no_growth() -> None:
    started = (FIRST + 20.5) * STEP_SECONDS
    warming = find_course(
        points(lambda at: 100.0 if at < 20 else min(200.0, 100 + 40 * (at - 20))), [started]
    )
    assert begun(warming) == []
    assert (
        begun(find_course(points(lambda at: None if 18 < at < 22 else 100 + 50 * (at > 20)))) == []
    )


def test_what_is_watched_excludes_gaps_and_the_beginning_of_a_run() -> None:
    started = (FIRST + 20.5) * STEP_SECONDS
    course = find_course(points(lambda at: None if at == 30 else 100.0), [started])
    watched = {step - FIRST for step in course.watched}
    assert not watched & {21, 22, 23, 30}
    assert {5, 24, 25, 35} <= watched
