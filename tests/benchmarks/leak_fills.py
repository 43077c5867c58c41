"""Made-up recordings of an hour and a half: caches that fill in 20 to 55 minutes, and leaks.

In the style of the long recordings, of each kind as many as there are seeds; thresholds were chosen
on these and checked on the recordings, not the other way round.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

MB = 1e6
MINUTE = 60.0
SECONDS = 85 * MINUTE
STEP = 5.0
Course = Callable[[float], float]
Maker = Callable[[random.Random], Course]


@dataclass(frozen=True, slots=True)
class Fill:
    """One made-up recording."""

    name: str
    is_leak: bool
    onset: float
    rows: list[tuple[float, float]]
    """Seconds and bytes."""
    work: list[float]
    """What was done per second."""


def recordings(seeds: range) -> Iterator[Fill]:
    """All kinds, each once for every seed."""
    for seed in seeds:
        for name, maker in HEALTHY.items():
            yield _made(name, seed, maker, is_leak=False)
        for name, leak in LEAKS.items():
            yield _made(name, seed, leak, is_leak=True)


def _made(name: str, seed: int, maker: Maker, *, is_leak: bool) -> Fill:
    rng = random.Random(f"{name} {seed}")
    course = maker(rng)
    noise = rng.choice((0.005, 0.02, 0.1)) * MB
    base = math.exp(rng.uniform(math.log(3), math.log(150))) * MB
    start_up = rng.uniform(0, 0.4) * base
    rows, work = [], []
    for number in range(int(SECONDS / STEP)):
        at = number * STEP + 2.0
        size = base + start_up * (1 - math.exp(-at / 15)) + course(at) + abs(rng.gauss(0, noise))
        rows.append((at, size))
        work.append(getattr(course, "pace", _steady)(at))
    return Fill(name, is_leak, getattr(course, "onset", 0.0), rows, work)


def _steady(_: float) -> float:
    return 2.0


class _Course:
    """A course that knows more than its size."""

    def __init__(self, size: Course, onset: float = 0.0, pace: Course = _steady) -> None:
        self._size, self.onset, self.pace = size, onset, pace

    def __call__(self, at: float) -> float:
        return self._size(at)


def _full(rng: random.Random) -> tuple[float, float]:
    return rng.uniform(15, 150) * MB, rng.uniform(20, 55) * MINUTE


def _teeth(rng: random.Random, height: float) -> Course:
    """A collector's: each as long as chance will have it, about."""
    period, jitter = rng.uniform(15, 150), rng.uniform(0.0, 0.3)
    return lambda at: height * ((at / (period * (1 + jitter * math.sin(at / 700)))) % 1)


def _line(rng: random.Random) -> Course:
    size, seconds = _full(rng)
    return lambda at: size * min(1.0, at / seconds)


def _line_with_teeth(rng: random.Random) -> Course:
    size, seconds = _full(rng)
    teeth = _teeth(rng, rng.uniform(0.05, 0.3) * size)
    return lambda at: size * min(1.0, at / seconds) + teeth(at)


def _line_in_steps(rng: random.Random) -> Course:
    size, seconds = _full(rng)
    steps = rng.randint(12, 60)
    return lambda at: size * math.floor(steps * min(1.0, at / seconds)) / steps


def _line_after_start(rng: random.Random) -> Course:
    size, seconds = _full(rng)
    first, tau = rng.uniform(0.2, 1.0) * size, rng.uniform(20, 200)
    return lambda at: first * (1 - math.exp(-at / tau)) + size * min(1.0, at / seconds)


def _line_then_creep(rng: random.Random) -> Course:
    size, seconds = _full(rng)
    creep = rng.uniform(0.02, 0.12) * size / seconds
    return lambda at: size * min(1.0, at / seconds) + creep * max(0.0, at - seconds)


def _late_line(rng: random.Random) -> Course:
    size, seconds = rng.uniform(15, 150) * MB, rng.uniform(15, 28) * MINUTE
    onset = rng.uniform(10, 40) * MINUTE
    return lambda at: size * min(1.0, max(0.0, at - onset) / seconds)


def _exponential(rng: random.Random) -> Course:
    size, tau = rng.uniform(20, 150) * MB, rng.uniform(8, 60) * MINUTE
    return lambda at: size * (1 - math.exp(-at / tau))


def _logarithm(rng: random.Random) -> Course:
    size, tau = rng.uniform(5, 30) * MB, rng.uniform(60, 900)
    return lambda at: size * math.log1p(at / tau)


def _long_tail(rng: random.Random) -> Course:
    """Pages by Zipf's law, rendered when first asked for, in bursts."""
    count, exponent = rng.randint(2000, 8000), rng.uniform(0.6, 1.1)
    weights = [(rank + 1) ** -exponent for rank in range(count)]
    total, per_second = sum(weights), rng.uniform(1.0, 4.0)
    size = rng.uniform(5e3, 25e3)
    chances = [weight / total * per_second for weight in weights[::10]]
    wobble = rng.uniform(0.0, 0.1)
    return lambda at: (
        10 * size * sum(1 - math.exp(-chance * at) for chance in chances)
        * (1 + wobble * math.sin(at / 500) / (1 + at / 900))
    )  # fmt: skip


