"""How much of a program lies outside of its runtimes' heaps, and how near a limit of that is."""

from __future__ import annotations

from collections.abc import Sequence

from trayapp.domain.records.limits import Limit
from trayapp.domain.records.runtimes import RuntimeHeap

_PATIENCE = 3.0
"""That what grows are direct buffers is a guess: so much more proof is asked for."""


class OutsideHeap:
    """Follows what of a program is not its heaps: native memory.

    Nobody tells how much of a heap is resident: all that is committed at the most, and what has
    been in use at the least. A heap that is reserved whole may take hours to be touched for the
    first time, and one that gives memory back touches it anew: neither is growth of anything else.
    So that has grown only by which the sizes by either reckoning have grown.
    """

    def __init__(self) -> None:
        self.limit: Limit | None = None
        """Of Java's direct buffers, as if all that came since the first look were such; None:
        there is none, or nobody knows."""
        self._size_bytes: int | None = None
        self._low_bytes = self._high_bytes = 0
        self._least_bytes: int | None = None
        """What it was at the least, without classes."""

    def measure(self, kept_bytes: int | None, heaps: Sequence[RuntimeHeap]) -> int | None:
        """Take in one look; return what is outside the heaps. None: not known.

        kept_bytes: what the program takes and cannot be dropped.
        """
        if not heaps or kept_bytes is None:
            return None
        low_bytes = kept_bytes - sum(heap.committed_bytes for heap in heaps)
        high_bytes = kept_bytes - sum(_touched_bytes(heap) for heap in heaps)
        size_bytes = high_bytes
        if self._size_bytes is not None:
            grown_bytes = min(low_bytes - self._low_bytes, high_bytes - self._high_bytes)
            size_bytes = min(high_bytes, max(low_bytes, self._size_bytes + grown_bytes))
        self._low_bytes, self._high_bytes, self._size_bytes = low_bytes, high_bytes, size_bytes
        self._note_limit(heaps)
        return max(0, size_bytes)

    def _note_limit(self, heaps: Sequence[RuntimeHeap]) -> None:
        self.limit = None
        if len(heaps) != 1 or self._size_bytes is None:
            return
        (heap,) = heaps
        size_bytes = max(0, self._size_bytes - (heap.metaspace_bytes or 0))
        if self._least_bytes is None:
            self._least_bytes = size_bytes
        self._least_bytes = min(self._least_bytes, size_bytes)
        if heap.outside_limit_bytes:
            self.limit = Limit(
                limit_bytes=heap.outside_limit_bytes,
                source="direct",
                used_bytes=size_bytes - self._least_bytes,
            )

    def room_to_wait(self, room_bytes: float | None) -> float | None:
        """Return the room by which to judge how long to wait for proof, given that of others."""
        own = self.limit.room_bytes if self.limit else None
        if own is None:
            return room_bytes
        waits = _PATIENCE * own
        return waits if room_bytes is None else min(waits, room_bytes)


def _touched_bytes(heap: RuntimeHeap) -> int:
    return heap.committed_bytes if heap.touched_bytes is None else heap.touched_bytes
