"""It waits for proof as long as waiting does no harm, and takes back what stops."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest

from trayapp.domain.judging.leaks import LeakDetector, Load, Verdict
from trayapp.domain.judging.leaks.evidence import evidence_of
from trayapp.domain.judging.leaks.staleness import Staleness

MB = 1e6
MINUTE, HOUR = 60.0, 3600.0
ROOM = 10_000 * MB
Course = Callable[[float], float]


def course_of(
    size: Course,
    seconds: float,
    *,
    room: float = ROOM,
    step: float = 15.0,
    staleness: Staleness | None = None,
    work: Course | None = None,
) -> list[tuple[float, Verdict]]:
    """Every verdict."""
    detector, rng = LeakDetector(), random.Random(5)
    return [
        (
            at,
            detector.fold(
                at,
                size(at) + abs(rng.gauss(0, 0.05 * MB)),
                room_bytes=room,
                staleness=staleness,
                load=Load(work=work(at)) if work else None,
            ),
        )
        for at in (number * step for number in range(int(seconds / step)))
    ]


def first_told(verdicts: list[tuple[float, Verdict]]) -> float | None:
    return next((at for at, verdict in verdicts if verdict.level == "leaking"), None)


def line(rate: float) -> Course:
    return lambda at: 40 * MB + rate * at


@pytest.mark.parametrize("minutes", [25, 40, 55])
def test_a_cache_that_fills_in_a_straight_line_is_growing_and_then_full(minutes: float) -> None:
    end = minutes * MINUTE
    verdicts = course_of(lambda at: 20 * MB + 30e3 * min(at, end), 90 * MINUTE)
    assert first_told(verdicts) is None
    assert any(verdict.level == "growing" for at, verdict in verdicts if 600 < at < end)
    assert all(verdict.level == "healthy" for at, verdict in verdicts if at > end + 600)
    assert verdicts[-1][1].shape == ("plateau" if minutes > 30 else "warm-up")


@pytest.mark.parametrize(
    ("size", "hours"),
    [
        (lambda at: 50 * MB + 100 * MB * (1 - math.exp(-at / 3600)), 8),
        (lambda at: 50 * MB + 15 * MB * math.log(1 + at / 600), 24),
        (lambda at: 50 * MB + 30 * MB * math.log(1 + at / 60), 24),
    ],
)
def test_a_climb_that_slows_down_is_never_called_a_leak(size: Course, hours: float) -> None:
    assert first_told(course_of(size, hours * HOUR)) is None


@pytest.mark.parametrize("rate", [3e3, 10e3, 30e3])
def test_a_leak_whose_limit_is_far_is_called_one_after_an_hour(rate: float) -> None:
    at = first_told(course_of(line(rate), 90 * MINUTE))
    assert at is not None
    assert 60 * MINUTE <= at <= 68 * MINUTE


@pytest.mark.parametrize("hours", [2.0, 4.0, 6.0])
def test_before_that_it_is_called_one_when_a_tenth_of_the_time_is_gone(hours: float) -> None:
    seconds = hours * HOUR
    rate = 200e3
    detector = LeakDetector()
    for number in range(int(seconds / 5)):
        at = number * 5.0
        room = rate * (seconds - at)
        if detector.fold(at, 40 * MB + rate * at, room_bytes=room).level == "leaking":
            break
    assert 0.05 * seconds <= at <= max(0.1 * seconds, 800) + 60


def test_a_leak_that_begins_after_a_long_level_is_called_one_sooner() -> None:
    onset = 50 * MINUTE
    at = first_told(course_of(lambda at: 40 * MB + 20e3 * max(0.0, at - onset), 90 * MINUTE))
    assert at is not None
    assert at - onset <= 40 * MINUTE


def test_a_large_program_waits_for_proof_not_for_a_share_of_its_size() -> None:
    """A gigabyte that leaks 4 kB/s: a twelfth of it would take six hours."""
    at = first_told(course_of(lambda at: 1000 * MB + 4e3 * at, 6 * HOUR))
    assert at is not None
    assert at <= 3.5 * HOUR


def looked(low: float, high: float) -> Staleness:
    return Staleness(waited_seconds=900, grown_bytes=50 * MB, low_share=low, high_share=high)


def test_idle_memory_is_proof_and_used_memory_is_doubt() -> None:
    at = first_told(course_of(line(30e3), HOUR, staleness=looked(0.95, 1.0)))
    assert at is not None
    # What has lain idle for minutes is not looked at for another minute.
    assert at <= 12 * MINUTE
    assert first_told(course_of(line(30e3), 3 * HOUR, staleness=looked(0.0, 0.3))) is None
    # But what a collector touches may be leaked all the same.
    assert first_told(course_of(line(30e3), 6 * HOUR, staleness=looked(0.0, 0.3))) is not None


def test_a_quiet_while_is_no_end() -> None:
    """Growing with its past while there is nothing to do, and leaking as soon as there is."""
    begins, ends = 2 * HOUR, 2.7 * HOUR

    def size(at: float) -> float:
        return 40 * MB + 20e3 * (min(at, begins) + max(0.0, at - ends))

    verdicts = course_of(size, 3.2 * HOUR, work=lambda at: 0.3 if begins < at < ends else 12.0)
    quiet = [verdict for at, verdict in verdicts if begins + 600 < at < ends]
    assert {verdict.level for verdict in quiet} == {"growing"}
    assert all((verdict.growth_bytes or 0) >= 50 * MB for verdict in quiet)
    after = [verdict for at, verdict in verdicts if at > ends + 900]
    assert {verdict.level for verdict in after} == {"leaking"}


def test_an_alarm_ends_though_the_floor_creeps_on() -> None:
    end = 80 * MINUTE
    verdicts = course_of(
        lambda at: 40 * MB + 10e3 * min(at, end) + 1.5e3 * max(0.0, at - end), 2 * HOUR
    )
    told = first_told(verdicts)
    assert told is not None
    assert told < end
    assert all(verdict.level != "leaking" for at, verdict in verdicts if at > end + 600)


@pytest.mark.parametrize("work", [lambda at: 1 + at / 60, lambda at: 50 / (1 + at / 600)])
def test_growth_is_not_reckoned_by_the_processor(work: Course) -> None:
    """A collector works the more the more has leaked, and a cache the less the fuller it is."""

    def slowing(at: float) -> float:
        return 50 * MB + 100 * MB * (1 - math.exp(-at / 3600))

    assert first_told(course_of(line(10e3), 90 * MINUTE, work=work)) is not None
    filling = course_of(
        lambda at: 50 * MB + 100 * MB * (1 - math.exp(-at / 3600)), 8 * HOUR, work=work
    )
    assert first_told(filling) is None


def test_a_leak_that_grows_by_day_is_not_told_anew_all_night() -> None:
    def told(*, knows_work: bool) -> int:
        detector, size, calls, was = LeakDetector(), 100 * MB, 0, False
        for number in range(int(96 * HOUR / 15)):
            is_day = 8 <= number * 15 / HOUR % 24 < 20
            size += 10e3 * 15 if is_day else 0.0
            load = Load(work=(6.0 if is_day else 0.2) if knows_work else None)
            verdict = detector.fold(number * 15.0, size, room_bytes=2 * ROOM, load=load)
            calls += verdict.level == "leaking" and not was
            was = verdict.level == "leaking"
        return calls

    assert told(knows_work=True) <= 5
    assert told(knows_work=False) > 5


def test_what_stops_after_an_alarm_is_said_to_have_filled() -> None:
    end = 80 * MINUTE
    verdicts = course_of(lambda at: 40 * MB + 10e3 * min(at, end), 2 * HOUR)
    assert first_told(verdicts) is not None
    last = verdicts[-1][1]
    assert (last.level, last.shape) == ("healthy", "plateau")
    assert last.stopped_bytes == pytest.approx(40 * MB + 10e3 * end, rel=0.01)
    assert "It stopped growing at 84.1 MiB (probably a cache that filled up)" in evidence_of(last)


def test_a_run_that_still_grows_at_its_end_is_no_example_of_a_healthy_one() -> None:
    """A leak that nobody has called one yet, and a cache that is full."""
    for size, expected in (
        (line(10e3), True),
        (lambda at: 40 * MB + 10e3 * min(at, 20 * MINUTE), False),
    ):
        detector = LeakDetector()
        for number in range(200):
            detector.fold(number * 15.0, size(number * 15.0), room_bytes=ROOM)
        assert detector.prior is not None
        assert detector.prior.leaked is expected


def test_steps_that_double_each_further_apart_are_a_staircase() -> None:
    """A table that doubles its room whenever it is full, of a leak of 20 kB/s."""

    def table(at: float) -> float:
        return 40 * MB + MB * 2.0 ** math.floor(math.log2(max(1.0, at * 20e3 / MB)))

    verdicts = course_of(table, 4 * HOUR)
    called = [verdict for _, verdict in verdicts if verdict.level != "healthy"]
    assert called
    assert "staircase" in {verdict.shape for verdict in called}
    assert first_told(verdicts) is not None
