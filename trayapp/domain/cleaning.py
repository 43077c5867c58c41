"""What a cleanup gave back, and what had come back a minute later."""

from __future__ import annotations

from dataclasses import dataclass

from trayapp.domain.records import Event
from trayapp.domain.units import format_size

FOLLOW_UP_SECONDS = 60.0
APP = "memtray"


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

    @property
    def freed_bytes(self) -> int | None:
        """What the resident set lost at once; negative when it grew meanwhile."""
        if self.before_bytes is None or self.after_bytes is None:
            return None
        return self.before_bytes - self.after_bytes

    def sentence(self) -> str:
        """The result as a person would say it."""
        if self.freed_bytes is None:
            return f"{self.subject}: nothing was done. {self.note}".strip()
        change = f"{format_size(self.before_bytes)} → {format_size(self.after_bytes)}"
        if self.note and self.freed_bytes <= 0:
            return f"{self.subject}: nothing was freed ({change}). {self.note}"
        verb = "freed" if self.freed_bytes >= 0 else "grew by"
        size = format_size(abs(self.freed_bytes))
        return f"{self.subject}: {verb} {size} ({change}). {self.note}".rstrip()

    def as_event(self) -> Event:
        """For the history, where windows mark it."""
        return Event(
            wall_seconds=self.wall_seconds,
            kind="cleanup",
            subject=self.subject,
            text=self.sentence(),
            data={
                "before_bytes": self.before_bytes,
                "after_bytes": self.after_bytes,
                "freed_bytes": self.freed_bytes,
                "note": self.note or None,
            },
        )


def follow_up(result: CleanupResult, wall_seconds: float, later_bytes: int | None) -> Event | None:
    """What a second look tells; None where the first measured nothing."""
    if result.before_bytes is None or result.freed_bytes is None:
        return None
    if later_bytes is None:
        kept, text = None, f"{result.subject}: no longer running a minute after the cleanup."
    else:
        kept = result.before_bytes - later_bytes
        came_back = later_bytes - (result.after_bytes or 0)
        text = (
            f"{result.subject}: a minute after the cleanup {format_size(later_bytes)} resident; "
            + (
                f"{format_size(kept)} stayed free."
                if kept > 0
                else f"all that was freed had come back ({format_size(came_back)})."
            )
        )
    return Event(
        wall_seconds=wall_seconds,
        kind="cleanup_follow_up",
        subject=result.subject,
        text=text,
        data={"later_bytes": later_bytes, "kept_bytes": kept},
    )
