"""One piece of advice: what to do about one program or the machine, and on what evidence."""

from __future__ import annotations

from typing import Literal

from trayapp.dataclass import NamedTuple, dataclass
from trayapp.language.catalogue import N_, _

Risk = Literal["low", "medium", "high"]
Urgency = Literal["now", "soon", "whenever"]
Source = Literal["this target", "its kind", "recorded programs", "evidence"]
Priority = Literal["low", "medium", "high", "critical"]
PRIORITIES: tuple[Priority, ...] = ("low", "medium", "high", "critical")
FREE, COLLECT, EMPTY, RESTART, SET_LIMIT = "free", "collect", "empty", "restart", "limit"
EXCEPT = "exception"
"""What Memtray can do itself; "" in an action: only a person can."""
_RISKS = {"low": N_("low risk"), "medium": N_("medium risk"), "high": N_("high risk")}
_PRIORITIES = {
    "low": N_("low"),
    "medium": N_("medium"),
    "high": N_("high"),
    "critical": N_("critical"),
}


class Act(NamedTuple):
    """One way to follow a piece of advice."""

    what: str
    """For people: half a sentence, such as "Restart it"."""
    does: str = ""
    """What of it Memtray can do: one of FREE … EXCEPT; "": a person has to."""
    risk: Risk = "low"
    undo: str = ""
    """How it is undone, for people; "": it cannot be, or need not."""
    seconds: float = 1.0
    """How long it takes, roughly."""
    bytes: int | None = None
    """Of SET_LIMIT: the new limit."""
    entry: str = ""
    """Of EXCEPT: the entry in the settings."""

    @property
    def is_automatic(self) -> bool:
        return bool(self.does)


class Saving(NamedTuple):
    """What following it will give back."""

    low_bytes: int
    high_bytes: int
    source: Source
    """Whose measurements the range comes from; "evidence": the program's own account alone."""
    samples: int = 0
    """How many measurements."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What to do about one program, or about the machine."""

    kind: str
    about: str
    """The key of whom it is about, see `identity`."""
    name: str
    """The same for people; comes from strangers."""
    title: str
    evidence: str
    """Sentences with the figures it goes by."""
    unless: str = ""
    """When it is not to be followed: one sentence."""
    acts: tuple[Act, ...]
    offered_bytes: int = 0
    """What by the evidence alone could come back at most; 0: it is not about that."""
    kept_bytes: int | None = None
    """The size of the program when this was said."""
    confidence: float = 0.5
    """0 to 1: how sure the evidence is."""
    saving: Saving | None = None
    """None: not known, or it saves nothing by itself."""
    urgency: Urgency = "whenever"
    priority: Priority = "low"
    topic: str = ""
    """What tells it from others of its kind about the same; "": there are none."""

    @property
    def id(self) -> str:
        """Stable: the same advice about the same program keeps it."""
        return f"{self.kind}:{self.topic or self.about}"

    @property
    def automatic(self) -> Act | None:
        """The first of its actions that Memtray can do itself."""
        return next((act for act in self.acts if act.is_automatic), None)


def risk_said(risk: str) -> str:
    return _(_RISKS.get(risk, risk))


def priority_said(priority: str) -> str:
    return _(_PRIORITIES.get(priority, priority))
