"""One transition of an incident as facts: what channels, hooks and files are told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from trayapp.dataclass import dataclass
from trayapp.domain.judging.alerting import Announcement, Incident, Reached
from trayapp.domain.records.identity import OTHERS_LEAK, key_of_subject
from trayapp.domain.records.levels import Level
from trayapp.domain.records.series import Event
from trayapp.language.catalogue import N_, _

_DECISIONS = {
    "raised": N_("raised"),
    "escalated": N_("escalated"),
    "worsened": N_("worsened"),
    "resolved": N_("resolved"),
    "held": N_("held"),
    "acknowledged": N_("acknowledged"),
    "reached": N_("level reached"),
}
LEVEL = "level"
"""The kind of the events that an incident came to a level for the first time in its life."""
JOURNAL_KINDS = ("alert", LEVEL, "action", "hook", "channel", "oom", "advice")
"""The kinds of events of which the journal of alerts is made."""
TransitionKind = Literal["raised", "escalated", "resolved"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """An incident became worse or ended. Its texts may hold names that strangers chose."""

    kind: TransitionKind
    key: str
    """The incident; stable."""
    subject: str
    """The target's or application's name; "system"; "memtray"."""
    level: Level
    """Its level; of one that is resolved the worst that it had."""
    title: str
    body: str
    since_wall_seconds: float
    wall_seconds: float
    """When the transition happened."""
    about: str = ""
    """The key of the subject, see `identity`."""
    levels: tuple[Level, ...] = ()
    """What was reached with it, lowest first: more than its level where some were jumped over."""

    @property
    def reached_levels(self) -> tuple[Level, ...]:
        """The levels that count for what is done at each of them."""
        return self.levels or (self.level,)

    def facts(self) -> dict[str, str | float]:
        """Return it as JSON, with units in the keys."""
        about: dict[str, str | float] = {"about": self.about} if self.about else {}
        return about | {
            "transition": self.kind,
            "incident": self.key,
            "subject": self.subject,
            "level": self.level.label,
            "title": self.title,
            "body": self.body,
            "since_wall_seconds": self.since_wall_seconds,
            "wall_seconds": self.wall_seconds,
        }


def facts_of(
    reached: Sequence[Reached], announcements: Sequence[Announcement], wall_seconds: float
) -> Iterator[Transition]:
    """Yield what has happened, whoever hears of it: levels that were reached, and ends."""
    for each in reached:
        is_first = each.levels[0] == Level.WARNING
        kind: TransitionKind = "raised" if is_first else "escalated"
        yield _transition(kind, each.incident, each.levels[-1], wall_seconds, each.levels)
    for announcement in announcements:
        incident = announcement.incident
        if announcement.what == "resolved":
            yield _transition("resolved", incident, incident.reached_level, wall_seconds)


def message_of(announcement: Announcement, wall_seconds: float) -> Transition | None:
    """Return what remote channels are sent; None: nothing."""
    if announcement.what == "held" or announcement.what == "worsened":
        return None
    incident = announcement.incident
    level = incident.sent_level if announcement.what == "resolved" else incident.level
    return _transition(announcement.what, incident, level, wall_seconds)


def level_events(reached: Sequence[Reached], wall_seconds: float) -> Iterator[Event]:
    """For the journal: one for each level that was reached."""
    for each in reached:
        incident = each.incident
        for level in each.levels:
            yield Event(
                wall_seconds=wall_seconds,
                kind=LEVEL,
                subject=incident.subject,
                level=level.label,
                text=incident.title,
                data={
                    "incident": incident.key,
                    "about": incident.identity,
                    "what": "reached",
                    "body": incident.body,
                },
            )


def _transition(
    kind: TransitionKind,
    incident: Incident,
    level: Level,
    wall_seconds: float,
    levels: tuple[Level, ...] = (),
) -> Transition:
    return Transition(
        kind=kind,
        key=incident.key,
        subject=incident.subject,
        level=level,
        title=incident.title,
        body=incident.body,
        since_wall_seconds=incident.since_wall_seconds,
        wall_seconds=wall_seconds,
        about=incident.identity,
        levels=levels,
    )


def key_of_transition(transition: Transition) -> str:
    """Return the key of its subject; earlier versions kept a name only."""
    if transition.about and transition.about != transition.subject:
        return transition.about
    is_other = transition.key.startswith(f"{OTHERS_LEAK}:")
    return "" if is_other else key_of_subject(transition.subject)


def decision_said(what: str) -> str:
    """Return a decision about an alert in the person's language; other texts as they are."""
    return _(_DECISIONS[what]) if what in _DECISIONS else what
