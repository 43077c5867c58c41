"""What a person said about a file that it does not tell itself, by `--column` and the like."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo


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
