"""Memtray itself, where it costs far more than its budget."""

from __future__ import annotations

from collections.abc import Iterable

from trayapp.domain.judging.alerting import Condition
from trayapp.domain.judging.judges.protocol import MachineCase, MachineJudge
from trayapp.domain.records.identity import MEMTRAY
from trayapp.domain.records.levels import Level
from trayapp.language.catalogue import _


class OverBudget(MachineJudge):
    """Less than an emergency is told by the menu and the statistics alone."""

    key = "budget"

    def judge(self, case: MachineCase) -> Iterable[Condition]:
        if case.budget is not None and case.budget.emergency:
            yield Condition(
                key=f"{self.key}:{MEMTRAY}",
                subject=MEMTRAY,
                level=Level.EMERGENCY,
                title=_("Memtray is far over its own budget"),
                body=case.budget.emergency,
                has_lasted=True,
            )
