"""A target that keeps growing."""

from __future__ import annotations

from trayapp.dataclass import replace
from trayapp.domain.judging.absolute_levels import growth_level, level_above
from trayapp.domain.judging.alerting import Condition
from trayapp.domain.judging.brief import brief
from trayapp.domain.judging.heap_room import HEAP_SHARE, has_heap_room, is_toward_heap
from trayapp.domain.judging.judges.protocol import TargetCase, TargetJudge
from trayapp.domain.judging.view import TargetView
from trayapp.domain.records.levels import Level
from trayapp.domain.records.names import shown_name
from trayapp.language.catalogue import _
from trayapp.language.units import format_duration, format_rate, format_size


class SteadyGrowth(TargetJudge):
    """By growth that is sustained: how fast it is, and how long until a limit is reached."""

    key = "growth"
    news = "growth"
    patience_seconds = 180.0

    def judge(self, case: TargetCase) -> Condition | None:
        """A leak that is told says all that growth would, and better."""
        growth, rules, view = case.growth, case.rules, case.view
        if growth is None or not growth.sustained or "leak" in case.found:
            return None
        if not (rules.tells_growth and case.rule.watch_growth) or case.is_usual:
            return None
        rate = view.slope_bytes_per_second or 0.0
        lasted_seconds = case.frame.monotonic_seconds - growth.onset_monotonic_seconds
        level = growth_level(rate, view.seconds_to_limit, rules.rates, alone=rules.rates_alone)
        told_share = rules.leaks.told_share
        if is_toward_heap(view):
            told_share = max(told_share, HEAP_SHARE)
        is_due = level > Level.WARNING or is_growth_due(
            lasted_seconds, view.seconds_to_limit, told_share
        )
        is_due = is_due and not has_heap_room(view)
        if not (is_due or rules.tells_growth_early or case.is_told(self.key)):
            return None
        crossed = rules.rates.begun(level_above(rate, rules.rates))
        text = growth_text(view, lasted_seconds, growth.grown_bytes, crossed)
        return replace(case.condition(self.key, level, text), has_lasted=True)


def growth_text(
    view: TargetView,
    lasted_seconds: float,
    grown_bytes: int,
    crossed_bytes_per_second: float | None = None,
) -> tuple[str, str]:
    """Title and body about a target that keeps growing.

    crossed_bytes_per_second: the rate that is a level, and that it grows at or above.
    """
    body = _("+{grown} in {time} ({rate}), now {size}.").format(
        grown=format_size(grown_bytes),
        time=format_duration(lasted_seconds),
        rate=format_rate(view.slope_bytes_per_second, signed=False),
        size=format_size(view.size_bytes),
    )
    crossed = ""
    if crossed_bytes_per_second is not None:
        # In the units of the figures beside it, so that the two can be compared.
        rate = format_rate(crossed_bytes_per_second, signed=False)
        crossed = _("Faster than {rate}.").format(rate=rate)
    title = _("{name} keeps growing").format(name=shown_name(view.name))
    return title, brief(body, view.limit_in_brief, crossed)


def is_growth_due(lasted_seconds: float, seconds_left: float | None, told_share: float) -> bool:
    """Return whether to report growth: when so much of the time to its limit is gone.

    A cache that fills grows as a leak does, and stops. While the limit is far, waiting costs
    nothing; near it, there is no time to wait.

    Args:
        lasted_seconds: How long it has grown.
        seconds_left: Until its nearest limit at its rate; None: no limit is in sight.
        told_share: The share, 0 to 1.
    """
    if seconds_left is None:
        return False
    return lasted_seconds >= told_share * (lasted_seconds + seconds_left)
