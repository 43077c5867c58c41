"""How well the phases of runs are found: on made-up runs whose phases are known, and on recordings.

.venv-tests/bin/python -m tests.benchmarks.phases
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from tests.benchmarks.leak_traces import TRACES, read_traces
from trayapp.domain.judging.phases import Phase, find_phases
from trayapp.domain.records.median import median
from trayapp.domain.records.series import Point

MB = 1e6
EACH = 20
"""So many of each kind, with other sizes, times and noise."""
_LENGTHS = {"a minute": (60.0, 1.0), "an hour": (3600.0, 1.0), "a day": (86_400.0, 60.0)}
_LENGTHS["30 days"] = (30 * 86_400.0, 1800.0)
"""Seconds, and from one point to the next as the history has them."""
Part = tuple[str, float, float]
"""Kind, share of the time, and size at its end as a multiple of that at the beginning."""
COURSES: dict[str, list[Part]] = {
    "steady": [("steady", 1.0, 1.0)],
    "warm-up": [("warm-up", 0.2, 2.5), ("steady", 0.8, 2.5)],
    "leak": [("growth", 1.0, 3.0)],
    "warm-up, later a leak": [("warm-up", 0.15, 2.0), ("steady", 0.35, 2.0), ("growth", 0.5, 3.5)],
    "growth, release": [
        ("steady", 0.3, 1.0), ("growth", 0.25, 2.5), ("steady", 0.2, 2.5), ("release", 0.05, 1.2),
        ("steady", 0.2, 1.2),
    ],
    "one step": [("steady", 0.5, 1.0), ("growth", 0.0, 1.8), ("steady", 0.5, 1.8)],
    "two rates": [("growth", 0.5, 1.5), ("growth", 0.5, 6.0)],
    "all of them": [
        ("warm-up", 0.15, 2.0), ("steady", 0.2, 2.0), ("growth", 0.25, 4.0), ("steady", 0.1, 4.0),
        ("release", 0.05, 2.0), ("steady", 0.25, 2.0),
    ],
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Disturbance:
    """What makes a course hard to read."""

    noise: float = 0.005
    """Standard deviation, as a share of the first size."""
    is_walk: bool = False
    """The noise wanders by a tenth of that, in place of being independent."""
    teeth: float = 0.0
    """Height of a collector's saw-tooth, as a share of the first size."""
    stairs: int = 0
    """Growth comes in so many steps."""
    gaps: int = 0
    spikes: int = 0


DISTURBANCES = {
    "hardly any noise": Disturbance(),
    "noise of 3 %": Disturbance(noise=0.03),
    "wandering by 1 %": Disturbance(noise=0.005, is_walk=True),
    "a collector's teeth": Disturbance(teeth=0.5),
    "growth in steps": Disturbance(stairs=12),
    "gaps and spikes": Disturbance(noise=0.01, gaps=4, spikes=3),
}


@dataclass(slots=True)
class Score:
    """How one run was read."""

    agreement: float
    """Share of the time with the right kind."""
    border: float | None
    """How far true borders are from the nearest found, of the run; None: it has none."""
    more: int
    """Phases found less those there are."""
    rate_error: float | None


def make_run(
    course: Sequence[Part], how: Disturbance, seconds: float, step: float, seed: str
) -> tuple[list[Point], list[tuple[str, float, float, float, float]]]:
    """Return a run, and its phases: kind, from, to, and the sizes there."""
    rng = random.Random(seed)
    base = rng.choice((30, 120, 800)) * MB
    shares = [share * rng.uniform(0.8, 1.25) for _kind, share, _size in course]
    ends = [at / sum(shares) * seconds for at in accumulate(shares)]
    phases, since, size = [], 0.0, base
    for (kind, _share, times), end in zip(course, ends, strict=True):
        phases.append((kind, since, end, size, base * times))
        since, size = end, base * times
    period, walk = seconds * rng.uniform(0.015, 0.03), 0.0
    gaps = [(at, at + seconds * 0.03) for at in (rng.uniform(0, seconds) for _ in range(how.gaps))]
    spikes = {int(rng.uniform(0, seconds / step)) for _ in range(how.spikes)}
    points: list[Point] = []
    for number in range(int(seconds / step) + 1):
        at = number * step
        if any(start < at < end for start, end in gaps):
            points.append(Point(at, None, None, None))
            continue
        value = _size_at(at, phases, how.stairs)
        walk += rng.gauss(0, 0.1 * how.noise * base)
        walk *= 0.999
        value += walk if how.is_walk else rng.gauss(0, how.noise * base)
        value += how.teeth * base * (at % period) / period
        value *= 2.5 if number in spikes else 1.0
        points.append(Point(at, value, value, value))
    return points, phases


def _size_at(
    at: float, phases: Sequence[tuple[str, float, float, float, float]], stairs: int
) -> float:
    for kind, start, end, low, high in phases:
        if at < end:
            share = (at - start) / (end - start)
            if kind == "warm-up":
                share = 1 - (1 - share) ** 3
            elif kind == "growth" and stairs:
                share = int(share * stairs) / stairs
            return low + share * (high - low)
    return phases[-1][4]


