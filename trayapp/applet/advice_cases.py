"""The programs that advice may be about, each with all that is known of it now."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from trayapp.domain.judging.advice.case import STRANGER, Case, Machine
from trayapp.domain.judging.advice.harmless import find_harmless
from trayapp.domain.judging.advice.watches import CrowdWatch
from trayapp.domain.judging.application_trends import ApplicationView
from trayapp.domain.judging.view import TargetView, View
from trayapp.domain.records.identity import application_key, target_key
from trayapp.domain.records.levels import Level
from trayapp.domain.records.program_facts import ProgramFacts

if TYPE_CHECKING:
    from trayapp.applet.advice_evidence import AdviceEvidence
    from trayapp.domain.judging.advice.book import AdviceBook

HarmlessRule = tuple[Mapping[str, Level], float]
"""The exceptions that there are, and for how many seconds what was acknowledged counts."""


class Cases:
    """Makes them, and remembers how many processes each program had. The sampler thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._crowds = CrowdWatch()
        self._clock = clock

    def make(
        self,
        evidence: AdviceEvidence,
        view: View,
        known: Mapping[str, ProgramFacts],
        asked: Mapping[str, ProgramFacts],
    ) -> list[Case]:
        """Return a case for each target and application that runs.

        known, asked: what programs allow, by their keys.
        """
        crowds, now = self._crowds, self._clock()
        insides, pasts = evidence.watch.insides, evidence.pasts
        programs: dict[str, TargetView | ApplicationView] = {}
        for target in view.targets:
            if target.keys:
                programs[target_key(target.name)] = target
        for each in view.applications:
            if each.key is not None and each.keys:
                programs[application_key(each.key)] = each
        running = {key for program in programs.values() for key in program.keys}
        twins = evidence.twins_that_run(running) if evidence.twins else evidence.twins
        cases = [
            Case(
                about,
                program,
                known.get(about) or asked.get(about) or STRANGER,
                insides.get(about),
                pasts.get(about),
                crowds.add(about, program.keys, program.size_bytes or 0, now),
                twins.get(about),
            )
            for about, program in programs.items()
        ]
        crowds.keep(programs)
        return cases


def machine_of(
    book: AdviceBook, evidence: AdviceEvidence, view: View, cases: list[Case], rule: HarmlessRule
) -> Machine:
    """Return the machine now, and what of it the person has acknowledged again and again."""
    exceptions, span_seconds = rule
    return Machine(
        system=view.system,
        wall_seconds=view.wall_seconds,
        core_count=os.cpu_count() or 1,
        mounts=evidence.mounts,
        programs=tuple(cases),
        harmless=find_harmless(book.acknowledged, exceptions, view.wall_seconds, span_seconds),
    )
