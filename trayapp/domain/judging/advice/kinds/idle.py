"""A program that has done nothing for days and holds much memory."""

from __future__ import annotations

from trayapp.domain.judging.advice.case import Case, Machine
from trayapp.domain.judging.advice.kinds.protocol import ProgramKind
from trayapp.domain.judging.advice.records import Act, Advice
from trayapp.domain.records.names import shown_name
from trayapp.language.catalogue import _
from trayapp.language.units import MIB, format_duration, format_size

LEAST_SECONDS = 2 * 86_400.0
LEAST_BYTES = 256 * MIB
LEAST_SHARE = 0.03
"""Of the machine's memory."""


class Idle(ProgramKind):
    """Close what nobody uses."""

    key = "idle"

    def advise(self, case: Case, machine: Machine) -> Advice | None:
        target, past = case.target, case.past
        if target is None or past is None or (past.idle_seconds or 0.0) < LEAST_SECONDS:
            return None
        size = case.size_bytes
        if size < max(LEAST_BYTES, LEAST_SHARE * machine.system.total_bytes):
            return None
        evidence = _("It uses {size} and has hardly used the processor for {time}.").format(
            size=format_size(size), time=format_duration(past.idle_seconds)
        )
        return self.made(
            case,
            _("Close {name} while nobody uses it").format(name=shown_name(case.name)),
            evidence,
            _("Not if it waits for something that may come any time."),
            Act(_("Close it"), risk="medium"),
            offered_bytes=target.uss_bytes if target.uss_bytes is not None else size,
            confidence=0.7,
        )
