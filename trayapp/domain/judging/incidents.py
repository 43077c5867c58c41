"""From what is judged at every tick to what a person is told: raised once, escalated, resolved.

Each thing that is judged goes through: *watching* (bad, but not for long enough), *active*,
*recovering* (well again, but not for long enough), *resolved*; *unknown* after a gap or a restart,
until it is judged again. A state machine without a clock of its own: the same conditions at the
same times give the same announcements, live or replayed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from trayapp.domain.grouping.identity import SYSTEM
from trayapp.domain.judging.alerting import (
    AlertPolicy,
    Announcement,
    Condition,
    Incident,
    Memory,
    Phase,
    Quiet,
    Reached,
)
from trayapp.domain.judging.announcing import TARGET_INCIDENTS, Closed, Entry, Fold, Teller
from trayapp.domain.records.levels import Level
from trayapp.language.catalogue import _

__all__ = [
    "GAP_SECONDS",
    "PRESSURE_KEY",
    "SYSTEM",
    "TARGET_INCIDENTS",
    "AlertPolicy",
    "Announcement",
    "Condition",
    "Incident",
    "IncidentBook",
    "Memory",
    "Phase",
    "Quiet",
    "Reached",
    "level_of_share",
]

PRESSURE_KEY = "pressure"
GAP_SECONDS = 60.0
"""After a longer pause between two ticks (suspend, tracking paused) nothing is known to go on."""
_PATIENCE_SECONDS = {"leak": 1800.0, "leak-of-application": 1800.0, "growth": 180.0}
"""How long, after a gap, it may take until such a thing can be judged again."""
_STEADY_RISES = 3
"""So many rises in a row are no brief crossing."""


class IncidentBook:
    """Every open incident, and what was told of it. Bounded by the keys that are judged.

    Three streams come of a fold: levels that were *reached*, which is what automatic actions,
    hooks and files go by; banners, which keep to all rules of politeness; and messages for
    channels far away, which only heed what the person does not want to hear, and repetition.
    """

    def __init__(self, policy: AlertPolicy) -> None:
        self._policy = policy
        self.reached: tuple[Reached, ...] = ()
        """What the last fold found."""
        self.messages: tuple[Announcement, ...] = ()
        """What channels are to be told since the last fold, or are not and why."""
        self._entries: dict[str, Entry] = {}
        self._teller = Teller(policy)
        self._last_fold: float | None = None
        self._kept: Memory | None = None
        self._closed: dict[str, Closed] = {}
        """What a person has resolved: not raised again for being as it was."""
        self._to_close: dict[str, str] = {}

    @property
    def policy(self) -> AlertPolicy:
        """How patient it is; may be set at any time."""
        return self._policy

    @policy.setter
    def policy(self, policy: AlertPolicy) -> None:
        self._policy = self._teller.policy = policy

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

    def resolve(self, key: str) -> bool:
        """End an incident with the next fold, as a person says that it is dealt with.

        It is raised again when it gets worse than it ever was, or after it has been well. False:
        there is none open of that key.
        """
        entry = self._entries.get(key)
        if entry is None or entry.incident is None:
            return False
        self._to_close[key] = _("resolved by hand")
        self._closed[key] = Closed(level=entry.incident.reached_level)
        return True

    def memory(self) -> Memory:
        """What is to outlive a restart beside the open incidents."""
        told = self._teller.memory(self._last_fold or 0.0)
        closed = {key: closed.level for key, closed in self._closed.items()}
        return replace(told, closed=closed)

    def restore(self, incidents: Iterable[Incident], memory: Memory | None = None) -> None:
        """Go on with what was open when Memtray ended; before the first `fold`.

        What was told is not told again. Whether it goes on is unknown until it is judged.
        """
        self._kept = memory
        for incident in incidents:
            self._entries[incident.key] = Entry(
                incident=replace(incident, phase="unknown"),
                patience_seconds=self._patience(incident.key),
            )

    def fold(
        self,
        monotonic_seconds: float,
        wall_seconds: float,
        conditions: Iterable[Condition],
        quiet: Quiet,
        ended: Collection[str] | Mapping[str, str] = (),
    ) -> tuple[Announcement, ...]:
        """Take in what was judged this tick; return what banners are to tell, or to be noted.

        A key that is not judged is well. `ended`: keys of what is about something that is gone,
        maybe with the reason; those incidents end without waiting for a recovery, whatever else
        was judged of them. `reached` and `messages` tell the rest.
        """
        now = monotonic_seconds
        if self._kept is not None:
            self._teller.remember(self._kept, now)
            kept = self._kept.closed.items()
            self._closed = {key: Closed(level=level) for key, level in kept} | self._closed
            self._kept = None
        if self._last_fold is not None and now - self._last_fold > GAP_SECONDS:
            self._lose_sight()
        self._last_fold = now
        self._teller.forget_proofs(ended)
        judged = {each.key: each for each in conditions if each.key not in ended}
        judged = self._without_closed(judged, ended, now)
        if self._to_close:
            reasons = ended if isinstance(ended, Mapping) else dict.fromkeys(ended, "")
            ended, self._to_close = {**reasons, **self._to_close}, {}
        fold = Fold(now=now, wall_seconds=wall_seconds, quiet=quiet, ended=ended)
        keys = [*judged, *(key for key in self._entries if key not in judged)]
        for key in keys:
            condition = judged.get(key)
            entry = self._entries.get(key)
            if entry is None:
                if condition is None or condition.level is Level.NORMAL:
                    continue
                entry = self._entries[key] = Entry()
            self._fold_level(entry, condition, fold)
        # The machine's shortage first: it decides what else is told.
        pressure = self._entries.get(PRESSURE_KEY)
        fold.shortage = pressure.incident if pressure else None
        for key in sorted(keys, key=self._banner_rank):
            entry = self._entries.get(key)
            if entry is not None:
                self._teller.fold(entry, fold)
                if entry.incident is None and entry.candidate is Level.NORMAL:
                    del self._entries[key]
        self.reached, self.messages = tuple(fold.reached), tuple(fold.messages)
        return tuple(fold.announcements)

    def _without_closed(
        self, judged: dict[str, Condition], ended: Collection[str], now: float
    ) -> dict[str, Condition]:
        """What is judged, less what a person has resolved and is no worse than it was then."""
        for key, closed in list(self._closed.items()):
            condition = judged.get(key)
            if key in ended or (condition is not None and condition.level > closed.level):
                del self._closed[key]
            elif condition is not None and condition.level > Level.NORMAL:
                closed.well_since = None
                del judged[key]
            elif closed.well_since is None:
                closed.well_since = now
            elif now - closed.well_since >= self._policy.recovery_seconds:
                del self._closed[key]
        return judged

    def _lose_sight(self) -> None:
        for key, entry in self._entries.items():
            entry.candidate = Level.NORMAL
            entry.moment_ends = 0.0
            entry.well_since = None
            entry.rises = 0
            if entry.incident is not None:
                entry.incident = replace(entry.incident, phase="unknown")
                entry.patience_seconds = self._patience(key)

    def _patience(self, key: str) -> float:
        return _PATIENCE_SECONDS.get(key.partition(":")[0], self._policy.recovery_seconds)

    def _banner_rank(self, key: str) -> tuple[int, bool]:
        entry = self._entries.get(key)
        level = entry.incident.level if entry and entry.incident else Level.NORMAL
        return -level, key != PRESSURE_KEY

    # -- levels

    def _fold_level(self, entry: Entry, condition: Condition | None, fold: Fold) -> None:
        now = fold.now
        level = condition.level if condition else Level.NORMAL
        incident = entry.incident
        is_new_moment = condition is not None and condition.is_moment and level > Level.NORMAL
        if is_new_moment:
            entry.moment_ends = now + self._policy.moment_seconds
        elif incident and entry.moment_ends > now and incident.key not in fold.ended:
            return
        current = incident.level if incident and incident.phase != "unknown" else Level.NORMAL
        # Counted from when it left the told level: wavering between two worse ones is no reprieve.
        if entry.candidate <= current:
            entry.candidate_since = now
        entry.candidate = level
        if condition is None or level is Level.NORMAL:
            entry.rises, entry.last_value = 0, None
            self._recover(entry, fold)
            return
        entry.well_since = None
        _count_rises(entry, condition.value)
        if level > current and not self._has_lasted(entry, condition, current, now):
            if incident is not None and incident.phase == "recovering":
                entry.incident = replace(incident, phase="active")
                entry.has_returned = True
            return
        entry.patience_seconds = None
        if incident is not None and level <= incident.reached_level:
            was_well = incident.phase == "recovering"
            if level > incident.level or was_well or is_new_moment:
                entry.has_returned = True
            elif level < incident.level:
                entry.has_returned = False
        before = incident.reached_level if incident else Level.NORMAL
        entry.incident = _judged(condition, incident, fold.wall_seconds)
        if level > before:
            levels = tuple(each for each in Level if before < each <= level)
            fold.reached.append(Reached(incident=entry.incident, levels=levels))

    def _has_lasted(self, entry: Entry, condition: Condition, current: Level, now: float) -> bool:
        """Whether a level is believed that is worse than the present one."""
        if condition.level is Level.EMERGENCY or condition.is_moment or condition.has_lasted:
            return True
        # What is known to be bad and gets worse with every sample is no brief crossing.
        is_steady = entry.rises >= _STEADY_RISES and entry.candidate_since < now
        if is_steady and current > Level.NORMAL:
            return True
        return now - entry.candidate_since >= self._policy.sustain_seconds

    def _recover(self, entry: Entry, fold: Fold) -> None:
        incident, now = entry.incident, fold.now
        if incident is None:
            return
        if entry.well_since is None:
            entry.well_since = now
        was_moment = entry.moment_ends > 0.0
        patience_seconds = self._policy.recovery_seconds
        if entry.patience_seconds is not None:
            patience_seconds = entry.patience_seconds
        elif incident.phase != "recovering":
            incident = entry.incident = replace(incident, phase="recovering")
        is_over = was_moment or incident.key in fold.ended
        if not is_over and now - entry.well_since < patience_seconds:
            return
        reason = fold.end_reason(incident) if incident.key in fold.ended else ""
        self._end(entry, incident, fold, reason, was_moment=was_moment)

    def _end(
        self, entry: Entry, incident: Incident, fold: Fold, reason: str, *, was_moment: bool
    ) -> None:
        entry.incident = entry.well_since = entry.patience_seconds = None
        entry.held = entry.unsent = None
        entry.has_returned, entry.moment_ends = False, 0.0
        over = Announcement(
            what="resolved", incident=incident, reason=reason, was_moment=was_moment
        )
        fold.announcements.append(over)
        if incident.sent_level > Level.NORMAL:
            fold.messages.append(over)


def _judged(condition: Condition, before: Incident | None, wall_seconds: float) -> Incident:
    """The incident as it is judged now; before: as it was, None: it begins."""
    reached = before.reached_level if before else Level.NORMAL
    return Incident(
        key=condition.key,
        subject=condition.subject,
        level=condition.level,
        title=condition.title,
        body=condition.body,
        since_wall_seconds=before.since_wall_seconds if before else wall_seconds,
        reached_level=max(condition.level, reached),
        notified_level=before.notified_level if before else Level.NORMAL,
        sent_level=before.sent_level if before else Level.NORMAL,
        value=condition.value,
        notified_value=before.notified_value if before else None,
        acknowledged=before is not None and before.acknowledged and condition.level <= reached,
        is_doubtful=condition.is_doubtful,
        is_pressing=condition.is_pressing,
        about=condition.about,
        processes=condition.processes,
    )


def _count_rises(entry: Entry, value: float | None) -> None:
    before, entry.last_value = entry.last_value, value
    if value is None or before is None or value < before:
        entry.rises = 0
    elif value > before:
        entry.rises += 1


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
