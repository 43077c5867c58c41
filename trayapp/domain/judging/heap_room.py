"""Whether a heap has so much room that its growth is no news yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from trayapp.domain.judging.absolute_levels import FURIOUS_SECONDS
from trayapp.domain.judging.view import TargetView
from trayapp.domain.records.limits import Limit
from trayapp.domain.records.runtimes import RuntimeHeap

HEAP_SHARE = 1 / 3
"""Of a heap, or of what Java's buffers may take: a heap is there to be filled, and many programs
fill a quarter of theirs as evenly as a leak does while they start. Who leaks from its start on has
two thirds of its life left then."""


def is_toward_heap(view: TargetView) -> bool:
    """Whether the limit that is reached first is that of a heap, or of buffers outside of it."""
    return view.headroom is not None and view.headroom.source in ("runtime", "direct")


def has_heap_room(view: TargetView) -> bool:
    """Whether it grows toward such a limit, and most of that is free."""
    headroom = view.headroom
    if headroom is None or not is_toward_heap(view):
        return False
    share = 1 - headroom.room_bytes / headroom.limit_bytes if headroom.limit_bytes else 1.0
    if headroom.source == "runtime":
        # Between full collections it also holds garbage.
        limit = view.heap.limit if view.heap else None
        share = (limit.share if limit else None) or 0.0
    return share < HEAP_SHARE


def may_wait_for_proof(view: TargetView) -> bool:
    """Whether it grows toward such a limit, and waiting until a leak is proven does no harm."""
    if not is_toward_heap(view):
        return False
    left = view.seconds_to_limit
    return has_heap_room(view) or left is None or left > FURIOUS_SECONDS


def heaps_fit(heaps: Sequence[RuntimeHeap], limits: Iterable[Limit]) -> bool:
    """Whether all that heaps may still become fits into each of these limits.

    Then only what lies outside of them can reach one, which is judged by itself: a heap that is
    touched for the first time grows for a while, and stops at its own maximum.
    """
    more_bytes = 0
    for heap in heaps:
        if heap.limit_bytes is None:
            return False
        touched_bytes = heap.touched_bytes
        known_bytes = heap.committed_bytes if touched_bytes is None else touched_bytes
        more_bytes += max(0, heap.limit_bytes - known_bytes)
    rooms = [room for limit in limits if (room := limit.room_bytes) is not None]
    return bool(heaps and rooms) and more_bytes < min(rooms)
