"""What the leak detector makes of the heaps that runtimes tell of, of a target or a process."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from trayapp.dataclass import replace
from trayapp.domain.judging.leaks import (
    NOTHING_TO_JUDGE,
    LeakDetector,
    LeakSettings,
    Load,
    Verdict,
)
from trayapp.domain.judging.python_heaps import python_heaps
from trayapp.domain.records.frames import Frame, TargetSample
from trayapp.domain.records.limits import Limit
from trayapp.domain.records.runtimes import RuntimeHeap, live_bytes_of

_STEP_SECONDS = 5.0
_MOST_STEPS = 200
"""Between two collections, however far apart."""
_PROOFS = 2
"""Collections after a full one: G1 frees only by and by what its concurrent cycle has found."""
_AT_ONCE = ("Serial", "Parallel", "V8")
"""Collectors whose full collection leaves no garbage, or next to none."""
_MOST_FULL = 32
_STAYED_SHARE = 0.5
_LEVELS = ("healthy", "growing", "leaking")


class LiveSetLeak:
    """Feeds a detector with what collections leave, against the limit of the heap itself.

    A resident set stands still once the heap has been touched; what collections leave does not,
    and the end of it is death. Only they tell of it: between two, a straight line is assumed, and
    the detector sees it when the second one has run. Fed with the figure that stands between them
    it took each pause for the end of the growth.

    Between full collections the old generation also holds garbage, which looks just like a leak
    (seen with a cache of a fixed size under each collector with generations): so it is one only if
    a full collection since the growth began has left it.
    """

    def __init__(self) -> None:
        self.forget_run()

    def forget_run(self) -> None:
        """Begin anew."""
        self._detector: LeakDetector | None = None
        self._verdict = NOTHING_TO_JUDGE
        self._latest: tuple[float, int] | None = None
        """When the latest collection was seen, monotonic, and what it left."""
        self._collections = self._full_collections = 0
        self._frees_at_once = False
        self._seen = 0
        """How often a collection was seen."""
        self._full: deque[tuple[float, int]] = deque(maxlen=_MOST_FULL)
        """When full collections were seen, and how many of any kind until then."""

    def set_settings(self, settings: LeakSettings) -> None:
        """Judge by other thresholds from the next look on."""
        if self._detector is not None:
            self._detector.set_settings(settings)

    def add_sample(
        self, frame: Frame, sample: TargetSample, settings: LeakSettings, *, restarted: bool
    ) -> Verdict | None:
        """Let the detector see one look at a target; None: no runtime tells of a heap."""
        load = Load(children=len(sample.readings), work=sample.particulars.cpu_percent)
        heaps = sample.heaps or python_heaps(sample.insides)
        return self.add_heaps(frame.monotonic_seconds, heaps, settings, load, restarted=restarted)

    def add_heaps(
        self,
        now: float,
        heaps: Sequence[RuntimeHeap],
        settings: LeakSettings,
        load: Load | None = None,
        *,
        restarted: bool = False,
    ) -> Verdict | None:
        """Let the detector see one look; None: no runtime tells of a heap.

        now: monotonic seconds; heaps: all that are judged together.
        """
        live_bytes = live_bytes_of(heaps)
        if live_bytes is None:
            return None
        if restarted:
            self.forget_run()
        collections = sum(heap.collections for heap in heaps)
        limits = list(_limits(heaps))
        if collections != self._collections:
            self._note_full(now, heaps)
            self._collections = collections
            self._fold(now, live_bytes, limits, settings, load)
        return self._doubted(settings, limits)

    def _note_full(self, now: float, heaps: Sequence[RuntimeHeap]) -> None:
        count = sum(heap.full_collections for heap in heaps)
        self._frees_at_once = all(heap.collector in _AT_ONCE for heap in heaps)
        self._seen += 1
        if self._latest is not None and count != self._full_collections:
            self._full.append((now, self._seen))
        self._full_collections = count

    def _fold(
        self,
        now: float,
        live_bytes: int,
        limits: list[Limit],
        settings: LeakSettings,
        load: Load | None,
    ) -> None:
        if self._detector is None:
            self._detector = LeakDetector(signal="heap after collection", settings=settings)
        room = min((limit.room_bytes or 0 for limit in limits), default=None)
        for seconds, size_bytes in self._line_to(now, live_bytes):
            self._verdict = self._detector.fold(seconds, size_bytes, load=load, room_bytes=room)
        self._latest = now, live_bytes

    def _line_to(self, now: float, live_bytes: int) -> Iterator[tuple[float, int]]:
        if self._latest is not None:
            then, before_bytes = self._latest
            count = min(_MOST_STEPS, int((now - then) / _STEP_SECONDS))
            for step in range(1, count):
                part = step / count
                size_bytes = round(before_bytes + (live_bytes - before_bytes) * part)
                yield then + (now - then) * part, size_bytes
        yield now, live_bytes

    def _has_stayed(self) -> bool:
        """Whether the latest collection has left what the detector takes for growth.

        It judges seconds later only: by then it would have been told.
        """
        start, grown = self._verdict.start_bytes, self._verdict.growth_bytes
        if start is None or grown is None or self._latest is None:
            return True
        return self._latest[1] >= start + _STAYED_SHARE * grown

    def _doubted(self, settings: LeakSettings, limits: list[Limit]) -> Verdict:
        """Call it growing where it may be garbage that no full collection has met.

        Nor is there a time until the heap is full then: at the limit the garbage goes.
        """
        verdict, onset = self._verdict, self._verdict.onset_monotonic_seconds
        if verdict.level == "healthy" or onset is None:
            return verdict
        proofs = 0 if self._frees_at_once else _PROOFS
        if self._has_stayed() and any(
            at > onset and self._seen - seen >= proofs for at, seen in self._full
        ):
            return verdict.toward(limits)
        # Nor may it be near enough to a leak for a target's owner to hear of it.
        return replace(
            verdict,
            level="growing",
            score=min(verdict.score, settings.leaking_score - 0.05),
            is_runaway=False,
            seconds_to_limit=None,
            seconds_to_limit_low=None,
            seconds_to_limit_high=None,
        )


def _limits(heaps: Iterable[RuntimeHeap]) -> Iterator[Limit]:
    """Yield the limits of heaps, with all that the latest collections have left."""
    for heap in heaps:
        if heap.limit_bytes is not None:
            yield Limit(limit_bytes=heap.limit_bytes, source="runtime", used_bytes=heap.live_bytes)


def worse_of(memory: Verdict, heap: Verdict | None) -> Verdict:
    """Return what a person should hear of: the surer of the two; of equals the more urgent."""
    if heap is None:
        return memory
    ranks = [_LEVELS.index(verdict.level) for verdict in (memory, heap)]
    if ranks[0] != ranks[1]:
        return memory if ranks[0] > ranks[1] else heap
    if not ranks[0] or heap.seconds_to_limit is None:
        return memory
    left = memory.seconds_to_limit
    return heap if left is None or heap.seconds_to_limit < left else memory
