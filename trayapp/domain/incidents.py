"""From what is judged at every tick to what a person is told: raised once, escalated, resolved.

Each thing that is judged goes through: *watching* (bad, but not for long enough), *active*,
*recovering* (well again, but not for long enough), *resolved*; *unknown* after a gap or a restart,
until it is judged again. A state machine without a clock of its own: the same conditions at the
same times give the same announcements, live or replayed.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from trayapp.domain.language import _, format_number
from trayapp.domain.levels import Level

Phase = Literal["active", "recovering", "unknown"]

PRESSURE_KEY = "pressure"
SYSTEM = "system"
GAP_SECONDS = 60.0
"""After a longer pause between two ticks (suspend, tracking paused) nothing is known to go on."""
_PATIENCE_SECONDS = {"leak": 1800.0, "leak-of-application": 1800.0, "growth": 180.0}
"""How long, after a gap, it may take until such a thing can be judged again."""
TARGET_INCIDENTS = ("limit", "growth", "leak", "spike")
"""How the keys of incidents about targets begin: "limit:NAME". Others may be about an application
that merely goes by the name of a target."""
_NEWS = {"growth": "growth", "leak": "proof", "leak-of-application": "proof", "spike": "spike"}
"""Incidents that may be the same news as another, by how their keys begin."""
_NEWS_SECONDS = 86_400.0
"""So long the same about the same subject is no news again..."""
_NEWS_FACTOR = 4.0
"""...unless it is worse by a level, or so many times what was told."""
_INHIBITED = (*TARGET_INCIDENTS, "leak-of-application", "forecast")
"""What a shortage of the machine's memory is told in place of."""


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
    value: float | None = None
    """How bad it is, in its own unit, more is worse: a share, bytes. None: it has no degrees."""
    is_moment: bool = False
    """Something that has happened rather than lasts: told at once, over by itself."""
    has_lasted: bool = False
    """What judged it has waited long enough already: told at once."""
    is_doubtful: bool = False
    """A leak that is not proven yet: no more news than growth is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertPolicy:
    """How patient the alerts are."""

    sustain_seconds: float = 4.0
    """How long a level must last before it is told; an emergency is told at once."""
    recovery_seconds: float = 30.0
    """How long it must be well again before it counts as resolved."""
    cooldown_seconds: Mapping[Level, float] = field(
        default_factory=lambda: {
            Level.WARNING: 60.0,
            Level.CRITICAL: 30.0,
            Level.EMERGENCY: 10.0,
        }
    )
    """Least time since its own banner before, by the level to be told: it delays, never drops."""
    gap_seconds: float = 60.0
    """Least time since any banner, unless the level is higher than that one's, or much worse."""
    worse_factor: float = 1.25
    """So much more than what was last told is clearly worse, and told again."""
    moment_seconds: float = 60.0
    """How long a moment stays in the menu."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """What the person asked not to hear."""

    off: bool = False
    all_until_wall_seconds: float | None = None
    subject_until_wall_seconds: Mapping[str, float] = field(default_factory=dict)
    """By the name of a subject, or the key of one incident."""
    in_quiet_hours: bool = False
    emergency_breaks_through: bool = False

    def reason(
        self, subject: str, wall_seconds: float, key: str = "", level: Level = Level.WARNING
    ) -> str | None:
        """Why a banner about `subject` is held now; None: it may go out."""
        if self.off:
            return _("alerts are off")
        if level is Level.EMERGENCY and self.emergency_breaks_through:
            return None
        until = self.all_until_wall_seconds
        if until is not None and wall_seconds < until:
            return _("alerts are snoozed")
        for name in (subject, key):
            until = self.subject_until_wall_seconds.get(name)
            if until is not None and wall_seconds < until:
                return _("alerts about {name} are snoozed").format(name=name)
        return _("it is quiet hours") if self.in_quiet_hours else None


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
    value: float | None = None
    notified_value: float | None = None
    phase: Phase = "active"
    acknowledged: bool = False
    """The person knows: not told again unless the level rises."""
    is_doubtful: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """One decision about an incident, for delivery and for the journal."""

    what: Literal["raised", "escalated", "worsened", "resolved", "held"]
    incident: Incident
    reason: str = ""
    """Why it was held, or how it ended."""
    was_moment: bool = False
    """Resolved, but only as it is no news any more: it had no duration."""


@dataclass(slots=True, repr=False)
class _Entry:
    incident: Incident | None = None
    candidate: Level = Level.NORMAL
    candidate_since: float = 0.0
    well_since: float | None = None
    """Since when nothing is wrong, while it is not believed yet."""
    patience_seconds: float | None = None
    """How long to wait for a judgement after a gap; None: there was none."""
    banner_at: float | None = None
    banner_level: Level = Level.NORMAL
    held_reason: str | None = None
    moment_ends: float = 0.0


class IncidentBook:
    """Every open incident, and what was told of it. Bounded by the keys that are judged."""

    def __init__(self, policy: AlertPolicy) -> None:
        self.policy = policy
        self._entries: dict[str, _Entry] = {}
        self._last_fold: float | None = None
        self._last_banner: tuple[float, Level] | None = None
        self._told: dict[tuple[str, str], tuple[float, Incident]] = {}
        """When a banner told of what, last, by subject and kind of news."""

    def open_incidents(self) -> tuple[Incident, ...]:
        """What is wrong now, worst first, then oldest first."""
        found = [entry.incident for entry in self._entries.values() if entry.incident]
        return tuple(sorted(found, key=lambda i: (-i.level, i.since_wall_seconds)))

    def judged_level(self, key: str) -> Level:
        """The level at which a thing was judged last, told or not."""
        entry = self._entries.get(key)
        if entry is None:
            return Level.NORMAL
        # While it recovers, the level it left is still the one to come back to.
        return max(entry.candidate, entry.incident.level if entry.incident else Level.NORMAL)

    def acknowledge(self, key: str) -> bool:
        """Note that the person knows of an incident; False: there is none open of that key."""
        entry = self._entries.get(key)
        if entry is None or entry.incident is None:
            return False
        entry.incident = replace(entry.incident, acknowledged=True)
        return True

    def restore(self, incidents: Iterable[Incident]) -> None:
        """Go on with what was open when Memtray ended; before the first `fold`.

        What was told is not told again. Whether it goes on is unknown until it is judged.
        """
        for incident in incidents:
            self._entries[incident.key] = _Entry(
                incident=replace(incident, phase="unknown"),
                patience_seconds=self._patience(incident.key),
            )

    def fold(
        self,
        monotonic_seconds: float,
        wall_seconds: float,
        conditions: Iterable[Condition],
        quiet: Quiet,
        ended: Collection[str] = (),
    ) -> tuple[Announcement, ...]:
        """Take in what was judged this tick; return what is to be told or noted.

        A key that is not judged is well. `ended`: keys of what is about something that does not run
        any more; those incidents end without waiting for a recovery.
        """
        now = monotonic_seconds
        if self._last_fold is not None and now - self._last_fold > GAP_SECONDS:
            self._lose_sight()
        self._last_fold = now
        for key in ended:
            # Of its next run, a leak is news.
            self._told.pop((key.partition(":")[2], "proof"), None)
        announcements: list[Announcement] = []
        judged = {condition.key: condition for condition in conditions}
        keys = [*judged, *(key for key in self._entries if key not in judged)]
        for key in keys:
            condition = judged.get(key)
            entry = self._entries.get(key)
            if entry is None:
                if condition is None or condition.level is Level.NORMAL:
                    continue
                entry = self._entries[key] = _Entry()
            self._fold_level(entry, condition, now, wall_seconds, ended, announcements)
        # The machine's shortage first: it decides what else is told.
        for key in sorted(keys, key=self._banner_rank):
            entry = self._entries.get(key)
            if entry is not None:
                self._fold_banner(entry, now, wall_seconds, quiet, announcements)
                if self._is_spent(entry, now):
                    del self._entries[key]
        return tuple(announcements)

    def _lose_sight(self) -> None:
        for key, entry in self._entries.items():
            entry.candidate = Level.NORMAL
            entry.moment_ends = 0.0
            entry.well_since = None
            if entry.incident is not None:
                entry.incident = replace(entry.incident, phase="unknown")
                entry.patience_seconds = self._patience(key)

    def _patience(self, key: str) -> float:
        return _PATIENCE_SECONDS.get(key.partition(":")[0], self.policy.recovery_seconds)

    def _banner_rank(self, key: str) -> tuple[int, bool]:
        entry = self._entries.get(key)
        level = entry.incident.level if entry and entry.incident else Level.NORMAL
        return -level, key != PRESSURE_KEY

    def _fold_level(
        self,
        entry: _Entry,
        condition: Condition | None,
        now: float,
        wall_seconds: float,
        ended: Collection[str],
        announcements: list[Announcement],
    ) -> None:
        level = condition.level if condition else Level.NORMAL
        incident = entry.incident
        if condition is not None and condition.is_moment and level > Level.NORMAL:
            entry.moment_ends = now + self.policy.moment_seconds
        elif incident and entry.moment_ends > now:
            return
        current = incident.level if incident and incident.phase != "unknown" else Level.NORMAL
        # Counted from when it left the told level: wavering between two worse ones is no reprieve.
        if entry.candidate <= current:
            entry.candidate_since = now
        entry.candidate = level
        if condition is None or level is Level.NORMAL:
            self._recover(entry, now, ended, announcements)
            return
        entry.well_since = None
        is_urgent = level is Level.EMERGENCY or condition.is_moment or condition.has_lasted
        lasted_seconds = now - entry.candidate_since
        if level > current and not is_urgent and lasted_seconds < self.policy.sustain_seconds:
            if incident is not None and incident.phase == "recovering":
                entry.incident = replace(incident, phase="active")
            return
        entry.patience_seconds = None
        entry.incident = Incident(
            key=condition.key,
            subject=condition.subject,
            level=level,
            title=condition.title,
            body=condition.body,
            since_wall_seconds=incident.since_wall_seconds if incident else wall_seconds,
            # Re-armed at the lower level: should it get worse again, that is news again.
            notified_level=min(level, incident.notified_level) if incident else Level.NORMAL,
            value=condition.value,
            notified_value=incident.notified_value if incident else None,
            acknowledged=incident is not None and incident.acknowledged and level <= incident.level,
            is_doubtful=condition.is_doubtful,
        )

    def _recover(
        self,
        entry: _Entry,
        now: float,
        ended: Collection[str],
        announcements: list[Announcement],
    ) -> None:
        incident = entry.incident
        if incident is None:
            return
        if entry.well_since is None:
            entry.well_since = now
        was_moment = entry.moment_ends > 0.0
        patience_seconds = self.policy.recovery_seconds
        if entry.patience_seconds is not None:
            patience_seconds = entry.patience_seconds
        elif incident.phase != "recovering":
            incident = entry.incident = replace(incident, phase="recovering")
        is_over = was_moment or incident.key in ended
        if not is_over and now - entry.well_since < patience_seconds:
            return
        entry.incident = entry.well_since = entry.patience_seconds = None
        entry.moment_ends = 0.0
        reason = ""
        if incident.key in ended:
            reason = _("{name} is not running any more").format(name=incident.subject)
        announcements.append(
            Announcement(what="resolved", incident=incident, reason=reason, was_moment=was_moment)
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
        if incident is None or incident.phase != "active":
            return
        is_news = incident.level > incident.notified_level
        if not is_news and not self._is_clearly_worse(incident):
            entry.held_reason = None
            return
        reason = quiet.reason(incident.subject, wall_seconds, incident.key, incident.level)
        if reason is None:
            reason = self._reason_to_wait(entry, incident, now)
        if reason is None:
            what: Literal["raised", "escalated", "worsened"] = "raised"
            if incident.notified_level > Level.NORMAL:
                what = "escalated" if is_news else "worsened"
            entry.incident = incident = replace(
                incident, notified_level=incident.level, notified_value=incident.value
            )
            entry.banner_at, entry.banner_level = now, incident.level
            entry.held_reason = None
            self._last_banner = now, incident.level
            for kind in _news_of(incident):
                self._told[incident.subject, kind] = now, incident
            announcements.append(Announcement(what=what, incident=incident))
        elif reason != entry.held_reason and is_news:
            entry.held_reason = reason
            announcements.append(Announcement(what="held", incident=incident, reason=reason))

    def _is_clearly_worse(self, incident: Incident) -> bool:
        value, told = incident.value, incident.notified_value
        return (
            value is not None
            and told is not None
            and not incident.acknowledged
            and value >= told * self.policy.worse_factor > 0
        )

    def _reason_to_wait(self, entry: _Entry, incident: Incident, now: float) -> str | None:
        if incident.acknowledged:
            return _("it was acknowledged")
        if self._is_inhibited(incident):
            return _("the machine's shortage of memory is told in its place")
        if self._is_no_news(incident, now):
            return _("the same was told less than a day ago")
        is_emergency = incident.level is Level.EMERGENCY
        if is_emergency and entry.banner_level < Level.EMERGENCY:
            # No earlier and milder banner may delay this one.
            return None
        cooldown_seconds = self.policy.cooldown_seconds.get(incident.level, 0.0)
        if incident.level <= incident.notified_level:
            # Worse, but not by a level: never more often than the gap.
            cooldown_seconds = max(cooldown_seconds, self.policy.gap_seconds)
        if entry.banner_at is not None and now - entry.banner_at < cooldown_seconds:
            seconds = format_number(cooldown_seconds)
            return _("the banner before is less than {seconds} s old").format(seconds=seconds)
        if self._last_banner is not None and not is_emergency:
            at, level = self._last_banner
            if now - at < self.policy.gap_seconds and incident.level <= level:
                seconds = format_number(self.policy.gap_seconds)
                return _("another banner is less than {seconds} s old").format(seconds=seconds)
        return None

    def _is_inhibited(self, incident: Incident) -> bool:
        pressure = self._entries.get(PRESSURE_KEY)
        if pressure is None or pressure.incident is None:
            return False
        return (
            incident.key.partition(":")[0] in _INHIBITED
            and pressure.incident.phase == "active"
            and pressure.incident.level >= max(Level.CRITICAL, incident.level)
        )

    def _is_no_news(self, incident: Incident, now: float) -> bool:
        kinds = _news_of(incident)
        if not kinds or (incident.subject, kinds[0]) not in self._told:
            return False
        at, told = self._told[incident.subject, kinds[0]]
        if now - at >= _NEWS_SECONDS or incident.level > told.level:
            return False
        return (incident.value or 0.0) < _NEWS_FACTOR * (told.value or math.inf)

    def _is_spent(self, entry: _Entry, now: float) -> bool:
        if entry.incident is not None or entry.candidate is not Level.NORMAL:
            return False
        longest_seconds = max(self.policy.cooldown_seconds.values(), default=0.0)
        return entry.banner_at is None or now - entry.banner_at >= longest_seconds


def _news_of(incident: Incident) -> tuple[str, ...]:
    """What kind of news it is, and then what else it says; empty: it is to be told each time."""
    kind = _NEWS.get(incident.key.partition(":")[0])
    if kind == "proof":
        return ("growth",) if incident.is_doubtful else ("proof", "growth")
    return () if kind is None else (kind,)


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
