"""The online detector: one sample in, one verdict out."""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass, replace
from itertools import pairwise

from trayapp.domain.leaks.ladder import BLOCK_SECONDS, BLOCKS, RUNGS, Ladder
from trayapp.domain.leaks.settings import LeakSettings
from trayapp.domain.leaks.shapes import shape_of
from trayapp.domain.leaks.staleness import Staleness
from trayapp.domain.leaks.verdict import (
    ClassicSignals,
    LeakLevel,
    SessionPrior,
    Shape,
    Signal,
    Verdict,
)
from trayapp.domain.leaks.window import (
    NO_CLIMB,
    Climb,
    confidence,
    judge_floors,
    judge_means,
    judge_stairs,
    ramp,
    sen_slope,
    slowing,
)

_MOST_BYTES = 1e18
_LATE_FACTOR = 3.0
_LATE_SECONDS = 45.0
_MOST_HELD_BLOCKS = 240
_WINDOWS = (26, 22, 18, 14)
_STALL_SECONDS = 150.0
MOST_PRIORS = 5
_MOST_DOUBTS = 5
_FRESH_SECONDS = 900.0
_IDLE_SCORE = 0.1
DEFAULT_SETTINGS = LeakSettings()


@dataclass(frozen=True, slots=True)
class Load:
    """What a process was asked to do, as far as it is known."""

    threads: int | None = None
    children: int | None = None


