"""A target with a heap that is nearly full: what full collections leave, of its maximum."""

from __future__ import annotations

from trayapp.domain.judging.absolute_levels import level_of_share
from trayapp.domain.judging.alerting import Condition
from trayapp.domain.judging.brief import brief
from trayapp.domain.judging.judges.inside import HeapLevels
from trayapp.domain.judging.judges.protocol import TargetCase, TargetJudge
from trayapp.domain.judging.view import TargetView
from trayapp.domain.records.levels import Level
from trayapp.domain.records.names import shown_name
from trayapp.language.catalogue import _
from trayapp.language.units import format_percent, format_size


class HeapFull(TargetJudge):
    """At levels of its own: its size says nothing of that, nor do the limits of its program."""

    key = "heap"

    def judge(self, case: TargetCase) -> Condition | None:
        """Judge by full collections alone: between them, the heap also holds garbage."""
        view, rules = case.view, case.rules
        limit = view.heap.limit if view.heap else None
        if limit is None or limit.share is None:
            return None
        current = case.judged_level(f"{self.key}:{view.name}")
        fullness = rules.own(HeapLevels).fullness
        level = level_of_share(limit.share, fullness, rules.rearm_share, current)
        if level is Level.NORMAL:
            return None
        return case.condition(self.key, level, heap_text(view), limit.share)


def heap_text(view: TargetView) -> tuple[str, str]:
    """Title and body about a target with a heap that is nearly full."""
    limit = view.heap.limit if view.heap else None
    if limit is None or limit.share is None:
        return "", ""
    body = _("Using {used}; limit {limit} ({share}), of its heap.").format(
        used=format_size(limit.used_bytes),
        limit=format_size(limit.limit_bytes),
        share=format_percent(limit.share),
    )
    title = _("{name}: heap nearly full").format(name=shown_name(view.name))
    headroom = view.headroom
    is_heap = headroom is not None and headroom.source == limit.source
    return title, brief(body, view.limit_in_brief if is_heap else "")