def score(
    found: Sequence[Phase], phases: Sequence[tuple[str, float, float, float, float]], seconds: float
) -> Score:
    """Compare what was found with what there is; a start counts as part of the warm-up."""
    kinds = [("warm-up" if phase.kind == "start" else phase.kind) for phase in found]
    right = 0.0
    for kind, start, end, _low, _high in phases:
        for name, phase in zip(kinds, found, strict=True):
            if name == kind:
                right += max(0.0, min(end, phase.end) - max(start, phase.start))
    borders = [end for _kind, start, end, *_sizes in phases[:-1] if end > start]
    known = [phase.end for phase in found[:-1]] or [0.0]
    errors = [min(abs(border - one) for one in known) / seconds for border in borders]
    grown = [one for one in phases if one[0] == "growth" and one[2] > one[1]]
    rate_error = None
    if grown:
        _kind, start, end, low, high = max(grown, key=lambda one: one[2] - one[1])
        inside = [
            phase
            for phase in found
            if phase.kind == "growth" and phase.start < (start + end) / 2 < phase.end
        ]
        rate = (high - low) / (end - start)
        rate_error = abs((inside[0].rate_bytes_per_second or 0.0) / rate - 1) if inside else 1.0
    joined = [kind for before, kind in pairwise(["", *kinds]) if kind != before]
    real = [kind for before, kind in pairwise(["", *(one[0] for one in phases)]) if kind != before]
    return Score(
        right / seconds, median(errors) if errors else None, len(joined) - len(real), rate_error
    )


def _scores(
    courses: Sequence[str],
    how: Disturbance,
    length: str,
    find: Callable[[list[Point]], list[Phase]],
) -> Iterator[tuple[Score, float]]:
    seconds, step = _LENGTHS[length]
    for course in courses:
        for seed in range(EACH):
            points, phases = make_run(
                COURSES[course], how, seconds, step, f"{course} {length} {how} {seed}"
            )
            began = time.process_time()
            found = find(points)
            yield score(found, phases, seconds), time.process_time() - began


def _row(title: str, scores: Sequence[tuple[Score, float]]) -> str:
    told = [one for one, _seconds in scores]
    agreements = sorted(one.agreement for one in told)
    borders = [one.border for one in told if one.border is not None]
    rates = [one.rate_error for one in told if one.rate_error is not None]
    exact = sum(one.more == 0 for one in told) / len(told)
    border = f"{median(borders):.1%}" if borders else "–"
    rate = f"{median(rates):.1%}" if rates else "–"
    return (
        f"| {title} | {len(told)} | {sum(agreements) / len(told):.1%} | "
        f"{agreements[len(told) // 10]:.1%} | {border} | {exact:.0%} | {rate} | "
        f"{1000 * median(seconds for _score, seconds in scores):.1f} |"
    )


def main() -> None:
    """Print the tables."""
    head = "| {} | runs | right, mean | worst tenth | border off | as many phases | rate off | ms |"
    rule = "|---|---|---|---|---|---|---|---|"
    everything = []
    print(head.format("course, an hour"), rule, sep="\n")
    for course in COURSES:
        scores = [
            one for how in DISTURBANCES.values()
            for one in _scores([course], how, "an hour", find_phases)
        ]  # fmt: skip
        print(_row(course, scores))
    print(head.format("disturbed by, an hour"), rule, sep="\n")
    for title, how in DISTURBANCES.items():
        print(_row(title, list(_scores(list(COURSES), how, "an hour", find_phases))))
    print(head.format("length"), rule, sep="\n")
    for length in _LENGTHS:
        scores = [
            one for how in DISTURBANCES.values()
            for one in _scores(list(COURSES), how, length, find_phases)
        ]  # fmt: skip
        everything += scores
        print(_row(length, scores))
    print(_row("all", everything))
    _print_recordings()


def _print_recordings() -> None:
    """Print how much of the time for which a recorded program leaked is called growth."""
    for folder, column in (("", "rss_bytes"), ("lab", "anon_bytes")):
        leaking, quiet, counts = list[float](), list[float](), list[int]()
        for trace in read_traces(TRACES / folder, column):
            first = [row for row in trace.rows if not any(new for *_rest, new in trace.rows)]
            if not first:
                continue
            found = find_phases([Point(at, size, size, size) for at, size, _new in first])
            counts.append(len(found))
            since = trace.onset if trace.leak else 0.5 * first[-1][0]
            until = min(trace.end or first[-1][0], first[-1][0])
            grown = sum(
                max(0.0, min(one.end, until) - max(one.start, since))
                for one in found
                if one.kind == "growth"
            )
            (leaking if trace.leak else quiet).append(grown / (until - since))
        print(
            f"{folder or 'programs'}: of the time of {len(leaking)} leaks, called growth: median "
            f"{median(leaking):.0%}, below half in {sum(one < 0.5 for one in leaking)}; of the "
            f"second half of {len(quiet)} healthy ones: median {median(quiet):.0%}, above half in "
            f"{sum(one > 0.5 for one in quiet)}; phases each: median {median(counts):.0f}, "
            f"most {max(counts)}"
        )


if __name__ == "__main__":
    main()
