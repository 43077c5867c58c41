"""Whether the newest blocks of one rung climb as a leak does."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate, pairwise
from operator import mul

from trayapp.dataclass import dataclass
from trayapp.domain.judging.leaks.settings import LeakSettings
from trayapp.domain.records.median import median


@dataclass(frozen=True, slots=True)
class Climb:
    """What one window says; `score` before anything that other windows know."""

    score: float
    growth_bytes: float
    blocks: int
    longest_hold: int
    """Most blocks in a row without growth: how long it may pause and still be a leak."""
    is_by_means: bool = False
    """Seen in the typical sizes only."""
    held_seconds: float = 0.0
    """How long it has climbed well enough to count as proof, up to now."""


NO_CLIMB = Climb(0.0, 0.0, 0, 0)


def scored(climb: Climb, score: float, held_seconds: float = 0.0) -> Climb:
    """Return the climb with another score, and how long it is proven to last.

    Written out, as it is needed for each of a thousand programs.
    """
    return Climb(
        score,
        climb.growth_bytes,
        climb.blocks,
        climb.longest_hold,
        climb.is_by_means,
        held_seconds,
    )


def ramp(value: float, low: float, high: float) -> float:
    """0 up to `low`, 1 from `high` on, straight between."""
    return 0.0 if value <= low else 1.0 if value >= high else (value - low) / (high - low)


def confidence(seconds: float, settings: LeakSettings) -> float:
    """The most that a climb of so many seconds may count for: a cache has to be filled by then."""
    if seconds <= 0:
        return 0.0
    return _confidence(seconds, settings.watch_seconds, settings.proof_seconds)


@lru_cache(maxsize=128)
def _confidence(seconds: float, watch_seconds: float, proof_seconds: float) -> float:
    """Return it once for the few lengths that windows have: that is asked for all the time."""
    steps = math.log(seconds / watch_seconds) / math.log(proof_seconds / watch_seconds)
    return max(0.0, min(0.97, 0.5 + 0.2 * steps))


def least_growth(start: float, seconds: float, settings: LeakSettings) -> float:
    """The growth that counts, from this size on: a share of it that shrinks as the proof grows.

    What would be chance in ten minutes is none after hours: a large program that leaks slowly is
    not to wait until it has grown by a twelfth.
    """
    patience = math.sqrt(settings.proof_seconds / max(seconds, settings.proof_seconds))
    return max(settings.minimum_bytes, settings.minimum_share * start * patience)


def judge_floors(
    floors: Sequence[float], given_back: float, settings: LeakSettings, width: float
) -> Climb:
    """Retained growth: what the lowest sizes of the blocks say. From 8 blocks on.

    width: Seconds of a block.
    """
    count = len(floors)
    if count < 8:
        return NO_CLIMB
    # What has never been given back since; later lows pull earlier ones down.
    kept = list(accumulate(reversed(floors), min))
    kept.reverse()
    growth = kept[-1] - kept[0]
    if growth <= 0:
        return NO_CLIMB
    steps = [after - before for before, after in pairwise(floors)]
    needed = least_growth(kept[0], count * width, settings)
    if growth <= 0.7 * needed:
        return NO_CLIMB  # as below, without the search for the middle of the steps
    needed = max(needed, 3 * _mad(steps))
    score = ramp(growth / needed, 0.7, 1.0)
    if not score:
        return NO_CLIMB
    score *= ramp(growth / (max(floors) - floors[0] or growth), 0.3, 0.7)
    score *= _evenness(kept, growth)
    if not score:
        return NO_CLIMB
    score *= math.sqrt(ramp(_drift(steps), 2.0, 4.0))
    score *= _novelty(growth, given_back, settings)
    return Climb(score, growth, count, longest_hold(kept, growth))


def judge_means(
    means: Sequence[float],
    floors: Sequence[float],
    given_back: float,
    settings: LeakSettings,
    width: float,
) -> Climb:
    """A climb beneath dips: the typical size rises straight, and the dips rise with it.

    For collectors that now and then fall far below their usual level and come back: the floors are
    then too few to follow. Sterner than the floors, since means move with load. From 20 blocks on.
    """
    count = len(means)
    if count < 20:
        return NO_CLIMB
    quarters = [_upper(means[at * count // 4 : (at + 1) * count // 4]) for at in range(4)]
    growth = (quarters[3] - quarters[0]) * 4 / 3
    if growth < least_growth(quarters[0], count * width, settings):
        return NO_CLIMB
    parts = [after - before for before, after in pairwise(quarters)]
    half = count // 2
    lift = min(floors[half:]) - min(floors[:half])
    slope = growth / count
    start = median(mean - slope * at for at, mean in enumerate(means))
    off = median(abs(mean - start - slope * at) for at, mean in enumerate(means))
    score = (
        ramp(min(parts) * 3 / growth, 0.1, 0.45)
        * ramp(parts[2] / max(parts[0], 1.0), 0.4, 0.75)
        * ramp(lift / growth, 0.1, 0.25)
        * ramp(0.16 - off / growth, 0.0, 0.08)
        * _novelty(growth, given_back, settings)
    )
    return Climb(0.85 * score, growth, count, 0, is_by_means=True)


def judge_stairs(
    floors: Sequence[float], given_back: float, settings: LeakSettings, width: float
) -> Climb:
    """Jumps that are kept, one like the other, at even distances, with level plateaus between.

    For stairs so long that quarters of the window see none. Four of them: three may be chance.
    Jumps that double, each twice as far from the last, are stairs as well: those of a table that
    doubles its room whenever it is full.
    """
    count = len(floors)
    if count < 16:
        return NO_CLIMB
    kept = list(accumulate(reversed(floors), min))
    kept.reverse()
    growth = kept[-1] - kept[0]
    if growth < least_growth(kept[0], count * width, settings):
        return NO_CLIMB
    jumps: list[tuple[int, float]] = []
    is_level = True
    for at, (before, after) in enumerate(pairwise(kept)):
        step = after - before
        if step <= 0.02 * growth:
            is_level = True
        elif is_level:
            jumps.append((at, step))
            is_level = False
        else:
            jumps[-1] = (jumps[-1][0], jumps[-1][1] + step)
    if len(jumps) < 4:
        return NO_CLIMB
    sizes = [size for _, size in jumps]
    apart = [after[0] - before[0] for before, after in pairwise(jumps)]
    evenness = ramp(min(sizes) / max(sizes), 0.25, 0.4) * ramp(min(apart) / max(apart), 0.4, 0.65)
    usual = median(apart)
    if not evenness:
        # The factor from one to the next of the newest; it has to be about two, and of both.
        factors = [
            after / before for these in (sizes, apart) for before, after in pairwise(these[-4:])
        ]
        evenness = 0.9 * ramp(min(factors), 1.3, 1.6) * ramp(3.2 - max(factors), 0.0, 0.5)
        usual = 2.0 * apart[-1]
    score = (
        evenness
        * ramp(growth / (max(floors) - floors[0] or growth), 0.5, 0.8)
        # The next one is not overdue.
        * ramp(2.0 - (count - 1 - jumps[-1][0]) / usual, 0.0, 0.5)
        * _novelty(growth, given_back, settings)
    )
    return Climb(score, growth, count, longest_hold(kept, growth))


def slowing(values: Sequence[float]) -> float:
    """Growth of the second half as a share of that of the first; above 1 it speeds up.

    Only of a smooth course: stairs and saw-teeth tell nothing of a curve, and count as straight.
    """
    growth = values[-1] - values[0]
    steps = [after - before for before, after in pairwise(values)]
    pauses = sum(step < 0.15 * growth / len(steps) for step in steps)
    if growth <= 0 or pauses > len(steps) / 5:
        return 1.0
    half = (len(values) - 1) // 2
    first, second = values[half] - values[0], values[-1] - values[-1 - half]
    return second / first if first > 0 else math.inf


def _novelty(growth: float, given_back: float, settings: LeakSettings) -> float:
    """Whether it exceeds what was given back before, on this scale of time."""
    return ramp(growth / given_back, 1.0, settings.novelty_factor) if given_back > 0 else 1.0


def _evenness(kept: Sequence[float], growth: float) -> float:
    """Growth in every quarter of the time, and none of them nearly the last."""
    last = len(kept) - 1
    marks = [kept[last * part // 4] for part in range(5)]
    shares = [(after - before) * 4 / growth for before, after in pairwise(marks)]
    halves = (shares[2] + shares[3]) / max(1e-9, shares[0] + shares[1])
    return ramp(min(shares), 0.0, 0.3) * ramp(shares[3], 0.2, 0.6) * ramp(halves, 0.35, 0.75)


def _drift(steps: Sequence[float]) -> float:
    """Mean step over its standard error, were they those of a random walk.

    The variance is the long-run one (Bartlett weights, five lags), never below 0.3 of the plain
    one: neighbouring steps of a saw-tooth undo each other, and levels would look surer than they
    are (Yue and Wang 2002).
    """
    count = len(steps)
    mean = sum(steps) / count
    off = [step - mean for step in steps]
    plain = sum(map(mul, off, off)) / count
    if plain <= 0:
        return math.inf if mean > 0 else 0.0
    long_run = plain
    for lag in range(1, 6):
        both = sum(map(mul, off[lag:], off)) / count
        long_run += 2 * (1 - lag / 6) * both
    return mean * math.sqrt(count / max(long_run, 0.3 * plain))


def _upper(values: Sequence[float]) -> float:
    """Third quartile: dips of less than three quarters of the time do not lower it."""
    return sorted(values)[3 * len(values) // 4]


def _mad(values: Sequence[float]) -> float:
    middle = median(values)
    return median([abs(value - middle) for value in values])


def longest_hold(kept: Sequence[float], growth: float) -> int:
    """Most blocks in a row that grew by next to nothing, and then went on growing."""
    little = 0.1 * growth / len(kept)
    longest = run = 0
    for before, after in pairwise(kept):
        if after - before <= little:
            run += 1
        elif run:
            if run > longest:
                longest = run
            run = 0
    return longest
