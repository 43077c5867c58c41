"""What the course of a size looks like, in a word."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from trayapp.domain.judging.leaks.ladder import BLOCK_SECONDS, BLOCKS, RUNGS, Ladder
from trayapp.domain.judging.leaks.verdict import Shape
from trayapp.domain.judging.leaks.window import Climb
from trayapp.domain.records.median import median
from trayapp.language.units import MIB

_LITTLE_SHARE = 0.05
_WARM_UP_SECONDS = 1800.0


def shape_of(
    ladder: Ladder, rung: int | None, climb: Climb, *, is_rising: bool, is_stalled: bool
) -> Shape:
    """Name the course: of the climb while it rises, else of all that is remembered."""
    if is_rising and rung is not None and climb.blocks:
        return _rising(ladder, rung, climb)
    whole = next((at for at in range(RUNGS) if ladder.counts[at] <= BLOCKS), RUNGS - 1)
    floors, means = ladder.floors(whole), ladder.means(whole)
    if len(floors) < 4:
        return "flat"
    low, high = min(floors), max(floors)
    span = high - low
    # A mean far above its block's floor: something came and went within the block.
    bursts = max(mean - floor for mean, floor in zip(means, floors, strict=True))
    little = max(MIB, _LITTLE_SHARE * max(floors[-1], 1.0))
    if max(span, bursts) <= little:
        return "flat"
    if span <= little:
        burst = sum(mean - floor > 0.2 * bursts for mean, floor in zip(means, floors, strict=True))
        return "saw-tooth returning" if burst > len(floors) / 3 else "spike"
    return "plateau" if is_stalled else _settled(floors, means, span, whole)


def _settled(floors: Sequence[float], means: Sequence[float], span: float, rung: int) -> Shape:
    turns = _turns(floors, 0.4 * span)
    if turns >= 3:
        return "day-and-night" if _is_smooth(floors, span) else "saw-tooth returning"
    high_at = floors.index(max(floors))
    if floors[-1] - min(floors) < 0.3 * span and 0 < high_at < len(floors) - 1:
        return (
            "spike"
            if sum(f > floors[-1] + span / 2 for f in floors) <= len(floors) / 3
            else "day-and-night"
        )
    bursts = sum(mean - floor > 0.3 * span for mean, floor in zip(means, floors, strict=True))
    if bursts > len(floors) / 2:
        return "saw-tooth returning"
    steps = [after - before for before, after in pairwise(floors)]
    largest = max(steps)
    if largest >= 0.7 * span and steps.index(largest) >= 3:
        return "step"
    rest = floors[-max(3, len(floors) // 4) :]
    if max(rest) - min(rest) <= 0.1 * span:
        reached = next(at for at, floor in enumerate(floors) if floor >= floors[-1] - 0.1 * span)
        is_early = reached * BLOCK_SECONDS * 2**rung <= _WARM_UP_SECONDS
        return "warm-up" if is_early and steps[0] > 0.05 * span else "plateau"
    early = floors[len(floors) // 2] - floors[0]
    return "warm-up" if early > 0.6 * span else "climb"


def _rising(ladder: Ladder, rung: int, climb: Climb) -> Shape:
    floors = ladder.floors(rung)[-climb.blocks :]
    means = ladder.means(rung)[-climb.blocks :]
    steps = [after - before for before, after in pairwise(floors)]
    growth = max(1.0, climb.growth_bytes)
    per_block = growth / len(floors)
    teeth = median(mean - floor for mean, floor in zip(means, floors, strict=True))
    drops = -sum(step for step in steps if step < 0)
    if (teeth > 1.5 * per_block and teeth > 0.05 * growth) or drops > 0.25 * growth:
        return "saw-tooth rising"
    # On the finest rung that remembers enough: long blocks smooth every stair.
    fine = next(
        (at for at in range(rung + 1) if ladder.counts[at] >= 16 and 2 ** (rung - at) <= 4), rung
    )
    steps = [after - before for before, after in pairwise(ladder.floors(fine))]
    tall = sorted((step for step in steps if step > 0), reverse=True)
    carried, jumps = 0.0, 0
    for step in tall:
        if carried >= 0.8 * sum(tall):
            break
        carried += step
        jumps += 1
    return "staircase" if tall and 2 <= jumps <= len(steps) * 0.3 else "climb"


def _turns(values: Sequence[float], least: float) -> int:
    """How often it turned round after going `least` one way."""
    turns = 0
    low = high = values[0]
    way = 0
    for value in values[1:]:
        if way >= 0 and value < high - least:
            turns += way > 0
            way, low = -1, value
        elif way <= 0 and value > low + least:
            turns += way < 0
            way, high = 1, value
        low, high = (
            (min(low, value), max(high, value))
            if way == 0
            else ((min(low, value), high) if way < 0 else (low, max(high, value)))
        )
    return turns


def _is_smooth(values: Sequence[float], span: float) -> bool:
    """No single step carries a large part of it: load, not collections."""
    return max(abs(after - before) for before, after in pairwise(values)) < 0.45 * span
