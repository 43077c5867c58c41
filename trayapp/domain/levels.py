"""How bad it is: one scale for the icon, the menu, alerts and commands."""

from __future__ import annotations

from enum import IntEnum

from trayapp.domain.language import N_, _


class Level(IntEnum):
    """Severity; higher is worse, so levels compare and `max` picks the worst."""

    NORMAL = 0
    WARNING = 1
    CRITICAL = 2
    EMERGENCY = 3

    @property
    def label(self) -> str:
        """The level as JSON has it: "warning"."""
        return self.name.lower()

    @property
    def said(self) -> str:
        """The level in the person's language."""
        return _(_SAID[self])


_SAID = {
    Level.NORMAL: N_("normal"),
    Level.WARNING: N_("warning"),
    Level.CRITICAL: N_("critical"),
    Level.EMERGENCY: N_("emergency"),
}
