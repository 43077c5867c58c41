"""The file in which a program keeps the figures of its heaps: the probe for Node.js writes it.

A header (magic, runtime, number and size of slots), then a slot for each thread with a heap: 16
numbers, little-endian. A slot is written whole, once a second, and is good if it begins and ends
with the same number. The file belongs to another process: every number of it is checked.
"""

from __future__ import annotations

import struct

from trayapp.dataclass import NamedTuple
from trayapp.domain.records.runtimes import RuntimeHeap

MAGIC = b"MTHEAP1\n"
HEADER_BYTES, SLOT_BYTES, MOST_SLOTS = 32, 128, 32
MOST_BYTES = HEADER_BYTES + MOST_SLOTS * SLOT_BYTES
_HEADER = struct.Struct("<8s8sII")
_SLOT = struct.Struct("<16d")
_LARGEST = float(1 << 53)
_COLLECTORS = {"node": "V8"}


class _Slot(NamedTuple):
    """One thread's figures, as they are in the file."""

    sequence: float
    thread: float
    """Its number and one; 0: the slot is free."""
    written_seconds: float
    used_bytes: float
    committed_bytes: float
    limit_bytes: float
    old_bytes: float
    kept_bytes: float
    """-1: no full collection yet."""
    external_bytes: float
    array_buffers_bytes: float
    collections: float
    full_collections: float
    collecting_seconds: float
    longest_seconds: float
    spare: float
    sequence_again: float


def check_header(data: bytes) -> None:
    """Raises: ValueError where it is no such file."""
    if len(data) < HEADER_BYTES:
        raise ValueError("too short")
    magic, runtime, count, size = _HEADER.unpack_from(data)
    if magic != MAGIC or runtime.rstrip(b"\0") != b"node":
        raise ValueError("no figures of a heap that are known here")
    if size != SLOT_BYTES or not 0 < count <= MOST_SLOTS:
        raise ValueError("slots of another kind")


class FileHeaps:
    """The heaps of one process from reading to reading."""

    __slots__ = ("_before",)

    byte_count = MOST_BYTES

    def __init__(self) -> None:
        self._before: dict[int, tuple[float, float]] = {}
        """Of each thread: when it was read, and how long its collector had worked by then."""

    def read(self, data: bytes, now: float) -> tuple[RuntimeHeap, ...]:
        """Take in the file as it is now; empty: it tells nothing yet.

        now: monotonic seconds. Raises: ValueError.
        """
        check_header(data)
        found, before = [], self._before
        self._before = {}
        for place in range(HEADER_BYTES, len(data) - SLOT_BYTES + 1, SLOT_BYTES):
            slot = _Slot(*_SLOT.unpack_from(data, place))
            if not slot.thread or slot.sequence != slot.sequence_again:
                continue
            # More than any machine has, less than nothing, or no number.
            if not all(0 <= value < _LARGEST for value in (*slot[:7], *slot[8:])):
                raise ValueError("figures that cannot be")
            thread = int(slot.thread) - 1
            found.append(_heap(slot, thread, _share(slot, before.get(thread), now)))
            self._before[thread] = now, slot.collecting_seconds
        return tuple(found)


def _share(slot: _Slot, before: tuple[float, float] | None, now: float) -> float | None:
    if before is None or now <= before[0]:
        return None
    return min(1.0, max(0.0, (slot.collecting_seconds - before[1]) / (now - before[0])))


def _heap(slot: _Slot, thread: int, share: float | None) -> RuntimeHeap:
    is_kept_known = 0 <= slot.kept_bytes < _LARGEST
    return RuntimeHeap(
        runtime="node",
        collector=_COLLECTORS["node"],
        live_bytes=int(slot.old_bytes),
        kept_bytes=int(slot.kept_bytes) if is_kept_known else None,
        used_bytes=int(slot.used_bytes),
        committed_bytes=int(slot.committed_bytes),
        limit_bytes=int(slot.limit_bytes) or None,
        metaspace_bytes=None,
        collections=int(slot.collections),
        full_collections=int(slot.full_collections),
        collecting_share=share,
        external_bytes=int(slot.external_bytes),
        array_buffers_bytes=int(slot.array_buffers_bytes),
        thread=thread,
    )
