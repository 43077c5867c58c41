"""How bad it is: one scale for the icon, the menu, alerts and commands."""

from __future__ import annotations

from enum import IntEnum

from trayapp.language.catalogue import N_, _


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


def level_said(label: str) -> str:
    """The level of this label in the person's language; another text as it is."""
    name = label.upper()
    return Level[name].said if name in Level.__members__ else label


_SAID = {
    Level.NORMAL: N_("normal"),
    Level.WARNING: N_("warning"),
    Level.CRITICAL: N_("critical"),
    Level.EMERGENCY: N_("emergency"),
}
