"""What the detector says of made-up courses, each with the promise it holds."""

from __future__ import annotations

import math
import pickle
import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trayapp.domain.judging.leaks import LeakDetector, Load, SessionPrior, Verdict, does_matter
from trayapp.domain.judging.leaks.evidence import evidence_of

MB = 1e6
HOUR = 3600.0
Course = Callable[[float], float]


def run(
    course: Course,
    seconds: float,
    step: float = 5.0,
    detector: LeakDetector | None = None,
    noise: float = 0.1 * MB,
) -> tuple[Verdict, list[tuple[float, Verdict]]]:
    """The last verdict, and every one that was leaking."""
    detector = detector or LeakDetector()
    rng = random.Random(3)
    alarms = []
    verdict = detector.verdict
    for number in range(int(seconds / step) + 1):
        at = number * step
        verdict = detector.fold(at, course(at) + rng.gauss(0, noise))
        if verdict.level == "leaking":
            alarms.append((at, verdict))
    return detector.refresh(), alarms


LEAKS: dict[str, tuple[Course, float, str]] = {
    "climb": (lambda t: 50 * MB + 20e3 * t, 20e3, "climb"),
    "steep climb": (lambda t: 50 * MB + 400e3 * t, 400e3, "climb"),
    "stairs": (lambda t: 50 * MB + 12 * MB * (t // 200), 60e3, "staircase"),
    "under a saw": (lambda t: 50 * MB + 40e3 * t + 30 * MB * ((t % 90) / 90), 40e3,
                    "saw-tooth rising"),
    "after a warm-up": (
        lambda t: 50 * MB + 60 * MB * (1 - math.exp(-t / 60)) + 30e3 * t, 30e3, "climb"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("course", "rate", "shape"), LEAKS.values(), ids=LEAKS.keys())
def test_leaks_are_found_with_their_rate_and_shape(course: Course, rate: float, shape: str) -> None:
    last, alarms = run(course, 2700)
    assert alarms
    assert last.level == "leaking"
    assert last.rate_bytes_per_second == pytest.approx(rate, rel=0.15)
    assert last.shape == shape
    assert last.onset_monotonic_seconds is not None
    assert last.growth_bytes is not None
    assert last.growth_bytes >= 0.75 * rate * (2700 - last.onset_monotonic_seconds)


@pytest.mark.parametrize("rate", [20e3, 200e3])
def test_growth_and_its_time_are_of_the_same_moment_whenever_one_looks(rate: float) -> None:
    _last, alarms = run(lambda t: 50 * MB + rate * t, 2700)
    assert alarms
    for at, verdict in alarms:
        grown, seconds = verdict.growth_bytes, verdict.grown_seconds
        assert grown == pytest.approx(rate * seconds, rel=0.04)
        assert verdict.onset_monotonic_seconds is not None
        assert verdict.onset_monotonic_seconds + seconds <= at


HEALTHY: dict[str, tuple[Course, str]] = {
    "flat": (lambda _: 200 * MB, "flat"),
    "warm-up": (lambda t: 50 * MB + 150 * MB * (1 - math.exp(-t / 150)), "warm-up"),
    "cache of ten minutes": (lambda t: 50 * MB + 0.2 * MB * min(t, 600), "warm-up"),
    "saw": (lambda t: 50 * MB + 100 * MB * ((t % 120) / 120), "saw-tooth returning"),
    "step": (lambda t: (50 if t < 1500 else 150) * MB, "step"),
    "spike": (lambda t: (50 if not 1500 < t < 1560 else 350) * MB, "spike"),
    "day": (lambda t: 100 * MB - 40 * MB * math.cos(t / 150), "day-and-night"),
    "shrinking": (lambda t: 500 * MB - 50e3 * t, "flat"),
}


@pytest.mark.parametrize(("course", "shape"), HEALTHY.values(), ids=HEALTHY.keys())
def test_what_is_no_leak_is_never_called_one(course: Course, shape: str) -> None:
    last, alarms = run(course, 3600)
    assert not alarms
    if shape != "flat" or last.shape == "flat":
        assert last.shape == shape


def test_a_runaway_is_told_within_three_minutes() -> None:
    _, alarms = run(lambda t: 50 * MB + 2e6 * t, 300, step=1.0)
    at, verdict = alarms[0]
    assert at <= 180
    assert verdict.is_runaway
    assert does_matter(verdict)
    assert "too fast to wait" in evidence_of(verdict)


def test_a_runaway_stays_one_while_it_grows() -> None:
    _, alarms = run(lambda t: 50 * MB + 2e6 * t, 1500, step=1.0)
    assert len(alarms) >= 1500 - 181


def test_a_leak_that_stops_is_a_plateau_within_ten_minutes() -> None:
    _, alarms = run(lambda t: 50 * MB + 40e3 * min(t, 1500), 1500 + 600)
    last, _ = run(lambda t: 50 * MB + 40e3 * min(t, 1500), 1500 + 600)
    assert alarms
    assert last.level == "healthy"
    assert last.shape == "plateau"


def test_what_was_given_back_once_is_not_feared_again() -> None:
    """The first tooth of half an hour may be taken for a leak; later ones may not."""
    _, alarms = run(lambda t: 50 * MB + 200 * MB * ((t % 1800) / 1800), 4 * HOUR, step=15.0)
    assert all(at < 2 * 1800 for at, _ in alarms)


@pytest.mark.parametrize("step", [0.1, 1.0, 15.0, 60.0, 600.0])
def test_any_interval_will_do(step: float) -> None:
    hours = 0.5 if step < 60 else 12
    last, alarms = run(lambda t: 50 * MB + 20e3 * t, hours * HOUR, step=step)
    assert alarms
    assert last.rate_bytes_per_second == pytest.approx(20e3, rel=0.15)


def test_the_interval_may_change_on_the_way() -> None:
    detector = LeakDetector()
    at = 0.0
    while at < 2 * HOUR:
        verdict = detector.fold(at, 50 * MB + 20e3 * at)
        at += 1.0 if at < 600 else 20.0 if at < 3600 else 120.0
    assert verdict.level == "leaking"
    assert verdict.rate_bytes_per_second == pytest.approx(20e3, rel=0.15)


def test_a_gap_is_no_growth() -> None:
    """What came while the machine slept, again and again, is no leak."""
    detector = LeakDetector()
    for night in range(40):
        for second in range(0, 120, 5):
            verdict = detector.fold(night * HOUR + second, (50 + 20 * night) * MB)
            assert verdict.level == "healthy"


def test_a_late_tick_is_no_gap() -> None:
    detector = LeakDetector()
    rng = random.Random(1)
    at = 0.0
    while at < 1800:
        verdict = detector.fold(at, 50 * MB + 50e3 * at)
        at += rng.choice((1.0, 1.0, 1.0, 9.0, 30.0))
    assert verdict.level == "leaking"
    assert verdict.rate_bytes_per_second == pytest.approx(50e3, rel=0.15)


def test_a_restart_is_no_growth_and_teaches() -> None:
    """A warm-up that ended so before is expected the next time."""
    detector = LeakDetector()
    for number in range(6):
        for second in range(0, 2400, 5):
            verdict = detector.fold(
                number * 2400 + second,
                50 * MB + 0.1 * MB * min(second, 1500),
                restarted=number > 0 and second == 0,
            )
            assert number < 3 or verdict.level != "leaking"


def test_earlier_sessions_count() -> None:
    def course(t: float) -> float:
        return 50 * MB + 0.1 * MB * min(t, 1500)

    assert run(course, 1400)[1]
    prior = SessionPrior(peak_floor_bytes=200 * MB, warm_up_seconds=1500)
    assert not run(course, 1400, detector=LeakDetector(priors=(prior, prior)))[1]
    leaked = SessionPrior(peak_floor_bytes=900 * MB, warm_up_seconds=1500, leaked=True)
    assert run(course, 1400, detector=LeakDetector(priors=(leaked, leaked)))[1]


def test_a_run_leaves_a_prior() -> None:
    assert LeakDetector().prior is None
    detector = LeakDetector()
    run(lambda t: 50 * MB + 0.2 * MB * min(t, 600), 1800, detector=detector)
    assert detector.prior is not None
    assert detector.prior.peak_floor_bytes == pytest.approx(170 * MB, rel=0.03)
    assert detector.prior.warm_up_seconds == pytest.approx(600, abs=60)
    assert not detector.prior.leaked


def test_growth_with_children_is_weaker() -> None:
    def score(load: Callable[[float], Load | None]) -> float:
        detector = LeakDetector()
        for at in range(0, 1200, 5):
            detector.fold(at, 50 * MB + 50e3 * at, load=load(at))
        return detector.verdict.score

    growing = score(lambda at: Load(threads=1, children=int(10 * (1 + at * 50e3 / (50 * MB)))))
    assert growing < 0.6 * score(lambda _: Load(threads=1, children=10))


def test_time_to_the_limit() -> None:
    detector = LeakDetector()
    for at in range(0, 1500, 5):
        verdict = detector.fold(at, 50 * MB + 50e3 * at, room_bytes=360 * MB)
    low, left, high = (
        verdict.seconds_to_limit_low or 0.0,
        verdict.seconds_to_limit or 0.0,
        verdict.seconds_to_limit_high or 0.0,
    )
    assert left == pytest.approx(7200, rel=0.1)
    assert 0 < low <= left <= high
    assert does_matter(verdict)
    assert "full in about" in evidence_of(verdict)


def test_a_small_leak_does_not_matter_yet() -> None:
    last, _ = run(lambda t: 200 * MB + 25e3 * t, 1800)
    assert last.level == "leaking"
    assert not does_matter(last)


def test_the_evidence_says_what_was_measured() -> None:
    last, _ = run(lambda t: 50 * MB + 20e3 * t, 1800)
    assert "anonymous memory" in evidence_of(last)
    detector = LeakDetector(signal="resident set")
    last, _ = run(lambda t: 50 * MB + 20e3 * t, 1800, detector=detector)
    assert "resident set" in evidence_of(last)
    assert evidence_of(last).startswith("It grew by ")


def test_the_state_is_small() -> None:
    detector = LeakDetector()
    for at in range(0, 10 * 86400, 60):
        detector.fold(at, 50 * MB + 1e3 * at + at % 7200)
    assert len(pickle.dumps(detector, protocol=pickle.HIGHEST_PROTOCOL)) <= 6500


ODD = st.one_of(
    st.none(), st.floats(), st.integers(-(10**30), 10**30), st.floats(0, 1e10)
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.one_of(st.floats(), st.floats(0, 1e5)), ODD), max_size=80))
def test_bad_input_gives_a_verdict(samples: list[tuple[float, float | None]]) -> None:
    detector = LeakDetector()
    for at, size in samples:
        verdict = detector.fold(at, size)
        assert 0 <= verdict.score <= 1
        assert verdict.level in ("healthy", "growing", "leaking")
        assert evidence_of(verdict).endswith(".")


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 700), st.floats(0, 1e12), st.booleans()), max_size=200),
)
def test_long_and_wild_series_give_a_verdict(steps: list[tuple[float, float, bool]]) -> None:
    detector = LeakDetector()
    at = 0.0
    for passed, size, restarted in steps:
        at += passed
        verdict = detector.fold(at, size, restarted=restarted, room_bytes=1e9)
        assert 0 <= verdict.score <= 1


@pytest.mark.parametrize("values", [[], [5.0], [5.0, 6.0], [None] * 50, [7.0] * 5000])
def test_hardly_anything_to_judge(values: list[float | None]) -> None:
    detector = LeakDetector()
    for at, value in enumerate(values):
        detector.fold(at, value)
    assert detector.refresh().level == "healthy"
    assert detector.verdict.shape == "flat"


def test_time_that_stands_still_or_goes_back() -> None:
    detector = LeakDetector()
    for number in range(3000):
        detector.fold(100.0 - number, 1e6 * number)
        detector.fold(7.0, 1e6 * number)
    assert detector.verdict.level in ("healthy", "growing", "leaking")
    detector = LeakDetector()
    for _ in range(3000):
        verdict = detector.fold(7.0, 5e6)
    assert verdict.level == "healthy"
