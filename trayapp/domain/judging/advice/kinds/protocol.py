"""What a kind of advice is, and what it is given."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Protocol

from trayapp.domain.judging.advice.case import Case, Machine
from trayapp.domain.judging.advice.records import RESTART, Act, Advice
from trayapp.language.catalogue import _


class Kind(Protocol):
    """One kind of advice; remembers nothing."""

    key: ClassVar[str]
    """Stands in identities and in JSON."""
    is_about_machine: ClassVar[bool] = False
    """Whether it is asked once about the machine rather than about each program."""

    def advise(self, case: Case, machine: Machine, /) -> Advice | None:
        """Return what to do about one program; None: nothing, or not enough is known."""

    def advise_machine(self, machine: Machine, /) -> Iterable[Advice]:
        """Return what to do about the machine, or about what the person wants to hear of."""


class ProgramKind:
    """A kind about single programs."""

    key: ClassVar[str]
    is_about_machine: ClassVar[bool] = False

    def advise_machine(self, _machine: Machine, /) -> Iterable[Advice]:
        return ()

    def made(
        self,
        case: Case,
        title: str,
        evidence: str,
        unless: str,
        *acts: Act,
        offered_bytes: float = 0,
        confidence: float = 0.7,
    ) -> Advice:
        """Return advice of this kind about a program."""
        return Advice(
            kind=self.key,
            about=case.about,
            name=case.name,
            title=title,
            evidence=evidence,
            unless=unless,
            acts=acts,
            offered_bytes=round(offered_bytes),
            kept_bytes=case.view.rss_bytes,
            confidence=confidence,
        )


def restart_act(case: Case, what: str = "") -> Act:
    """Return the action of restarting a program: Memtray's, where it can, else the person's."""
    facts = case.facts
    can_do = not facts.refusal and (facts.is_guarded or facts.unit)
    return Act(what or _("Restart it"), RESTART if can_do else "", "medium", seconds=10.0)
