"""How the largest applications develop, from looks ten seconds apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from trayapp.dataclass import NamedTuple, dataclass
from trayapp.domain.judging.leaks import NOTHING_TO_JUDGE, Finding, Verdict
from trayapp.domain.judging.moving_average import MovingAverage
from trayapp.domain.records.application_use import ApplicationKey, ApplicationUse
from trayapp.domain.records.bars import BarRing
from trayapp.domain.records.levels import Level
from trayapp.domain.records.samples import MemoryReading, ProcessKey
from trayapp.domain.records.sizes import Size, SizeKind

FOLLOWED_COUNT = 50
"""So many of the largest are followed; the others keep no memory of themselves."""
TIME_CONSTANT_SECONDS = 60.0
_SHORTEST_STEP_SECONDS, _LONGEST_STEP_SECONDS = 5.0, 60.0
_SHORTEST_SPAN_SECONDS = 150.0
_NO_FINDING = Finding(NOTHING_TO_JUDGE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationView:
    """One application now."""

    name: str
    pids: tuple[int, ...]
    rss_bytes: int
    """Sum of the resident sets; pages that processes share count in each of them."""
    size: Size | None = None
    """What its processes take together, and how that was found; None: by their resident sets."""
    slope_bytes_per_second: float | None = None
    """Moving average of the growth of processes that have been there for a while; None: not
    followed for long enough."""
    bars: tuple[float | None, ...] = ()
    """Ten values in bytes, oldest first; empty: not followed."""
    leak: Verdict = NOTHING_TO_JUDGE
    """What the leak detector makes of it, or of the worst of its processes."""
    leak_since_wall_seconds: float | None = None
    """When the growth began that it speaks of."""
    leak_pid: int | None = None
    """The process that is judged so; None: the application as a whole."""
    level: Level = Level.NORMAL
    """The worst open incident about it."""
    key: ApplicationKey | None = None
    """Tells it from another of the same name."""
    keys: tuple[ProcessKey, ...] = ()
    """The same processes as `pids`, each told from another that gets its pid later."""

    @property
    def size_bytes(self) -> int:
        return self.size.size_bytes if self.size else self.rss_bytes

    @property
    def size_kind(self) -> SizeKind:
        return self.size.kind if self.size else "resident"


class _Trend(NamedTuple):
    """Bars and rate of one application."""

    bars: BarRing
    average: MovingAverage


class ApplicationTrends:
    """Follows the `FOLLOWED_COUNT` largest applications; keeps nothing of the others.

    A rate is that of processes that were there all the time. One that has just started has to fill
    its memory first, one that leaves for a target or comes back from one brings all it has along,
    and one that ends takes it away: none of that is growth of the application.
    """

    def __init__(self, span_seconds: float) -> None:
        """`span_seconds`: time that the ten bars cover, if looks are frequent enough for that."""
        self._span_seconds = max(span_seconds, _SHORTEST_SPAN_SECONDS)
        self._trends: dict[ApplicationKey, _Trend] = {}
        self._sizes: dict[ProcessKey, int] = {}
        """Of the followed applications' processes, at the look that the next rate begins with."""
        self._new: set[ProcessKey] = set()
        """Those that were met at that look."""
        self._looked_at: float | None = None

    def add_sample(
        self,
        monotonic_seconds: float,
        uses: Sequence[ApplicationUse],
        readings: Mapping[ProcessKey, MemoryReading],
        findings: Mapping[ApplicationKey, Finding],
        wall_seconds: float = 0.0,
    ) -> tuple[ApplicationView, ...]:
        """Take in one look, largest first; return the followed ones in that order.

        readings: every process in `uses`, and maybe others.
        """
        followed = uses[:FOLLOWED_COUNT]
        trends = self._trends
        self._trends = {
            use.key: trends.get(use.key)
            or _Trend(BarRing(self._span_seconds), MovingAverage(TIME_CONSTANT_SECONDS))
            for use in followed
        }
        self._update_rates(monotonic_seconds, followed, readings)
        views = []
        for use in followed:
            trend = self._trends[use.key]
            trend.bars.add(monotonic_seconds, use.size_bytes)
            verdict, pid = findings.get(use.key, _NO_FINDING)
            views.append(
                ApplicationView(
                    name=use.name,
                    key=use.key,
                    pids=use.pids,
                    keys=use.processes,
                    rss_bytes=use.rss_bytes,
                    size=use.size,
                    slope_bytes_per_second=trend.average.rate,
                    bars=trend.bars.values(),
                    leak=verdict,
                    leak_since_wall_seconds=verdict.since(monotonic_seconds, wall_seconds),
                    leak_pid=pid,
                )
            )
        return tuple(views)

    def _update_rates(
        self,
        now: float,
        uses: Sequence[ApplicationUse],
        readings: Mapping[ProcessKey, MemoryReading],
    ) -> None:
        elapsed = None if self._looked_at is None else now - self._looked_at
        if elapsed is not None and 0 <= elapsed < _SHORTEST_STEP_SECONDS:
            return  # Somebody wanted fresh figures; a rate is not to be had from so short a time.
        sizes = {key: _size(readings[key]) for use in uses for key in use.processes}
        if elapsed is None or not 0 < elapsed <= _LONGEST_STEP_SECONDS:
            # What was there already when looking began, or after a gap, has started long ago.
            for trend in self._trends.values():
                trend.average.forget()
            self._new = set()
        else:
            for use in uses:
                trend, before = self._trends[use.key], self._sizes
                settled = [key for key in use.processes if key in before and key not in self._new]
                if settled:
                    change_bytes = sum(sizes[key] - before[key] for key in settled)
                    trend.average.add(elapsed, change_bytes)
                else:
                    trend.average.forget()
            self._new = sizes.keys() - self._sizes.keys()
        self._sizes, self._looked_at = sizes, now


def _size(reading: MemoryReading) -> int:
    """Return the part that can leak, where known: mapped files grow without a leak."""
    return reading.rss_bytes if reading.kept_bytes is None else reading.kept_bytes
