"""Many threads, each with a malloc arena of its own that is mostly empty."""

from __future__ import annotations

from trayapp.domain.judging.advice.case import Case, Machine
from trayapp.domain.judging.advice.kinds.protocol import ProgramKind
from trayapp.domain.judging.advice.records import Act, Advice
from trayapp.domain.records.names import shown_name
from trayapp.language.catalogue import _, format_count
from trayapp.language.units import MIB, format_size

LEAST_ARENAS = 8
LEAST_BYTES = 64 * MIB
LEAST_SHARE = 0.3
HELD_LOOKS = 3


class MallocArenas(ProgramKind):
    """Fewer arenas, which threads then share."""

    key = "malloc_arenas"

    def advise(self, case: Case, _machine: Machine) -> Advice | None:
        inside = case.inside
        if inside is None or inside.arena_count is None or not inside.least_retained_bytes:
            return None
        free, arenas = inside.least_retained_bytes, inside.arena_count
        if arenas < LEAST_ARENAS or inside.looks < HELD_LOOKS:
            return None
        if free < max(LEAST_BYTES, LEAST_SHARE * inside.rss_bytes):
            return None
        evidence = _(
            "Its {threads} threads allocate from {arenas} malloc arenas; {size} inside them is "
            "free."
        ).format(
            threads=format_count(inside.thread_count or 0),
            arenas=format_count(arenas),
            size=format_size(free),
        )
        return self.made(
            case,
            _("Use fewer malloc arenas in {name}").format(name=shown_name(case.name)),
            evidence,
            _("Not if its threads allocate so much that they would wait for one another."),
            Act(_("Start it with MALLOC_ARENA_MAX=2 in its environment"), risk="medium"),
            offered_bytes=free,
            confidence=0.7,
        )
