"""From what is judged at every tick to what a person is told: raised once, escalated, resolved.

Each thing that is judged goes through: *watching* (bad, but not for long enough), *active*,
*recovering* (well again, but not for long enough), *resolved*; *unknown* after a gap or a restart,
until it is judged again. A state machine without a clock of its own: the same conditions at the
same times give the same announcements, live or replayed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from trayapp.dataclass import replace
from trayapp.domain.judging.alerting import (
    PRESSURE_KEY,
    AlertPolicy,
    Announcement,
    Condition,
    Incident,
    Memory,
    Quiet,
    Reached,
)
from trayapp.domain.judging.announcing import Closed, Entry, Teller, Tick
from trayapp.domain.judging.exceptions import is_excepted
from trayapp.domain.judging.judges import JUDGES
from trayapp.domain.records.levels import Level
from trayapp.language.catalogue import _

GAP_SECONDS = 60.0
"""After a longer pause between two ticks (suspend, tracking paused) nothing is known to go on."""
_PATIENCE_SECONDS = {judge.key: judge.patience_seconds for judge in JUDGES}
_STEADY_RISES = 3
"""So many rises in a row are no brief crossing."""


class IncidentBook:
    """Every open incident, and what was told of it. Bounded by the keys that are judged.

    Three streams come of a tick: levels that were *reached*, which is what automatic actions,
    hooks and files go by; banners, which keep to all rules of politeness; and messages for
    channels far away, which only heed what the person does not want to hear, and repetition.
    """

    def __init__(self, policy: AlertPolicy) -> None:
        self._policy = policy
        self.reached: tuple[Reached, ...] = ()
        """What the last tick found."""
        self.messages: tuple[Announcement, ...] = ()
        """What channels are to be told since the last tick, or are not and why."""
        self._entries: dict[str, Entry] = {}
        self._teller = Teller(policy)
        self._last_tick: float | None = None
        self._kept: Memory | None = None
        self._closed: dict[str, Closed] = {}
        """What a person has resolved: not raised again for being as it was."""
        self._to_close: dict[str, str] = {}

    @property
    def policy(self) -> AlertPolicy:
        return self._policy

    @policy.setter
    def policy(self, policy: AlertPolicy) -> None:
        self._policy = self._teller.policy = policy

    def open_incidents(self) -> tuple[Incident, ...]:
        """Return the open incidents, worst first, then oldest first."""
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
        """End an incident with the next tick, as a person says that it is dealt with.

        It is raised again when it gets worse than it ever was, or after it has been well. False:
        there is none open of that key.
        """
        entry = self._entries.get(key)
        if entry is None or entry.incident is None:
            return False
        self._to_close[key] = _("marked as resolved")
        self._closed[key] = Closed(level=entry.incident.reached_level)
        return True

    def move(self, key: str, new_key: str, subject: str, about: str) -> None:
        """Let an incident go on as one about something else, which is the same under another name.

        What was told, and what a person said of it, stays. Nothing is open of the key: no more than
        what is remembered of it.
        """
        entry = self._entries.get(key)
        if new_key not in self._entries and entry is not None and entry.incident is not None:
            incident = entry.incident
            self._teller.move(incident, new_key, about)
            entry.incident = replace(incident, key=new_key, subject=subject, about=about)
            self._entries[new_key] = self._entries.pop(key)
        if key in self._closed:
            self._closed[new_key] = self._closed.pop(key)
        if key in self._to_close:
            self._to_close[new_key] = self._to_close.pop(key)

    def memory(self) -> Memory:
        """Return what is to outlive a restart beside the open incidents."""
        told = self._teller.memory(self._last_tick or 0.0)
        closed = {key: closed.level for key, closed in self._closed.items()}
        return replace(told, closed=closed)

    def restore(self, incidents: Iterable[Incident], memory: Memory | None = None) -> None:
        """Continue with what was open when Memtray ended; before the first `update`.

        What was told is not told again. Whether it goes on is unknown until it is judged.
        """
        self._kept = memory
        for incident in incidents:
            self._entries[incident.key] = Entry(
                incident=replace(incident, phase="unknown"),
                patience_seconds=self._patience(incident.key),
            )

    def update(
        self,
        monotonic_seconds: float,
        wall_seconds: float,
        conditions: Iterable[Condition],
        quiet: Quiet,
        ended: Collection[str] | Mapping[str, str] = (),
    ) -> tuple[Announcement, ...]:
        """Update with this tick's conditions; return what banners announce, or why not.

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
        if self._last_tick is not None and now - self._last_tick > GAP_SECONDS:
            self._lose_sight()
        self._last_tick = now
        self._teller.forget_proofs(ended)
        judged = {each.key: each for each in conditions if each.key not in ended}
        judged = self._without_closed(judged, ended, now)
        if self._to_close:
            reasons = ended if isinstance(ended, Mapping) else dict.fromkeys(ended, "")
            ended, self._to_close = {**reasons, **self._to_close}, {}
        tick = Tick(now=now, wall_seconds=wall_seconds, quiet=quiet, ended=ended)
        keys = [*judged, *(key for key in self._entries if key not in judged)]
        for key in keys:
            condition = judged.get(key)
            entry = self._entries.get(key)
            if entry is None:
                if condition is None or condition.level is Level.NORMAL:
                    continue
                entry = self._entries[key] = Entry()
            self._judge_level(entry, condition, tick)
        # The machine's shortage first: it decides what else is told.
        pressure = self._entries.get(PRESSURE_KEY)
        tick.shortage = pressure.incident if pressure else None
        for key in sorted(keys, key=self._banner_rank):
            entry = self._entries.get(key)
            if entry is not None:
                self._teller.decide(entry, tick)
                if entry.incident is None and entry.candidate is Level.NORMAL:
                    del self._entries[key]
        self.reached, self.messages = tuple(tick.reached), tuple(tick.messages)
        return tuple(tick.announcements)

    def _without_closed(
        self, judged: dict[str, Condition], ended: Collection[str], now: float
    ) -> dict[str, Condition]:
        """Return the conditions less what a person has resolved and is no worse since."""
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
        patience_seconds = _PATIENCE_SECONDS.get(key.partition(":")[0])
        return self._policy.recovery_seconds if patience_seconds is None else patience_seconds

    def _banner_rank(self, key: str) -> tuple[int, bool]:
        entry = self._entries.get(key)
        level = entry.incident.level if entry and entry.incident else Level.NORMAL
        return -level, key != PRESSURE_KEY

    # -- levels

    def _judge_level(self, entry: Entry, condition: Condition | None, tick: Tick) -> None:
        now = tick.now
        level = condition.level if condition else Level.NORMAL
        incident = entry.incident
        is_new_moment = condition is not None and condition.is_moment and level > Level.NORMAL
        if is_new_moment:
            entry.moment_ends = now + self._policy.moment_seconds
        elif incident and entry.moment_ends > now and incident.key not in tick.ended:
            return
        current = incident.level if incident and incident.phase != "unknown" else Level.NORMAL
        # Counted from when it left the told level: wavering between two worse ones is no reprieve.
        if entry.candidate <= current:
            entry.candidate_since = now
        entry.candidate = level
        if condition is None or level is Level.NORMAL:
            entry.rises, entry.last_value = 0, None
            self._recover(entry, tick)
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
        excepted = is_excepted(self._policy.exceptions, condition.key, condition.level)
        entry.incident = _judged(condition, incident, tick.wall_seconds, excepted=excepted)
        if level > before:
            levels = tuple(each for each in Level if before < each <= level)
            tick.reached.append(Reached(incident=entry.incident, levels=levels))

    def _has_lasted(self, entry: Entry, condition: Condition, current: Level, now: float) -> bool:
        """Return whether a level that is worse than the present one is believed."""
        if condition.level is Level.EMERGENCY or condition.is_moment or condition.has_lasted:
            return True
        # What is known to be bad and gets worse with every sample is no brief crossing.
        is_steady = entry.rises >= _STEADY_RISES and entry.candidate_since < now
        if is_steady and current > Level.NORMAL:
            return True
        return now - entry.candidate_since >= self._policy.sustain_seconds

    def _recover(self, entry: Entry, tick: Tick) -> None:
        incident, now = entry.incident, tick.now
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
        is_over = was_moment or incident.key in tick.ended
        if not is_over and now - entry.well_since < patience_seconds:
            return
        reason = tick.end_reason(incident) if incident.key in tick.ended else ""
        self._end(entry, incident, tick, reason, was_moment=was_moment)

    def _end(
        self, entry: Entry, incident: Incident, tick: Tick, reason: str, *, was_moment: bool
    ) -> None:
        entry.incident = entry.well_since = entry.patience_seconds = None
        entry.held = entry.unsent = None
        entry.has_returned, entry.moment_ends = False, 0.0
        over = Announcement(
            what="resolved", incident=incident, reason=reason, was_moment=was_moment
        )
        tick.announcements.append(over)
        if incident.sent_level > Level.NORMAL:
            tick.messages.append(over)


def _judged(
    condition: Condition, before: Incident | None, wall_seconds: float, *, excepted: bool
) -> Incident:
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
        acknowledged=excepted
        or (
            before is not None
            and before.acknowledged
            and not before.is_excepted
            and condition.level <= reached
        ),
        is_excepted=excepted,
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
