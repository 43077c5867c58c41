"""One target from frame to frame: what is remembered of it, and its view at each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from trayapp.dataclass import NamedTuple, replace
from trayapp.domain.grouping.target_run import TargetRun
from trayapp.domain.grouping.targets import TargetRule, own_limits_of
from trayapp.domain.judging.absolute_levels import level_above
from trayapp.domain.judging.alerting import Condition
from trayapp.domain.judging.growth_tracker import GrowthTracker, Spike
from trayapp.domain.judging.heap_room import heaps_fit
from trayapp.domain.judging.inside_course import InsideCourse
from trayapp.domain.judging.inside_values import INSIDE_METRICS, inside_values, with_collector
from trayapp.domain.judging.judges import TARGET_JUDGES
from trayapp.domain.judging.judges.inside import HeapLevels
from trayapp.domain.judging.judges.protocol import TargetCase
from trayapp.domain.judging.leaks import Verdict
from trayapp.domain.judging.leaks.staleness import StalenessPlan
from trayapp.domain.judging.monitor_rules import MonitorRules
from trayapp.domain.judging.replay import replay_growth
from trayapp.domain.judging.sessions import session_event
from trayapp.domain.judging.target_leak import TargetLeak
from trayapp.domain.judging.view import TargetView
from trayapp.domain.records.bars import BarRing
from trayapp.domain.records.frames import Frame, TargetSample, size_of_sample
from trayapp.domain.records.levels import Level
from trayapp.domain.records.limits import Headroom, Limit, headroom_of, tightest
from trayapp.domain.records.runtimes import RuntimeHeap, live_bytes_of, tightest_heap
from trayapp.domain.records.samples import UNKNOWN_PARTICULARS, Footprint, Particulars, ProcessKey
from trayapp.domain.records.series import Event, Series
from trayapp.domain.records.stretches import Stretch
from trayapp.language.catalogue import _

_TARGET_METRICS = (
    "rss_bytes",
    "size_bytes",
    "anon_bytes",
    "kept_bytes",
    "process_count",
    "uss_bytes",
    "pss_bytes",
    "swap_bytes",
    *Particulars._fields,
    "heap_live_bytes",
    "heap_used_bytes",
    *INSIDE_METRICS,
)
_NO_FOOTPRINT = Footprint()
_HIDDEN_SHARE = 0.1
"""A process that grows by less of what its heap does stands still."""


class TargetFollower:
    """Follows one target. Remembers O(its processes)."""

    def __init__(self, rule: TargetRule, span_seconds: float) -> None:
        self.rule = rule
        self.run = TargetRun()
        self.growth = GrowthTracker()
        self.leak = TargetLeak()
        self.inside = InsideCourse()
        self.events: list[Event] = []
        """What happened at the last frame: restarts, ends of runs."""
        self._series = {metric: Series("target", rule.name, metric) for metric in _TARGET_METRICS}
        self._judges = [judge() for judge in TARGET_JUDGES]
        self._peak_bytes: int | None = None
        self._growing_since_wall_seconds: float | None = None
        self._last = _Figures(TargetSample(name=rule.name))
        self.reset_bars(span_seconds)

    def reset_bars(self, span_seconds: float) -> None:
        """Begin anew with bars that cover another time."""
        self._bars = BarRing(span_seconds)

    def preload_bars(self, remembered: Mapping[Series, Sequence[float | None]]) -> None:
        """Fill the bars with sizes of before, else, of an older history, with resident sets."""
        sizes = remembered.get(self._series["size_bytes"], ())
        is_kept = any(size is not None for size in sizes)
        self._bars.preload(sizes if is_kept else remembered.get(self._series["rss_bytes"], ()))

    def add_sample(
        self,
        frame: Frame,
        sample: TargetSample,
        rules: MonitorRules,
        staleness: StalenessPlan,
        judged_level: Callable[[str], Level],
        machine: Limit,
    ) -> tuple[TargetView, list[Condition]]:
        """Return the target's view at this frame, and what is wrong with it.

        sample: the same record as at the frame before, if all in it is the same; machine: all the
        memory there is.
        """
        now, wall = frame.monotonic_seconds, frame.wall_seconds
        last = self._last
        if sample is not last.sample:
            last = self._last = _Figures(sample)
        readings, size = last.readings, last.size
        restarted = self._follow_run(last.keys, wall)
        spike = None
        if self.run.before is None:
            spike = self.growth.add_sample(
                now, frame.interval_seconds, readings, rules.growth, rules.spike
            )
        self._note_growth(now, wall)
        size_bytes = size.size_bytes if size else None
        self._bars.add(now, size_bytes)
        if size_bytes is not None:
            self._peak_bytes = max(size_bytes, self._peak_bytes or 0)
        bounds = last.bounds(self.rule, machine.limit_bytes)
        limits = (*bounds.own, machine)
        leak = self.leak.add_sample(
            frame,
            sample,
            rules.leaks,
            limits,
            restarted=restarted,
            is_awaited=self.run.before is not None,
            staleness=staleness.of(readings, now),
        )
        rate = self.growth.rate_bytes_per_second
        leak = _seen_from_outside(leak, rate)
        inside = self.inside.add(now, sample.insides, self._growing_since(leak))
        if inside is not None:
            leak = with_collector(leak, inside, rules.own(HeapLevels))
        limit = bounds.shown
        footprint = (sample.footprint if readings else None) or _NO_FOOTPRINT
        view = TargetView(
            name=self.rule.name,
            pids=last.pids,
            keys=last.ordered_keys,
            rss_bytes=last.rss_bytes,
            size=size,
            charge=sample.charge if readings else None,
            peak_bytes=self._peak_bytes,
            slope_bytes_per_second=rate,
            rate_level=level_above(rate, rules.rates),
            growing_since_wall_seconds=self._growing_since_wall_seconds,
            uss_bytes=footprint.uss_bytes,
            pss_bytes=footprint.pss_bytes,
            swap_bytes=footprint.swap_bytes,
            uss_reason=sample.uss_reason if readings else "",
            particulars=sample.particulars if readings else UNKNOWN_PARTICULARS,
            limit_bytes=limit.limit_bytes,
            limit_source=limit.source,
            limit_share=bounds.share,
            size_limit_bytes=bounds.size_limit_bytes,
            heap=tightest_heap(sample.heaps),
            inside=inside,
            silent_runtime=sample.silent_runtime,
            headroom=self._headroom(limits, limit, leak, rules, sample.heaps),
            unmatched=sample.unmatched,
            restart_count=self.run.restart_count,
            bars=self._bars.values(),
            leak=leak,
            leak_since_wall_seconds=leak.since(now, wall),
        )
        return view, self._judge(view, spike, frame, rules, judged_level)

    def values(
        self, sample: TargetSample, view: TargetView, *, with_slow: bool
    ) -> Iterable[tuple[Series, float | None]]:
        """Return what the history keeps of this frame; `with_slow`: also what is kept seldom."""
        if with_slow or view.heap is not None or sample is not self._last.sample:
            return self._all_values(sample, view, with_slow=with_slow)
        values = self._last.values
        if values is None:
            values = self._last.values = tuple(self._all_values(sample, view, with_slow=False))
        return values

    def _all_values(
        self, sample: TargetSample, view: TargetView, *, with_slow: bool
    ) -> Iterator[tuple[Series, float | None]]:
        series, rss_bytes, size_bytes = self._series, view.rss_bytes, view.size_bytes
        if size_bytes is not None:
            anon_bytes, kept_bytes = sample.anon_bytes, sample.kept_bytes
            yield series["rss_bytes"], rss_bytes
            yield series["size_bytes"], None if size_bytes == rss_bytes else size_bytes
            yield series["anon_bytes"], anon_bytes
            yield series["kept_bytes"], None if kept_bytes == anon_bytes else kept_bytes
            yield series["process_count"], len(sample.readings)
        if view.heap is not None:
            yield series["heap_live_bytes"], live_bytes_of(sample.heaps)
            yield series["heap_used_bytes"], sum(heap.used_bytes for heap in sample.heaps)
        if view.inside is not None and with_slow:
            for metric, value in inside_values(view.inside):
                yield series[metric], value
        if with_slow:
            yield series["uss_bytes"], view.uss_bytes
            yield series["pss_bytes"], view.pss_bytes
            yield series["swap_bytes"], view.swap_bytes
            for name, value in view.particulars._asdict().items():
                yield series[name], value

    def _growing_since(self, leak: Verdict) -> float | None:
        """Return since when it is said to grow, monotonic; None: it is not."""
        if leak.level != "healthy" and leak.onset_monotonic_seconds is not None:
            return leak.onset_monotonic_seconds
        growth = self.growth.growth
        return growth.onset_monotonic_seconds if growth is not None and growth.sustained else None

    def _follow_run(self, keys: frozenset[ProcessKey], wall: float) -> bool:
        """Note how the run goes on; return whether it was started again."""
        self.events = []
        restarted, ended = self.run.update(keys, wall)
        if restarted:
            text = _("{name} restarted").format(name=self.rule.name)
            self.events.append(
                Event(wall_seconds=wall, kind="restart", subject=self.rule.name, text=text)
            )
        if ended and self.leak.prior is not None:
            self.events.append(session_event(self.rule.name, self.leak.prior, wall))
        return restarted

    def _note_growth(self, now: float, wall: float) -> None:
        growth = self.growth.growth
        if growth is None or not growth.sustained:
            self._growing_since_wall_seconds = None
        elif self._growing_since_wall_seconds is None:
            self._growing_since_wall_seconds = wall - (now - growth.onset_monotonic_seconds)

    def _judge(
        self,
        view: TargetView,
        spike: Spike | None,
        frame: Frame,
        rules: MonitorRules,
        judged_level: Callable[[str], Level],
    ) -> list[Condition]:
        case = TargetCase(
            frame=frame,
            rules=rules,
            judged_level=judged_level,
            rule=self.rule,
            view=view,
            growth=self.growth.growth,
            spike=spike,
            usual=rules.usual(self.rule.name, frame.wall_seconds),
        )
        conditions = []
        for judge in self._judges:
            condition = judge.judge(case)
            if condition is not None:
                conditions.append(condition)
                case.found.add(judge.key)
        return conditions

    def _headroom(
        self,
        limits: Sequence[Limit],
        shown: Limit,
        leak: Verdict,
        rules: MonitorRules,
        heaps: Sequence[RuntimeHeap],
    ) -> Headroom | None:
        """Return what it reaches first, at the one rate that is shown everywhere."""
        is_heap = leak.signal == "heap after collection"
        if leak.headroom is not None and (is_heap or leak.headroom.source == "direct"):
            return leak.headroom
        rate, growth = leak.rate_bytes_per_second, self.growth.growth
        if is_heap:
            # That is how fast the heap fills, of what its limit is not near.
            rate = None
        if rate is None and growth is not None and not heaps_fit(heaps, limits):
            is_near = shown.source != "machine" and (shown.share or 0.0) >= min(
                rules.thresholds.values(), default=1.0
            )
            # A rise that may be a tooth of a saw says nothing of what is far away.
            if growth.sustained or is_near:
                rate = self.growth.rate_bytes_per_second
        return headroom_of(limits, rate)

    def replay(
        self, stretches: Sequence[Stretch], rules: MonitorRules, offset: float, *, private: bool
    ) -> Event | None:
        """Judge anew what was kept of the run that went on when Memtray ended.

        offset: the monotonic clock less the wall clock. Returns: what to keep of the run, if it is
        over.
        """
        mark, self.run.before = self.run.before, None
        if self.leak.replay(stretches, rules.leaks, offset, private=private):
            replay_growth(self.growth, stretches, rules.growth, offset)
        if mark is None or self.run.goes_on(mark):
            return None
        ended = stretches[-1].end_wall_seconds if stretches else mark.since_wall_seconds
        prior = self.leak.prior
        self.leak.forget_run()
        self.growth = GrowthTracker()
        return None if prior is None else session_event(self.rule.name, prior, ended)


class _Bounds(NamedTuple):
    """What stops a target from growing, without the machine's memory that others have."""

    own: tuple[Limit, ...]
    """But for the machine's."""
    shown: Limit
    share: float | None
    """Of `shown`, taken for good."""
    size_limit_bytes: int | None


