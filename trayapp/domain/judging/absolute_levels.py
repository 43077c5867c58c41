"""Levels by amounts beside those by shares: bytes left, bytes in use, bytes per second."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from trayapp.domain.records.levels import Level

REARM_SHARE = 0.1
"""A level, once reached, is left a tenth beyond where it begins: a value wavers."""
MOST_OF_MACHINE_SHARE = 0.5
"""Of the machine's memory: more than that left is no shortage, whatever the amount."""
VERY_QUICK_SECONDS, FURIOUS_SECONDS = 3600.0, 600.0
"""Quick growth is as bad as its rate only if it fills what is left within so long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """Where each level begins; None: this level has no amount."""

    warning: float | None = None
    critical: float | None = None
    emergency: float | None = None

    def of(self, level: Level) -> float | None:
        """Where that level begins; None: nowhere."""
        return {
            Level.WARNING: self.warning,
            Level.CRITICAL: self.critical,
            Level.EMERGENCY: self.emergency,
        }.get(level)

    def __iter__(self) -> Iterator[tuple[Level, float]]:
        """Those that are set, the mildest first."""
        for level in (Level.WARNING, Level.CRITICAL, Level.EMERGENCY):
            amount = self.of(level)
            if amount is not None:
                yield level, amount

    def begun(self, level: Level) -> float | None:
        """The nearest amount at or below that level: what was crossed to come there."""
        return max(
            ((each, amount) for each, amount in self if each <= level), default=(level, None)
        )[1]


NO_AMOUNTS = Amounts()
RATE_AMOUNTS = Amounts(warning=1e6, critical=5e6, emergency=10e6)


def level_above(value: float | None, amounts: Amounts, current: Level = Level.NORMAL) -> Level:
    """The level of a value that is worse the higher it is, such as the size of a program."""
    level = Level.NORMAL
    for each, amount in amounts:
        if value is not None and value >= amount * (1 - REARM_SHARE if each <= current else 1):
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
    """How bad growth that goes on is, by its rate in bytes per second.

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
