"""Processes that a program starts and that never exit."""

from __future__ import annotations

from trayapp.domain.judging.advice.case import Case, Machine
from trayapp.domain.judging.advice.kinds.protocol import ProgramKind, restart_act
from trayapp.domain.judging.advice.records import Advice
from trayapp.domain.records.names import shown_name
from trayapp.language.catalogue import _, ngettext
from trayapp.language.units import format_duration, format_size


class Children(ProgramKind):
    """What is a crowd is decided by whoever counts the processes, see `crowds`."""

    key = "children"

    def advise(self, case: Case, _machine: Machine) -> Advice | None:
        crowd = case.crowd
        if crowd is None:
            return None
        evidence = ngettext(
            "It has {count} process more than {time} ago, and none has exited since: +{size}.",
            "It has {count} processes more than {time} ago, and none has exited since: +{size}.",
            crowd.more,
        ).format(
            count=crowd.more,
            time=format_duration(crowd.seconds),
            size=format_size(crowd.grown_bytes),
        )
        return self.made(
            case,
            _("{name} starts processes that never exit").format(name=shown_name(case.name)),
            evidence,
            _("Not if they are workers that stay as many as there is work."),
            restart_act(case, _("Restart it, and find out who waits for these processes")),
            offered_bytes=max(0, crowd.grown_bytes),
            confidence=0.7,
        )
