"""Memory against performance: how often chance is taken for a connection, how often one is seen.

.venv-tests/bin/python -m tests.benchmarks.performance
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable

from trayapp.domain.judging.performance import Connection, compare_curves
from trayapp.domain.records.series import Point

EACH = 60
Course = Callable[[random.Random, int], list[float]]


def wandering(keeps: float) -> Course:
    """Return a course of which each value keeps so much of the one before."""

    def course(rng: random.Random, count: int) -> list[float]:
        value, found = 0.0, []
        for _ in range(count):
            value = keeps * value + rng.gauss(0, 1)
            found.append(value)
        return found

    return course


def rising(rng: random.Random, count: int) -> list[float]:
    return [at / 10 + rng.gauss(0, 1) for at in range(count)]


def teeth(rng: random.Random, count: int) -> list[float]:
    period = rng.randint(6, 25)
    return [at % period + rng.gauss(0, 0.5) for at in range(count)]


COURSES: dict[str, Course] = {
    "noise": wandering(0.0),
    "wandering, 0.8": wandering(0.8),
    "wandering, 0.95": wandering(0.95),
    "random walk": wandering(1.0),
    "rising": rising,
    "teeth": teeth,
}
SEEN = ("together", "memory first", "memory later")


def compare(one: list[float], other: list[float]) -> Connection:
    sizes, values = (
        [Point(30.0 * at, value, value, value) for at, value in enumerate(course)]
        for course in (one, other)
    )
    return compare_curves("cpu", sizes, values)


def unconnected(first: str, second: str, seed: int) -> Connection:
    """Compare two courses that know nothing of each other."""
    rng = random.Random(f"{first} {second} {seed}")
    count = rng.choice((60, 120, 400))
    return compare(COURSES[first](rng, count), COURSES[second](rng, count))


def connected(name: str, lag: int, noise: float, seed: int) -> Connection:
    """Compare a course with itself so many places later, with noise of so many deviations."""
    rng = random.Random(f"{name} {lag} {noise} {seed}")
    course = COURSES[name](rng, 90)
    mean = sum(course) / len(course)
    spread = (sum((value - mean) ** 2 for value in course) / len(course)) ** 0.5
    other = [course[5 + at - lag] / spread + rng.gauss(0, noise) for at in range(80)]
    return compare(course[5:85], other)


def main() -> None:
    """Print the tables."""
    began, count, wrong = time.process_time(), 0, 0
    print("| without a connection | seen all the same | too little | trend | none |")
    print("|---|---|---|---|---|")
    for first in COURSES:
        found = Counter[str](
            unconnected(first, second, seed).finding for second in COURSES for seed in range(EACH)
        )
        total, seen = sum(found.values()), sum(found[one] for one in SEEN)
        count, wrong = count + total, wrong + seen
        shares = [f"{found[one] / total:.0%}" for one in ("too little", "trend", "none")]
        print(f"| {first}, all others | {seen / total:.1%} | {' | '.join(shares)} |")
    milliseconds = 1000 * (time.process_time() - began) / count
    print(f"{wrong} of {count} ({wrong / count:.1%}); {milliseconds:.1f} ms each")
    print("| connected, noise | seen, the right one first | another | too little | trend | none |")
    print("|---|---|---|---|---|---|")
    for noise in (0.3, 1.0, 2.0):
        for name in ("wandering, 0.8", "wandering, 0.95", "teeth", "rising"):
            told = Counter[str]()
            for lag, right in ((0, "together"), (2, "memory first"), (-2, "memory later")):
                for seed in range(EACH):
                    said = connected(name, lag, noise, seed).finding
                    told["right" if said == right else "other" if said in SEEN else said] += 1
            total = sum(told.values())
            keys = ("right", "other", "too little", "trend", "none")
            shares = [f"{told[one] / total:.0%}" for one in keys]
            print(f"| {name}, {noise:g} | {' | '.join(shares)} |")


if __name__ == "__main__":
    main()
