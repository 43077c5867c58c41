"""How fast it grows, since when, and by how much so far."""

from __future__ import annotations

from collections.abc import Sequence

from trayapp.dataclass import NamedTuple
from trayapp.domain.judging.leaks.blocks import Blocks
from trayapp.domain.judging.leaks.ladder import BLOCK_SECONDS
from trayapp.domain.judging.leaks.rungs import width_of
from trayapp.domain.judging.leaks.settings import LeakSettings
from trayapp.domain.judging.leaks.window import Climb


class Rate(NamedTuple):
    """Bytes a second with their quartiles, the onset by the caller's clock, and growth since."""

    middle: float
    low: float
    high: float
    onset: float
    growth_bytes: float
    seconds: float
    """The time in which it grew by that: up to the block that was measured last, not up to now."""


def rate_of(blocks: Blocks, rung: int, climb: Climb | None, settings: LeakSettings) -> Rate:
    """Measure a climb; None: a runaway, by the few blocks that there are."""
    return _of_runaway(blocks, settings) if climb is None else _of_climb(blocks, rung, climb)


def _of_runaway(blocks: Blocks, settings: LeakSettings) -> Rate:
    count = settings.runaway_blocks
    floors = blocks.ladder.floors(0)[-count:]
    low, high = sorted((floors[-1] - floors[-2], floors[1] - floors[0]))
    growth = floors[-1] - floors[0]
    onset = blocks.now - count * BLOCK_SECONDS
    middle = growth / (count - 1)
    seconds = (count - 1) * BLOCK_SECONDS
    return Rate(
        middle / BLOCK_SECONDS, low / BLOCK_SECONDS, high / BLOCK_SECONDS, onset, growth, seconds
    )


def _of_climb(blocks: Blocks, rung: int, climb: Climb) -> Rate:
    """From where it began, even before the window that was judged."""
    ladder, width = blocks.ladder, width_of(rung)
    floors = ladder.means(rung) if climb.is_by_means else ladder.floors(rung)
    start = len(floors) - max(2, climb.blocks)
    pace = climb.growth_bytes / max(1, climb.blocks)
    while not climb.is_by_means and start > 0 and floors[start] - floors[start - 1] >= 0.3 * pace:
        start -= 1
    middle, low, high = sen_slope(floors[start:])
    onset = blocks.now - (len(floors) - start) * width - blocks.elapsed % width
    growth = max(climb.growth_bytes, floors[-1] - floors[start])
    # What rises is lowest where a block begins: between floors lies a block less than they span.
    count = len(floors) - start - (0 if climb.is_by_means else 1)
    onset = max(onset, blocks.began)
    return Rate(middle / width, low / width, high / width, onset, growth, count * width)


def seconds_at(bytes_per_second: float, room: float | None) -> float | None:
    """How long a limit is off; None: no limit is known, or it does not grow."""
    return room / bytes_per_second if room is not None and bytes_per_second > 0 else None


def sen_slope(values: Sequence[float]) -> tuple[float, float, float]:
    """Median and quartiles of the slopes between all pairs, per block (Sen 1968).

    Pairs nearer than a quarter of the window are left out: between steps of a staircase, or teeth
    of a saw, they say nothing of the whole.
    """
    count = len(values)
    apart = max(1, count // 4)
    slopes = [
        (after - before) / distance
        for distance in range(apart, count)
        for before, after in zip(values, values[distance:], strict=False)
    ]
    slopes.sort()
    if not slopes:
        return 0.0, 0.0, 0.0
    last = len(slopes) - 1
    return slopes[last // 2], slopes[last // 4], slopes[last - last // 4]
