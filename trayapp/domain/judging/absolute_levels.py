"""Levels by amounts beside those by shares: bytes left, bytes in use, bytes per second."""

from __future__ import annotations

from collections.abc import Mapping

from trayapp.domain.records.levels import NO_AMOUNTS, Amounts, Level

REARM_SHARE = 0.1
"""A level, once reached, is left a tenth beyond where it begins: a value wavers."""
MOST_OF_MACHINE_SHARE = 0.5
"""Of the machine's memory: more than that left is no shortage, whatever the amount."""
VERY_QUICK_SECONDS, FURIOUS_SECONDS = 3600.0, 600.0
"""Quick growth is as bad as its rate only if it fills what is left within so long."""


RATE_AMOUNTS = Amounts(warning=1e6, critical=5e6, emergency=10e6)


def level_above(value: float | None, amounts: Amounts, current: Level = Level.NORMAL) -> Level:
    """The level of a value that is worse the higher it is, such as the size of a program."""
    level = Level.NORMAL
    if value is None or amounts is NO_AMOUNTS:
        return level
    for each, amount in amounts:
        if value >= amount * (1 - REARM_SHARE if each <= current else 1):
            level = each
    return level


def level_below(value: float, amounts: Amounts, current: Level, most: float) -> Level:
    """The level of a value that is worse the lower it is, such as the memory that is left.

    most: amounts above this do not count.
    """
    level = Level.NORMAL
    for each, amount in amounts:
        if amount <= most and value < amount * (1 + REARM_SHARE if each <= current else 1):
            level = each
    return level


def growth_level(
    rate: float, seconds_left: float | None, amounts: Amounts, *, alone: bool
) -> Level:
    """Return how bad growth that goes on is, by its rate in bytes per second.

    seconds_left: until a limit is reached; None: not in sight. alone: the rate decides whatever is
    left; else it is as bad as its rate only where that fills what is left soon, since a program
    may load its data.
    """
    quick = max(Level.WARNING, level_above(rate, amounts))
    if alone:
        return quick
    if seconds_left is None:
        return Level.WARNING
    if quick is Level.EMERGENCY and seconds_left <= FURIOUS_SECONDS:
        return Level.EMERGENCY
    enough = VERY_QUICK_SECONDS if quick >= Level.CRITICAL else FURIOUS_SECONDS
    return Level.CRITICAL if seconds_left <= enough else Level.WARNING


def level_of_share(
    share: float, thresholds: Mapping[Level, float], rearm_share: float, current: Level
) -> Level:
    """The level of a share (0 to 1, may exceed 1), with a re-arm band below each threshold.

    A level, once reached, is left only when the share has fallen `rearm_share` below where that
    level begins: a value that wavers about a threshold raises it once.
    """
    level = Level.NORMAL
    for candidate in (Level.WARNING, Level.CRITICAL, Level.EMERGENCY):
        threshold = thresholds[candidate] - (rearm_share if candidate <= current else 0.0)
        if share >= threshold:
            level = candidate
    return level
