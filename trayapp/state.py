"""What outlives a restart and no setting holds: snoozes, alerts on or off, open incidents."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from trayapp.domain.incidents import Incident, Quiet
from trayapp.domain.levels import Level

_WORTH_SECONDS = 86_400.0
_MOST_INCIDENTS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """The switches at one moment."""

    off: bool | None = None
    """None: as the settings say."""
    all_until_wall_seconds: float | None = None
    subject_until_wall_seconds: Mapping[str, float] = field(default_factory=dict)
    """By the name of a subject, or the key of one incident."""

    def quiet(self, enabled_by_settings: bool) -> Quiet:
        """What is not to be heard, settings considered."""
        return Quiet(
            off=not enabled_by_settings if self.off is None else self.off,
            all_until_wall_seconds=self.all_until_wall_seconds,
            subject_until_wall_seconds=self.subject_until_wall_seconds,
        )

    def snoozed(self, subject: str | None, until_wall_seconds: float) -> Switches:
        """The switches with a snooze of one subject, or of everything for None."""
        if subject is None:
            return replace(self, off=False, all_until_wall_seconds=until_wall_seconds)
        snoozed = {**self.subject_until_wall_seconds, subject: until_wall_seconds}
        return replace(self, subject_until_wall_seconds=snoozed)

    def without_past(self, wall_seconds: float) -> Switches:
        """The switches less the snoozes that are over."""
        until = self.all_until_wall_seconds
        return replace(
            self,
            all_until_wall_seconds=until if until is not None and until > wall_seconds else None,
            subject_until_wall_seconds={
                subject: until
                for subject, until in self.subject_until_wall_seconds.items()
                if until > wall_seconds
            },
        )


def load_switches(file: Path) -> Switches:
    """Read the switches; a file that is missing or damaged gives the defaults.

    Losing a snooze is no harm that would justify refusing to start.
    """
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Switches()
    if not isinstance(kept, dict):
        return Switches()
    off, until, subjects = kept.get("off"), kept.get("all_until"), kept.get("subject_until")
    return Switches(
        off=off if isinstance(off, bool) else None,
        all_until_wall_seconds=_as_time(until),
        subject_until_wall_seconds={
            subject: time
            for subject, value in (subjects if isinstance(subjects, dict) else {}).items()
            if (time := _as_time(value)) is not None
        },
    )


def save_switches(file: Path, switches: Switches) -> None:
    """Write the switches so that a crash leaves the old file or the new one.

    Raises: OSError if they cannot be written.
    """
    text = json.dumps(
        {
            "off": switches.off,
            "all_until": switches.all_until_wall_seconds,
            "subject_until": dict(switches.subject_until_wall_seconds),
        }
    )
    _replace(file, text)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrayMemory:
    """What the tray is to know after a restart."""

    shows: str | None = None
    """What was chosen by the wheel for the icon to show; None: as the settings say."""
    instead_of: str | None = None
    """What the settings said then; where they say something else by now, they count."""
    told: frozenset[str] = frozenset()
    """What has been said that is to be said once."""

    def shown(self, by_settings: str) -> str:
        """What the icon is to show."""
        return self.shows if self.shows and self.instead_of == by_settings else by_settings


def load_tray_memory(file: Path) -> TrayMemory:
    """Read it; as `load_switches`."""
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        shows, instead_of, told = kept["shows"], kept["instead_of"], kept["told"]
        return TrayMemory(
            shows=shows if isinstance(shows, str) else None,
            instead_of=instead_of if isinstance(instead_of, str) else None,
            told=frozenset(each for each in told if isinstance(each, str)),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return TrayMemory()


def save_tray_memory(file: Path, memory: TrayMemory) -> None:
    """Write it; as `save_switches`. Raises: OSError."""
    kept = {"shows": memory.shows, "instead_of": memory.instead_of, "told": sorted(memory.told)}
    _replace(file, json.dumps(kept))


def load_incidents(file: Path, wall_seconds: float) -> tuple[Incident, ...]:
    """The incidents that were open when Memtray ended; none if that is a day ago or more.

    A file that is missing or damaged holds none: at worst something is told twice.
    """
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        if not 0 <= wall_seconds - kept["wall_seconds"] < _WORTH_SECONDS:
            return ()
        return tuple(map(_as_incident, kept["incidents"][:_MOST_INCIDENTS]))
    except (OSError, ValueError, KeyError, TypeError):
        return ()


def save_incidents(file: Path, incidents: Iterable[Incident], wall_seconds: float) -> None:
    """Write what is open; as `save_switches`. Raises: OSError."""
    kept = [asdict(incident) for incident in incidents]
    _replace(file, json.dumps({"wall_seconds": wall_seconds, "incidents": kept}))


def _as_incident(kept: Mapping[str, Any]) -> Incident:
    texts = {name: kept[name] for name in ("key", "subject", "title", "body")}
    if not all(isinstance(text, str) for text in texts.values()):
        raise TypeError(texts)
    return Incident(
        **texts,
        level=Level(kept["level"]),
        since_wall_seconds=float(kept["since_wall_seconds"]),
        notified_level=Level(kept["notified_level"]),
        value=_as_time(kept["value"]),
        notified_value=_as_time(kept["notified_value"]),
        acknowledged=kept["acknowledged"] is True,
    )


def _replace(file: Path, text: str) -> None:
    partial = file.with_name(file.name + ".new")
    partial.write_text(text + "\n", encoding="utf-8")
    partial.replace(file)


def _as_time(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if math.isfinite(value) else None
