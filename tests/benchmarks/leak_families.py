"""Made-up courses of memory with fixed seeds: every healthy shape, and leaks of many rates."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

MB = 1e6
HOUR = 3600.0
DAY = 86400.0
Course = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Family:
    """One course; sizes in bytes, times in seconds."""

    name: str
    shape: str
    size: Course
    seconds: float
    step: float
    rate: float | None = None
    """What it leaks a second; None: it is healthy."""
    onset: float = 0.0
    restarts: float | None = None
    """A new process every so many seconds."""
    noise: float = 0.2 * MB

    def samples(self, seed: int) -> Iterator[tuple[float, float, bool]]:
        """Time, size, and whether the process was started anew."""
        rng = random.Random(f"{self.name} {seed}")
        at = 0.0
        run = 0
        while at <= self.seconds:
            number = int(at // self.restarts) if self.restarts else 0
            since = at - number * self.restarts if self.restarts else at
            yield at, max(0.0, self.size(since) + rng.gauss(0, self.noise)), number != run
            run = number
            at += self.step


def saw(period: float, height: float) -> Course:
    return lambda t: height * ((t % period) / period)


def healthy(days: float, step: float = 60.0) -> Iterator[Family]:
    """Long runs of all that is no leak."""
    seconds = days * DAY
    shapes: list[tuple[str, str, Course, float | None]] = [
        ("flat", "flat", lambda _: 200 * MB, None),
        ("warm-up", "warm-up", lambda t: 100 * MB + 150 * MB * (1 - math.exp(-t / 300)), None),
        ("cache 10 min", "plateau", lambda t: 80 * MB + min(t, 600) * 0.2 * MB, None),
        ("random cache", "warm-up", lambda t: 80 * MB + 200 * MB * (1 - math.exp(-t / 5000)), None),
        ("logarithm", "warm-up", lambda t: 80 * MB + 30 * MB * math.log1p(t / 60), None),
        ("saw 2 min", "saw-tooth returning", _plus(100 * MB, saw(120, 80 * MB)), None),
        ("saw 40 min", "saw-tooth returning", _plus(100 * MB, saw(2400, 300 * MB)), None),
        ("saw 4 h", "saw-tooth returning", _plus(100 * MB, saw(4 * HOUR, 300 * MB)), None),
        ("day", "day-and-night", _day(DAY, 150 * MB), None),
        ("half day", "day-and-night", _day(DAY / 2, 100 * MB), None),
        ("step", "step", lambda t: (100 if t < 5 * HOUR else 260) * MB, None),
        ("spikes", "spike", lambda t: (100 + (300 if t % (3 * HOUR) < 120 else 0)) * MB, None),
        ("restarts", "warm-up", lambda t: 60 * MB + min(t, 1200) * 0.1 * MB, 8 * HOUR),
    ]  # fmt: skip
    for name, shape, size, restarts in shapes:
        yield Family(name, shape, size, seconds, step, restarts=restarts)


def leaks(step: float = 15.0) -> Iterator[Family]:
    """Leaks of at least 2 % of the size an hour, six hours long."""
    for size, rate in ((30, 3e3), (100, 3e3), (100, 20e3), (400, 20e3), (400, 200e3), (900, 1e6)):
        base, label = size * MB, f"{size} MB, {rate / 1e3:g} KB/s"
        share = rate * HOUR / base
        if share < 0.02:
            continue
        for shape, course, onset in (
            ("climb", _plus(base, _line(rate)), 0.0),
            ("climb", _plus(base, _late(rate, 2 * HOUR)), 2 * HOUR),
            ("staircase", _plus(base, _stairs(rate, 300)), 0.0),
            ("staircase", _plus(base, _stairs(rate, 1500)), 0.0),
            ("saw-tooth rising", _both(_plus(base, saw(180, 0.3 * base)), _line(rate)), 0.0),
            ("saw-tooth rising", _both(_plus(base, saw(900, 900 * 20 * rate)), _line(rate)), 0.0),
            ("climb", _both(_plus(base, _line(rate)), _day(1800, 300 * rate)), 0.0),
            ("climb", _both(_plus(base, _line(rate)), _warm(0.5 * base)), 0.0),
        ):
            kind = f"{shape}{' late' if onset else ''}"
            yield Family(f"{kind} {label}", shape, course, onset + 6 * HOUR, step, rate, onset)


def slow_under_saw(step: float = 15.0) -> Iterator[Family]:
    """3 KB/s under a saw-tooth twenty times larger per cycle."""
    for period in (60.0, 240.0, 900.0, 1800.0):
        course = _both(_plus(150 * MB, saw(period, 20 * 3e3 * period)), _line(3e3))
        name = f"3 KB/s under a saw of {period:.0f} s"
        yield Family(name, "saw-tooth rising", course, 6 * HOUR, step, 3e3)


def _plus(base: float, course: Course) -> Course:
    return lambda t: base + course(t)


def _both(one: Course, other: Course) -> Course:
    return lambda t: one(t) + other(t)


def _line(rate: float) -> Course:
    return lambda t: rate * t


def _late(rate: float, onset: float) -> Course:
    return lambda t: rate * max(0.0, t - onset)


def _stairs(rate: float, every: float) -> Course:
    return lambda t: rate * every * (t // every)


def _day(period: float, height: float) -> Course:
    return lambda t: 100 * MB + height * (1 - math.cos(2 * math.pi * t / period)) / 2


def _warm(height: float) -> Course:
    return lambda t: height * (1 - math.exp(-t / 120))


def unsteady(
    seed: int, step: float = 15.0
) -> Iterator[tuple[str, list[tuple[float, float, bool]], list[int] | None]]:
    """A day each of what chance makes of healthy programs: harder than real ones on the whole.

    Yields name, samples as of `Family`, and the number of processes at each where there are more.
    """
    makers: dict[str, Callable[[random.Random, float], Iterator[float]]] = {
        "returning walk": _returning_walk,
        "random walk": _random_walk,
        "heap that expands": _heap,
        "high-water mark": _high_water,
        "random cache": _coupons,
        "steps up and down": _steps,
    }
    count = int(DAY / step)
    for name, maker in makers.items():
        sizes = islice(maker(random.Random(f"{name} {seed}"), step), count)
        yield name, [(at * step, size, False) for at, size in enumerate(sizes)], None
    name = "tabs opened and closed"
    both = list(islice(_tabs(random.Random(f"{name} {seed}"), step), count))
    rows = [(at * step, size, False) for at, (size, _) in enumerate(both)]
    yield name, rows, [tabs for _, tabs in both]


def _returning_walk(rng: random.Random, step: float) -> Iterator[float]:
    off = 0.0
    while True:
        off += -off * step / HOUR + rng.gauss(0, 1.5 * MB)
        yield 200 * MB + off


def _random_walk(rng: random.Random, step: float) -> Iterator[float]:  # noqa: ARG001
    off = 0.0
    while True:
        off += rng.gauss(0, MB)
        yield max(20 * MB, 300 * MB + off)


def _tabs(rng: random.Random, step: float) -> Iterator[tuple[float, int]]:
    tabs: list[float] = []
    while True:
        if rng.random() < step / 240:
            tabs.append(rng.uniform(20, 120) * MB)
        tabs = [tab for tab in tabs if rng.random() > step / 3000]
        yield 300 * MB + sum(tabs) + rng.gauss(0, MB), 5 + len(tabs)


def _heap(rng: random.Random, step: float) -> Iterator[float]:
    heap, at = 120 * MB, 0.0
    while True:
        if rng.random() < step / 600 * math.exp(-at / 5400):
            heap += rng.uniform(5, 30) * MB
        at += step
        yield heap + rng.gauss(0, 0.3 * MB)


def _high_water(rng: random.Random, step: float) -> Iterator[float]:  # noqa: ARG001
    mark = 100 * MB
    while True:
        mark = max(mark, 100 * MB + abs(rng.gauss(0, 40 * MB)))
        yield mark


def _coupons(rng: random.Random, step: float) -> Iterator[float]:
    per_second, size, at = rng.uniform(1, 10), rng.uniform(2, 10) * 1e3, 0.0
    while True:
        filled = 20_000 * (1 - math.exp(-at * per_second / 20_000))
        at += step
        yield 60 * MB + filled * size + rng.gauss(0, 0.1 * MB)


def _steps(rng: random.Random, step: float) -> Iterator[float]:
    level = 100 * MB
    while True:
        if rng.random() < step / 7200:
            level = max(50 * MB, level + rng.choice((1, -0.7)) * rng.uniform(10, 80) * MB)
        yield level + rng.gauss(0, 0.2 * MB)
