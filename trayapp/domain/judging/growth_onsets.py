"""When a program began to grow: steps and slopes of what it keeps, five minutes by five minutes.

What counts is a floor: the least of a quarter of an hour. What is given back within the hour was no
growth, and neither is the beginning of a run. Growth that goes on for as long as the program runs
has no beginning that could follow from anything but the start.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from trayapp.dataclass import NamedTuple
from trayapp.domain.records.median import median
from trayapp.domain.records.series import Point
from trayapp.language.units import KIB, MIB

STEP_SECONDS = 300.0
FLOOR_STEPS = 3
HOLD_STEPS = 12
WARM_UP_STEPS = 3
"""At the beginning of a run that was seen."""
_LEAST_BYTES, _LEAST_SHARE = 1.0 * MIB, 0.03
_LEAST_STEP_BYTES, _LEAST_STEP_SHARE, _NOISES = 64.0 * KIB, 0.002, 4.0
_PAUSE_STEPS = 2


class Onset(NamedTuple):
    """A stretch of growth, in steps of `STEP_SECONDS` since the epoch."""

    step: int
    """In which it began."""
    end: int
    """The first step in which it was over."""
    grown_bytes: float


class Course(NamedTuple):
    """One program over time, as far as it was watched."""

    watched: frozenset[int]
    """Steps in which it might have begun to grow: it ran, was warm, and did not grow already."""
    onsets: tuple[Onset, ...]
    """In order of time."""


def find_course(points: Iterable[Point], starts: Sequence[float] = ()) -> Course:
    """Return when a program began to grow.

    points: its size in order of time, at least one a step, else a step counts as a gap; starts:
    wall times at which it was started anew.
    """
    sizes: dict[int, float] = {}
    for point in points:
        if point.minimum is not None:
            step = int(point.wall_seconds // STEP_SECONDS)
            sizes[step] = min(point.minimum, sizes.get(step, point.minimum))
    begun = {int(start // STEP_SECONDS) for start in starts}
    watched: set[int] = set()
    onsets: list[Onset] = []
    for steps in _parts(sizes, begun):
        floor = _floor([sizes[step] for step in steps])
        first = WARM_UP_STEPS if steps[0] - 1 in begun or steps[0] in begun else 0
        found = [each for each in _growths(floor) if each.step >= first]
        growing = {at for each in found for at in range(each.step + 1, each.end)}
        watched.update(
            steps[at] for at in range(first, len(steps) - FLOOR_STEPS) if at not in growing
        )
        onsets += [Onset(steps[each.step], steps[0] + each.end, each.grown_bytes) for each in found]
    return Course(frozenset(watched), tuple(onset for onset in onsets if onset.step in watched))


def _parts(sizes: dict[int, float], begun: set[int]) -> Iterable[list[int]]:
    """Yield the steps of each part without a gap, in which it was not started anew."""
    part: list[int] = []
    for step in sorted(sizes):
        # The step of a start holds samples of both runs.
        if part and (step != part[-1] + 1 or part[-1] in begun or step in begun):
            yield part
            part = []
        part.append(step)
    if part:
        yield part


def _floor(sizes: Sequence[float]) -> list[float]:
    """Return what was kept for a quarter of an hour from each step on."""
    return [min(sizes[at : at + FLOOR_STEPS]) for at in range(len(sizes))]


def _growths(floor: Sequence[float]) -> list[Onset]:
    """Return growth in a part without a gap, with places in it instead of steps."""
    if len(floor) <= FLOOR_STEPS:
        return []
    usual = median(floor)
    changes = [after - before for before, after in pairwise(floor)]
    noise = _NOISES * median(abs(change) for change in changes)
    least_step = max(_LEAST_STEP_BYTES, _LEAST_STEP_SHARE * usual, noise)
    least = max(_LEAST_BYTES, _LEAST_SHARE * usual)
    growths = []
    at = 0
    while at < len(changes):
        if changes[at] < least_step:
            at += 1
            continue
        end = _end_of(changes, at, least_step)
        grown = floor[end] - floor[at]
        if grown >= least and _is_kept(floor, at, end, grown):
            growths.append(Onset(at, end, grown))
        at = end
    return growths


def _end_of(changes: Sequence[float], first: int, least_step: float) -> int:
    """Return where growth is over: a short pause is none."""
    end = first + 1
    while True:
        following = [
            place
            for place in range(end, min(len(changes), end + _PAUSE_STEPS + 1))
            if changes[place] >= least_step
        ]
        if not following:
            return end
        end = following[-1] + 1


def _is_kept(floor: Sequence[float], first: int, end: int, grown: float) -> bool:
    """Return whether most of it is still there an hour later, as far as that is known."""
    later = floor[end : end + HOLD_STEPS + 1]
    return min(later) - floor[first] >= grown / 2