def _creep_until_collected(rng: random.Random) -> Course:
    """A heap that grows between full collections."""
    size, period = rng.uniform(15, 120) * MB, rng.uniform(12, 50) * MINUTE
    shift = rng.uniform(0, period)
    return lambda at: size * (((at + shift) % period) / period)


def _heap_that_expands(rng: random.Random) -> Course:
    steps, at, height = [], 0.0, 0.0
    while at < SECONDS:
        at += rng.expovariate(1 / rng.uniform(60, 400)) * (1 + at / 600)
        height += rng.uniform(0.5, 12) * MB
        steps.append((at, height))
    return lambda at: next((size for when, size in reversed(steps) if when <= at), 0.0)


def _day_in_an_hour(rng: random.Random) -> Course:
    size, period = rng.uniform(15, 100) * MB, rng.uniform(40, 70) * MINUTE
    teeth = _teeth(rng, rng.uniform(0.0, 0.2) * size)
    return lambda at: size * (1 - math.cos(2 * math.pi * at / period)) / 2 + teeth(at)


def _bursts(rng: random.Random) -> Course:
    size, period = rng.uniform(15, 120) * MB, rng.uniform(5, 15) * MINUTE
    kept = [rng.uniform(0, 0.06) * size / (1 + number) for number in range(30)]
    return lambda at: sum(kept[: int(at / period)]) + (size if at % period < 0.15 * period else 0.0)


def _rate(rng: random.Random) -> float:
    return math.exp(rng.uniform(math.log(2.5e3), math.log(40e3)))


def _leak(rng: random.Random) -> Course:
    rate = _rate(rng)
    return lambda at: rate * at


def _leak_with_teeth(rng: random.Random) -> Course:
    rate = _rate(rng)
    teeth = _teeth(rng, rate * rng.uniform(100, 1200))
    return lambda at: rate * at + teeth(at)


def _leak_under_bursts(rng: random.Random) -> Course:
    rate, period = _rate(rng), rng.uniform(4, 9) * MINUTE
    height, share = rate * rng.uniform(1000, 6000), rng.uniform(0.1, 0.3)
    return lambda at: rate * at + (height if at % period < share * period else 0.0)


def _leak_in_steps(rng: random.Random) -> Course:
    rate, every = _rate(rng), rng.uniform(0.5, 6) * MINUTE
    return lambda at: rate * every * (at // every)


def _leak_after_warm_up(rng: random.Random) -> Course:
    rate, tau = _rate(rng), rng.uniform(20, 300)
    warm = rate * rng.uniform(300, 3000)
    return lambda at: rate * at + warm * (1 - math.exp(-at / tau))


def _late_leak(rng: random.Random) -> Course:
    rate, onset = max(6e3, _rate(rng)), rng.uniform(30, 50) * MINUTE
    return _Course(lambda at: rate * max(0.0, at - onset), onset)


def _leak_by_load(rng: random.Random) -> Course:
    """As many bytes each time, but more or less often."""
    rate, period, depth = _rate(rng), rng.uniform(15, 60) * MINUTE, rng.uniform(0.4, 0.9)
    turn = 2 * math.pi / period
    shift = rng.uniform(0, period)
    return _Course(
        lambda at: (
            rate * (at - depth / turn * (math.sin(turn * (at + shift)) - math.sin(turn * shift)))
        ),
        pace=lambda at: 2.0 * (1 - depth * math.cos(turn * (at + shift))),
    )


def _leak_with_lulls(rng: random.Random) -> Course:
    rate, period, lull = _rate(rng), rng.uniform(15, 30) * MINUTE, rng.uniform(3, 8) * MINUTE
    return _Course(
        lambda at: rate * ((at // period) * (period - lull) + min(at % period, period - lull)),
        pace=lambda at: 2.0 if at % period < period - lull else 0.02,
    )


HEALTHY: dict[str, Maker] = {
    "line": _line,
    "line with teeth": _line_with_teeth,
    "line in steps": _line_in_steps,
    "line after start": _line_after_start,
    "line, then creep": _line_then_creep,
    "late line": _late_line,
    "exponential": _exponential,
    "logarithm": _logarithm,
    "long tail": _long_tail,
    "creep until collected": _creep_until_collected,
    "heap that expands": _heap_that_expands,
    "day in an hour": _day_in_an_hour,
    "bursts": _bursts,
}
LEAKS: dict[str, Maker] = {
    "leak": _leak,
    "leak with teeth": _leak_with_teeth,
    "leak under bursts": _leak_under_bursts,
    "leak in steps": _leak_in_steps,
    "leak after warm-up": _leak_after_warm_up,
    "late leak": _late_leak,
    "leak by load": _leak_by_load,
    "leak with lulls": _leak_with_lulls,
}
