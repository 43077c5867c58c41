"""What goes before growth: found where it was planted, and nothing where growth is anywhere."""

from __future__ import annotations

from random import Random

import pytest

from tests.benchmarks.causes import KINDS, VERSIONS, causes_of, is_planted, make
from tests.domain.building import MIB
from trayapp.domain.judging.association import Counts
from trayapp.domain.judging.causes import Cause, Causes, Happening, RunOutcome, find_causes
from trayapp.domain.judging.growth_onsets import STEP_SECONDS, Course, Onset
from trayapp.domain.records.run_program import RunProgram
from trayapp.domain.showing.cause_lines import cause_line, causes_json, causes_lines

MONDAY = 1_699_833_600.0
DAY_STEPS = 288
FIRST = int(MONDAY // STEP_SECONDS)
EMPTY = Course(frozenset(), ())


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_planted_is_found(kind: str) -> None:
    """In a history as the benchmark makes hundreds of."""
    seed = 2 if kind == "weekday" else 1
    found = causes_of(make(Random(f"{kind} {seed}"), kind))
    assert any(is_planted(cause, kind) for cause in found)
    cause = next(cause for cause in found if is_planted(cause, kind))
    assert cause.low < cause.confidence < cause.high
    assert cause.probability <= 0.025


def course(*onsets: int, days: int = 10) -> Course:
    """A program that was watched all the time; steps are counted from a Monday's midnight."""
    return Course(
        frozenset(range(FIRST, FIRST + days * DAY_STEPS)),
        tuple(Onset(FIRST + at, FIRST + at + 1, 20.0 * MIB) for at in onsets),
    )


def at(step: float) -> float:
    return MONDAY + step * STEP_SECONDS


def only(found: Causes) -> Cause:
    (cause,) = found.found
    return cause


def test_a_task_is_counted_once_for_each_time_and_once_where_it_did_not_run() -> None:
    times = [200, 500, 900, 1500, 2100, 2600]
    tasks = {Happening("task", "import"): [at(each + 0.2) for each in times]}
    cause = only(find_causes(course(200, 500, 901, 1500, 2101), tasks, [], 0.0))
    assert (cause.kind, cause.name) == ("task", "import")
    assert (cause.counts.hits, cause.counts.exposed, cause.counts.other_hits) == (5, 6, 0)
    assert cause.counts.others > 1400
    assert cause.support == 1.0
    assert cause.confidence == pytest.approx(5 / 6)


def test_what_runs_all_the_time_goes_before_nothing() -> None:
    tasks = {Happening("task", "poll"): [at(each) for each in range(2880)]}
    found = find_causes(course(200, 500, 901, 1500, 2101), tasks, [], 0.0)
    assert [cause.kind for cause in found.found] == []


def test_what_comes_after_growth_is_no_cause() -> None:
    times = [200, 500, 900, 1500, 2100, 2600]
    tasks = {Happening("task", "clean up"): [at(each + 2) for each in times]}
    assert find_causes(course(*times), tasks, [], 0.0).found == ()


def test_an_hour_is_that_of_the_local_clock() -> None:
    begun = [day * DAY_STEPS + 3 * 12 + 5 for day in range(8)]
    cause = only(find_causes(course(*begun), {}, [], 7200.0))
    assert (cause.kind, cause.number) == ("hour", 5)
    assert (cause.counts.hits, cause.counts.exposed) == (8, 10)


def test_growth_that_happened_twice_has_no_causes() -> None:
    tasks = {Happening("task", "import"): [at(200), at(500), at(900)]}
    found = find_causes(course(200, 500), tasks, [], 0.0)
    assert (found.found, found.growth_count) == ((), 2)


def runs(*grown: bool, version: int = 0) -> list[RunOutcome]:
    return [
        RunOutcome(at(900 * n), at(900 * n + 500), 9.0 * each, RunProgram(VERSIONS[version], "a"))
        for n, each in enumerate(grown)
    ]


def test_a_version_whose_runs_grow_is_told_from_one_whose_do_not() -> None:
    all_runs = [*runs(*[False] * 7), *runs(*[True] * 6, False, version=1)]
    cause = only(find_causes(EMPTY, {}, all_runs, 0.0))
    assert (cause.kind, cause.version, cause.since) == ("version", VERSIONS[1], at(0))
    assert cause.counts == Counts(6, 7, 0, 7)


def test_three_runs_of_each_are_too_few_to_tell() -> None:
    all_runs = [*runs(*[False] * 3), *runs(*[True] * 3, version=1)]
    assert find_causes(EMPTY, {}, all_runs, 0.0).found == ()


def test_a_moment_is_no_run() -> None:
    brief = [each._replace(end=each.start + 60) for each in runs(*[True] * 9)]
    assert find_causes(EMPTY, {}, brief, 0.0).run_count == 0


def test_shuffled_growth_follows_nothing() -> None:
    """A sample of the benchmark, which finds anything in 2 of 100 such histories."""
    wrong = sum(
        bool(causes_of(make(Random(f"hour {seed}"), "hour", shuffled=way)))
        for seed in range(8)
        for way in ("alone", "bursts")
    )
    assert wrong <= 2


def test_a_cause_is_told_with_its_counts_its_range_and_its_chance() -> None:
    cause = Cause("task", "import", None, None, Counts(10, 12, 2, 300), 0.55, 0.95, 1e-9)
    assert cause_line(cause) == (
        "After the task import: it began to grow 10 of 12 times, at other times 2 of 300 times. "
        "Likely 55% to 95% of the time; by chance: less than 0.01%."
    )
    version = cause._replace(kind="version", name="", version=VERSIONS[0])
    assert "app.py" in cause_line(version) and "10 of 12 runs grew" in cause_line(version)
    assert "From 17:00 to 18:00" in cause_line(cause._replace(kind="hour", number=17))
    assert "Wed" in cause_line(cause._replace(kind="weekday", number=2))


def test_what_was_tried_in_vain_is_told() -> None:
    assert list(causes_lines(Causes())) == [
        "No growth over several minutes was found in its history."
    ]
    (line,) = causes_lines(Causes(tried=40, growth_count=7))
    assert "7 times" in line and "40 tried" in line


def test_json_has_the_figures() -> None:
    cause = Cause("hour", "", 3, None, Counts(6, 7, 1, 160), 0.49, 0.97, 0.001)
    told = causes_json(Causes((cause,), 24, 7, 3, 1))
    (found,) = told["found"]
    assert (found["hour"], found["weekday"], found["times"], found["times_grown"]) == (
        3,
        None,
        7,
        6,
    )
    assert (found["support"], found["confidence"]) == (pytest.approx(6 / 7, abs=1e-4),) * 2
    assert (told["tried"], told["growths"], told["runs"], told["runs_grown"]) == (24, 7, 3, 1)
