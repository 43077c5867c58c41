"""A target that is near or over a limit of its own."""

from __future__ import annotations

from trayapp.domain.judging.absolute_levels import level_of_share
from trayapp.domain.judging.alerting import Condition
from trayapp.domain.judging.brief import brief
from trayapp.domain.judging.judges.protocol import TargetCase, TargetJudge
from trayapp.domain.judging.view import TargetView
from trayapp.domain.records.levels import Level
from trayapp.domain.records.names import shown_name
from trayapp.language.catalogue import N_, _
from trayapp.language.units import format_percent, format_size

_LIMITS = {
    "settings": N_("Using {used}; limit {limit} ({share}), from the settings."),
    "cgroup": N_("Using {used}; limit {limit} ({share}), of its cgroup."),
    "rlimit": N_("Using {used}; limit {limit} ({share}), its rlimit."),
}


class NearLimit(TargetJudge):
    """By the share of its limit that is in use, at the thresholds of the whole machine."""

    key = "limit"

    def judge(self, case: TargetCase) -> Condition | None:
        """Near the machine's own limit, the machine's pressure is told instead."""
        view, rules = case.view, case.rules
        if not view.has_own_limit or view.limit_share is None:
            return None
        current = case.judged_level(f"{self.key}:{view.name}")
        level = level_of_share(view.limit_share, rules.thresholds, rules.rearm_share, current)
        if level is Level.NORMAL:
            return None
        return case.condition(self.key, level, limit_text(view), view.limit_share)


def limit_text(view: TargetView) -> tuple[str, str]:
    """Title and body about a target near or over its limit."""
    if view.limit_share is None or view.limit_bytes is None:
        return "", ""
    title = (
        _("{name} is over its limit") if view.limit_share >= 1 else _("{name} is near its limit")
    )
    text = _LIMITS.get(view.limit_source, N_("Using {used}; limit {limit} ({share})."))
    body = _(text).format(
        used=format_size(view.limit_share * view.limit_bytes),
        limit=format_size(view.limit_bytes),
        share=format_percent(view.limit_share),
    )
    name = shown_name(view.name)
    return title.format(name=name), brief(body, view.rate_sentence, view.limit_in_brief)
