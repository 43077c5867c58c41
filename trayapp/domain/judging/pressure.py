"""How short of memory the machine is, and whether it is about to be."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from trayapp.domain.judging.absolute_levels import (
    MOST_OF_MACHINE_SHARE,
    NO_AMOUNTS,
    Amounts,
    level_below,
)
from trayapp.domain.judging.application_trends import ApplicationView
from trayapp.domain.judging.incidents import level_of_share
from trayapp.domain.records.levels import Level
from trayapp.domain.records.names import process_label
from trayapp.domain.records.samples import ProcessUse, SystemSample, TargetSample
from trayapp.domain.records.sizes import size_of_sample

SWAP_LEFT_SHARE = 0.25
"""With more swap than this left, even the last of the memory is no emergency yet."""
STALL_FACTORS = {Level.WARNING: 1.0, Level.CRITICAL: 2.0, Level.EMERGENCY: 4.0}
"""Of the share of time in which everything waits for memory that is a warning."""
SOON_SECONDS = 600.0
VERY_SOON_SECONDS = 120.0
HELD_SECONDS = 30.0
"""How long it must look so: what is taken and given back at once fills nothing."""
TIME_CONSTANT_SECONDS = 30.0
LEAST_USED_SHARE = 0.5


def pressure_level(
    system: SystemSample,
    thresholds: Mapping[Level, float],
    rearm_share: float,
    stall_percent: float,
    current: Level,
    available: Amounts = NO_AMOUNTS,
) -> Level:
    """The level of the machine's shortage.

    By what is not available, where caches count as available; an emergency only when swap runs
    short as well. And by the time in which every program waits for memory (Linux PSI, full avg10):
    that is a shortage however much seems to be left, unless more than half is.

    Args:
        system: The machine.
        thresholds: Shares of its memory, 0 to 1.
        rearm_share: How far below a threshold its level is left.
        stall_percent: PSI that is a warning; twice that is critical, four times an emergency.
        current: The level before.
        available: Bytes that are left, below which there is a level as well.
    """
    used_share = system.used_bytes / system.total_bytes
    level = level_of_share(used_share, thresholds, rearm_share, current)
    most = MOST_OF_MACHINE_SHARE * system.total_bytes
    level = max(level, level_below(system.available_bytes, available, current, most))
    if level is Level.EMERGENCY and _has_swap_left(system):
        level = Level.CRITICAL
    stall = system.stall_full_percent
    if stall is not None and used_share >= LEAST_USED_SHARE:
        limits = {each: factor * stall_percent for each, factor in STALL_FACTORS.items()}
        level = max(level, level_of_share(stall, limits, 0.5 * stall_percent, current))
    return level


def largest_users(
    applications: Iterable[ApplicationView],
    targets: Iterable[TargetSample],
    processes: Iterable[ProcessUse],
) -> list[tuple[str, int]]:
    """Who uses most, by name with bytes, largest first: whole applications and targets.

    processes: what is named in their place while applications are not followed.
    """
    users = [(each.name, each.size_bytes) for each in applications]
    if not users:
        users = [
            (process_label(use.facts.arguments, use.facts.name), use.rss_bytes) for use in processes
        ]
    users += [
        (each.name, size.size_bytes)
        for each in targets
        if (size := size_of_sample(each)) is not None
    ]
    return sorted(users, key=lambda user: -user[1])


def stall_or_used_share(system: SystemSample) -> float:
    """Share of the time in which all wait for memory; where that is not told, of memory in use."""
    stall = system.stall_full_percent
    return system.used_bytes / system.total_bytes if stall is None else stall / 100


def pressure_share(system: SystemSample, stall_percent: float) -> float:
    """The same with the stall that is an emergency (see `pressure_level`) as the whole."""
    stall = system.stall_full_percent
    return stall_or_used_share(system) if stall is None else stall_share(stall, stall_percent)


def stall_share(full_percent: float, stall_percent: float) -> float:
    """A stall, in percent of time, as a share (0 to 1) of the one that is an emergency."""
    return min(1.0, full_percent / (STALL_FACTORS[Level.EMERGENCY] * stall_percent))


def _has_swap_left(system: SystemSample) -> bool:
    total, used = system.swap_total_bytes, system.swap_used_bytes
    return bool(total and used is not None and (total - used) / total > SWAP_LEFT_SHARE)


class Forecast:
    """Folds what is available into the time until nothing is. O(1)."""

    def __init__(self) -> None:
        self._last: tuple[float, int] | None = None
        self._since: float | None = None
        self.rate_bytes_per_second = 0.0
        """How fast memory goes, averaged over half a minute."""

    def fold(self, now: float, system: SystemSample) -> float | None:
        """Seconds until memory and swap are full at the present rate; None: not in sight.

        In sight means: within ten minutes, for half a minute without a break, and at least half of
        the memory is taken. `now`: monotonic seconds.
        """
        left_bytes = system.available_bytes + max(
            0, (system.swap_total_bytes or 0) - (system.swap_used_bytes or 0)
        )
        last, self._last = self._last, (now, left_bytes)
        elapsed = now - last[0] if last else 0.0
        if last is None or not 0 < elapsed <= HELD_SECONDS:
            self.rate_bytes_per_second, self._since = 0.0, None
            return None
        alpha = 1 - math.exp(-elapsed / TIME_CONSTANT_SECONDS)
        latest = (last[1] - left_bytes) / elapsed
        self.rate_bytes_per_second += alpha * (latest - self.rate_bytes_per_second)
        rate = self.rate_bytes_per_second
        is_soon = (
            rate > 0
            and left_bytes / rate < SOON_SECONDS
            and system.used_bytes >= LEAST_USED_SHARE * system.total_bytes
        )
        if not is_soon:
            self._since = None
            return None
        if self._since is None:
            self._since = now
        return left_bytes / rate if now - self._since >= HELD_SECONDS else None
