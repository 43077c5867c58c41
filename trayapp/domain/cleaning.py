"""What a cleanup gave back, and what had come back a minute later."""

from __future__ import annotations

from dataclasses import dataclass

from trayapp.domain.language import _, paragraph
from trayapp.domain.records import Event
from trayapp.domain.units import format_size

FOLLOW_UP_SECONDS = 60.0
APP = "memtray"
CLEANUP = "cleanup"
"""The kind of its events; the second looks after a minute have another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanupResult:
    """One cleanup of one thing, measured before and after."""

    subject: str
    """The target's name, or "memtray"."""
    wall_seconds: float
    before_bytes: int | None
    """Resident set before; None: nothing ran, or it could not be read."""
    after_bytes: int | None
    note: str = ""
    """What was not permitted or not offered, in one sentence; empty when all was done."""
    told: str = ""
    """What the programs themselves say that they did, in sentences; empty: they did not say."""

    @property
    def freed_bytes(self) -> int | None:
        """What the resident set lost at once; negative when it grew meanwhile."""
        if self.before_bytes is None or self.after_bytes is None:
            return None
        return self.before_bytes - self.after_bytes

    def sentence(self) -> str:
        """The result as a person would say it."""
        if self.freed_bytes is None:
            text = _("{name}: nothing was done.")
        elif self.note and self.freed_bytes <= 0:
            text = _("{name}: nothing was freed ({before} → {after}).")
        elif self.freed_bytes >= 0:
            text = _("{name}: freed {size} ({before} → {after}).")
        else:
            text = _("{name}: grew by {size} ({before} → {after}).")
        said = text.format(
            name=self.subject,
            size=format_size(abs(self.freed_bytes or 0)),
            before=format_size(self.before_bytes),
            after=format_size(self.after_bytes),
        )
        return paragraph(said, self.told, self.note)

    def as_event(self) -> Event:
        """For the history, where windows mark it."""
        return Event(
            wall_seconds=self.wall_seconds,
            kind=CLEANUP,
            subject=self.subject,
            text=self.sentence(),
            data={
                "before_bytes": self.before_bytes,
                "after_bytes": self.after_bytes,
                "freed_bytes": self.freed_bytes,
                "note": self.note or None,
                "told": self.told or None,
            },
        )


def follow_up(result: CleanupResult, wall_seconds: float, later_bytes: int | None) -> Event | None:
    """What a second look tells; None where the first measured nothing."""
    if result.before_bytes is None or result.freed_bytes is None:
        return None
    if later_bytes is None:
        kept = came_back = None
        text = _("{name}: no longer running a minute after the cleanup.")
    else:
        kept = result.before_bytes - later_bytes
        came_back = later_bytes - (result.after_bytes or 0)
        text = (
            _("{name}: a minute after the cleanup {size} resident; {kept} stayed free.")
            if kept > 0
            else _(
                "{name}: a minute after the cleanup {size} resident; "
                "all that was freed had come back ({came_back})."
            )
        )
    return Event(
        wall_seconds=wall_seconds,
        kind="cleanup_follow_up",
        subject=result.subject,
        text=text.format(
            name=result.subject,
            size=format_size(later_bytes),
            kept=format_size(kept),
            came_back=format_size(came_back),
        ),
        data={"later_bytes": later_bytes, "kept_bytes": kept},
    )
