"""Moments as a person names them: "24h" ago, or a date and a time of day."""

from __future__ import annotations

from datetime import datetime

from trayapp.dataclass import NamedTuple
from trayapp.language.catalogue import _
from trayapp.language.units import parse_duration


class Moment(NamedTuple):
    """A time of which one of both is known."""

    ago_seconds: float | None = None
    """So long before the end of what is meant."""
    wall_seconds: float | None = None

    def before(self, end_wall_seconds: float) -> float:
        """Return the wall time, given the end."""
        if self.wall_seconds is not None:
            return self.wall_seconds
        return end_wall_seconds - (self.ago_seconds or 0.0)


def parse_moment(text: str) -> Moment:
    """Read "90s", "24h", "2026-03-01", "2026-03-01 08:30" (local) or any ISO 8601 date.

    Raises: ValueError with what was expected.
    """
    try:
        return Moment(ago_seconds=parse_duration(text))
    except ValueError:
        pass
    try:
        return Moment(wall_seconds=datetime.fromisoformat(text.strip()).timestamp())
    except (ValueError, OverflowError, OSError):
        template = _("{text} is not a time; use 24h or 2026-03-01 08:30")
        raise ValueError(template.format(text=repr(text))) from None


def parse_wall_time(text: str) -> float:
    """Read "2026-11-20T14:30" (local), any ISO 8601 date or Unix seconds: wall seconds.

    Raises: ValueError with what was expected.
    """
    try:
        try:
            wall_seconds = float(text)
        except ValueError:
            # Without an offset, the local clock is meant.
            wall_seconds = datetime.fromisoformat(text).timestamp()
        datetime.fromtimestamp(wall_seconds)
    except (ValueError, OverflowError, OSError) as error:
        said = _("{text!r} is not a time; use 2026-11-20T14:30 or Unix seconds")
        raise ValueError(said.format(text=text)) from error
    return wall_seconds
