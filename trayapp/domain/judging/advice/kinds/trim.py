"""Freed memory that the C library keeps: a trim gives it back, and costs nothing that lasts."""

from __future__ import annotations

from trayapp.domain.judging.advice.case import Case, Machine
from trayapp.domain.judging.advice.kinds.protocol import ProgramKind
from trayapp.domain.judging.advice.records import FREE, Act, Advice
from trayapp.domain.records.names import shown_name
from trayapp.language.catalogue import _
from trayapp.language.units import MIB, format_duration, format_percent, format_size

LEAST_BYTES = 32 * MIB
LEAST_SHARE = 0.2
HELD_LOOKS = 3
"""What is free for a moment between two requests is about to be used again."""


class Trim(ProgramKind):
    """Give freed memory back that has not been used for minutes."""

    key = "trim"

    def advise(self, case: Case, _machine: Machine) -> Advice | None:
        inside = case.inside
        if inside is None or not inside.least_retained_bytes:
            return None
        retained = inside.least_retained_bytes
        share = retained / max(1, inside.rss_bytes)
        if retained < LEAST_BYTES or share < LEAST_SHARE or inside.looks < HELD_LOOKS:
            return None
        evidence = _(
            "{size} of its {rss} ({share}) has been freed, but the C library keeps it. It has not "
            "been used for {time}."
        ).format(
            size=format_size(retained),
            rss=format_size(inside.rss_bytes),
            share=format_percent(share),
            time=format_duration(inside.held_seconds),
        )
        return self.made(
            case,
            _("Free memory of {name} that it no longer uses").format(name=shown_name(case.name)),
            evidence,
            _("Not if it is about to need as much again."),
            Act(_("Give it back to the system"), FREE),
            offered_bytes=retained,
            confidence=min(0.95, 0.7 + 0.25 * share),
        )
