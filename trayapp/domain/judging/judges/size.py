"""A target that is as large as an amount that is set for it, or for all of them."""

from __future__ import annotations

from trayapp.domain.judging.absolute_levels import level_above
from trayapp.domain.judging.alerting import Condition
from trayapp.domain.judging.brief import brief
from trayapp.domain.judging.judges.protocol import TargetCase, TargetJudge
from trayapp.domain.judging.view import TargetView
from trayapp.domain.records.levels import Level
from trayapp.domain.records.names import shown_name
from trayapp.language.catalogue import _
from trayapp.language.units import format_size


class LargeSize(TargetJudge):
    """By bytes in use."""

    key = "size"

    def judge(self, case: TargetCase) -> Condition | None:
        view = case.view
        if view.taken_bytes is None:
            return None
        sizes = case.rules.target_sizes if case.rule.sizes is None else case.rule.sizes
        # Cache that is dropped when needed is no reason for an alert.
        level = level_above(view.taken_bytes, sizes, case.judged_level(f"{self.key}:{view.name}"))
        if level is Level.NORMAL:
            return None
        amount = sizes.begun(level)
        if amount is None:
            return None
        return case.condition(self.key, level, size_text(view, amount), view.taken_bytes)


def size_text(view: TargetView, amount_bytes: float) -> tuple[str, str]:
    """Title and body about a target that is as large as an amount that was set for it."""
    title = _("{name} uses a lot of memory").format(name=shown_name(view.name))
    body = _("Using {used}, above {amount}.").format(
        used=format_size(view.taken_bytes),
        amount=format_size(amount_bytes),
    )
    return title, brief(body, view.rate_sentence, view.limit_in_brief)
