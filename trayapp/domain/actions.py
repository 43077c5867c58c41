"""What Memtray does by itself about a target, and what keeps it from overdoing that.

No clock of its own: the same transitions and sizes at the same times give the same decisions.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from trayapp.domain.incidents import TARGET_INCIDENTS
from trayapp.domain.language import N_, _, format_number, ngettext
from trayapp.domain.levels import Level
from trayapp.domain.records import Event, JsonValue
from trayapp.domain.samples import ProcessKey
from trayapp.domain.transitions import Transition
from trayapp.domain.units import format_percent, format_size
from trayapp.domain.view import TargetView

ACTION = "action"
"""The kind of the events about them."""
HOUR_SECONDS = 3600.0
LASTING_SECONDS = 60.0
"""So long the effect of an action must last, or it is not tried again for that incident."""
BACK_SHARE = 0.95
"""A target that uses so much of what it used before is back."""

SNAPSHOT, COLLECT, CLEANUP, RESTART, TERMINATE = (
    "snapshot", "collect", "cleanup", "restart", "terminate"
)  # fmt: skip
# What shows how it was comes first, what ends it last, however the settings put them.
_ORDER = (SNAPSHOT, COLLECT, CLEANUP, RESTART, TERMINATE)
_NOUNS = {
    SNAPSHOT: N_("snapshot"),
    COLLECT: N_("garbage collection"),
    CLEANUP: N_("cleanup"),
    RESTART: N_("restart"),
    TERMINATE: N_("termination"),
}
Outcome = Literal["begun", "refused", "done", "failed", "did_not_last"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionPolicy:
    """What may be done; by default, nothing."""

    actions: Mapping[str, Mapping[Level, tuple[str, ...]]] = field(default_factory=dict)
    """By target and level: the names above."""
    per_hour: int = 4
    """Most often of each action on each target."""
    may_terminate: bool = False


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
            "{name}: {action} by itself, as it is {level}; "
            "{count} of at most {most} within an hour."
        )
        if self.refusal is not None:
            text = _("No {name}: {action} by itself: {reason}.")
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
        """What became of it; `data` are figures beside the decision's own."""
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

    def remember(self, now: float, wall_seconds: float, events: Iterable[Event]) -> None:
        """Go on from what the history tells of earlier runs; its `ACTION` events in their order."""
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
        """What to do about an incident that was raised, became worse or ended."""
        if transition.kind == "resolved":
            watched = {decision.incident for _, decision in self._watched.values()}
            if transition.key in self._useless or transition.key in watched:
                self._ended[transition.key] = now
            return ()
        ended = self._ended.pop(transition.key, now)
        if now - ended >= HOUR_SECONDS:
            # Another one of the same kind; what comes back sooner never really went.
            self._useless.pop(transition.key, None)
        kind, _, name = transition.key.partition(":")
        wanted = policy.actions.get(name, {}).get(transition.level, ())
        if kind not in TARGET_INCIDENTS or name != transition.subject or not wanted:
            return ()
        target = next((each for each in targets if each.name == name), TargetView(name=name))
        return tuple(
            self._decide(now, action, transition, target, policy)
            for action in _ORDER
            if action in wanted
        )

    def follow_up(
        self, now: float, wall_seconds: float, targets: Iterable[TargetView]
    ) -> tuple[Event, ...]:
        """Look again at what was done a minute ago; at every tick, before `decide`."""
        if not self._watched and not self._ended:
            return ()
        sizes = {target.name: target.rss_bytes for target in targets}
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
        """What was to help could not be done: it is not tried again for that incident."""
        self._watched.pop((decision.target, decision.action), None)
        self._give_up(decision.incident, decision.action, _unended(reason))

    def _decide(
        self,
        now: float,
        action: str,
        transition: Transition,
        target: TargetView,
        policy: ActionPolicy,
    ) -> Decision:
        times = self._times(target.name, action)
        while times and now - times[0] >= HOUR_SECONDS:
            times.popleft()
        refusal = self._refusal(now, action, transition.key, target, policy, len(times))
        if refusal is None:
            times.append(now)
        decision = Decision(
            action=action,
            target=target.name,
            incident=transition.key,
            level=transition.level,
            wall_seconds=transition.wall_seconds,
            refusal=refusal,
            hour_count=len(times),
            per_hour=policy.per_hour,
            before_bytes=target.rss_bytes,
            processes=target.keys,
        )
        if refusal is None and action != SNAPSHOT:  # which is to have no effect
            self._watched[target.name, action] = (now, decision)
        return decision

    def _refusal(
        self,
        now: float,
        action: str,
        incident: str,
        target: TargetView,
        policy: ActionPolicy,
        hour_count: int,
    ) -> str | None:
        useless = self._useless.get(incident, {}).get(action)
        watched = self._watched.get((target.name, action))
        if action == TERMINATE and not policy.may_terminate:
            return _("terminate_phrase does not stand in the settings")
        if action != SNAPSHOT and (target.rss_bytes is None or not target.keys):
            return _("it is not running")
        if useless is not None:
            return _("it did not help before ({reason})").format(reason=useless)
        if watched is not None:
            seconds = format_number(now - watched[0])
            return _("the one {seconds} s ago has first to show its effect").format(seconds=seconds)
        if hour_count >= policy.per_hour:
            return ngettext(
                "{count} within the hour is the most that is allowed",
                "{count} within the hour are the most that is allowed",
                hour_count,
            ).format(count=hour_count)
        return None

    def _times(self, target: str, action: str) -> deque[float]:
        return self._done.setdefault((target, action), deque())

    def _give_up(self, incident: str, action: str, reason: str) -> None:
        if action != SNAPSHOT:
            self._useless.setdefault(incident, {})[action] = reason


def _is_back(later_bytes: int, before_bytes: int | None) -> bool:
    return before_bytes is not None and later_bytes >= BACK_SHARE * before_bytes


def _back_text(decision: Decision, later_bytes: int, later_seconds: int) -> str:
    before_bytes = decision.before_bytes or 0
    return _(
        "{name}: {seconds} s after the {action} it uses {size}, {share} of what it used before"
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
