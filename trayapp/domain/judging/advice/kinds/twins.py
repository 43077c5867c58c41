"""One program that was started twice."""

from __future__ import annotations

from trayapp.domain.judging.advice.case import Case, Machine
from trayapp.domain.judging.advice.kinds.protocol import ProgramKind
from trayapp.domain.judging.advice.records import Act, Advice
from trayapp.domain.records.names import shown_name
from trayapp.language.catalogue import _, listed
from trayapp.language.units import MIB, format_size

LEAST_BYTES = 32 * MIB


class RunsTwice(ProgramKind):
    """End the copy that is left over."""

    key = "twins"

    def advise(self, case: Case, _machine: Machine) -> Advice | None:
        twins = case.twins
        if twins is None or len(twins.pids) < 2 or twins.bytes < LEAST_BYTES:
            return None
        evidence = _(
            "Processes {pids} have the same command line, and none has started the other; all but "
            "the newest use {size}."
        ).format(pids=listed(map(str, twins.pids)), size=format_size(twins.bytes))
        return self.made(
            case,
            _("{name} runs more than once").format(name=shown_name(case.name)),
            evidence,
            _("Not if each of them serves something else."),
            Act(_("End the one that is left over"), risk="medium"),
            offered_bytes=twins.bytes,
            confidence=0.6,
        )
