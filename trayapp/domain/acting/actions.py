"""What Memtray does by itself about a target, and what keeps it from overdoing that.

No clock of its own: the same transitions and sizes at the same times give the same decisions.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Literal

from trayapp.dataclass import NamedTuple, dataclass
from trayapp.domain.acting.action_policy import (
    CLEANUP,
    COLLECT,
    DUMP,
    ORDER,
    RESTART,
    SNAPSHOT,
    TERMINATE,
    ActionPolicy,
    Added,
)  # fmt: skip
from trayapp.domain.judging.alerting import Incident
from trayapp.domain.judging.judges import TARGET_INCIDENTS
from trayapp.domain.judging.transitions import Transition
from trayapp.domain.judging.view import TargetView
from trayapp.domain.records.levels import Level
from trayapp.domain.records.samples import ProcessKey
from trayapp.domain.records.series import Event, JsonValue
from trayapp.language.catalogue import N_, _, format_number, ngettext
from trayapp.language.units import format_percent, format_size

ACTION = "action"
"""The kind of the events about them."""
HOUR_SECONDS = 3600.0
LASTING_SECONDS = 60.0
"""So long the effect of an action must last, or it is not tried again for that incident."""
BACK_SHARE = 0.95
"""A target that uses so much of what it used before is back."""

_ONLY_LOOKING = (SNAPSHOT, DUMP)
"""They are to have no effect on the size."""
_NOUNS = {
    SNAPSHOT: N_("snapshot"),
    # Translators: a file with the memory of a program.
    DUMP: N_("memory dump"),
    COLLECT: N_("garbage collection"),
    CLEANUP: N_("freeing memory"),
    RESTART: N_("restart"),
    TERMINATE: N_("termination"),
}
Outcome = Literal["begun", "refused", "done", "failed", "did_not_last"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One action that the settings ask for: to be done, or why not."""

    action: str
    target: str
    incident: str
    """Its key."""
    level: Level
    wall_seconds: float
    refusal: str | None
    """Why it is not done: half a sentence. None: it is to be done now."""
    hour_count: int
    """How often within the last hour, this one included."""
    per_hour: int
    before_bytes: int | None
    """Resident set of the target; None: not running."""
    processes: tuple[ProcessKey, ...] = ()
    """Of the target, at this moment."""

    def as_event(self) -> Event:
        """For the history, before anything is done."""
        text = _(
            "{name}: automatic action ({action}) at level {level}; {count} of at most {most} per "
            "hour."
        )
        if self.refusal is not None:
            text = _("{name}: no automatic action ({action}): {reason}.")
        said = text.format(
            name=self.target,
            action=_(_NOUNS[self.action]),
            level=self.level.said,
            count=self.hour_count,
            most=self.per_hour,
            reason=self.refusal,
        )
        return self.event("begun" if self.refusal is None else "refused", self.wall_seconds, said)

    def event(self, outcome: Outcome, wall_seconds: float, text: str, **data: JsonValue) -> Event:
        """Return the event about what became of it; `data`: figures beside the decision's own."""
        return Event(
            wall_seconds=wall_seconds,
            kind=ACTION,
            subject=self.target,
            text=text,
            data={
                "action": self.action,
                "outcome": outcome,
                "incident": self.incident,
                "incident_level": self.level.label,
                "reason": self.refusal,
                "hour_count": self.hour_count,
                "per_hour": self.per_hour,
                "before_bytes": self.before_bytes,
                "process_count": len(self.processes),
                **data,
            },
        )


class _Place(NamedTuple):
    """Where in its life an incident is."""

    incident: str
    level: Level
    wall_seconds: float


