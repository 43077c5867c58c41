"""What the leak detector makes of one process's memory outside of its heap."""

from __future__ import annotations

from collections.abc import Sequence

from trayapp.dataclass import NamedTuple
from trayapp.domain.judging.leaks import LeakDetector, LeakSettings, Verdict
from trayapp.domain.judging.live_set_leak import LiveSetLeak
from trayapp.domain.judging.outside_heap import OutsideHeap
from trayapp.domain.records.runtimes import RuntimeHeap


class OutsideHeapLeak:
    """Judges what grows toward the limit of direct buffers: that is reached by nothing else.

    Its memory as a whole is judged elsewhere, by the room that the machine has.
    """

    def __init__(self) -> None:
        self.outside_heap = OutsideHeap()
        self.detector: LeakDetector | None = None
        """None: no such limit is known yet."""

    def set_settings(self, settings: LeakSettings) -> None:
        """Judge by other thresholds from the next look on."""
        if self.detector is not None:
            self.detector.set_settings(settings)

    def add_look(
        self,
        now: float,
        kept_bytes: int | None,
        heaps: Sequence[RuntimeHeap],
        settings: LeakSettings,
    ) -> Verdict | None:
        """Let the detector see one look; None: no such limit is known.

        now: monotonic seconds; kept_bytes: what the process takes and cannot be dropped.
        """
        size_bytes = self.outside_heap.measure(kept_bytes, heaps)
        limit = self.outside_heap.limit
        if limit is None:
            return None
        if self.detector is None:
            self.detector = LeakDetector(signal="memory outside the heap", settings=settings)
        room_bytes = self.outside_heap.room_to_wait(None)
        return self.detector.fold(now, size_bytes, room_bytes=room_bytes).toward((limit,))


class HeapJudges(NamedTuple):
    """What judges one process whose heap is known."""

    heap: LiveSetLeak
    outside: OutsideHeapLeak
