"""Instructions of a person on what a file does not tell itself: `--column` and the like."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from trayapp.dataclass import dataclass
from trayapp.errors import RecordingError
from trayapp.language.catalogue import _
from trayapp.recording.quantities import unit_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Instructions:
    """Each outweighs whatever a file's own words and figures suggest."""

    columns: tuple[str, ...] = ()
    """Titles of the columns to take, as they are written; empty: by their meaning."""
    unit: str | None = None
    """The unit of sizes that name none: "MB", "KiB"…"""
    group_by: tuple[str, ...] = ()
    """Titles of the columns that say whose a row is; empty: by their meaning."""
    timezone: tzinfo | None = None
    """Where clocks without an offset stood; None: this machine's."""
    pattern: str | None = None
    """How a line of a log is read; see `formats.patterned`."""


NO_INSTRUCTIONS = Instructions()

_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d\d))?")


def instructions_of(
    *,
    columns: Sequence[str] = (),
    unit: str | None = None,
    group_by: Sequence[str] = (),
    timezone: str | None = None,
    pattern: str | None = None,
) -> Instructions:
    """Return the instructions written on a command line.

    Raises: RecordingError if a unit or a time zone is unknown.
    """
    if unit is not None and unit_bytes(unit) is None:
        raise RecordingError(
            _("{unit} is not a unit; use bytes, KiB, MiB or GiB").format(unit=repr(unit))
        )
    return Instructions(
        columns=tuple(columns),
        unit=unit,
        group_by=tuple(group_by),
        timezone=None if timezone is None else _zone(timezone),
        pattern=pattern,
    )


def _zone(name: str) -> tzinfo:
    if name.upper() in ("UTC", "GMT", "Z"):
        return UTC
    if match := _OFFSET.fullmatch(name.upper()):
        hours, minutes = int(match[2]), int(match[3] or 0)
        if hours <= 14 and minutes < 60:
            offset = timedelta(hours=hours, minutes=minutes)
            return timezone(-offset if match[1] == "-" else offset)
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:
        raise RecordingError(
            _("{zone} is not a time zone; use UTC, +02:00 or Europe/Berlin").format(zone=repr(name))
        ) from error
