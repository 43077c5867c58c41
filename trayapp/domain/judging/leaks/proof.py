"""How long a climb must have lasted before it is called a leak: as long as waiting does no harm."""

from __future__ import annotations

from collections.abc import Iterable

from trayapp.domain.judging.leaks.ladder import Ladder
from trayapp.domain.judging.leaks.rungs import newest_pace, whole_life, width_of
from trayapp.domain.judging.leaks.settings import LeakSettings
from trayapp.domain.judging.leaks.staleness import Staleness
from trayapp.domain.judging.leaks.verdict import SessionPrior
from trayapp.domain.judging.leaks.window import Climb
from trayapp.language.units import GIB

ASSUMED_ROOM_BYTES = 16.0 * GIB
"""Of the machine that a recording was made on, where the recording does not tell."""
_EVEN_PACE = 0.9
"""Who keeps up this share of his earlier pace does not slow down."""
_NEWEST_PACE = 0.6
"""Of a short time that is often less, by chance; it counts for less."""
_IDLE_SCORE = 0.1
UNPROVEN_SCORE = 0.65
"""The most that is said of what has not climbed for long enough."""
_TOUCHED_FACTOR = 4.0
"""What is used again is rather a cache: so much more proof is asked for."""


def assumed_room_bytes(seconds: float, settings: LeakSettings) -> float | None:
    """The room to judge a recording of so many seconds by; None: none.

    One that is too short for the full proof is judged by the shortest, which is all it can give.
    """
    return ASSUMED_ROOM_BYTES if seconds >= 1.15 * settings.certain_seconds else None


def room_of(total_bytes: float | None, used_bytes: float | None, seconds: float) -> float | None:
    """The room to judge a history of so many seconds by: what the machine had, as it was live.

    Where that was not recorded, see `assumed_room_bytes`.
    """
    if total_bytes is None or used_bytes is None:
        return assumed_room_bytes(seconds, LeakSettings())
    return max(0.0, total_bytes - used_bytes)


def haste_of(ladder: Ladder, room: float | None, settings: LeakSettings) -> float:
    """By how much a second of proof counts for more, where the limit is near; at least 1."""
    if room is None or not ladder.counts[1]:
        return 1.0
    climbed = ladder.climbed(1)
    if climbed <= settings.minimum_bytes:
        return 1.0
    pace = climbed / (len(ladder.floors(1)) * width_of(1))
    tenth = settings.told_share * room / pace
    return max(1.0, settings.proof_seconds / max(settings.least_proof_seconds, tenth))


def has_climbed_enough(
    ladder: Ladder,
    rung: int,
    climb: Climb,
    held_seconds: float,
    room: float | None,
    *,
    later_pace: float,
    doubts: int,
    staleness: Staleness | None,
    settings: LeakSettings,
) -> bool:
    """Whether it has climbed for as long as waiting does no harm.

    Until a tenth of the time to the limit is gone, or the climb alone is overwhelming, whichever is
    first. Where no limit is known nobody knows what waiting costs: the shortest proof will do.

    Args:
        ladder: All that is remembered of it.
        rung: The rung that climbs best.
        climb: How it does.
        held_seconds: For how long it is proven to climb.
        room: Bytes that are left until the limit; None: no limit is known.
        later_pace: Its pace now as a share of its earlier one: who slows down may be about to stop.
        doubts: How often it was called leaking, and stopped.
        staleness: Whether anybody touches what it grew by.
        settings: The thresholds.
    """
    growth, seconds = climb.growth_bytes, climb.blocks * width_of(rung)
    rate = growth / seconds if seconds else 0.0
    certain = settings.certain_seconds
    is_touched = staleness is not None and staleness.is_touched
    if room is None or rate <= 0:
        return not is_touched or held_seconds >= _TOUCHED_FACTOR * certain
    # A cache fills from when it is first used; who held a level for long has filled his.
    steady = _steady_seconds(ladder, held_seconds, growth)
    newest = newest_pace(ladder, held_seconds, rate)
    certain = max(
        certain - settings.steady_share * steady,
        settings.certain_late_seconds,
    )
    certain *= max(1.0, (_EVEN_PACE / max(later_pace, 0.1)) ** 3)
    certain *= max(1.0, (_NEWEST_PACE / max(newest, 0.1)) ** 3)
    certain *= 1 << doubts
    if staleness is not None and staleness.is_untouched:
        certain = settings.proof_seconds
    elif is_touched:
        certain *= _TOUCHED_FACTOR
    # A little less, since it is seen in whole blocks, and then has to be confirmed.
    tenth = 0.9 * settings.told_share * (room + growth) / rate - settings.confirm_seconds
    return held_seconds >= min(certain, max(0.0, tenth))


def _steady_seconds(ladder: Ladder, climb_seconds: float, growth: float) -> float:
    """How long it held its level before it began to climb, so many seconds ago."""
    rung = whole_life(ladder)
    width = width_of(rung)
    floors = ladder.floors(rung)
    # A block that the climb began in belongs to neither.
    end = len(floors) - int(climb_seconds / width) - 1
    if end < 2:
        return 0.0
    level, off = floors[end - 1], 0.15 * growth
    start = end
    while start > 0 and abs(floors[start - 1] - level) <= off:
        start -= 1
    return (end - start) * width


def with_priors(score: float, priors: Iterable[SessionPrior], size_bytes: float) -> float:
    """Growth up to where earlier runs of the same program stopped is expected."""
    healthy = sorted(prior.peak_floor_bytes for prior in priors if not prior.leaked)
    if not healthy or size_bytes > 1.1 * healthy[len(healthy) // 2]:
        return score
    # Once may be chance: it is shown, but not told.
    return min(score, 0.45) if len(healthy) > 1 else min(0.75 * score, UNPROVEN_SCORE)


def with_staleness(score: float, staleness: Staleness | None, settings: LeakSettings) -> float:
    """Idle memory is proof where the curve alone would need more time."""
    if staleness is None or score < settings.growing_score or not staleness.is_untouched:
        return score
    return max(score, settings.leaking_score + _IDLE_SCORE * staleness.low_share)
