"""How fast something grows, and two of the classic rules upon it: sustained growth and spikes.

What is fed is compared like with like: only processes that were there at both polls count, so a
worker that starts is no growth and one that ends is no relief.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from trayapp.dataclass import dataclass, replace
from trayapp.domain.judging.moving_average import MovingAverage
from trayapp.domain.records.samples import MemoryReading, ProcessKey

TIME_CONSTANT_SECONDS = 20.0
_STARTUP_SECONDS = 5.0
_LATE_FACTOR = 3.0
_LATE_SECONDS = 15.0
_AWAY_SECONDS = 60.0
"""What was remembered holds over so long an absence: a restart with what was not written yet."""
_KEPT_SHARE = 0.25
_NEW_FACTOR = 1.03
"""What a target has held before is no news: it has to exceed that, by more than noise."""
_AGAIN_FACTOR = 2.0
"""What was told of a run is told again at twice the size."""
_STEADY_SHARE = 0.5
"""Of the average growth, what each stretch has to grow at least: a start slows down, a leak does
not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowthRule:
    """When growth counts as sustained."""

    threshold_bytes_per_second: float = 10_000.0
    hold_seconds: float = 30.0
    sample_count: int = 3
    minimum_bytes: int = 2 * 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class SpikeRule:
    """When a jump between two polls counts as a spike: both must be reached, or an amount."""

    share: float = 1.0
    """Growth relative to the earlier poll: 1.0 is a doubling."""
    minimum_bytes: int = 512 * 1024
    amount_bytes: int | None = None
    """A jump of so many bytes is one, whatever the size before; None: by the other two."""

    def is_reached(self, before_bytes: int, jump_bytes: int) -> bool:
        """Return whether a jump is large enough."""
        if self.amount_bytes is not None:
            return jump_bytes >= self.amount_bytes
        return jump_bytes >= self.minimum_bytes and jump_bytes >= self.share * before_bytes

    def news_from_bytes(self, peak_bytes: int, told_bytes: int) -> float:
        """The size from which a jump is news: above what was held before, and what was told."""
        if self.amount_bytes is not None:
            return max(peak_bytes + 1, told_bytes + self.amount_bytes if told_bytes else 0)
        return max(_NEW_FACTOR * peak_bytes, _AGAIN_FACTOR * told_bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """Growth that has gone on since its onset."""

    onset_monotonic_seconds: float
    onset_bytes: int
    grown_bytes: int = 0
    """Since the onset."""
    peak_before_bytes: int = 0
    """The most that was held before the onset."""
    sustained: bool = False
    """Held long enough, steady, large enough and larger than ever, to be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spike:
    """One jump between two polls."""

    before_bytes: int
    after_bytes: int


class GrowthTracker:
    """The rate of one target, its sustained growth and its spikes, from its readings.

    O(processes of the target) per poll; keeps nothing of processes that have gone.
    """

    def __init__(self) -> None:
        self._last: Mapping[ProcessKey, MemoryReading] = {}
        self._last_total_bytes = 0
        self._first_seen: dict[ProcessKey, float] = {}
        self._last_monotonic_seconds: float | None = None
        self._average = MovingAverage(TIME_CONSTANT_SECONDS)
        self._growth: Growth | None = None
        self._floors = _Floors()
        self._peak_bytes = 0
        self._peak_rss_bytes = 0
        self._told_bytes = 0
        self._told_spike_bytes = 0
        self._total_bytes: int | None = None
        """The size that was remembered last; None: none, or it was measured since."""
        self._process_count: float | None = None
        self._stretch_seconds = 0.0

    @property
    def rate_bytes_per_second(self) -> float | None:
        """Moving average of the growth over 20 s; None before the second sample."""
        return self._average.rate

    @property
    def growth(self) -> Growth | None:
        """The growth that goes on now; None while there is none."""
        return self._growth

    def add_sample(
        self,
        monotonic_seconds: float,
        interval_seconds: float,
        readings: Mapping[ProcessKey, MemoryReading],
        growth_rule: GrowthRule,
        spike_rule: SpikeRule,
    ) -> Spike | None:
        """Take in one poll; return the spike that happened between the last one and this.

        A poll that comes very late follows a gap (suspend, pause): nothing is concluded across it.
        readings: Not to be changed later; the same mapping as last time says that nothing moved.
        """
        spike = None
        elapsed = (
            None
            if self._last_monotonic_seconds is None
            else monotonic_seconds - self._last_monotonic_seconds
        )
        late_seconds = _LATE_SECONDS if self._total_bytes is None else _AWAY_SECONDS
        if elapsed is not None and elapsed > max(_LATE_FACTOR * interval_seconds, late_seconds):
            elapsed = None
            self._forget_rate()
        if elapsed is not None and elapsed <= 0:
            return None
        is_still = readings is self._last and self._total_bytes is None
        if is_still and readings and elapsed is not None and not spike_rule.is_reached(1, 0):
            # As with most targets at most polls: only time has passed.
            self._average.add(elapsed, 0)
            self._follow_growth(monotonic_seconds, self._last_total_bytes, growth_rule)
            self._last_monotonic_seconds = monotonic_seconds
            return None
        if elapsed is not None:
            common = [key for key in readings if key in self._last]
            if common:
                self._average.add(
                    elapsed,
                    sum(_signal(readings[key], self._last[key]) for key in common),
                )
                spike = self._find_spike(monotonic_seconds, readings, common, spike_rule)
            elif self._total_bytes is None:
                self._forget_rate()
                self._told_bytes = self._told_spike_bytes = 0
        self._total_bytes = None
        total_bytes = _total(readings)
        self._follow_growth(monotonic_seconds, total_bytes, growth_rule)
        self._peak_bytes = max(self._peak_bytes, total_bytes)
        rss_bytes = sum(map(_mapped_once, readings.values()))
        if spike is not None:
            known = spike_rule.news_from_bytes(self._peak_rss_bytes, self._told_spike_bytes)
            spike = spike if rss_bytes >= known else None
            self._told_spike_bytes = rss_bytes if spike else self._told_spike_bytes
        self._peak_rss_bytes = max(self._peak_rss_bytes, rss_bytes)
        self._last, self._last_total_bytes = readings, total_bytes
        self._first_seen = {key: self._first_seen.get(key, monotonic_seconds) for key in readings}
        self._last_monotonic_seconds = monotonic_seconds
        return spike

    def remember(
        self,
        monotonic_seconds: float,
        stretch_seconds: float,
        total_bytes: int,
        process_count: float,
        rule: GrowthRule,
    ) -> None:
        """Take in a stretch of the same run that a history has kept; before the first sample.

        monotonic_seconds: Its middle. total_bytes: Its mean size, of all processes together.
        Where their number changed, nothing is known of who grew.
        """
        last = self._last_monotonic_seconds
        elapsed = None if last is None else monotonic_seconds - last
        if elapsed is not None and elapsed <= 0:
            return
        reach_seconds = (stretch_seconds + self._stretch_seconds) / 2
        if elapsed is not None and elapsed - reach_seconds > _LATE_SECONDS:
            self._forget_rate()
        elif (
            elapsed is not None
            and self._total_bytes is not None
            and process_count == self._process_count
        ):
            self._average.add(elapsed, total_bytes - self._total_bytes)
        self._follow_growth(monotonic_seconds, total_bytes, rule)
        self._peak_bytes = max(self._peak_bytes, total_bytes)
        self._total_bytes, self._process_count = total_bytes, process_count
        self._stretch_seconds = stretch_seconds
        self._last_monotonic_seconds = monotonic_seconds

    def remember_peak(self, rss_bytes: int) -> None:
        """Know the most that this run has held before; less than that is no spike."""
        self._peak_rss_bytes = max(self._peak_rss_bytes, rss_bytes)

    def _forget_rate(self) -> None:
        self._average.forget()
        self._growth = None

    def _follow_growth(self, now: float, total_bytes: int, rule: GrowthRule) -> None:
        rate, growth = self._average.rate, self._growth
        threshold = rule.threshold_bytes_per_second
        # A rate from n differences rests on n + 1 samples.
        if rate is None or self._average.count + 1 < rule.sample_count:
            return
        if growth is None:
            if rate > threshold:
                self._growth = Growth(
                    onset_monotonic_seconds=now,
                    onset_bytes=total_bytes,
                    peak_before_bytes=self._peak_bytes,
                )
                self._floors = _Floors()
            return
        # Half the threshold ends it: a rate that wavers about the threshold is one growth.
        if rate < threshold / 2 or (not growth.sustained and rate <= threshold):
            self._growth = None
            return
        grown_bytes = total_bytes - growth.onset_bytes
        self._floors.add(now, total_bytes, rule.hold_seconds / 3)
        held = now - growth.onset_monotonic_seconds >= rule.hold_seconds
        # A collector's saw-tooth has a rising average, too, but falls back to where it began.
        kept = self._floors.lowest - growth.onset_bytes >= grown_bytes * _KEPT_SHARE
        is_news = total_bytes >= max(
            _NEW_FACTOR * growth.peak_before_bytes, _AGAIN_FACTOR * self._told_bytes
        )
        is_large = grown_bytes >= max(1, rule.minimum_bytes)
        is_told = held and kept and is_large and is_news and self._floors.are_steady
        if is_told and not growth.sustained:
            self._told_bytes = total_bytes
        self._growth = replace(
            growth, grown_bytes=grown_bytes, sustained=growth.sustained or is_told
        )

    def _find_spike(
        self,
        now: float,
        readings: Mapping[ProcessKey, MemoryReading],
        common: list[ProcessKey],
        rule: SpikeRule,
    ) -> Spike | None:
        # A program that starts doubles several times; that is no news.
        settled = [key for key in common if now - self._first_seen[key] >= _STARTUP_SECONDS]
        before = sum(_mapped_once(self._last[key]) for key in settled)
        after = sum(_mapped_once(readings[key]) for key in settled)
        jump = after - before
        if before > 0 and rule.is_reached(before, jump):
            return Spike(before_bytes=before, after_bytes=after)
        return None


class _Floors:
    """The lowest of the stretch that runs and of the three before: four numbers."""

    def __init__(self) -> None:
        self._began: float | None = None
        self._floors: tuple[int, ...] = ()
        """Oldest first; the last is that of the stretch that runs."""

    def add(self, now: float, value: int, stretch_seconds: float) -> None:
        if self._began is None or now - self._began >= stretch_seconds:
            self._began = now
            self._floors = (*self._floors, value)[-4:]
        self._floors = (*self._floors[:-1], min(self._floors[-1], value))

    @property
    def lowest(self) -> int:
        """Of the newest two stretches."""
        return min(self._floors[-2:])

    @property
    def are_steady(self) -> bool:
        steps = [after - before for before, after in pairwise(self._floors)]
        return len(steps) == 3 and min(steps) >= _STEADY_SHARE * sum(steps) / 3 > 0


def _signal(now: MemoryReading, before: MemoryReading) -> int:
    """The change between two readings, by what the process keeps where both know it.

    Mapped files and shared buffers grow the resident set without any leak.
    """
    if now.kept_bytes is not None and before.kept_bytes is not None:
        return now.kept_bytes - before.kept_bytes
    return now.rss_bytes - before.rss_bytes


def _total(readings: Mapping[ProcessKey, MemoryReading]) -> int:
    return sum(
        reading.rss_bytes if reading.kept_bytes is None else reading.kept_bytes
        for reading in readings.values()
    )


def _mapped_once(reading: MemoryReading) -> int:
    """Return what a jump is judged by: a heap mapped several times jumps in the resident set."""
    kept_bytes = reading.kept_bytes
    if reading.own_shared_bytes and kept_bytes is not None:
        return kept_bytes
    return reading.rss_bytes
