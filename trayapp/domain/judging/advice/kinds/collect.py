"""A Python program that grows while its garbage collector is off."""

from __future__ import annotations

from trayapp.domain.judging.advice.case import Case, Machine
from trayapp.domain.judging.advice.kinds.protocol import ProgramKind
from trayapp.domain.judging.advice.records import COLLECT, Act, Advice
from trayapp.domain.records.names import shown_name
from trayapp.language.catalogue import _
from trayapp.language.units import MIB, format_duration, format_size

LEAST_BYTES = 16 * MIB


class Collect(ProgramKind):
    """Collect what nobody else collects."""

    key = "collect"

    def advise(self, case: Case, _machine: Machine) -> Advice | None:
        inside, leak = case.inside, case.view.leak
        grown = leak.growth_bytes or 0.0
        if inside is None or inside.is_collecting is not False or leak.level == "healthy":
            return None
        if grown < LEAST_BYTES:
            return None
        evidence = _("Its garbage collector is off, and it grew by {size} in {time}.").format(
            size=format_size(grown), time=format_duration(leak.grown_seconds)
        )
        return self.made(
            case,
            _("Collect garbage in {name}").format(name=shown_name(case.name)),
            evidence,
            _("Not while it must answer quickly: a collection can pause it."),
            Act(_("Collect garbage now"), COLLECT, seconds=2.0),
            offered_bytes=grown,
            confidence=0.6,
        )
