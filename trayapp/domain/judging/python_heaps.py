"""Python's memory as a heap among the runtimes', so that the same detector judges it."""

from __future__ import annotations

from collections.abc import Sequence

from trayapp.domain.records.inside import Inside
from trayapp.domain.records.runtimes import RuntimeHeap


def python_heaps(insides: Sequence[Inside]) -> tuple[RuntimeHeap, ...]:
    """Return what full collections have left of Python processes, as heaps.

    Only where each that reports has seen one, else none: most Python programs collect fully ever
    less often, and some never.
    """
    heaps = []
    for inside in insides:
        used, live, count = inside.used_bytes, inside.live_bytes, inside.full_collections
        if used is None or live is None or not count:
            return ()
        heaps.append(
            RuntimeHeap(
                runtime="python",
                collector="CPython",
                live_bytes=live,
                kept_bytes=live,
                used_bytes=used,
                committed_bytes=(inside.arena_bytes or 0) + (inside.library_held_bytes or 0),
                limit_bytes=None,
                metaspace_bytes=None,
                collections=count,
                full_collections=count,
            )
        )
    return tuple(heaps)
