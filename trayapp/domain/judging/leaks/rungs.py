"""What the rungs of the ladder say: whether one climbs, whether it slows down or has stopped."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Literal

from trayapp.domain.judging.leaks.ladder import BLOCK_SECONDS, BLOCKS, RUNGS, Ladder
from trayapp.domain.judging.leaks.settings import LeakSettings
from trayapp.domain.judging.leaks.window import (
    NO_CLIMB,
    Climb,
    confidence,
    judge_floors,
    judge_means,
    judge_stairs,
    longest_hold,
    ramp,
    scored,
    slowing,
)
from trayapp.domain.records.median import median

_WINDOWS = (26, 22, 18, 14)
_STALL_SECONDS = 150.0
_PROOF_SCORE = 0.85
"""So good must a window be, for its length to count as proof."""
_QUIET_SHARE, _QUIET_BLOCKS, _LEAST_USUAL = 0.3, 10, 1.0
"""With less than this of its usual work, a program that does not grow is not proven to be full.

Where that is next to nothing itself, such as less than a percent of a core, it tells nothing.
"""
_RISING_SHARE = 0.15
"""A straight line has a quarter there."""

Pause = Literal["none", "lull", "stop"]


def width_of(rung: int) -> float:
    """Seconds of a block."""
    return BLOCK_SECONDS * (1 << rung)


def whole_life(ladder: Ladder) -> int:
    """The finest rung that remembers all, or the coarsest there is."""
    return next((at for at in range(RUNGS) if ladder.counts[at] <= BLOCKS), RUNGS - 1)


def judge_rung(
    ladder: Ladder, rung: int, interval: float, haste: float, settings: LeakSettings
) -> Climb:
    """The best of several windows that all end now.

    interval: Seconds between samples; blocks that are shorter hold none of their own.
    haste: By how much a second of proof counts for more than usual.
    """
    width = width_of(rung)
    if width < interval or ladder.climbed(rung) < 0.6 * settings.minimum_bytes:
        return NO_CLIMB
    floors = ladder.floors(rung)
    given_back = ladder.given_back[rung]
    best, held = NO_CLIMB, 0.0
    count = len(floors)
    proof = width * haste
    for size in (count, *(size for size in _WINDOWS if size < count)):
        most = confidence(size * proof, settings)
        if most <= best.score:
            break
        climb = judge_floors(floors[count - size :], given_back, settings, width)
        if climb.score >= _PROOF_SCORE:
            held = max(held, width * _extended(floors, size, climb.growth_bytes))
        if climb.score * most > best.score:
            best = scored(climb, climb.score * most)
    most = confidence(count * proof, settings)
    # Where the whole of it climbs as well as can be, stairs tell nothing more.
    is_needed = most > best.score or held < width * count
    stairs = judge_stairs(floors, given_back, settings, width) if is_needed else NO_CLIMB
    if stairs.score >= _PROOF_SCORE:
        held = max(held, width * stairs.blocks)
    if stairs.score * most > best.score:
        best = scored(stairs, stairs.score * most)
    if rung and count >= 20:
        means = ladder.means(rung)
        for size in (count, 24):
            most = confidence(size * proof, settings)
            if size > count or most * 0.85 <= best.score:
                continue
            climb = judge_means(
                means[count - size :], floors[count - size :], given_back, settings, width
            )
            if climb.score >= _PROOF_SCORE:
                held = max(held, width * size)
            if climb.score * most > best.score:
                best = scored(climb, climb.score * most)
    return scored(best, best.score, held) if held != best.held_seconds else best


def _extended(floors: Sequence[float], size: int, growth: float) -> int:
    """How many blocks it has climbed: the window, and what climbed about as well before it."""
    window, pace = len(floors) - size, growth / size
    start = window
    for at in range(window - 1, -1, -1):
        grown, usual = floors[window] - floors[at], pace * (window - at)
        if not -pace <= grown <= 2 * usual + pace:
            break
        if grown >= 0.5 * usual:
            start = at
    return len(floors) - start


def is_runaway(
    ladder: Ladder, last_value: float, interval: float, room: float | None, settings: LeakSettings
) -> bool:
    """Growth that would be over before any trend has data: quick, straight and doubled."""
    count = settings.runaway_blocks
    if ladder.counts[0] < count or interval > BLOCK_SECONDS:
        return False
    if ladder.climbed(0) < settings.runaway_bytes:
        return False
    newest = [*ladder.floors(0)[-count:], last_value]
    growth = newest[-1] - newest[0]
    steps = [after - before for before, after in pairwise(newest)]
    third = len(steps) // 3
    is_straight = min(steps[:-1]) >= 0.5 * growth / len(steps) and sum(steps[-third:]) >= 0.8 * sum(
        steps[:third]
    )
    is_soon = room is not None and room <= growth / (count * BLOCK_SECONDS) * 1800
    return (
        is_straight
        and growth >= settings.runaway_bytes_per_second * count * BLOCK_SECONDS
        and (growth >= max(newest[0], settings.runaway_bytes) or is_soon)
        and growth >= settings.novelty_factor * max(ladder.given_back)
    )


def is_rushing(ladder: Ladder, settings: LeakSettings) -> bool:
    """Whether the newest blocks still grow at half the pace of a runaway or more."""
    count = settings.runaway_blocks
    floors = ladder.floors(0)[-count:]
    return floors[-1] - floors[0] >= (
        0.5 * settings.runaway_bytes_per_second * (count - 1) * BLOCK_SECONDS
    )


def pause_of(
    ladder: Ladder,
    rung: int,
    climb: Climb,
    scores: Sequence[float],
    interval: float,
    settings: LeakSettings,
) -> Pause:
    """Whether it has stopped, given how long it paused before while it climbed.

    A lull is a stop while the program has next to nothing to do, where its work is known.
    """
    if climb.blocks < 4:
        return "none"
    width = width_of(rung)
    finest = next((at for at in range(rung) if scores[at] >= 0.4), rung)
    span = max(_STALL_SECONDS, width_of(finest))
    # Long blocks hide the pauses, so that those of the finest that climbs count as well.
    pauses = [(climb.longest_hold, width)]
    if finest != rung:
        kept = list(accumulate(reversed(ladder.floors(finest)), min))
        kept.reverse()
        pauses.append((longest_hold(kept, kept[-1] - kept[0]), width_of(finest)))
    for blocks, seconds in pauses:
        if blocks:
            span = max(span, 1.25 * blocks * seconds + seconds)
    rate = climb.growth_bytes / (climb.blocks * width)
    for at in range(RUNGS):
        short = width_of(at)
        blocks = math.ceil(span / short)
        if short < interval or blocks > BLOCKS // 2:
            continue
        floors = ladder.floors(at)
        if len(floors) < 2 * blocks:
            return "none"
        grown = min(floors[-blocks:]) - min(floors[-2 * blocks : -blocks])
        if grown >= settings.creep_share * rate * blocks * short:
            return "none"
        return "lull" if is_quiet(ladder) else "stop"
    return "none"


def is_quiet(ladder: Ladder) -> bool:
    """Whether it had next to nothing to do in the newest minutes, where that is known."""
    usual = _usual_work(ladder)
    newest = ladder.work(0)[-_QUIET_BLOCKS:]
    return usual > 0 and sum(newest) < _QUIET_SHARE * usual * len(newest)


def _usual_work(ladder: Ladder) -> float:
    work = ladder.work(whole_life(ladder))
    usual = sum(work) / len(work)
    return usual if usual >= _LEAST_USUAL else 0.0


def _busy(ladder: Ladder, rung: int) -> list[float]:
    """Blocks with something to do since the first, by block; all where that is not known.

    Whether there was, not how much: a collector works the more the larger the leak, and a cache
    the less the fuller it is.
    """
    least = _QUIET_SHARE * _usual_work(ladder)
    return list(accumulate(float(work >= least) for work in ladder.work(rung)))


def slowness(ladder: Ladder, growth: float, later_pace: float) -> float:
    """Less than 1 where the course of its whole life shows that it slows down.

    A cache that fills at random, a logarithm: each window looks nearly straight, but a life never
    does.
    """
    floors = ladder.floors(whole_life(ladder))
    half = floors[len(floors) // 2 :]
    if len(half) < 8 or half[-1] - half[0] < 0.3 * growth:
        return 1.0
    factor = 0.3 + 0.7 * ramp(later_pace, 0.5, 0.8)
    return min(factor, 0.6 + 0.4 * ramp(slowing(half), 0.65, 0.85))


def later_pace(ladder: Ladder) -> float:
    """Pace of the second half of its life as a share of that of the second quarter.

    A logarithm has half; a line, whatever was before, 1. One jump in either does not count, if the
    rest speaks for a line. Time without anything to do is none.
    """
    rung = whole_life(ladder)
    floors = ladder.floors(rung)
    last = len(floors) - 1
    if last < 8:
        return 1.0
    kept = list(accumulate(reversed(floors), min))
    kept.reverse()
    done = _busy(ladder, rung)
    marks = [_between(kept, 0.25 * last), _between(kept, 0.5 * last), kept[last]]
    spent = [_between(done, 0.25 * last), _between(done, 0.5 * last), done[last]]
    before, after = spent[1] - spent[0], spent[2] - spent[1]
    if before <= 0 or after <= 0:
        return 1.0
    early, late = marks[1] - marks[0], marks[2] - marks[1]
    steps = [after - before for before, after in pairwise(kept)]
    quarter, half = last // 4, last // 2
    # A jump counts as a usual step; in both, or the one with fewer steps would lose more of them.
    jumps = [max(part) - median(part) for part in (steps[quarter:half], steps[half:])]
    paces = [
        max(0.0, late - less_late) / after / ((early - less_early) / before)
        for less_early, less_late in ((0.0, 0.0), (jumps[0], jumps[1]))
        if early > less_early
    ]
    return max(paces, default=1.0)


def still_rises(ladder: Ladder, settings: LeakSettings) -> bool:
    """Whether a good part of all its growth came in the last quarter of its life."""
    floors = ladder.floors(whole_life(ladder))
    if len(floors) < 8:
        return False
    kept = list(accumulate(reversed(floors), min))
    kept.reverse()
    growth, newest = kept[-1] - kept[0], kept[-1] - kept[3 * (len(kept) - 1) // 4]
    return growth >= settings.minimum_bytes and newest >= _RISING_SHARE * growth


def newest_pace(ladder: Ladder, seconds: float, rate: float) -> float:
    """Pace of the newest eighth of so many seconds, as a share of the rate of all of them."""
    wanted = seconds / 8
    rung = next((at for at in range(RUNGS) if BLOCKS * width_of(at) >= wanted), RUNGS - 1)
    blocks = min(round(wanted / width_of(rung)), ladder.counts[rung] - 1)
    if blocks < 1 or rate <= 0:
        return 1.0
    floors = ladder.floors(rung)[-blocks - 1 :]
    return max(0.0, floors[-1] - min(floors)) / (blocks * width_of(rung) * rate)


def _between(values: Sequence[float], place: float) -> float:
    """The value there, on the line between two."""
    at = int(place)
    if at + 1 >= len(values):
        return values[-1]
    return values[at] + (place - at) * (values[at + 1] - values[at])


def load_share(ladder: Ladder, rung: int, climb: Climb, last_value: float) -> float:
    """Less than 1 where more threads and children explain the growth."""
    units = ladder.units(rung)[-climb.blocks or None :]
    if len(units) < 6 or min(units) <= 0:
        return 1.0
    before, after = min(units[:3]), max(units[-3:])
    if after <= before:
        return 1.0
    start = max(0.0, last_value - climb.growth_bytes)
    explained = start * (after / before - 1)
    return 0.5 + 0.5 * ramp(1 - explained / max(1.0, climb.growth_bytes), 0.2, 0.6)
