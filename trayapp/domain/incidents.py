"""From what is judged at every tick to what a person is told: raised once, escalated, resolved.

A state machine without a clock of its own: the same conditions at the same times give the same
announcements, live or replayed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from trayapp.domain.levels import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What is judged about one thing at one tick; `NORMAL` means all is well with it."""

    key: str
    """Stable: "pressure", "limit:NAME", "growth:NAME", "spike:NAME"."""
    subject: str
    """The target's name, or "system"."""
    level: Level
    title: str = ""
    body: str = ""
    is_moment: bool = False
    """Something that has happened rather than lasts: told at once, over by itself."""
    has_lasted: bool = False
    """What judged it has waited long enough already: told at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertPolicy:
    """How patient the alerts are."""

    sustain_seconds: float = 4.0
    """How long a level must last before it is told; an emergency is told at once."""
    cooldown_seconds: Mapping[Level, float] = field(
        default_factory=lambda: {
            Level.WARNING: 60.0,
            Level.CRITICAL: 30.0,
            Level.EMERGENCY: 10.0,
        }
    )
    """Least time since the banner before, by the level to be told: it delays, never drops."""
    moment_seconds: float = 60.0
    """How long a moment stays in the menu."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """What the person asked not to hear."""

    off: bool = False
    all_until_wall_seconds: float | None = None
    subject_until_wall_seconds: Mapping[str, float] = field(default_factory=dict)

    def reason(self, subject: str, wall_seconds: float) -> str | None:
        """Why a banner about `subject` is held now; None: it may go out."""
        if self.off:
            return "alerts are off"
        until = self.all_until_wall_seconds
        if until is not None and wall_seconds < until:
            return "alerts are snoozed"
        until = self.subject_until_wall_seconds.get(subject)
        if until is not None and wall_seconds < until:
            return f"alerts about {subject} are snoozed"
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Something that is wrong now, as menu, `status` and banners show it."""

    key: str
    subject: str
    level: Level
    title: str
    body: str
    since_wall_seconds: float
    notified_level: Level = Level.NORMAL
    """The worst that the person has been told of it; NORMAL: nothing yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """One decision about an incident, for delivery and for the journal."""

    what: Literal["raised", "escalated", "resolved", "held"]
    incident: Incident
    reason: str = ""
    """Why it was held."""


@dataclass(slots=True)
class _Entry:
    incident: Incident | None = None
    candidate: Level = Level.NORMAL
    candidate_since: float = 0.0
    banner_at: float | None = None
    held_reason: str | None = None
    moment_ends: float = 0.0


class IncidentBook:
    """Every open incident, and what was told of it. Bounded by the keys that are judged."""

    def __init__(self, policy: AlertPolicy) -> None:
        self.policy = policy
        self._entries: dict[str, _Entry] = {}

    def open_incidents(self) -> tuple[Incident, ...]:
        """What is wrong now, worst first, then oldest first."""
        found = [entry.incident for entry in self._entries.values() if entry.incident]
        return tuple(sorted(found, key=lambda i: (-i.level, i.since_wall_seconds)))

    def judged_level(self, key: str) -> Level:
        """The level at which a thing was judged last, told or not."""
        entry = self._entries.get(key)
        return entry.candidate if entry else Level.NORMAL

    def fold(
        self,
        monotonic_seconds: float,
        wall_seconds: float,
        conditions: Iterable[Condition],
        quiet: Quiet,
    ) -> tuple[Announcement, ...]:
        """Take in what was judged this tick; return what is to be told or noted.

        A key that is no longer judged at all (its target is gone from the settings) resolves.
        """
        announcements: list[Announcement] = []
        judged = {condition.key: condition for condition in conditions}
        for key in [*judged, *(key for key in self._entries if key not in judged)]:
            condition = judged.get(key)
            entry = self._entries.get(key)
            if entry is None:
                if condition is None or condition.level is Level.NORMAL:
                    continue
                entry = self._entries[key] = _Entry()
            self._fold_level(entry, condition, monotonic_seconds, wall_seconds, announcements)
            self._fold_banner(entry, monotonic_seconds, wall_seconds, quiet, announcements)
            if self._is_spent(entry, monotonic_seconds):
                del self._entries[key]
        return tuple(announcements)

    def _fold_level(
        self,
        entry: _Entry,
        condition: Condition | None,
        now: float,
        wall_seconds: float,
        announcements: list[Announcement],
    ) -> None:
        level = condition.level if condition else Level.NORMAL
        incident = entry.incident
        if condition is not None and condition.is_moment and level > Level.NORMAL:
            entry.moment_ends = now + self.policy.moment_seconds
        elif incident and entry.moment_ends > now:
            return
        current = incident.level if incident else Level.NORMAL
        # Counted from when it left the told level: wavering between two worse ones is no reprieve.
        if entry.candidate <= current:
            entry.candidate_since = now
        entry.candidate = level
        if condition is None or level is Level.NORMAL:
            if incident is not None:
                entry.incident = None
                entry.moment_ends = 0.0
                announcements.append(Announcement(what="resolved", incident=incident))
            return
        is_urgent = level is Level.EMERGENCY or condition.is_moment or condition.has_lasted
        lasted_seconds = now - entry.candidate_since
        if level > current and not is_urgent and lasted_seconds < self.policy.sustain_seconds:
            return
        entry.incident = Incident(
            key=condition.key,
            subject=condition.subject,
            level=level,
            title=condition.title,
            body=condition.body,
            since_wall_seconds=incident.since_wall_seconds if incident else wall_seconds,
            # Re-armed at the lower level: should it get worse again, that is news again.
            notified_level=min(level, incident.notified_level) if incident else Level.NORMAL,
        )

    def _fold_banner(
        self,
        entry: _Entry,
        now: float,
        wall_seconds: float,
        quiet: Quiet,
        announcements: list[Announcement],
    ) -> None:
        incident = entry.incident
        if incident is None or incident.level <= incident.notified_level:
            entry.held_reason = None
            return
        reason = quiet.reason(incident.subject, wall_seconds)
        cooldown_seconds = self.policy.cooldown_seconds.get(incident.level, 0.0)
        if reason is None and entry.banner_at is not None:
            left_seconds = entry.banner_at + cooldown_seconds - now
            if left_seconds > 0:
                reason = f"the banner before is less than {cooldown_seconds:.0f} s old"
        if reason is None:
            what: Literal["raised", "escalated"] = (
                "escalated" if incident.notified_level > Level.NORMAL else "raised"
            )
            entry.incident = incident = replace(incident, notified_level=incident.level)
            entry.banner_at = now
            entry.held_reason = None
            announcements.append(Announcement(what=what, incident=incident))
        elif reason != entry.held_reason:
            entry.held_reason = reason
            announcements.append(Announcement(what="held", incident=incident, reason=reason))

    def _is_spent(self, entry: _Entry, now: float) -> bool:
        if entry.incident is not None or entry.candidate is not Level.NORMAL:
            return False
        longest_seconds = max(self.policy.cooldown_seconds.values(), default=0.0)
        return entry.banner_at is None or now - entry.banner_at >= longest_seconds


def level_of_share(
    share: float, thresholds: Mapping[Level, float], rearm_share: float, current: Level
) -> Level:
    """The level of a share (0 to 1, may exceed 1), with a re-arm band below each threshold.

    A level, once reached, is left only when the share has fallen `rearm_share` below where that
    level begins: a value that wavers about a threshold raises it once.
    """
    level = Level.NORMAL
    for candidate in (Level.WARNING, Level.CRITICAL, Level.EMERGENCY):
        threshold = thresholds[candidate] - (rearm_share if candidate <= current else 0.0)
        if share >= threshold:
            level = candidate
    return level