class _Figures:
    """What follows from one sample alone: most targets stand still from frame to frame."""

    __slots__ = (
        "_bounds", "_bounds_of", "keys", "ordered_keys", "pids", "readings", "rss_bytes",
        "sample", "size", "values",
    )  # fmt: skip

    def __init__(self, sample: TargetSample) -> None:
        self.sample = sample
        self.readings = dict(sample.readings)
        self.ordered_keys = tuple(self.readings)
        self.pids = tuple([key.pid for key in self.ordered_keys])
        self.keys = frozenset(self.ordered_keys)
        self.size = size_of_sample(sample)
        self.rss_bytes = sample.rss_bytes
        self.values: tuple[tuple[Series, float | None], ...] | None = None
        """For the history; None: not asked for yet."""
        self._bounds: _Bounds | None = None
        self._bounds_of: tuple[TargetRule, int] | None = None

    def bounds(self, rule: TargetRule, total_bytes: int) -> _Bounds:
        """Return its limits by a rule, on a machine of that size."""
        known = self._bounds_of
        if self._bounds is None or known is None or known[0] is not rule or known[1] != total_bytes:
            own = own_limits_of(rule, self.sample, total_bytes)
            shown = _shown_limit(own, total_bytes, self.sample.taken_bytes)
            self._bounds = _Bounds(own, shown, shown.share, _size_limit_bytes(own))
            self._bounds_of = rule, total_bytes
        return self._bounds


def _size_limit_bytes(limits: Iterable[Limit]) -> int | None:
    """Of its own limits the one that a chart of its size may show; None: there is none."""
    limit = tightest(each for each in limits if each.source not in ("machine", "rlimit"))
    return limit.limit_bytes if limit else None


def _seen_from_outside(leak: Verdict, rate: float | None) -> Verdict:
    """Note of a heap that grows whether its processes do; rate: of these, bytes a second."""
    if leak.signal != "heap after collection" or leak.level == "healthy" or rate is None:
        return leak
    grows = rate > _HIDDEN_SHARE * (leak.rate_bytes_per_second or 0.0)
    return leak if grows else replace(leak, is_hidden=True)


def _shown_limit(own: Iterable[Limit], total_bytes: int, taken_bytes: int | None) -> Limit:
    """Its own limit of which most is taken; else the machine's, with what the target has of it."""
    machine = Limit(limit_bytes=total_bytes, source="machine", used_bytes=taken_bytes)
    return tightest(own) or machine
