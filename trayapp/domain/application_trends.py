"""How the largest applications develop, from looks ten seconds apart."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trayapp.domain.applications import ApplicationKey, ApplicationUse
from trayapp.domain.bars import BarRing
from trayapp.domain.leaks import NOTHING_TO_JUDGE, Finding, Verdict
from trayapp.domain.levels import Level

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
    slope_bytes_per_second: float | None = None
    """Moving average of its growth; None: not followed for long enough."""
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


class _Trend:
    def __init__(self, span_seconds: float) -> None:
        self.bars = BarRing(span_seconds)
        self.last: tuple[float, int] | None = None
        self.rate: float | None = None

    def fold(self, now: float, rss_bytes: int) -> None:
        self.bars.fold(now, rss_bytes)
        elapsed = now - self.last[0] if self.last else 0.0
        if self.last and elapsed < _SHORTEST_STEP_SECONDS:
            return  # Somebody wanted fresh figures; a rate is not to be had from so short a time.
        if self.last and 0 < elapsed <= _LONGEST_STEP_SECONDS:
            latest = (rss_bytes - self.last[1]) / elapsed
            alpha = 1 - math.exp(-elapsed / TIME_CONSTANT_SECONDS)
            self.rate = latest if self.rate is None else self.rate + alpha * (latest - self.rate)
        else:
            self.rate = None
        self.last = now, rss_bytes


class ApplicationTrends:
    """Folds looks at all applications. Memory for `FOLLOWED_COUNT` of them, whatever comes."""

    def __init__(self, span_seconds: float) -> None:
        """`span_seconds`: time that the ten bars cover, if looks are frequent enough for that."""
        self._span_seconds = max(span_seconds, _SHORTEST_SPAN_SECONDS)
        self._trends: dict[ApplicationKey, _Trend] = {}

    def fold(
        self,
        monotonic_seconds: float,
        uses: Sequence[ApplicationUse],
        findings: Mapping[ApplicationKey, Finding],
        wall_seconds: float = 0.0,
    ) -> tuple[ApplicationView, ...]:
        """Take in one look, largest first; return the followed ones in that order."""
        kept: dict[ApplicationKey, _Trend] = {}
        views = []
        for use in uses[:FOLLOWED_COUNT]:
            trend = self._trends.get(use.key) or _Trend(self._span_seconds)
            trend.fold(monotonic_seconds, use.rss_bytes)
            kept[use.key] = trend
            verdict, pid = findings.get(use.key, _NO_FINDING)
            views.append(
                ApplicationView(
                    name=use.name,
                    pids=use.pids,
                    rss_bytes=use.rss_bytes,
                    slope_bytes_per_second=trend.rate,
                    bars=trend.bars.values(),
                    leak=verdict,
                    leak_since_wall_seconds=verdict.since(monotonic_seconds, wall_seconds),
                    leak_pid=pid,
                )
            )
        self._trends = kept
        return tuple(views)
