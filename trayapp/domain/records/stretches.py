"""What a history has kept of a target, stretch by stretch."""

from __future__ import annotations

from collections.abc import Mapping

from trayapp.dataclass import NamedTuple


class Figure(NamedTuple):
    """Of one curve in one stretch."""

    low: float
    mean: float
    high: float


class Stretch(NamedTuple):
    """What was kept of a target for a stretch of time."""

    end_wall_seconds: float
    seconds: float
    figures: Mapping[str, Figure]
    """By metric."""
    unseen: bool = False
    """Nobody looked between this one and the one before, or for part of this one."""
