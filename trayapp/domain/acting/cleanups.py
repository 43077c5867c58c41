"""What a cleanup gave back, and what had come back a minute later."""

from __future__ import annotations

from trayapp.dataclass import NamedTuple, dataclass
from trayapp.domain.records.series import Event
from trayapp.language.catalogue import _, paragraph
from trayapp.language.units import KIB, format_size

FOLLOW_UP_SECONDS = 60.0
APP = "memtray"
CLEANUP = "cleanup"
"""The kind of its events; the second looks after a minute have another."""
_WORTH_TELLING_BYTES = 64 * KIB


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
    rate_bytes_per_second: float | None = None
    """How fast it grew before; None: it did not, or that is not known."""
    told: str = ""
    """What the programs themselves say that they did, in sentences; empty: they did not say."""

    @property
    def freed_bytes(self) -> int | None:
        """The fall of the resident set right away; negative when it grew meanwhile."""
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


class Later(NamedTuple):
    """How a cleanup stands a while later; each None where that is not known."""

    kept_bytes: int | None
    """Of what was freed, what has not come back; never negative, and no more than was freed."""
    came_back_bytes: int | None
    grown_bytes: int | None
    """By how much more it has grown since: by its trend of before, or beyond all that was freed."""


def later_of(result: CleanupResult, later_bytes: int, seconds: float) -> Later:
    """Return how a cleanup stands later: what came back apart from what is new.

    What would have come without the cleanup, by the trend before it, is growth; of the rest no
    more can have come back than was freed.
    """
    if result.freed_bytes is None or result.after_bytes is None:
        return Later(None, None, None)
    freed_bytes = max(0, result.freed_bytes)
    since_bytes = later_bytes - result.after_bytes
    expected_bytes = round(max(0.0, result.rate_bytes_per_second or 0.0) * max(0.0, seconds))
    came_back = min(freed_bytes, max(0, since_bytes - expected_bytes))
    return Later(freed_bytes - came_back, came_back, max(0, since_bytes - came_back))


def follow_up(
    result: CleanupResult,
    wall_seconds: float,
    later_bytes: int | None,
    *,
    restarted: bool = False,
) -> Event | None:
    """Return the event about a second look; None where the first measured nothing.

    restarted: what runs now are other processes.
    """
    if result.before_bytes is None or result.freed_bytes is None:
        return None
    later = Later(None, None, None)
    if restarted:
        text = _("{name}: restarted within a minute after freeing memory.")
    elif later_bytes is None:
        text = _("{name}: no longer running a minute after freeing memory.")
    else:
        later = later_of(result, later_bytes, wall_seconds - result.wall_seconds)
        text = _later_text(result.freed_bytes, later)
    said = text.format(
        name=result.subject,
        size=format_size(later_bytes),
        kept=format_size(later.kept_bytes),
        came_back=format_size(later.came_back_bytes),
    )
    if later.grown_bytes and later.grown_bytes >= _WORTH_TELLING_BYTES:
        grown = _("It has grown by {size} since.").format(size=format_size(later.grown_bytes))
        said = paragraph(said, grown)
    return Event(
        wall_seconds=wall_seconds,
        kind="cleanup_follow_up",
        subject=result.subject,
        text=said,
        data={
            "later_bytes": None if restarted else later_bytes,
            "kept_bytes": later.kept_bytes,
            "came_back_bytes": later.came_back_bytes,
            "grown_bytes": later.grown_bytes,
        },
    )


def _later_text(freed_bytes: int, later: Later) -> str:
    if freed_bytes <= 0:
        return _("{name}: {size} resident a minute later; nothing was freed.")
    if later.kept_bytes:
        return _("{name}: {size} resident a minute later; {kept} stayed free.")
    return _(
        "{name}: {size} resident a minute later; everything freed was used again ({came_back})."
    )