class ActionKeeper:
    """Decides, and remembers what became of it. One thread at a time; times are monotonic.

    Bounded: what is older than an hour, or belongs to an incident that ended so long ago, is
    forgotten.
    """

    def __init__(self) -> None:
        self._done: dict[tuple[str, str], deque[float]] = {}
        """When each action was begun, by target and action; of the last hour."""
        self._watched: dict[tuple[str, str], tuple[float, Decision]] = {}
        """What was begun within the last minute, by target and action."""
        self._useless: dict[str, dict[str, str]] = {}
        """By incident and action: why it is not tried again."""
        self._ended: dict[str, float] = {}
        """When those incidents ended."""
        self._waiting: dict[tuple[str, str, Level], str] = {}
        """What cannot be done yet, by incident, action and level: the reason that was told."""

    def remember(self, now: float, wall_seconds: float, events: Iterable[Event]) -> None:
        """Continue from earlier runs' `ACTION` events, given in their order."""
        for event in events:
            data, age_seconds = event.data, max(0.0, wall_seconds - event.wall_seconds)
            action, incident = str(data.get("action")), str(data.get("incident"))
            if event.kind != ACTION or age_seconds >= HOUR_SECONDS:
                continue
            if data.get("outcome") == "begun":
                self._times(event.subject, action).append(now - age_seconds)
            elif data.get("outcome") in ("failed", "did_not_last"):
                self._give_up(incident, action, _unended(event.text))
                self._ended[incident] = now

    def decide(
        self,
        now: float,
        transition: Transition,
        targets: Iterable[TargetView],
        policy: ActionPolicy,
    ) -> tuple[Decision, ...]:
        """Return what to do about an incident that reached levels or ended.

        Where a level was jumped over, what is to be done at it is done as well, before the rest.
        """
        if transition.kind == "resolved":
            self._stop_waiting(transition.key)
            watched = {decision.incident for _, decision in self._watched.values()}
            if transition.key in self._useless or transition.key in watched:
                self._ended[transition.key] = now
            return ()
        ended = self._ended.pop(transition.key, now)
        if now - ended >= HOUR_SECONDS:
            # Another one of the same kind; what comes back sooner never really went.
            self._useless.pop(transition.key, None)
        kind, _, name = transition.key.partition(":")
        if kind not in TARGET_INCIDENTS or name != transition.subject:
            return ()
        target = next((each for each in targets if each.name == name), TargetView(name=name))
        wanted = policy.wanted(name)
        decisions: list[Decision] = []
        for level in transition.reached_levels:
            for action in ORDER:
                if action in wanted.get(level, ()):
                    place = _Place(transition.key, level, transition.wall_seconds)
                    barred = _done_already(decisions)
                    decisions.append(self._decide(now, action, place, target, policy, barred))
        return tuple(decisions)

    def catch_up(
        self,
        now: float,
        wall_seconds: float,
        added: Iterable[Added],
        targets: Iterable[TargetView],
        policy: ActionPolicy,
    ) -> tuple[Decision, ...]:
        """Return what to do about actions that were added while their level was reached already.

        What ends a program is not done while somebody is still at the settings.
        """
        views = {target.name: target for target in targets}
        decisions: list[Decision] = []
        for name, incident, level, action in added:
            late = _("level {level} was reached before it was added; it runs at the next incident")
            barred = dict.fromkeys((RESTART, TERMINATE), late.format(level=level.said))
            barred |= _done_already(each for each in decisions if each.target == name)
            place, target = (
                _Place(incident, level, wall_seconds),
                views.get(name, TargetView(name=name)),
            )
            decisions.append(self._decide(now, action, place, target, policy, barred))
        return tuple(decisions)

    @property
    def is_waiting(self) -> bool:
        return bool(self._waiting)

    def retry(
        self,
        now: float,
        wall_seconds: float,
        incidents: Iterable[Incident],
        targets: Iterable[TargetView],
        policy: ActionPolicy,
    ) -> tuple[Decision, ...]:
        """Return what could not be done at its level and can be now, or never; for every tick.

        It waits for as long as its incident is open at that level, and is asked for.
        """
        levels = {each.key: each.level for each in incidents if each.phase == "active"}
        views = {target.name: target for target in targets}
        decisions = []
        for (incident, action, level), told in list(self._waiting.items()):
            name = incident.partition(":")[2]
            if action not in policy.wanted(name).get(level, ()):
                del self._waiting[incident, action, level]
            elif levels.get(incident, Level.NORMAL) >= level:
                target = views.get(name, TargetView(name=name))
                refusal, is_passing = self._refusal(now, action, incident, target, policy)
                if is_passing:
                    continue
                del self._waiting[incident, action, level]
                if refusal != told:
                    place = _Place(incident, level, wall_seconds)
                    decisions.append(self._decide(now, action, place, target, policy))
        return tuple(decisions)

    def follow_up(
        self, now: float, wall_seconds: float, targets: Iterable[TargetView]
    ) -> tuple[Event, ...]:
        """Look again at what was done a minute ago; at every tick, before `decide`."""
        if not self._watched and not self._ended:
            return ()
        sizes = {target.name: target.size_bytes for target in targets}
        events = []
        for place, (begun, decision) in list(self._watched.items()):
            if now - begun < LASTING_SECONDS:
                continue
            del self._watched[place]
            later_bytes = sizes.get(decision.target)
            if later_bytes is not None and _is_back(later_bytes, decision.before_bytes):
                later_seconds = round(now - begun)
                text = _back_text(decision, later_bytes, later_seconds)
                self._give_up(decision.incident, decision.action, text)
                events.append(
                    decision.event(
                        "did_not_last",
                        wall_seconds,
                        _("{sentence}; not repeated for this incident.").format(sentence=text),
                        later_bytes=later_bytes,
                        later_seconds=later_seconds,
                    )
                )
        for incident in [key for key, at in self._ended.items() if now - at >= HOUR_SECONDS]:
            del self._ended[incident]
            self._useless.pop(incident, None)
        return tuple(events)

    def note_failure(self, decision: Decision, reason: str) -> None:
        """Do not try an action that failed again for that incident."""
        self._watched.pop((decision.target, decision.action), None)
        self._give_up(decision.incident, decision.action, _unended(reason))

    def _decide(
        self,
        now: float,
        action: str,
        place: _Place,
        target: TargetView,
        policy: ActionPolicy,
        barred: Mapping[str, str] | None = None,
    ) -> Decision:
        refusal, is_passing = self._refusal(now, action, place.incident, target, policy)
        if barred and action in barred:
            refusal, is_passing = barred[action], False
        times = self._times(target.name, action)
        if refusal is None:
            times.append(now)
        elif is_passing:
            self._waiting[place.incident, action, place.level] = refusal
        decision = Decision(
            action=action,
            target=target.name,
            incident=place.incident,
            level=place.level,
            wall_seconds=place.wall_seconds,
            refusal=refusal,
            hour_count=len(times),
            per_hour=_most_per_hour(action, policy),
            before_bytes=target.size_bytes,
            processes=target.keys,
        )
        if refusal is None and action not in _ONLY_LOOKING:
            self._watched[target.name, action] = (now, decision)
        return decision

    def _refusal(
        self, now: float, action: str, incident: str, target: TargetView, policy: ActionPolicy
    ) -> tuple[str | None, bool]:
        """Return why it is not done now (None: it is) and whether that may pass."""
        times = self._times(target.name, action)
        while times and now - times[0] >= HOUR_SECONDS:
            times.popleft()
        useless = self._useless.get(incident, {}).get(action)
        watched = self._watched.get((target.name, action))
        if action == TERMINATE and not policy.may_terminate:
            return _("terminate_phrase is not set in the settings"), False
        if action != SNAPSHOT and (target.rss_bytes is None or not target.keys):
            return _("it is not running"), True
        if useless is not None:
            return _("it did not help before ({reason})").format(reason=useless), False
        if watched is not None:
            seconds = format_number(now - watched[0])
            text = _("waiting for the effect of the one {seconds} s ago")
            return text.format(seconds=seconds), True
        if len(times) >= _most_per_hour(action, policy):
            text = ngettext(
                "the limit of {count} per hour is reached",
                "the limit of {count} per hour is reached",
                len(times),
            )
            return text.format(count=len(times)), True
        return None, False

    def _stop_waiting(self, incident: str) -> None:
        for place in [place for place in self._waiting if place[0] == incident]:
            del self._waiting[place]

    def _times(self, target: str, action: str) -> deque[float]:
        return self._done.setdefault((target, action), deque())

    def _give_up(self, incident: str, action: str, reason: str) -> None:
        if action != SNAPSHOT:
            self._useless.setdefault(incident, {})[action] = reason


def _done_already(decisions: Iterable[Decision]) -> dict[str, str]:
    """Return why what was decided is not done again, by action."""
    text = _("it already ran at level {level}")
    return {
        each.action: text.format(level=each.level.said) for each in decisions if not each.refusal
    }


def _most_per_hour(action: str, policy: ActionPolicy) -> int:
    # The program stands still meanwhile, and the file may be as large as it.
    return 1 if action == DUMP else policy.per_hour


def _is_back(later_bytes: int, before_bytes: int | None) -> bool:
    return before_bytes is not None and later_bytes >= BACK_SHARE * before_bytes


def _back_text(decision: Decision, later_bytes: int, later_seconds: int) -> str:
    before_bytes = decision.before_bytes or 0
    return _(
        "{name}: {seconds} s after {action} it uses {size}, {share} of what it used before"
    ).format(
        name=decision.target,
        seconds=later_seconds,
        action=_(_NOUNS[decision.action]),
        size=format_size(later_bytes),
        share=format_percent(later_bytes / before_bytes if before_bytes else None),
    )


def _unended(sentence: str) -> str:
    """Without its full stop, to stand in another sentence."""
    return sentence.rstrip(".。")
