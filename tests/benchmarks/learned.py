"""What going by the usual is worth: `python -m tests.benchmarks.learned`.

Two made-up services with busy weekdays are learned from two weeks; then comes a busy week, and the
same week with ten things that are not usual: three times as much at night, or 1.6 times by day, for
an hour. Alerts about growth, jumps and unusual sizes are counted with and without.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace

from tests.domain.building import MIB, frame, target
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.judging.alerting import Quiet
from trayapp.domain.judging.growth_tracker import GrowthRule
from trayapp.domain.judging.learned import Learned, learn
from trayapp.domain.judging.monitor import Monitor
from trayapp.domain.judging.monitor_rules import MonitorRules

STEP_SECONDS = 20.0
HOUR, DAY = 3600.0, 86_400.0
WALL = 1_700_000_000.0
MONDAY = 6 * DAY - (WALL % DAY) - DAY
KINDS = ("growth", "spike", "unusual")
Course = Callable[[float], float]


def service(seed: int) -> Course:
    """Return a size in MiB by seconds since a Monday: a ramp from eight on, teeth, and evenings."""
    rng = random.Random(seed)
    night, day = rng.uniform(80, 200), rng.uniform(400, 900)
    jobs = [rng.uniform(9, 17) for _ in range(3)]

    def size(at: float) -> float:
        hour, weekday = at % DAY / HOUR, int(at // DAY) % 7
        if weekday > 4 or not 8 <= hour < 19:
            return night
        share = min(1.0, (hour - 8) / 1.5, (19 - hour) / 1.5)
        job = 120.0 if any(0 <= hour - begun < 0.4 for begun in jobs) else 0.0
        return night + share * (day - night) + job

    return size


def samples(course: Course, seed: int) -> Iterator[tuple[float, float, float]]:
    """Two weeks in quarters of an hour."""
    rng = random.Random(seed)
    for quarter in range(14 * 96):
        sizes = [course(900.0 * quarter + 60.0 * minute) for minute in range(15)]
        noise = rng.uniform(0.97, 1.03) * MIB
        yield MONDAY + 900.0 * quarter, min(sizes) * noise, max(sizes) * noise


def odd_hours(seed: int) -> list[tuple[float, float]]:
    """Ten hours of a week that are not usual: when each begins, and by how much it is larger."""
    rng = random.Random(seed)
    nights = [(day * DAY + rng.uniform(1, 5) * HOUR, 3.0) for day in range(5)]
    return nights + [(day * DAY + rng.uniform(10, 15) * HOUR, 1.6) for day in range(5)]


def week(
    course: Course, learned: dict[str, Learned], odd: list[tuple[float, float]]
) -> list[float]:
    """Return when alerts were raised."""
    rule = TargetRule(name="service")
    rules = MonitorRules(targets=(rule,), growth=GrowthRule(), tells_growth_early=True)
    monitor = Monitor(rules)
    monitor.set_learned(learned, 0.0)
    rng, found, was_open, at = random.Random(3), [], set[str](), 0.0
    while at < 7 * DAY:
        size = course(at) * rng.uniform(0.995, 1.005)
        for begun, factor in odd:
            # It rises within two minutes.
            if begun <= at < begun + HOUR:
                size *= 1 + (factor - 1) * min(1.0, (at - begun) / 120.0)
        made = frame(at, target("service", size), interval_seconds=STEP_SECONDS)
        outcome = monitor.judge_frame(replace(made, wall_seconds=MONDAY + at), Quiet())
        is_open = {each.key for each in outcome.view.incidents if each.key.split(":")[0] in KINDS}
        found += [at for _key in is_open - was_open]
        was_open, at = is_open, at + STEP_SECONDS
    return found


def main() -> None:
    for what in ("without", "with"):
        false = hits = 0
        for seed in range(2):
            course = service(seed)
            learned = {"service": learn(samples(course, seed), 0.0)} if what == "with" else {}
            odd = odd_hours(seed)
            false += len(week(course, learned, []))
            alerts = week(course, learned, odd)
            hits += sum(any(begun <= at < begun + HOUR for at in alerts) for begun, _ in odd)
        print(f"{what} what is usual: {false} false alarms in 2 busy weeks, {hits} of 20 found")


if __name__ == "__main__":
    main()