class LeakDetector:
    """Folds the sizes of one process, target or application.

    O(1) per sample, O(log of its age) per 15 s, at most 8 KiB of state. Any interval from 10 ms to
    10 min will do, and it may change on the way: samples are put into blocks of 15 s first.
    """

    __slots__ = (
        "_against_since",
        "_average",
        "_average_count",
        "_best",
        "_bias",
        "_block_ends",
        "_block_low",
        "_block_samples",
        "_block_sum",
        "_clock",
        "_doubts",
        "_elapsed",
        "_for_since",
        "_has_leaked",
        "_interval",
        "_ladder",
        "_last_at",
        "_last_block",
        "_last_value",
        "_leaking",
        "_peak_floor",
        "_priors",
        "_room",
        "_runaway",
        "_scores",
        "_settings",
        "_signal",
        "_staleness",
        "_start_up",
        "_units",
        "_warm_seconds",
        "_was_rising",
        "verdict",
    )

    def __init__(
        self,
        *,
        priors: tuple[SessionPrior, ...] = (),
        signal: Signal = "anonymous memory",
        settings: LeakSettings = DEFAULT_SETTINGS,
        phase: float = 0.0,
    ) -> None:
        """Begin with nothing known.

        Args:
            priors: What earlier runs of the same program did.
            signal: What the sizes are, for the evidence.
            settings: The thresholds.
            phase: 0 to 1, how much later the first block begins in blocks; spreads the work of
                many detectors over the ticks.
        """
        self._settings = settings
        self._signal: Signal = signal
        self._priors = priors[-MOST_PRIORS:]
        self._start_up = settings.start_up_seconds + BLOCK_SECONDS * min(1.0, max(0.0, phase))
        self._room: float | None = None
        self._staleness: Staleness | None = None
        self._begin()

    def _begin(self) -> None:
        self._ladder = Ladder()
        self._scores = array("f", bytes(4 * RUNGS))
        self._best: tuple[int, Climb] = (0, NO_CLIMB)
        self._last_at: float | None = None
        self._last_value = 0.0
        self._interval = 0.0
        self._elapsed = 0.0
        """Seconds that were seen: without gaps."""
        self._clock = 0.0
        """What to add to `_elapsed` to be on the caller's clock."""
        self._bias = 0.0
        """What came while nobody looked, and is no growth."""
        self._block_ends = self._start_up
        self._block_low = math.inf
        self._block_sum = 0.0
        self._block_samples = 0
        self._last_block: float | None = None
        self._average: float | None = None
        self._average_count = 0
        self._units = 0.0
        self._peak_floor = 0.0
        self._warm_seconds = 0.0
        self._leaking = False
        self._for_since: float | None = None
        self._has_leaked = False
        self._against_since = 0.0
        self._doubts = 0
        """How often it was called leaking and then stopped."""
        self._runaway = False
        self._was_rising = False
        self.verdict = Verdict()
        """What was said last."""

    def set_settings(self, settings: LeakSettings) -> None:
        """Judge by other thresholds from the next block on; what was seen stays."""
        self._settings = settings

    def refresh(self) -> Verdict:
        """The verdict with its shape as of the last block: at the end of a recording."""
        if self.verdict.level == "healthy" and self._ladder.counts[0]:
            self._tell(self.verdict.score, is_runaway=False, is_stalled=self._is_stalled())
        return self.verdict

    @property
    def prior(self) -> SessionPrior | None:
        """What to keep of this run for later ones; None before five minutes are seen."""
        if self._elapsed < self._settings.watch_seconds:
            return None
        return SessionPrior(
            peak_floor_bytes=self._peak_floor,
            warm_up_seconds=self._warm_seconds,
            leaked=self._leaking,
        )

    def fold(
        self,
        monotonic_seconds: float,
        value_bytes: float | None,
        *,
        load: Load | None = None,
        restarted: bool = False,
        room_bytes: float | None = None,
        staleness: Staleness | None = None,
    ) -> Verdict:
        """Take in one sample.

        Args:
            monotonic_seconds: When; a time that stands still or goes back is passed over.
            value_bytes: Its size; None, negative or absurd: unknown.
            load: What it was asked to do.
            restarted: Another process under the same name: what comes now is a new run.
            room_bytes: What is left until the nearest limit (of the machine, or its own).
            staleness: Whether what it grew by is touched again, as far as anybody has looked.
        """
        if restarted:
            prior = self.prior
            if prior is not None:
                self._priors = (*self._priors, prior)[-MOST_PRIORS:]
            self._begin()
        if (
            value_bytes is None
            or not 0 <= value_bytes < _MOST_BYTES
            or not -_MOST_BYTES < monotonic_seconds < _MOST_BYTES
        ):
            return self.verdict
        self._staleness = staleness
        last_at = self._last_at
        self._last_at = monotonic_seconds
        if last_at is None:
            self._clock = monotonic_seconds
            self._last_value = value_bytes
            return self.verdict
        passed = monotonic_seconds - last_at
        if passed <= 0:
            # A clock that was set back: go on from there, at the cost of the time it lost.
            self._clock += passed
            return self.verdict
        if passed > _LATE_SECONDS and passed > _LATE_FACTOR * self._interval:
            seen = min(self._interval, BLOCK_SECONDS)
            self._clock += passed - seen
            self._bias += max(0.0, value_bytes - self._bias - self._last_value)
            self._interval = passed if not self._interval else max(self._interval, passed / 3)
            self._elapsed += seen
        else:
            self._interval = passed if passed > self._interval else 0.9 * self._interval
            self._elapsed += passed
        value = value_bytes - self._bias
        if load is not None:
            self._units = float((load.threads or 0) + (load.children or 0))
        if room_bytes is not None:
            self._room = room_bytes
        if self._elapsed >= self._block_ends:
            held = min(self._last_value, value)
            self._close_blocks(held, held)
        self._last_value = value
        if value < self._block_low:
            self._block_low = value
        self._block_sum += value
        self._block_samples += 1
        return self.verdict

    def fold_stretch(
        self,
        monotonic_seconds: float,
        seconds: float,
        low_bytes: float,
        mean_bytes: float,
        *,
        load: Load | None = None,
        unseen: bool = False,
    ) -> Verdict:
        """Take in a stretch of which a history has kept the lowest and the mean size.

        Args:
            monotonic_seconds: When it ended.
            seconds: How long it was, more than 0.
            low_bytes: The lowest size in it.
            mean_bytes: The mean size in it.
            load: What it was asked to do.
            unseen: Nobody looked between this and what came before: that is no growth.
        """
        if self._last_at is None:
            self._last_at = self._clock = monotonic_seconds - seconds
            self._last_value = low_bytes
        passed = monotonic_seconds - self._last_at
        if passed <= 0:
            return self.verdict
        self._last_at = monotonic_seconds
        away = max(0.0, passed - seconds)
        if unseen or (away > _LATE_SECONDS and away > _LATE_FACTOR * self._interval):
            self._clock += away
            self._bias += max(0.0, low_bytes - self._bias - self._last_value)
            passed -= away
        # What is kept of a stretch says nothing of anything shorter.
        self._interval = max(seconds, 0.9 * self._interval)
        self._elapsed += passed
        low, mean = low_bytes - self._bias, mean_bytes - self._bias
        if load is not None:
            self._units = float((load.threads or 0) + (load.children or 0))
        self._block_low = min(self._block_low, low)
        self._block_sum += mean
        self._block_samples += 1
        self._last_value = mean
        if self._elapsed >= self._block_ends:
            self._close_blocks(low, mean)
        return self.verdict

    def _close_blocks(self, held_floor: float, held_mean: float) -> None:
        """Close the block that is over, and those without a sample since, as they were held."""
        settings = self._settings
        is_start_up = self._block_ends <= self._start_up
        behind = int((self._elapsed - self._block_ends) / BLOCK_SECONDS)
        if behind > _MOST_HELD_BLOCKS:
            self._clock += (behind - _MOST_HELD_BLOCKS) * BLOCK_SECONDS
            self._elapsed -= (behind - _MOST_HELD_BLOCKS) * BLOCK_SECONDS
            behind = _MOST_HELD_BLOCKS
        closed = 0
        if not is_start_up:
            if not self._block_samples:
                self._block_low = self._block_sum = self._last_value
                self._block_samples = 1
            mean = self._block_sum / self._block_samples
            self._fold_average(mean)
            closed = self._ladder.push(self._block_low, mean, self._units)
        for _ in range(behind):
            closed = max(closed, self._ladder.push(held_floor, held_mean, self._units))
        self._block_ends += (behind + 1) * BLOCK_SECONDS
        self._block_low, self._block_sum, self._block_samples = math.inf, 0.0, 0
        if closed:
            floor = self._ladder.newest(0)
            if floor > self._peak_floor * 1.02:
                self._peak_floor, self._warm_seconds = floor, self._elapsed
            self._judge(closed, settings)

    def _fold_average(self, mean: float) -> None:
        if self._last_block is not None:
            latest = (mean - self._last_block) / BLOCK_SECONDS
            self._average = (
                latest if self._average is None else self._average + 0.3 * (latest - self._average)
            )
            high = latest > self._settings.average_bytes_per_second
            self._average_count = min(255, self._average_count + 1) if high else 0
        self._last_block = mean

    def _judge(self, closed: int, settings: LeakSettings) -> None:
        """Ask the rungs that have a new block, and put together what all of them say."""
        scores = self._scores
        for rung in range(closed):
            climb = self._judge_rung(rung, settings)
            scores[rung] = climb.score
            if climb.score and (climb.score >= self._best[1].score or rung == self._best[0]):
                self._best = rung, climb
        score = max(scores)
        runaway = self._is_runaway(settings)
        if score < settings.growing_score and not runaway and not self._was_rising:
            self._best = (self._best[0], NO_CLIMB) if not score else self._best
            self._settle(score)
            # What a healthy process looks like is said once a minute, later every eight minutes.
            if closed > (2 if self._elapsed < _FRESH_SECONDS else 5) or score or self._leaking:
                self._tell(score, is_runaway=False, is_stalled=False)
            return
        if scores[self._best[0]] < score:
            rung = max(range(RUNGS), key=scores.__getitem__)
            self._best = rung, self._judge_rung(rung, settings)
        is_stalled = self._is_stalled()
        if is_stalled:
            score *= 0.5
            runaway = False
        score *= self._slowness() * self._load_share()
        score = self._with_staleness(self._with_priors(score))
        self._runaway = (runaway or self._runaway) and not is_stalled and self._is_rushing()
        if self._runaway:
            score = max(score, 0.8)
        self._settle(score)
        self._was_rising = self._leaking or score >= settings.growing_score
        self._tell(score, is_runaway=self._runaway, is_stalled=is_stalled)

    def _settle(self, score: float) -> None:
        """Become leaking when that has held for a minute, and healthy as slowly: no flicker."""
        settings = self._settings
        if score >= (settings.growing_score if self._leaking else settings.leaking_score):
            self._against_since = self._elapsed
            if self._for_since is None:
                self._for_since = self._elapsed
            if self._runaway or self._elapsed - self._for_since >= settings.confirm_seconds:
                self._leaking = self._has_leaked = True
            return
        self._for_since = None
        if self._leaking and self._elapsed - self._against_since >= settings.clear_seconds:
            self._leaking = False
            self._doubts = min(_MOST_DOUBTS, self._doubts + 1)

    def _is_rushing(self) -> bool:
        """Whether the newest blocks still grow at half the pace of a runaway or more."""
        count = self._settings.runaway_blocks
        floors = self._ladder.floors(0)[-count:]
        return floors[-1] - floors[0] >= (
            0.5 * self._settings.runaway_bytes_per_second * (count - 1) * BLOCK_SECONDS
        )

    def _judge_rung(self, rung: int, settings: LeakSettings) -> Climb:
        """The best of several windows that all end now."""
        width = BLOCK_SECONDS * (1 << rung)
        ladder = self._ladder
        # Blocks shorter than the interval hold no sample of their own.
        if width < self._interval or ladder.climbed(rung) < 0.6 * settings.minimum_bytes:
            return NO_CLIMB
        floors = ladder.floors(rung)
        given_back = ladder.given_back[rung]
        best = NO_CLIMB
        count = len(floors)
        # Each time that it stopped after it was called leaking, it takes twice as long to believe.
        proof = width / (1 << self._doubts)
        for size in (count, *(size for size in _WINDOWS if size < count)):
            most = confidence(size * proof, settings)
            if most <= best.score:
                break
            climb = judge_floors(floors[count - size :], given_back, settings)
            if climb.score * most > best.score:
                best = replace(climb, score=climb.score * most)
        stairs = judge_stairs(floors, given_back, settings)
        most = confidence(count * proof, settings)
        if stairs.score * most > best.score:
            best = replace(stairs, score=stairs.score * most)
        if rung and count >= 20:
            means = ladder.means(rung)
            for size in (count, 24):
                most = confidence(size * proof, settings)
                if size > count or most * 0.85 <= best.score:
                    continue
                climb = judge_means(
                    means[count - size :], floors[count - size :], given_back, settings
                )
                if climb.score * most > best.score:
                    best = replace(climb, score=climb.score * most)
        return best

    def _is_runaway(self, settings: LeakSettings) -> bool:
        """Growth that would be over before any trend has data: quick, straight and doubled."""
        count = settings.runaway_blocks
        if self._ladder.counts[0] < count or self._interval > BLOCK_SECONDS:
            return False
        if self._ladder.climbed(0) < settings.runaway_bytes:
            return False
        newest = [*self._ladder.floors(0)[-count:], self._last_value]
        growth = newest[-1] - newest[0]
        steps = [after - before for before, after in pairwise(newest)]
        third = len(steps) // 3
        is_straight = min(steps[:-1]) >= 0.5 * growth / len(steps) and sum(
            steps[-third:]
        ) >= 0.8 * sum(steps[:third])
        is_soon = self._room is not None and self._room <= growth / (count * BLOCK_SECONDS) * 1800
        return (
            is_straight
            and growth >= settings.runaway_bytes_per_second * count * BLOCK_SECONDS
            and (growth >= max(newest[0], settings.runaway_bytes) or is_soon)
            and growth >= settings.novelty_factor * max(self._ladder.given_back)
        )

    def _is_stalled(self) -> bool:
        """Whether it has stopped, given how long it paused before while it climbed."""
        rung, climb = self._best
        if climb.blocks < 4:
            return False
        width = BLOCK_SECONDS * (1 << rung)
        finest = next((at for at in range(rung) if self._scores[at] >= 0.4), rung)
        span = max(_STALL_SECONDS, BLOCK_SECONDS * (1 << finest))
        if climb.longest_hold:
            span = max(span, 1.25 * climb.longest_hold * width + width)
        rate = climb.growth_bytes / (climb.blocks * width)
        for at in range(RUNGS):
            short = BLOCK_SECONDS * (1 << at)
            blocks = math.ceil(span / short)
            if short < self._interval or blocks > BLOCKS // 2:
                continue
            floors = self._ladder.floors(at)
            if len(floors) < 2 * blocks:
                return False
            grown = min(floors[-blocks:]) - min(floors[-2 * blocks : -blocks])
            return grown < 0.15 * rate * blocks * short
        return False

    def _slowness(self) -> float:
        """Less than 1 where the second half of its life shows that it slows down.

        A cache that fills at random, a logarithm: each window looks nearly straight, but half of
        its life never does.
        """
        rung = next((at for at in range(RUNGS) if self._ladder.counts[at] <= BLOCKS), RUNGS - 1)
        floors = self._ladder.floors(rung)
        half = floors[len(floors) // 2 :]
        if len(half) < 8 or half[-1] - half[0] < 0.3 * self._best[1].growth_bytes:
            return 1.0
        return 0.6 + 0.4 * ramp(slowing(half), 0.65, 0.85)

    def _load_share(self) -> float:
        """Less than 1 where more threads and children explain the growth."""
        rung, climb = self._best
        units = self._ladder.units(rung)[-climb.blocks or None :]
        if len(units) < 6 or min(units) <= 0:
            return 1.0
        before, after = min(units[:3]), max(units[-3:])
        if after <= before:
            return 1.0
        start = max(0.0, self._last_value - climb.growth_bytes)
        explained = start * (after / before - 1)
        return 0.5 + 0.5 * ramp(1 - explained / max(1.0, climb.growth_bytes), 0.2, 0.6)

    def _with_priors(self, score: float) -> float:
        """Growth up to where earlier runs of the same program stopped is expected."""
        healthy = sorted(prior.peak_floor_bytes for prior in self._priors if not prior.leaked)
        if not healthy:
            return score
        usual = healthy[len(healthy) // 2]
        if self._last_value > 1.1 * usual:
            return score
        return min(score, 0.45) if len(healthy) > 1 else 0.75 * score

    def _with_staleness(self, score: float) -> float:
        """Idle memory is proof where the curve alone would need more time, and used memory doubt.

        Doubt only: what a collector's marking touches may be leaked all the same.
        """
        settings, staleness = self._settings, self._staleness
        if staleness is None or score < settings.growing_score:
            return score
        if staleness.is_untouched:
            return max(score, settings.leaking_score + _IDLE_SCORE * staleness.low_share)
        return min(score, settings.leaking_score - _IDLE_SCORE) if staleness.is_touched else score

    def _tell(self, score: float, *, is_runaway: bool, is_stalled: bool) -> None:
        settings = self._settings
        level: LeakLevel = "healthy"
        if self._leaking:
            level = "leaking"
        elif score >= settings.growing_score:
            level = "growing"
        rung, climb = self._best
        shape: Shape = shape_of(
            self._ladder,
            rung if climb.blocks else None,
            climb,
            is_rising=level != "healthy",
            is_stalled=is_stalled,
        )
        if level == "healthy" and self._has_leaked and shape in ("warm-up", "step", "climb"):
            shape = "plateau"
        classic = self._classic()
        if level == "healthy":
            self.verdict = Verdict(
                shape=shape, score=min(score, 0.49), classic=classic, signal=self._signal
            )
            return
        rate, low, high, onset, growth = self._measure(is_runaway=is_runaway)
        room = self._room
        now = self._elapsed + self._clock
        self.verdict = Verdict(
            level=level,
            shape=shape,
            # As long as a minute has not confirmed it, the score does not say leaking either.
            score=min(0.99, max(score, settings.growing_score))
            if self._leaking
            else min(score, settings.leaking_score - 0.01),
            rate_bytes_per_second=rate,
            rate_low_bytes_per_second=low,
            rate_high_bytes_per_second=high,
            onset_monotonic_seconds=onset,
            growth_bytes=growth,
            start_bytes=max(0.0, self._last_value + self._bias - growth),
            seconds_to_limit=room / rate if room is not None and rate > 0 else None,
            seconds_to_limit_low=room / high if room is not None and high > 0 else None,
            seconds_to_limit_high=room / low if room is not None and low > 0 else None,
            is_runaway=is_runaway and max(self._scores) < settings.leaking_score,
            classic=classic,
            staleness=self._staleness,
            signal=self._signal,
            grown_seconds=now - onset,
        )

    def _measure(self, *, is_runaway: bool) -> tuple[float, float, float, float, float]:
        """Rate with its quartiles, onset on the caller's clock, and growth since."""
        ladder, settings = self._ladder, self._settings
        now = self._elapsed + self._clock
        if is_runaway and max(self._scores) < settings.growing_score:
            count = settings.runaway_blocks
            floors = ladder.floors(0)[-count:]
            low, high = sorted((floors[-1] - floors[-2], floors[1] - floors[0]))
            growth = floors[-1] - floors[0]
            rate = growth / (count - 1) / BLOCK_SECONDS
            seconds = count * BLOCK_SECONDS
            return rate, low / BLOCK_SECONDS, high / BLOCK_SECONDS, now - seconds, growth
        rung, climb = self._best
        width = BLOCK_SECONDS * (1 << rung)
        floors = ladder.means(rung) if climb.is_by_means else ladder.floors(rung)
        start = len(floors) - max(2, climb.blocks)
        pace = climb.growth_bytes / max(1, climb.blocks)
        while (
            not climb.is_by_means and start > 0 and floors[start] - floors[start - 1] >= 0.3 * pace
        ):
            start -= 1
        middle, low, high = sen_slope(floors[start:])
        unclosed = self._elapsed % width
        onset = now - (len(floors) - start) * width - unclosed
        growth = max(climb.growth_bytes, floors[-1] - floors[start])
        return middle / width, low / width, high / width, max(onset, self._clock), growth

    def _classic(self) -> ClassicSignals:
        settings, ladder = self._settings, self._ladder
        means = ladder.means(0)[-20:]
        steps = [after - before for before, after in pairwise(means)]
        if not steps:
            return ClassicSignals()
        rising = sum(1 for step in steps if step > 0) / len(steps)
        before = max(means[-2], 1.0)
        grown = means[-1] - means[0]
        return ClassicSignals(
            rate_bytes_per_second=self._average,
            is_rate_high=self._average_count >= settings.average_samples,
            is_spike=steps[-1] >= max(settings.spike_bytes, settings.spike_share * before),
            rising_share=rising,
            is_sustained=rising >= settings.sustained_share
            and grown >= settings.sustained_growth * max(means[0], 1.0),
            jumps=sum(1 for step in steps if step >= settings.stair_bytes),
        )
