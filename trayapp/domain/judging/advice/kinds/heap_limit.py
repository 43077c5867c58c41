"""A heap of Java or Node with far more room than it ever needs, or too little to work in."""

from __future__ import annotations

from trayapp.domain.judging.advice.case import Case, Machine
from trayapp.domain.judging.advice.kinds.protocol import ProgramKind
from trayapp.domain.judging.advice.records import Act, Advice
from trayapp.domain.records.names import shown_name
from trayapp.domain.records.runtimes import RuntimeHeap
from trayapp.language.catalogue import _
from trayapp.language.units import MIB, format_duration, format_percent, format_size

LEAST_DAYS = 1.0 / 24
"""An hour of history; with days of it, the confidence is higher."""
SURE_DAYS = 3.0
ROOM = 2.5
"""A heap of so many times of what it keeps collects seldom."""
TOO_LARGE = 4.0
LEAST_COMMITTED_BYTES = 128 * MIB
BUSY_SHARE, FULL_SHARE = 0.1, 0.7
_STEP = 64 * MIB
_OPTIONS = {"java": "-Xmx{mib}m", "node": "--max-old-space-size={mib}"}


class HeapLimit(ProgramKind):
    """Another maximum for the heap."""

    key = "heap_limit"

    def advise(self, case: Case, _machine: Machine) -> Advice | None:
        heap = case.target.heap if case.target else None
        if heap is None or not heap.limit_bytes or not heap.live_bytes:
            return None
        if heap.runtime not in _OPTIONS:
            return None
        return self._too_small(case, heap, heap.limit_bytes) or self._too_large(
            case, heap, heap.limit_bytes
        )

    def _too_small(self, case: Case, heap: RuntimeHeap, limit: int) -> Advice | None:
        live, share = heap.live_bytes or 0, heap.collecting_share or 0.0
        if share < BUSY_SHARE or live < FULL_SHARE * limit or case.view.leak.level == "leaking":
            return None
        better = _rounded(ROOM * live)
        evidence = _(
            "It keeps {live} of {limit} and spends {share} of its time collecting garbage."
        ).format(live=format_size(live), limit=format_size(limit), share=format_percent(share))
        return self.made(
            case,
            _("Give {name} a larger heap").format(name=shown_name(case.name)),
            evidence,
            _("Not if the machine has no room for it, or the heap holds a leak."),
            Act(_heap_option(heap, better), risk="medium", seconds=10.0),
            confidence=0.8,
        )

    def _too_large(self, case: Case, heap: RuntimeHeap, limit: int) -> Advice | None:
        past = case.past
        if past is None or past.days < LEAST_DAYS or not past.live_bytes or heap.collections < 3:
            return None
        live = max(past.live_bytes, heap.live_bytes or 0)
        better = _rounded(ROOM * live)
        spare = heap.committed_bytes - better
        if limit < TOO_LARGE * live or spare < LEAST_COMMITTED_BYTES:
            return None
        evidence = _(
            "Its heap may grow to {limit} and has taken {committed}, but never kept more than "
            "{live} in {time}."
        ).format(
            limit=format_size(limit),
            committed=format_size(heap.committed_bytes),
            live=format_size(live),
            time=format_duration(86_400.0 * past.days),
        )
        return self.made(
            case,
            _("Give {name} a smaller heap").format(name=shown_name(case.name)),
            evidence,
            _("Not if it seldom has much more to do than in this time."),
            Act(_heap_option(heap, better), risk="medium", seconds=10.0),
            offered_bytes=min(spare, max(0, case.size_bytes - better)),
            confidence=0.9 if past.days >= SURE_DAYS else 0.6,
        )


def _rounded(size_bytes: float) -> int:
    return max(_STEP, -int(-size_bytes // _STEP) * _STEP)


def _heap_option(heap: RuntimeHeap, size_bytes: int) -> str:
    option = _OPTIONS[heap.runtime].format(mib=size_bytes // MIB)
    return _("Start it with {option}").format(option=option)
