"""Asking all kinds of advice about every program, and only of what has changed."""

from __future__ import annotations

from collections.abc import Iterable
from operator import is_

from trayapp.domain.judging.advice.case import Case, Machine
from trayapp.domain.judging.advice.kinds import KINDS
from trayapp.domain.judging.advice.records import Advice

Found = list[tuple[Advice, Case | None]]
_OF_PROGRAMS = [kind.advise for kind in KINDS if not kind.is_about_machine]
_OF_MACHINE = [kind.advise_machine for kind in KINDS if kind.is_about_machine]


class Asker:
    """Asks the kinds; what was said of a program stands until its evidence changes.

    That is renewed once a minute as a rule, and asked for every ten seconds.
    """

    def __init__(self) -> None:
        self._said: dict[str, tuple[tuple[object, ...], list[Advice]]] = {}

    def advise(self, cases: Iterable[Case], machine: Machine) -> Found:
        """Return what all kinds say of these programs and of the machine."""
        found: Found = []
        for ask in _OF_MACHINE:
            found += [(advice, None) for advice in ask(machine)]
        before, self._said = self._said, {}
        is_short = machine.is_short
        for case in cases:
            evidence = _evidence(case, is_short)
            known = before.get(case.about)
            if known is None or not all(map(is_, known[0], evidence)):
                known = (
                    evidence,
                    [advice for ask in _OF_PROGRAMS if (advice := ask(case, machine)) is not None],
                )
            self._said[case.about] = known
            for advice in known[1]:
                found.append((advice, case))
        return found


def advise(cases: Iterable[Case], machine: Machine) -> Found:
    """Ask once, without a memory."""
    return Asker().advise(cases, machine)


def _evidence(case: Case, is_short: bool) -> tuple[object, ...]:
    """Return what may change what is said, all but the size: that alone is no reason."""
    view = case.view
    leak = view.leak if view.leak.level != "healthy" else None
    target = case.target
    return (
        case.inside, case.past, case.crowd, case.twins, case.facts, leak, is_short,
        target.heap if target else None, target.limit_bytes if target else None,
    )  # fmt: skip
