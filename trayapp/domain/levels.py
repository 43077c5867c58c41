"""How bad it is: one scale for the icon, the menu, alerts and commands."""

from __future__ import annotations

from enum import IntEnum


class Level(IntEnum):
    """Severity; higher is worse, so levels compare and `max` picks the worst."""

    NORMAL = 0
    WARNING = 1
    CRITICAL = 2
    EMERGENCY = 3

    @property
    def label(self) -> str:
        """The level as people and JSON see it: "warning"."""
        return self.name.lower()
