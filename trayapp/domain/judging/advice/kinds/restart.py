"""What only a restart gives back: memory pinned in Python's arenas, and a proven leak."""

from __future__ import annotations

from trayapp.domain.judging.advice.case import Case, Machine, TaskPast
from trayapp.domain.judging.advice.kinds.protocol import ProgramKind, restart_act
from trayapp.domain.judging.advice.records import Advice
from trayapp.domain.records.names import shown_name
from trayapp.language.catalogue import _, paragraph
from trayapp.language.units import MIB, format_duration, format_percent, format_size

LEAST_PINNED_BYTES = 64 * MIB
LEAST_SHARE = 0.3
LEAST_LEAK_BYTES = 32 * MIB
HELD_LOOKS = 3
BLAMED_SHARE = 0.5


class Restart(ProgramKind):
    """Start again what cannot be freed otherwise."""

    key = "restart"

    def advise(self, case: Case, _machine: Machine) -> Advice | None:
        inside, leak = case.inside, case.view.leak
        leaked = (leak.growth_bytes or 0.0) if leak.level == "leaking" else 0.0
        if leaked >= LEAST_LEAK_BYTES:
            return self._after_leak(case, leaked)
        pinned = inside.least_pinned_bytes if inside else None
        if inside is None or pinned is None or pinned < LEAST_PINNED_BYTES:
            return None
        share = pinned / max(1, inside.rss_bytes)
        if share < LEAST_SHARE or inside.looks < HELD_LOOKS:
            return None
        evidence = _(
            "{size} of its {rss} ({share}) is free inside Python’s arenas, which a few small "
            "objects keep from being given back. A trim does not help."
        ).format(
            size=format_size(pinned),
            rss=format_size(inside.rss_bytes),
            share=format_percent(share),
        )
        return self._made(case, evidence, pinned, min(0.95, 0.6 + 0.4 * share))

    def _after_leak(self, case: Case, leaked: float) -> Advice:
        leak, task = case.view.leak, case.past.task if case.past else None
        evidence = _("It is leaking: it grew by {size} in {time}.").format(
            size=format_size(leaked), time=format_duration(leak.grown_seconds)
        )
        return self._made(case, paragraph(evidence, _blame(task)), leaked, leak.score)

    def _made(self, case: Case, evidence: str, offered: float, confidence: float) -> Advice:
        return self.made(
            case,
            _("Restart {name}").format(name=shown_name(case.name)),
            evidence,
            _("Not while it has work that a restart would lose."),
            restart_act(case),
            offered_bytes=offered,
            confidence=confidence,
        )


def _blame(task: TaskPast | None) -> str:
    if task is None or task.share < BLAMED_SHARE:
        return ""
    # Translators: {task} is a task of the program by its own name, such as "import_orders".
    text = _("Of what its tasks kept, {share} is that of {task}.")
    return text.format(share=format_percent(task.share), task=shown_name(task.name))
