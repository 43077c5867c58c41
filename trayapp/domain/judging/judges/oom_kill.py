"""Processes that the kernel killed for lack of memory."""

from __future__ import annotations

from collections.abc import Iterable

from trayapp.domain.judging.alerting import Condition
from trayapp.domain.judging.brief import brief
from trayapp.domain.judging.judges.protocol import MachineCase, MachineJudge
from trayapp.domain.records.identity import OOM, target_key
from trayapp.domain.records.levels import Level
from trayapp.domain.records.oom_kills import OomKill


class Killed(MachineJudge):
    """One incident for each kill that was noticed."""

    key = OOM

    def judge(self, case: MachineCase) -> Iterable[Condition]:
        kill = case.frame.oom_kill
        if kill is not None:
            title, body = kill_text(kill)
            yield Condition(
                key=kill.incident_key,
                subject=kill.subject,
                about=target_key(kill.subject),
                level=Level.CRITICAL,
                title=title,
                body=body,
                is_moment=True,
                is_pressing=True,
            )


def kill_text(kill: OomKill) -> tuple[str, str]:
    """Title and body about processes that were killed together."""
    return kill.title, brief(*kill.sentences)
