"""What of reports from inside goes elsewhere: into the history, and into a leak's evidence."""

from __future__ import annotations

from collections.abc import Iterator

from trayapp.dataclass import replace
from trayapp.domain.judging.inside_course import InsideView
from trayapp.domain.judging.judges.inside import HeapLevels
from trayapp.domain.judging.leaks import Verdict

INSIDE_METRICS = (
    "heap_free_bytes",
    "arena_free_bytes",
    "caches_bytes",
    "components_bytes",
    "fragmentation_percent",
    "collecting_percent",
    "running_task_count",
)
"""What Python probes report, beside the heap in use and what collections leave of it."""


def inside_values(inside: InsideView) -> Iterator[tuple[str, float | None]]:
    """Yield what is kept of a report, by its metric; None is not kept."""
    composition = inside.composition
    if composition is not None:
        yield "heap_used_bytes", inside.used_bytes
        yield "heap_live_bytes", inside.live_bytes
        yield "heap_free_bytes", composition.retained_bytes
        yield "arena_free_bytes", composition.pinned_bytes
        yield "caches_bytes", composition.caches_bytes or None
    yield "components_bytes", inside.components_bytes
    yield "fragmentation_percent", _percent(inside.heap_fragmentation)
    yield "collecting_percent", _percent(inside.collecting_share)
    yield "running_task_count", inside.running_count


def with_collector(leak: Verdict, inside: InsideView | None, levels: HeapLevels) -> Verdict:
    """Return the verdict, with the collector among its evidence where that works in vain."""
    if inside is None or leak.level == "healthy":
        return leak
    if not levels.is_inefficient(inside.collecting_share, inside.efficiency):
        return leak
    return replace(leak, classic=replace(leak.classic, is_collecting_in_vain=True))


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share
