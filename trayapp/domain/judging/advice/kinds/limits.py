"""A limit that its program fills every day, or never comes near."""

from __future__ import annotations

from trayapp.domain.judging.advice.case import Case, Machine
from trayapp.domain.judging.advice.kinds.protocol import ProgramKind
from trayapp.domain.judging.advice.records import SET_LIMIT, Act, Advice
from trayapp.domain.records.limits import limit_source_said
from trayapp.domain.records.names import shown_name
from trayapp.language.catalogue import _
from trayapp.language.units import MIB, format_duration, format_percent, format_size

HEADROOM = 1.3
TIGHT, WIDE = 0.9, 0.25
"""Shares of the limit that are used 99 % of the time."""
LEAST_DAYS, SURE_DAYS = 2.0, 7.0
_STEP = 16 * MIB


class OwnLimit(ProgramKind):
    """A limit that fits: what is used 99 % of the time, and headroom."""

    key = "limit"

    def advise(self, case: Case, machine: Machine) -> Advice | None:
        target, past = case.target, case.past
        if target is None or past is None or not past.p99_bytes or not target.has_own_limit:
            return None
        limit, leak = target.limit_bytes or 0, target.leak
        # A leak fills every limit, sooner or later.
        if past.days < LEAST_DAYS or leak.level == "leaking" or limit <= 0:
            return None
        if target.limit_source not in ("settings", "cgroup"):
            return None
        share = past.p99_bytes / limit
        is_tight = share >= TIGHT
        if not is_tight and (share > WIDE or past.days < SURE_DAYS):
            return None
        better = -int(-HEADROOM * past.p99_bytes // _STEP) * _STEP
        if is_tight and better > 0.9 * machine.system.total_bytes:
            return None
        evidence = _(
            "In {time} it used up to {p99} (99% of the time), {share} of its limit of {limit} "
            "({source})."
        ).format(
            time=format_duration(86_400.0 * past.days),
            p99=format_size(past.p99_bytes),
            share=format_percent(share),
            limit=format_size(limit),
            source=limit_source_said(target.limit_source),
        )
        title = _("Raise the limit of {name}") if is_tight else _("Lower the limit of {name}")
        unless = _("Not if the limit is there to end it at that size.")
        if not is_tight:
            unless = _("Not if it seldom has much more to do than in this time.")
        return self.made(
            case,
            title.format(name=shown_name(case.name)),
            evidence,
            unless,
            _act(target.limit_source, better),
            confidence=0.9 if past.days >= SURE_DAYS else 0.6,
        )


def _act(source: str, better: int) -> Act:
    what = _("Set the limit to {size}").format(size=format_size(better))
    if source != "settings":
        return Act(what, risk="medium")
    undo = _("the earlier limit is written back")
    return Act(what, SET_LIMIT, undo=undo, bytes=better)
