"""What the person switched and no setting holds: snoozes, and alerts on or off by the menu."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from trayapp.domain.incidents import Quiet


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """The switches at one moment."""

    off: bool | None = None
    """None: as the settings say."""
    all_until_wall_seconds: float | None = None
    subject_until_wall_seconds: Mapping[str, float] = field(default_factory=dict)

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
    partial = file.with_name(file.name + ".new")
    partial.write_text(text + "\n", encoding="utf-8")
    partial.replace(file)


def _as_time(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if math.isfinite(value) else None
