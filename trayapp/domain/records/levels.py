"""How bad it is: one scale for the icon, the menu, alerts and commands."""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum

from trayapp.dataclass import dataclass
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
    return as_level(label).said if label.upper() in Level.__members__ else label


_SAID = {
    Level.NORMAL: N_("normal"),
    Level.WARNING: N_("warning"),
    Level.CRITICAL: N_("critical"),
    Level.EMERGENCY: N_("emergency"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """Where each level begins; None: this level has no amount."""

    warning: float | None = None
    critical: float | None = None
    emergency: float | None = None

    def of(self, level: Level) -> float | None:
        """Return where that level begins; None: nowhere."""
        for each, amount in self:
            if each is level:
                return amount
        return None

    def __iter__(self) -> Iterator[tuple[Level, float]]:
        """Those that are set, the mildest first."""
        if self.warning is not None:
            yield Level.WARNING, self.warning
        if self.critical is not None:
            yield Level.CRITICAL, self.critical
        if self.emergency is not None:
            yield Level.EMERGENCY, self.emergency

    def begun(self, level: Level) -> float | None:
        """The nearest amount at or below that level: what was crossed to come there."""
        if level is Level.NORMAL:
            return None
        return max(
            ((each, amount) for each, amount in self if each <= level), default=(level, None)
        )[1]


NO_AMOUNTS = Amounts()


def as_level(value: object) -> Level:
    """Return the level of this name; normal for anything else."""
    name = str(value).upper()
    return Level[name] if name in Level.__members__ else Level.NORMAL
