"""A version that grows where the one before did not: told apart, and advised against."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest

from tests.domain.building import MIB
from tests.domain.judging.advice.building import CALM, case, target
from trayapp.domain.judging.advice.asking import advise
from trayapp.domain.judging.advice.case import Past, VersionPast
from trayapp.domain.judging.advice.records import Advice
from trayapp.domain.judging.advice.versions import compare_versions
from trayapp.domain.records.run_program import RunProgram, Version, program_event
from trayapp.domain.records.series import Event, Point

BEGIN = 1_700_000_000.0
HOUR, QUARTER = 3600.0, 900.0
OLD, NEW = Version("app.py", 1_690_000_000, 4000), Version("app.py", 1_699_000_000, 4100)
Rates = Sequence[tuple[Version | None, float, float]]
"""Of each run: its version, how many hours, and MiB an hour."""


def story(runs: Rates, noise: float = 0.0) -> tuple[list[Point], list[Event]]:
    """Runs one after the other, each warming up for a quarter of an hour."""
    random = Random(1)
    points, events = [], []
    start = BEGIN
    for version, hours, rate in runs:
        program = RunProgram(version, "a", start)
        # Told again when Memtray starts, two hours later.
        events += [program_event("web", program, start + after) for after in (8.0, 7200.0)]
        at = start
        while at < start + hours * HOUR:
            warm = 100 + min(1.0, (at - start) / QUARTER) * 100
            size = (warm + rate * (at - start) / HOUR + random.gauss(0, noise)) * MIB
            points.append(Point(at + QUARTER / 2, size, size + 30 * MIB, size + 60 * MIB))
            at += QUARTER
        start += hours * HOUR
    return points, events


def compared(runs: Rates, noise: float = 0.0) -> VersionPast | None:
    return compare_versions(*story(runs, noise))


def advised(runs: Rates, noise: float = 0.0) -> list[Advice]:
    one = case(target(size_mib=900), past=Past(days=3, version=compared(runs, noise)))
    return [found for found, _case in advise([one], CALM) if found.kind == "version"]


def test_both_versions_are_told_with_runs_time_rate_and_since_when() -> None:
    found = compared([(OLD, 24, 0.0), (OLD, 24, 0.0), (NEW, 10, 12.0)])
    assert found is not None
    assert (found.now.runs, found.before.runs) == (1, 2)
    assert found.now.rate * HOUR == pytest.approx(12 * MIB)
    assert found.before.rate == 0
    assert found.now.since_wall_seconds == BEGIN + 48 * HOUR
    assert found.now.seconds == pytest.approx(9.25 * HOUR)


def test_a_version_that_grows_is_to_be_left() -> None:
    (found,) = advised([(OLD, 24, 0.1), (NEW, 10, 12.0)], noise=1.0)
    assert found.title == "Go back to the earlier version of web"
    assert found.automatic is None
    assert [act.risk for act in found.acts] == ["medium", "low"]
    assert "12" in found.evidence and "(1 run)" in found.evidence and "app.py" in found.evidence
    assert found.unless
    assert found.offered_bytes > 100 * MIB


@pytest.mark.parametrize(
    "runs",
    [
        [(OLD, 24, 0.0), (NEW, 10, 0.1)],
        [(OLD, 24, 8.0), (NEW, 10, 12.0)],
        [(OLD, 24, 12.0), (NEW, 10, 0.0)],
        [(NEW, 48, 12.0)],
        [(OLD, 24, 0.0), (NEW, 1.0, 90.0)],
        [(OLD, 1.0, 0.0), (NEW, 24, 12.0)],
        [(None, 24, 0.0), (NEW, 24, 12.0)],
        [(OLD, 24, 0.0), (None, 24, 12.0)],
        [(OLD, 24, 0.0), (NEW, 24, 12.0), (OLD, 3, 0.0)],
        [],
    ],
    ids=[
        "hardly grows",
        "grew before",
        "is better",
        "no earlier one",
        "too short",
        "too short before",
        "unknown before",
        "unknown now",
        "went back",
        "nothing",
    ],
)
def test_others_are_not(runs: Rates) -> None:
    assert advised(runs) == []


def test_noise_is_no_growth_of_a_version() -> None:
    """Of versions that do not differ, one in a hundred is said to at most."""
    wrong = sum(
        bool(advised([(OLD, 20 + seed % 7, 0.0), (NEW, 10, 0.0)], noise=20.0)) for seed in range(40)
    )
    assert wrong <= 1


def test_a_gap_and_the_restart_count_for_no_version() -> None:
    points, events = story([(OLD, 24, 0.0), (NEW, 24, 0.0)])
    # It was off for six hours and came back larger; nobody knows how.
    after = BEGIN + 36 * HOUR
    moved = [
        point
        if point.wall_seconds < after
        else Point(point.wall_seconds + 6 * HOUR, *(500.0 * MIB,) * 3)
        for point in points
    ]
    found = compare_versions(moved, events)
    assert found is not None
    assert found.now.grown_bytes == 0
