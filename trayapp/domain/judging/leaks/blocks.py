"""Samples at any distance put into blocks of 15 s, and those into a ladder."""

from __future__ import annotations

import math
from collections.abc import Sequence

from trayapp.dataclass import dataclass
from trayapp.domain.judging.leaks.ladder import BLOCK_SECONDS, Ladder

_LATE_FACTOR = 3.0
_LATE_SECONDS = 45.0
_MOST_HELD_BLOCKS = 240
MOST = 1e18
"""What is more is absurd: of bytes, and of seconds."""


@dataclass(frozen=True, slots=True)
class Load:
    """What a process was asked to do, as far as it is known."""

    threads: int | None = None
    children: int | None = None
    work: float | None = None
    """How much it does just now, in percent of a core: who has nothing to do cannot grow."""


class Blocks:
    """Fills a ladder; what comes while nobody looks is no growth. O(1) per sample."""

    __slots__ = (
        "_bias",
        "_clock",
        "_ends",
        "_last_at",
        "_low",
        "_samples",
        "_start_up",
        "_sum",
        "_units",
        "_work",
        "elapsed",
        "interval",
        "ladder",
        "last_value",
        "mean",
    )

    def __init__(self, start_up_seconds: float) -> None:
        self.ladder = Ladder()
        self.elapsed = 0.0
        """Seconds that were seen: without gaps."""
        self.interval = 0.0
        """Seconds between samples, about."""
        self.last_value = 0.0
        """Without what came while nobody looked."""
        self.mean = 0.0
        """Of the newest block that was seen."""
        self._start_up = start_up_seconds
        self._last_at: float | None = None
        self._clock = 0.0
        """What to add to `elapsed` to be on the caller's clock."""
        self._bias = 0.0
        """What came while nobody looked, and is no growth."""
        self._units = self._work = 0.0
        self._ends = start_up_seconds
        self._low = math.inf
        self._sum = 0.0
        self._samples = 0

    @property
    def now(self) -> float:
        """By the caller's clock."""
        return self.elapsed + self._clock

    @property
    def began(self) -> float:
        """By the caller's clock, as if there had been no gap."""
        return self._clock

    @property
    def size_bytes(self) -> float:
        """The newest size, all of it."""
        return self.last_value + self._bias

    def fold(self, at: float, value: float, load: Load | None) -> int:
        """Take in one sample; return how many rungs have a new block."""
        last_at, self._last_at = self._last_at, at
        if last_at is None:
            self._clock = at
            self.last_value = value
            return 0
        passed = at - last_at
        if passed <= 0:
            # A clock that was set back: go on from there, at the cost of the time it lost.
            self._clock += passed
            return 0
        interval = self.interval
        if passed > _LATE_SECONDS and passed > _LATE_FACTOR * interval:
            seen = min(interval, BLOCK_SECONDS)
            self._skip(passed - seen, value)
            self.interval = passed if not interval else max(interval, passed / 3)
            self.elapsed += seen
        else:
            self.interval = passed if passed > interval else 0.9 * interval
            self.elapsed += passed
        value -= self._bias
        if load is not None:
            self._fold_load(load)
        closed = 0
        if self.elapsed >= self._ends:
            held = min(self.last_value, value)
            closed = self._close(held, held)
        self.last_value = value
        if value < self._low:
            self._low = value
        self._sum += value
        self._samples += 1
        return closed

    def fold_calm(self, times: Sequence[float], values: Sequence[float], load: Load | None) -> int:
        """Take in samples of one load exactly as `fold`, up to one that closes a block.

        Returns: how many; before one that closes a block, that comes late, or does not come later
        than the one before it, and before all if there was none yet. An absurd or
        unknown size, NaN, is passed over.
        """
        last_at = self._last_at
        if last_at is None:
            return 0
        elapsed, interval, ends, bias = self.elapsed, self.interval, self._ends, self._bias
        low, total, samples, value = self._low, self._sum, self._samples, self.last_value
        taken = 0
        for at, size in zip(times, values, strict=True):
            if 0 <= size < MOST and -MOST < at < MOST:
                passed = at - last_at
                if passed <= 0 or elapsed + passed >= ends:
                    break
                if passed > interval:
                    if passed > _LATE_SECONDS and passed > _LATE_FACTOR * interval:
                        break
                    interval = passed
                else:
                    interval = 0.9 * interval
                elapsed += passed
                last_at = at
                value = size - bias
                if value < low:
                    low = value
                total += value
                samples += 1
            taken += 1
        if load is not None and samples != self._samples:
            self._fold_load(load)
        self._last_at, self.elapsed, self.interval = last_at, elapsed, interval
        self._low, self._sum, self._samples, self.last_value = low, total, samples, value
        return taken

    def fold_stretch(
        self, at: float, seconds: float, low: float, mean: float, load: Load | None, *, unseen: bool
    ) -> int:
        """Take in a stretch that ended then; return how many rungs have a new block.

        unseen: Nobody looked between this and what came before.
        """
        if self._last_at is None:
            self._last_at = self._clock = at - seconds
            self.last_value = low
        passed = at - self._last_at
        if passed <= 0:
            return 0
        self._last_at = at
        away = max(0.0, passed - seconds)
        if unseen or (away > _LATE_SECONDS and away > _LATE_FACTOR * self.interval):
            self._skip(away, low)
            passed -= away
        # What is kept of a stretch says nothing of anything shorter.
        self.interval = max(seconds, 0.9 * self.interval)
        self.elapsed += passed
        low, mean = low - self._bias, mean - self._bias
        if load is not None:
            self._fold_load(load)
        self._low = min(self._low, low)
        self._sum += mean
        self._samples += 1
        self.last_value = mean
        return self._close(low, mean) if self.elapsed >= self._ends else 0

    def _skip(self, seconds: float, value: float) -> None:
        self._clock += seconds
        self._bias += max(0.0, value - self._bias - self.last_value)

    def _fold_load(self, load: Load) -> None:
        self._units = float((load.threads or 0) + (load.children or 0))
        if load.work is not None:
            # Read on a slow clock; of the time between two readings nothing else is known.
            self._work = load.work

    def _close(self, held_floor: float, held_mean: float) -> int:
        """Close the block that is over, and those without a sample since, as they were held."""
        behind = int((self.elapsed - self._ends) / BLOCK_SECONDS)
        if behind > _MOST_HELD_BLOCKS:
            self._clock += (behind - _MOST_HELD_BLOCKS) * BLOCK_SECONDS
            self.elapsed -= (behind - _MOST_HELD_BLOCKS) * BLOCK_SECONDS
            behind = _MOST_HELD_BLOCKS
        closed, self.mean = 0, held_mean
        if self._ends > self._start_up:
            if not self._samples:
                self._low = self._sum = self.last_value
                self._samples = 1
            self.mean = self._sum / self._samples
            closed = self.ladder.push(self._low, self.mean, self._units, self._work)
        if behind:
            held = self.ladder.push_held(behind, held_floor, held_mean, self._units, self._work)
            closed = max(closed, held)
        self._ends += (behind + 1) * BLOCK_SECONDS
        self._low, self._sum, self._samples = math.inf, 0.0, 0
        return closed
