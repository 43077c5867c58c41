"""What the leak detector makes of one target: which sizes it sees, and what it knew before."""

from __future__ import annotations

from collections.abc import Sequence

from trayapp.dataclass import replace
from trayapp.domain.judging.leaks import (
    MOST_PRIORS,
    NOTHING_TO_JUDGE,
    LeakDetector,
    LeakSettings,
    Load,
    SessionPrior,
    Signal,
    Verdict,
)
from trayapp.domain.judging.leaks.staleness import Staleness
from trayapp.domain.judging.live_set_leak import LiveSetLeak, worse_of
from trayapp.domain.judging.monitor_rules import SLOW_VALUES_SECONDS
from trayapp.domain.judging.outside_heap import OutsideHeap
from trayapp.domain.judging.outside_heap_leak import HeapJudges, OutsideHeapLeak
from trayapp.domain.judging.replay import replay_leaks, signal_of
from trayapp.domain.records.frames import Frame, TargetSample
from trayapp.domain.records.limits import Limit, least_room_bytes
from trayapp.domain.records.samples import ProcessKey, SystemSample
from trayapp.domain.records.stretches import Stretch

OUTSIDE_HEAP: Signal = "memory outside the heap"


class TargetLeak:
    """Feeds one target's detector. One signal for good: a change would look like growth."""

    def __init__(self) -> None:
        self.detector: LeakDetector | None = None
        self.priors: tuple[SessionPrior, ...] = ()
        """Of runs before Memtray was started."""
        self._live_set = LiveSetLeak()
        self._outside_heap = OutsideHeap()
        self._adopted: OutsideHeapLeak | None = None
        """What judged its memory outside the heap while it was an application."""
        self._signal: Signal | None = None
        """What the detector is fed; None: nothing yet."""
        self._part: tuple[ProcessKey, LeakDetector] | None = None
        """The one of its processes that was judged while it was an application, while it grows."""
        self._met_at: float | None = None
        self._knows_swap = False
        self._uncounted_swap_bytes: int | None = 0
        """What was swapped out before that was counted; None: not known yet."""
        self._load = Load()
        self._room_bytes: float | None = None
        """What was left until the nearest limit, at the last look."""

    @property
    def prior(self) -> SessionPrior | None:
        """What later runs may know of this one; None: too short to tell."""
        return self.detector.prior if self.detector else None

    def add_prior(self, prior: SessionPrior) -> None:
        """Remember what an earlier run did."""
        self.priors = (*self.priors, prior)[-MOST_PRIORS:]

    def adopt(
        self, detector: LeakDetector | None, part: tuple[ProcessKey, LeakDetector] | None = None
    ) -> None:
        """Go on with what judged its processes while they were an application; before any sample.

        detector: of all of them together; part: of the one that was judged worst.
        """
        self.detector, self._part = detector, part
        self._signal = detector.signal if detector else None
        # Of an application it is not counted: to begin with that would be a jump.
        self._uncounted_swap_bytes = None if detector else 0

    def adopt_heap(self, judges: HeapJudges | None, *, is_whole: bool) -> None:
        """Go on with what judged its heap while it was an application; before any sample.

        judges: None: nothing did. is_whole: it has no process but the one with the heap.
        """
        if judges is not None:
            self._live_set = judges.heap
            self._adopted = judges.outside if is_whole else None

    def set_settings(self, settings: LeakSettings) -> None:
        """Judge by other thresholds from the next look on."""
        if self.detector is not None:
            self.detector.set_settings(settings)
        if self._part is not None:
            self._part[1].set_settings(settings)
        self._live_set.set_settings(settings)

    def add_sample(
        self,
        frame: Frame,
        sample: TargetSample,
        settings: LeakSettings,
        limits: Sequence[Limit],
        *,
        restarted: bool,
        is_awaited: bool,
        staleness: Staleness | None,
    ) -> Verdict:
        """Let the detectors see one look; they judge every 15 s of their own accord."""
        heap = self._live_set.add_sample(frame, sample, settings, restarted=restarted)
        memory = self._judge_memory(
            frame, sample, settings, limits,
            restarted=restarted, is_awaited=is_awaited, staleness=staleness,
        )  # fmt: skip
        part = self._judge_part(frame, sample, limits, staleness)
        is_steady = heap is not None and heap.level == "healthy"
        if is_steady and memory.signal == OUTSIDE_HEAP and memory.level != "healthy":
            memory = replace(memory, is_heap_steady=True)
        worst = worse_of(worse_of(memory, part), heap)
        if heap is not None and heap.is_unproven and not worst.is_unproven:
            worst = replace(worst, is_unproven=True)
        return worst

    def _judge_part(
        self,
        frame: Frame,
        sample: TargetSample,
        limits: Sequence[Limit],
        staleness: Staleness | None,
    ) -> Verdict | None:
        """Judge the process that grew when it was taken over; None: that is over, or none did."""
        if self._part is None:
            return None
        key, detector = self._part
        reading = next((reading for each, reading in sample.readings if each == key), None)
        if reading is not None and not sample.heaps:
            is_resident = detector.signal == "resident set"
            verdict = detector.fold(
                frame.monotonic_seconds,
                reading.rss_bytes if is_resident else reading.kept_bytes,
                room_bytes=self._room_bytes,
                staleness=staleness,
            )
            if verdict.level != "healthy":
                return verdict.toward(limits)
        self._part = None
        return None

    def _judge_memory(
        self,
        frame: Frame,
        sample: TargetSample,
        settings: LeakSettings,
        limits: Sequence[Limit],
        *,
        restarted: bool,
        is_awaited: bool,
        staleness: Staleness | None,
    ) -> Verdict:
        self._room_bytes = least_room_bytes(limits)
        if is_awaited:
            # It is to see first what was kept of the run.
            return NOTHING_TO_JUDGE
        if self._meets_heap(sample):
            self.detector = None
        if restarted or self.detector is None:
            self._uncounted_swap_bytes = 0
            self._outside_heap = OutsideHeap()
        if self.detector is None:
            signal = self._signal = self._choose_signal(frame, sample)
            if signal is None:
                return NOTHING_TO_JUDGE
            adopted, self._adopted = self._adopted, None
            if signal == OUTSIDE_HEAP and adopted is not None and not restarted:
                self.detector, self._outside_heap = adopted.detector, adopted.outside_heap
            if self.detector is None:
                self.detector = LeakDetector(signal=signal, settings=settings, priors=self.priors)
        size_bytes = self._size_bytes(frame, sample)
        room_bytes: float | None = self._room_bytes
        outside = self._outside_heap.limit
        if self._signal == OUTSIDE_HEAP and outside is not None:
            room_bytes = self._outside_heap.room_to_wait(room_bytes)
            limits = (*limits, outside)
        verdict = self.detector.fold(
            frame.monotonic_seconds,
            size_bytes,
            load=self._load_of(sample),
            restarted=restarted,
            room_bytes=room_bytes,
            staleness=staleness,
        )
        return verdict.toward(limits)

    def _load_of(self, sample: TargetSample) -> Load:
        """Return what it is asked to do: the same record until that changes."""
        children, work = len(sample.readings), sample.particulars.cpu_percent
        if self._load.children != children or self._load.work != work:
            self._load = Load(children=children, work=work)
        return self._load

    def _meets_heap(self, sample: TargetSample) -> bool:
        """Whether a heap has become known of what was judged as a whole until now."""
        return bool(sample.heaps) and self._signal == "anonymous memory"

    def _size_bytes(self, frame: Frame, sample: TargetSample) -> int | None:
        if self._signal == "resident set":
            return sample.rss_bytes
        kept_bytes = sample.kept_bytes
        if self._signal == OUTSIDE_HEAP:
            return self._outside_heap.measure(kept_bytes, sample.heaps)
        if kept_bytes is not None:
            return self._with_swap(kept_bytes, sample, frame.system)
        # A figure that stands still because it is old would look like the end of the growth.
        footprint = None if sample.uss_reason else sample.footprint
        return footprint.uss_bytes if footprint else None

    def _choose_signal(self, frame: Frame, sample: TargetSample) -> Signal | None:
        """The best that is told of it; None: not known yet."""
        if sample.rss_bytes is None:
            return None
        if sample.anon_bytes is not None:
            if sample.heaps:
                return OUTSIDE_HEAP
            return "private memory" if frame.anon_is_private else "anonymous memory"
        if self._met_at is None:
            self._met_at = frame.monotonic_seconds
        footprint = sample.footprint
        if footprint is not None and footprint.uss_bytes is not None:
            return "private memory"
        # It is read within half a minute, where it can be read at all.
        waited_seconds = frame.monotonic_seconds - self._met_at
        return "resident set" if waited_seconds >= SLOW_VALUES_SECONDS else None

    def _with_swap(self, anon_bytes: int, sample: TargetSample, system: SystemSample) -> int | None:
        """Add what is swapped out, which is not given back; None while that is unknown."""
        if self._signal == "private memory" or not (self._knows_swap or system.swap_used_bytes):
            return anon_bytes
        swap_bytes = sample.footprint.swap_bytes if sample.footprint else None
        if swap_bytes is None:
            return None if self._knows_swap else anon_bytes
        self._knows_swap = True
        if self._uncounted_swap_bytes is None:
            self._uncounted_swap_bytes = swap_bytes
        return anon_bytes + swap_bytes - self._uncounted_swap_bytes

    def replay(
        self, stretches: Sequence[Stretch], settings: LeakSettings, offset: float, *, private: bool
    ) -> bool:
        """Know what the run was judged by before a restart; False: nothing was kept of it."""
        signal = signal_of(stretches, anon_is_private=private)
        if signal is None:
            return False
        self._signal = signal
        self.detector = LeakDetector(
            signal=signal, settings=settings, priors=self.priors, room_bytes=self._room_bytes
        )
        self._knows_swap = replay_leaks(self.detector, stretches, signal, offset)
        return True

    def forget_run(self) -> None:
        """Begin anew, but with what that run leaves to later ones."""
        if self.prior is not None:
            self.add_prior(self.prior)
        self.detector = self._signal = self._part = self._adopted = None
        self._knows_swap = False
        self._live_set.forget_run()
