"""A task that keeps memory each time it runs."""

from __future__ import annotations

from trayapp.domain.judging.advice.case import Case, Machine
from trayapp.domain.judging.advice.kinds.protocol import ProgramKind
from trayapp.domain.judging.advice.records import Act, Advice
from trayapp.domain.records.names import shown_name
from trayapp.language.catalogue import _, ngettext
from trayapp.language.units import KIB, MIB, format_percent, format_size

LEAST_RUNS = 3
LEAST_BYTES = 32 * MIB
LEAST_OF_A_RUN = 64 * KIB
LEAST_SHARE = 0.5


class KeepingTask(ProgramKind):
    """Find out what a task keeps."""

    key = "task"

    def advise(self, case: Case, _machine: Machine) -> Advice | None:
        task = case.past.task if case.past else None
        if task is None or task.runs < LEAST_RUNS or task.kept_bytes < LEAST_BYTES:
            return None
        if task.share < LEAST_SHARE or task.kept_bytes < LEAST_OF_A_RUN * task.runs:
            return None
        evidence = ngettext(
            "{count} run of it kept {size}, {share} of what all tasks kept.",
            "{count} runs of it kept {size}, {share} of what all tasks kept.",
            task.runs,
        ).format(
            count=task.runs, size=format_size(task.kept_bytes), share=format_percent(task.share)
        )
        return self.made(
            case,
            _("Look into the task {task} of {name}").format(
                task=shown_name(task.name), name=shown_name(case.name)
            ),
            evidence,
            _("Not if what it keeps is wanted, such as data loaded once."),
            Act(_("Find out what it keeps: its trends mark each run")),
            offered_bytes=task.kept_bytes,
            confidence=0.75,
        )
