"""The classic rules, asked beside the detector: evidence only."""

from __future__ import annotations

from itertools import pairwise

from trayapp.domain.judging.leaks.ladder import BLOCK_SECONDS, Ladder
from trayapp.domain.judging.leaks.settings import LeakSettings
from trayapp.domain.judging.leaks.verdict import ClassicSignals


class ClassicRules:
    """A moving average of the change, and what the newest blocks say."""

    __slots__ = ("_average", "_before", "_highs")

    def __init__(self) -> None:
        self._before: float | None = None
        self._average: float | None = None
        self._highs = 0

    def fold(self, mean: float, settings: LeakSettings) -> None:
        """Take in the mean of a block."""
        if self._before is not None:
            latest = (mean - self._before) / BLOCK_SECONDS
            self._average = (
                latest if self._average is None else self._average + 0.3 * (latest - self._average)
            )
            high = latest > settings.average_bytes_per_second
            self._highs = min(255, self._highs + 1) if high else 0
        self._before = mean

    def signals(self, ladder: Ladder, settings: LeakSettings) -> ClassicSignals:
        """Tell which of them hold as of the newest block."""
        means = ladder.means(0)[-20:]
        steps = [after - before for before, after in pairwise(means)]
        if not steps:
            return ClassicSignals()
        rising = sum(1 for step in steps if step > 0) / len(steps)
        before = max(means[-2], 1.0)
        grown = means[-1] - means[0]
        return ClassicSignals(
            rate_bytes_per_second=self._average,
            is_rate_high=self._highs >= settings.average_samples,
            is_spike=steps[-1] >= max(settings.spike_bytes, settings.spike_share * before),
            rising_share=rising,
            is_sustained=rising >= settings.sustained_share
            and grown >= settings.sustained_growth * max(means[0], 1.0),
            jumps=sum(1 for step in steps if step >= settings.stair_bytes),
        )
