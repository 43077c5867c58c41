"""What the leak detector makes of the heaps that runtimes tell of, of a target or a process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from trayapp.dataclass import NamedTuple, replace
from trayapp.domain.judging.collection_line import CollectionLine, Context, PointsSinceFull
from trayapp.domain.judging.leaks import LeakSettings, Load, Verdict
from trayapp.domain.judging.python_heaps import python_heaps
from trayapp.domain.records.frames import Frame, TargetSample
from trayapp.domain.records.limits import Limit
from trayapp.domain.records.runtimes import RuntimeHeap, live_bytes_of

_AT_ONCE = ("Serial", "Parallel", "V8", "CPython")
"""Collectors of which each full collection leaves no garbage, or next to none."""
_MIXED_COLLECTIONS = 8
"""Collections after a full one in which G1 frees, by and by, what its concurrent cycle has found;
it begins no other before it is through."""
_UNMIXED_COLLECTIONS, _UNMIXED_SHARE = 2, 0.5
"""If the old generation goes on growing at so much of its pace over so many, there is nothing that
G1 thinks worth freeing: less than 5% of the heap."""
_STAYED_SHARE = 0.5
_LEVELS = ("healthy", "growing", "leaking")


class LiveSetLeak:
    """Feeds a detector with what full collections leave, against the limit of the heap itself.

    A resident set stands still once the heap has been touched; what collections leave does not,
    and the end of it is death. Only they tell of it: between two, a straight line is assumed.

    Between full collections the old generation also holds garbage, which looks just like a leak
    (seen with caches of a fixed size and with sessions that end, under each collector with
    generations). So there are two detectors. One sees what any collection leaves, and says no more
    than that it grows. The other sees only what a full collection has proven: of all that was
    there before, no more than was left then can have been in use.
    """

    def __init__(self) -> None:
        self.forget_run()

    def forget_run(self) -> None:
        """Begin anew."""
        self._any = CollectionLine()
        self._proven = CollectionLine()
        self._collections = self._full_collections = self._stopping_collections = 0
        self._latest_bytes: int | None = None
        """What the latest collection has left."""
        self._unproven = PointsSinceFull()
        self._full: _Full | None = None
        """The full collection whose freeing is not over yet."""

    def set_settings(self, settings: LeakSettings) -> None:
        """Judge by other thresholds from the next look on."""
        self._any.set_settings(settings)
        self._proven.set_settings(settings)

    def add_sample(
        self, frame: Frame, sample: TargetSample, settings: LeakSettings, *, restarted: bool
    ) -> Verdict | None:
        """Let the detector see one look at a target; None: no runtime tells of a heap."""
        heaps = sample.heaps or python_heaps(sample.insides)
        if not heaps:
            return None
        load = Load(children=len(sample.readings), work=sample.particulars.cpu_percent)
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
            self._collections = collections
            room = min((limit.room_bytes or 0 for limit in limits), default=None)
            context = Context(settings, room, load)
            self._any.add(now, live_bytes, context)
            self._note_full(now, live_bytes, heaps, context)
        return self._judged(settings, limits)

    def _note_full(
        self, now: float, live_bytes: int, heaps: Sequence[RuntimeHeap], context: Context
    ) -> None:
        """Take in a collection, and the last full one as soon as all is freed that it found."""
        count, full = sum(heap.full_collections for heap in heaps), self._full
        # What happened before the first look is nothing that the points were there for.
        is_full = self._latest_bytes is not None and count != self._full_collections
        stops = sum(heap.stopping_collections for heap in heaps)
        has_stopped, self._stopping_collections = stops != self._stopping_collections, stops
        self._full_collections, self._latest_bytes = count, live_bytes
        if full is not None:
            if not is_full:
                full = self._full = full.after_another(live_bytes)
            if is_full or full.is_over(now, live_bytes, self._collections):
                self._prove(full, context)
        self._unproven.add(now, live_bytes)
        if is_full:
            pace = self._unproven.pace
            self._full = _Full(now, self._collections, live_bytes, live_bytes, pace)
            if has_stopped or all(heap.collector in _AT_ONCE for heap in heaps):
                self._prove(self._full, context)

    def _prove(self, full: _Full, context: Context) -> None:
        for seconds, size_bytes in self._unproven.take_until(full.seconds):
            self._proven.add(seconds, min(size_bytes, full.left_bytes), context)
        self._full = None

    def _judged(self, settings: LeakSettings, limits: list[Limit]) -> Verdict:
        """Call it growing where it may be garbage that no full collection has met.

        Nor is there a time until the heap is full then: at the limit the garbage goes.
        """
        proven, verdict = self._proven.verdict, self._any.verdict
        if proven.level != "healthy" and self._has_stayed(proven):
            return proven.toward(limits)
        if verdict.level == "healthy":
            return verdict
        # Nor may it be near enough to a leak for a target's owner to hear of it.
        return replace(
            verdict,
            level="growing",
            score=min(verdict.score, settings.leaking_score - 0.05),
            is_runaway=False,
            is_unproven=verdict.level == "leaking",
            seconds_to_limit=None,
            seconds_to_limit_low=None,
            seconds_to_limit_high=None,
        )

    def _has_stayed(self, verdict: Verdict) -> bool:
        """Whether the latest collection has left what the detector takes for growth.

        It is asked at full collections only: by then it would have been told.
        """
        start, grown = verdict.start_bytes, verdict.growth_bytes
        if start is None or grown is None or self._latest_bytes is None:
            return True
        return self._latest_bytes >= start + _STAYED_SHARE * grown


class _Full(NamedTuple):
    """A full collection, and those that free on its behalf."""

    seconds: float
    """When it was seen, monotonic."""
    collections: int
    """Of any kind until then."""
    size_bytes: int
    """What it has left."""
    left_bytes: int
    """What they have left at the least."""
    pace: float
    """Bytes a second by which the heap grew before it."""
    seen: int = 0
    """How often a collection was seen since."""

    def after_another(self, live_bytes: int) -> _Full:
        """The same after a collection that was not full."""
        return self._replace(left_bytes=min(self.left_bytes, live_bytes), seen=self.seen + 1)

    def is_over(self, now: float, live_bytes: int, collections: int) -> bool:
        """Whether nothing more is freed on its behalf; collections: of any kind until now."""
        if collections - self.collections >= _MIXED_COLLECTIONS:
            return True
        grown_bytes = live_bytes - self.size_bytes
        usual_bytes = self.pace * (now - self.seconds)
        return (
            self.seen >= _UNMIXED_COLLECTIONS
            and self.pace > 0
            and grown_bytes >= _UNMIXED_SHARE * usual_bytes
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
