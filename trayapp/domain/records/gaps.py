"""Where a curve that was put together to few points must not be drawn as if it went on."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from trayapp.dataclass import NamedTuple
from trayapp.domain.records.median import median

LEAST_GAP_SECONDS = 15.0
_NEIGHBOURS = 5
_FACTOR = 3
"""A gap is where nothing came for so many times the usual spacing."""
_STEPPED_FACTOR = 1.5
"""In whole minutes and hours nothing comes a little late: one that is missing is a gap."""


class Reach(NamedTuple):
    """From where to where that lies which one point stands for; seconds."""

    first: float
    last: float
    """Where its last sample, minute or hour begins."""
    step: float
    """How long that is; 0: a single sample."""
    rows: int


def find_gaps(reaches: Sequence[Reach]) -> dict[int, tuple[float, float]]:
    """After which points nothing is known, and from when to when."""
    distances = [after.first - before.last for before, after in pairwise(reaches)]
    inside: list[float | None] = [
        (reach.last - reach.first) / (reach.rows - 1) if reach.rows > 1 else None
        for reach in reaches
    ]
    gaps = {}
    for index, distance in enumerate(distances):
        before, after = reaches[index], reaches[index + 1]
        missing = distance - before.step
        if missing <= LEAST_GAP_SECONDS:
            continue
        # What is usual is judged near by: the interval may have been changed over the years.
        near = slice(max(0, index - _NEIGHBOURS), index + _NEIGHBOURS + 1)
        others = [d for at, d in enumerate(distances[near], near.start) if at != index]
        others += [step for step in inside[near] if step is not None]
        factor = _STEPPED_FACTOR if before.step and after.step else _FACTOR
        if distance <= factor * (median(others) if others else 0.0):
            continue
        gaps[index] = (before.last + before.step, after.first)
    return gaps
