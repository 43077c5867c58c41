"""What a kind of advice is, and what it is given."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Protocol

from trayapp.domain.judging.advice.case import Case, Machine
from trayapp.domain.judging.advice.records import RESTART, Act, Advice
from trayapp.domain.judging.application_trends import ApplicationView
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
    facts, pid = case.facts, _left_pid(case)
    if pid is not None:
        text = _("Restart process {pid}, which `memtray run` did not start")
        return Act(text.format(pid=pid), "", "medium", seconds=10.0)
    can_do = not facts.refusal and (facts.is_guarded or facts.unit)
    return Act(what or _("Restart it"), RESTART if can_do else "", "medium", seconds=10.0)


def _left_pid(case: Case) -> int | None:
    """Return the process that matters and is not restarted by guarded runs; None: there is none.

    That is the one that grows, else, where most of the size is left as it is, the largest of that.
    """
    facts, view = case.facts, case.view
    if not facts.is_guarded or not facts.left_pids:
        return None
    grown = view.leak_pid if isinstance(view, ApplicationView) else None
    if grown is not None and view.leak.level != "healthy":
        return grown if grown in facts.left_pids else None
    return facts.left_pids[0] if facts.is_mostly_left else None
