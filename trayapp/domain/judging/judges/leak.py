"""Targets and applications that, on all the leak detector's evidence, leak."""

from __future__ import annotations

from collections.abc import Iterable

from trayapp.dataclass import replace
from trayapp.domain.judging.absolute_levels import level_above
from trayapp.domain.judging.alerting import Condition
from trayapp.domain.judging.brief import brief
from trayapp.domain.judging.heap_room import may_wait_for_proof
from trayapp.domain.judging.judges.protocol import (
    MachineCase,
    MachineJudge,
    TargetCase,
    TargetJudge,
)
from trayapp.domain.judging.leaks import Finding, Verdict, does_matter
from trayapp.domain.judging.leaks.evidence import grown_in_brief, left_in_brief
from trayapp.domain.records.application_use import ApplicationUse
from trayapp.domain.records.identity import OTHERS_LEAK, application_key, leak_of_other
from trayapp.domain.records.levels import NO_AMOUNTS, Amounts, Level
from trayapp.domain.records.names import shown_name
from trayapp.language.catalogue import _
from trayapp.language.units import format_percent

ALMOST_SCORE = 0.015
"""So near to being called leaking is enough for a target."""
SURE_SCORE = 0.9
SURE_SECONDS = 6 * 3600.0
"""Beyond reasonable doubt, a leak that leaves less time is critical as well."""
URGENT_SECONDS = 1800.0
"""A leak that leaves less time is critical."""


class Leak(TargetJudge):
    """A target: who named it wants to hear a little before it is proven."""

    key = "leak"
    news = "proof"
    patience_seconds = 1800.0

    def judge(self, case: TargetCase) -> Condition | None:
        rules, verdict = case.rules, case.view.leak
        if not (rules.tells_growth and case.rule.watch_growth):
            return None
        scores = rules.leak_scores
        by_score = level_above(verdict.score, scores) > Level.NORMAL
        if not by_score and not self._is_suspect(case):
            return None
        is_notable = by_score or does_matter(verdict, is_target=True)
        if not (is_notable or case.is_told(self.key)):
            return None
        level = _leak_level(verdict, scores)
        text = leak_text(case.view.name, verdict, None, scores.begun(level))
        return _as_leak(case.condition(self.key, level, text), verdict)

    def _is_suspect(self, case: TargetCase) -> bool:
        """Not where it is being told already that it grows, which says as much."""
        leak = case.view.leak
        if leak.level == "growing":
            is_almost = leak.score >= case.rules.leaks.leaking_score - ALMOST_SCORE
            is_almost = is_almost and not may_wait_for_proof(case.view)
            return case.is_told(self.key) or (is_almost and not case.is_told("growth"))
        return leak.level == "leaking"


class ApplicationLeak(MachineJudge):
    """Applications that no target holds, each as a whole or by its worst process."""

    key = OTHERS_LEAK
    news = "proof"
    patience_seconds = 1800.0
    yields_to_shortage = True

    def __init__(self) -> None:
        self._found: tuple[Condition, ...] = ()

    def judge(self, case: MachineCase) -> Iterable[Condition]:
        """Keep what was found until the detector is asked again, every ten seconds or so."""
        if case.findings is not None:
            found = (self._judge_one(case, *each) for each in case.findings)
            self._found = tuple(each for each in found if each is not None)
        if case.given:
            self._found = tuple(each for each in self._found if each.about not in case.given)
        return self._found

    def _judge_one(
        self, case: MachineCase, use: ApplicationUse, finding: Finding
    ) -> Condition | None:
        verdict, pid = finding
        key = leak_of_other(use.key)
        if verdict.level != "leaking":
            return None
        if not does_matter(verdict) and case.judged_level(key) == Level.NORMAL:
            return None
        scores = case.rules.leak_scores
        level = _leak_level(verdict, scores)
        title, body = leak_text(use.name, verdict, pid, scores.begun(level))
        condition = Condition(
            key=key,
            subject=use.name,
            about=application_key(use.key),
            processes=tuple(each for each in use.processes if pid in (None, each.pid)),
            level=level,
            title=title,
            body=body,
        )
        return _as_leak(condition, verdict)


def _leak_level(verdict: Verdict, scores: Amounts) -> Level:
    """By the score where scores are set, else by the time that is left."""
    if scores != NO_AMOUNTS:
        return max(Level.WARNING, level_above(verdict.score, scores))
    left = verdict.seconds_to_limit
    is_urgent = verdict.is_runaway or (
        left is not None
        and left < (SURE_SECONDS if verdict.score >= SURE_SCORE else URGENT_SECONDS)
    )
    return Level.CRITICAL if is_urgent else Level.WARNING


def _as_leak(condition: Condition, verdict: Verdict) -> Condition:
    return replace(condition, has_lasted=True, is_doubtful=verdict.level != "leaking")


def leak_text(
    name: str, verdict: Verdict, pid: int | None = None, crossed_score: float | None = None
) -> tuple[str, str]:
    """Title and body about a target or application that, on all its evidence, leaks.

    pid: the one process of it that does; crossed_score: the score, 0 to 1, that is a level and was
    reached.
    """
    # A cache that fills looks the same until it is full.
    title = _("{name} may be leaking memory")
    if verdict.level == "leaking":
        title = _("{name} is probably leaking memory")
    certain = ""
    if crossed_score is not None:
        text = _("Certainty {score}, above {amount}.")
        certain = text.format(
            score=format_percent(verdict.score), amount=format_percent(crossed_score)
        )
    remedy = _("Restarting it frees the memory.")
    title = title.format(name=shown_name(name))
    return title, brief(grown_in_brief(verdict, pid), left_in_brief(verdict), remedy, certain)
