"""One transition of an incident as facts: what channels, hooks and files are told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from trayapp.domain.incidents import Announcement
from trayapp.domain.language import N_, _
from trayapp.domain.levels import Level

_DECISIONS = {
    "raised": N_("raised"),
    "escalated": N_("escalated"),
    "worsened": N_("worsened"),
    "resolved": N_("resolved"),
    "held": N_("held"),
    "acknowledged": N_("acknowledged"),
}
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
    """Its level; of one that is resolved the worst that was told."""
    title: str
    body: str
    since_wall_seconds: float
    wall_seconds: float
    """When the transition happened."""

    def facts(self) -> dict[str, str | float]:
        """As JSON; keys carry their units."""
        return {
            "transition": self.kind,
            "incident": self.key,
            "subject": self.subject,
            "level": self.level.label,
            "title": self.title,
            "body": self.body,
            "since_wall_seconds": self.since_wall_seconds,
            "wall_seconds": self.wall_seconds,
        }


def transition_of(announcement: Announcement, wall_seconds: float) -> Transition | None:
    """None for what was held: nothing has happened that anybody is to be told."""
    if announcement.what == "held" or announcement.what == "worsened":
        return None
    incident = announcement.incident
    return Transition(
        kind=announcement.what,
        key=incident.key,
        subject=incident.subject,
        level=incident.notified_level if announcement.what == "resolved" else incident.level,
        title=incident.title,
        body=incident.body,
        since_wall_seconds=incident.since_wall_seconds,
        wall_seconds=wall_seconds,
    )


def decision_said(what: str) -> str:
    """What was decided about an alert, in the person's language; another text as it is."""
    return _(_DECISIONS[what]) if what in _DECISIONS else what
