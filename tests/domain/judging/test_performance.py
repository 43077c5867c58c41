"""Memory against performance: what is seen, what is chance, and what is too little to say."""

from __future__ import annotations

import random

from tests.benchmarks.performance import COURSES, SEEN, compare, connected, unconnected
from trayapp.domain.judging.performance import LEAST_PAIRS, compare_curves, compare_tasks
from trayapp.domain.records.series import Point
from trayapp.domain.showing.performance_lines import (
    connection_json,
    connection_line,
    connection_lines,
)


def points(values: list[float | None], step: float = 30.0) -> list[Point]:
    return [Point(at * step, value, value, value) for at, value in enumerate(values)]


def test_what_has_no_connection_is_hardly_ever_called_one() -> None:
    found = [
        unconnected(first, second, seed).finding
        for first in COURSES
        for second in COURSES
        for seed in range(4)
    ]
    assert sum(one in SEEN for one in found) <= 0.03 * len(found)


def test_a_connection_is_seen_with_what_comes_first_and_how_much_later() -> None:
    for lag, finding in ((0, "together"), (2, "memory first"), (-2, "memory later")):
        found = connected("teeth", lag, 0.3, 1)
        assert (found.finding, found.lag_seconds) == (finding, abs(lag) * 79 * 30 / 80)
        assert found.correlation is not None
        assert found.correlation > 0.8


def test_two_that_only_rise_prove_nothing() -> None:
    rng = random.Random(1)
    one, other = ([at + rng.gauss(0, 3) for at in range(80)] for _ in range(2))
    found = compare(one, other)
    assert found.finding == "trend"
    assert "whether one follows the other cannot be told" in connection_line(found)


def test_with_few_values_nothing_is_said_and_how_few_can_be_chosen() -> None:
    course = [float(at % 5) for at in range(LEAST_PAIRS - 1)]
    found = compare(course, course)
    assert (found.finding, found.pairs) == ("too little", LEAST_PAIRS - 1)
    assert connection_line(found) == "Processor time: too little to say (29 pairs of values)"
    told = connection_json(found)
    assert (told["correlation"], told["probability"], told["lag_seconds"]) == (None, None, None)
    enough = compare_curves("cpu", points([*course]), points([*course]), least=20)
    assert enough.finding == "together"


def test_what_is_not_known_is_too_little() -> None:
    sizes = points([float(at % 7) for at in range(100)])
    assert compare_curves("stalls", sizes, []).finding == "too little"
    assert compare_curves("stalls", sizes, points([None] * 100)).finding == "too little"
    assert compare_tasks(sizes, []).finding == "too little"
    # Nothing ever changes: no connection either.
    assert compare_curves("stalls", sizes, points([0.0] * 100)).finding == "none"


def test_tasks_are_compared_with_others_of_their_name() -> None:
    """The long ones of one name are not slow because the short ones of another are quick."""
    rng = random.Random(3)
    sizes = points([100.0 + 50 * (at % 20) for at in range(400)])
    tasks, alike = [], []
    for number in range(160):
        began = number * 70.0
        size = sizes[int(began / 30)].mean or 0.0
        name, usual = ("import", 60.0) if size > 500 else ("ping", 0.1)
        slow = 1 + size / 1000
        tasks.append((name, began, usual * slow * rng.uniform(0.95, 1.05)))
        alike.append((name, began, usual * rng.uniform(0.95, 1.05)))
    assert compare_tasks(sizes, tasks).finding == "together"
    assert compare_tasks(sizes, alike).finding == "none"


def test_one_line_is_enough_where_there_is_too_little_of_everything() -> None:
    few, many = compare([1.0], [1.0]), connected("teeth", 0, 0.3, 1)
    assert connection_lines([few, few]) == ["Memory and performance: too little to say"]
    assert len(connection_lines([few, many])) == 2
    assert connection_lines([]) == []


def test_the_line_says_which_way() -> None:
    rng = random.Random(5)
    size = [rng.gauss(0, 1) for _ in range(80)]
    rises = compare(size, [value + rng.gauss(0, 0.2) for value in size])
    falls = compare(size, [-value + rng.gauss(0, 0.2) for value in size])
    assert connection_line(rises).startswith("Processor time: rises with memory (correlation 0.9")
    assert connection_line(falls).startswith("Processor time: falls when memory rises")
