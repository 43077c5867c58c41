"""The online detector: one sample in, one verdict out."""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass
from itertools import pairwise

from trayapp.domain.judging.leaks.ladder import BLOCK_SECONDS, RUNGS, Ladder
from trayapp.domain.judging.leaks.proof import asked_seconds, haste_of, steady_seconds
from trayapp.domain.judging.leaks.rungs import (
    Pause,
    is_quiet,
    is_runaway,
    is_rushing,
    judge_rung,
    later_pace,
    load_share,
    newest_pace,
    pause_of,
    slowness,
    still_rises,
    width_of,
)
from trayapp.domain.judging.leaks.settings import LeakSettings
from trayapp.domain.judging.leaks.shapes import shape_of
from trayapp.domain.judging.leaks.staleness import Staleness
from trayapp.domain.judging.leaks.verdict import (
    ClassicSignals,
    LeakLevel,
    SessionPrior,
    Shape,
    Signal,
    Verdict,
)
from trayapp.domain.judging.leaks.window import NO_CLIMB, Climb, sen_slope

_MOST_BYTES = 1e18
_LATE_FACTOR = 3.0
_LATE_SECONDS = 45.0
_MOST_HELD_BLOCKS = 240
MOST_PRIORS = 5
_MOST_DOUBTS = 5
_FRESH_SECONDS = 900.0
_IDLE_SCORE = 0.1
UNPROVEN_SCORE = 0.65
"""The most that is said of what has not climbed for long enough."""
DEFAULT_SETTINGS = LeakSettings()


@dataclass(frozen=True, slots=True)
class Load:
    """What a process was asked to do, as far as it is known."""

    threads: int | None = None
    children: int | None = None
    work: float | None = None
    """How much it does just now, in percent of a core: who has nothing to do cannot grow."""


class LeakDetector:
    """Folds the sizes of one process, target or application.

    O(1) per sample, O(log of its age) per 15 s, at most 8 KiB of state. Any interval from 10 ms to
    10 min will do, and it may change on the way: samples are put into blocks of 15 s first.
    """

    __slots__ = (
        "_against_since",
        "_assumed_room",
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
        "_held",
        "_interval",
        "_is_quiet",
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
        "_stopped_at",
        "_units",
        "_warm_seconds",
        "_was_rising",
        "_work",
        "verdict",
    )

    def __init__(
        self,
        *,
        priors: tuple[SessionPrior, ...] = (),
        signal: Signal = "anonymous memory",
        settings: LeakSettings = DEFAULT_SETTINGS,
        phase: float = 0.0,
        room_bytes: float | None = None,
    ) -> None:
        """Begin with nothing known.

        Args:
            priors: What earlier runs of the same program did.
            signal: What the sizes are, for the evidence.
            settings: The thresholds.
            phase: 0 to 1, how much later the first block begins in blocks; spreads the work of
                many detectors over the ticks.
            room_bytes: What is assumed to be left until the nearest limit, until `fold` is told:
                how long to wait for proof, but no time to the limit, rests on it.
        """
        self._settings = settings
        self._signal: Signal = signal
        self._priors = priors[-MOST_PRIORS:]
        self._start_up = settings.start_up_seconds + BLOCK_SECONDS * min(1.0, max(0.0, phase))
        self._room: float | None = None
        self._assumed_room = room_bytes
        self._staleness: Staleness | None = None
        self._begin()

    def _begin(self) -> None:
        self._ladder = Ladder()
        self._scores = array("f", bytes(4 * RUNGS))
        self._held = array("f", bytes(4 * RUNGS))
        """How long the climb is proven to last, by rung."""
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
        self._work = 0.0
        self._peak_floor = 0.0
        self._warm_seconds = 0.0
        self._leaking = False
        self._for_since: float | None = None
        self._has_leaked = False
        self._against_since = 0.0
        self._doubts = 0
        """How often it was called leaking and then stopped."""
        self._is_quiet = False
        """Whether it has paused for want of work: a leak is then no more than growing."""
        self._stopped_at: float | None = None
        """The size at which it stopped after it was called leaking."""
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
            self._tell(self.verdict.score, is_runaway=False, is_stalled=self._is_stalled)
        return self.verdict

    @property
    def prior(self) -> SessionPrior | None:
        """What to keep of this run for later ones; None before five minutes are seen."""
        if self._elapsed < self._settings.watch_seconds:
            return None
        return SessionPrior(
            peak_floor_bytes=self._peak_floor,
            warm_up_seconds=self._warm_seconds,
            leaked=self._leaking or still_rises(self._ladder, self._settings),
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
            room_bytes: What is left until the nearest limit (of the machine, or its own); the
                farther that is, the longer it waits for proof. None: not known; the shortest proof
                will do.
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
        self._fold_load(load)
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
        self._fold_load(load)
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
            closed = self._ladder.push(self._block_low, mean, self._units, self._work)
        for _ in range(behind):
            held = self._ladder.push(held_floor, held_mean, self._units, self._work)
            closed = max(closed, held)
        self._block_ends += (behind + 1) * BLOCK_SECONDS
        self._block_low, self._block_sum, self._block_samples = math.inf, 0.0, 0
        if closed:
            floor = self._ladder.newest(0)
            if floor > self._peak_floor * 1.02:
                self._peak_floor, self._warm_seconds = floor, self._elapsed
            self._judge(closed, settings)

    def _fold_load(self, load: Load | None) -> None:
        if load is not None:
            self._units = float((load.threads or 0) + (load.children or 0))
            self._work = load.work or 0.0

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
        scores, ladder = self._scores, self._ladder
        # Each time that it stopped after it was called leaking, it takes twice as long to believe.
        haste = haste_of(ladder, self._room_to_wait, settings) / (1 << self._doubts)
        for rung in range(closed):
            climb = judge_rung(ladder, rung, self._interval, haste, settings)
            scores[rung], self._held[rung] = climb.score, climb.held_seconds
            if climb.score and (climb.score >= self._best[1].score or rung == self._best[0]):
                self._best = rung, climb
        score = max(scores)
        runaway = is_runaway(ladder, self._last_value, self._interval, self._room, settings)
        if score < settings.growing_score and not runaway and not self._was_rising:
            self._best = (self._best[0], NO_CLIMB) if not score else self._best
            self._settle(score)
            # What a healthy process looks like is said once a minute, later every eight minutes.
            if closed > (2 if self._elapsed < _FRESH_SECONDS else 5) or score or self._leaking:
                self._tell(score, is_runaway=False, is_stalled=False)
            return
        if scores[self._best[0]] < score:
            rung = max(range(RUNGS), key=scores.__getitem__)
            self._best = rung, judge_rung(ladder, rung, self._interval, haste, settings)
        rung, climb = self._best
        pause = self._pause()
        is_stalled = pause == "stop"
        if is_stalled:
            score *= 0.5
            runaway = False
        pace = later_pace(ladder)
        score *= slowness(ladder, climb.growth_bytes, pace)
        score *= load_share(ladder, rung, climb, self._last_value)
        score = self._with_priors(score)
        score = self._with_staleness(self._as_proven(score, pause, pace))
        self._runaway = (
            (runaway or self._runaway) and not is_stalled and is_rushing(ladder, settings)
        )
        if self._runaway:
            score = max(score, 0.8)
        self._settle(score)
        self._was_rising = self._leaking or score >= settings.growing_score
        self._tell(score, is_runaway=self._runaway, is_stalled=is_stalled)

    def _as_proven(self, score: float, pause: Pause, pace: float) -> float:
        """No more than growing, until it has climbed for as long as waiting does no harm."""
        settings = self._settings
        # Once paused, until there is work again: other windows take long pauses for usual.
        self._is_quiet = pause == "lull" or (self._is_quiet and is_quiet(self._ladder))
        if self._is_quiet:
            return min(score, UNPROVEN_SCORE)
        if self._leaking or score <= UNPROVEN_SCORE:
            return score
        rung, climb = self._best
        seconds = climb.blocks * width_of(rung)
        rate = climb.growth_bytes / seconds if seconds else 0.0
        held = max(self._held)
        asked = asked_seconds(
            self._room_to_wait,
            climb.growth_bytes,
            rate,
            later_pace=pace,
            newest_pace=newest_pace(self._ladder, held, rate),
            steady_seconds=self._steady_seconds,
            doubts=self._doubts,
            staleness=self._staleness,
            settings=settings,
        )
        if held >= asked:
            return score
        return min(score, UNPROVEN_SCORE)

    @property
    def _room_to_wait(self) -> float | None:
        return self._assumed_room if self._room is None else self._room

    @property
    def _steady_seconds(self) -> float:
        return steady_seconds(self._ladder, max(self._held), self._best[1].growth_bytes)

    def _settle(self, score: float) -> None:
        """Become leaking when that is sure or has held for a minute, and healthy as slowly."""
        settings = self._settings
        if score >= (settings.growing_score if self._leaking else settings.leaking_score):
            self._against_since = self._elapsed
            if self._for_since is None:
                self._for_since = self._elapsed
            is_idle = self._staleness is not None and self._staleness.is_untouched
            # Who stopped before is believed later: at the edges of a climb no window is sure.
            asked = 0.0 if is_idle and not self._doubts else settings.confirm_seconds
            held = self._elapsed - self._for_since
            if self._runaway or held >= asked * (1 << self._doubts):
                self._leaking = self._has_leaked = True
                self._stopped_at = None
            return
        self._for_since = None
        if self._leaking and self._elapsed - self._against_since >= settings.clear_seconds:
            self._leaking = False
            self._stopped_at = self._last_value + self._bias
            self._doubts = min(_MOST_DOUBTS, self._doubts + 1)

    def _pause(self) -> Pause:
        rung, climb = self._best
        return pause_of(self._ladder, rung, climb, self._scores, self._interval, self._settings)

    @property
    def _is_stalled(self) -> bool:
        return self._pause() == "stop"

    def _with_priors(self, score: float) -> float:
        """Growth up to where earlier runs of the same program stopped is expected."""
        healthy = sorted(prior.peak_floor_bytes for prior in self._priors if not prior.leaked)
        if not healthy:
            return score
        usual = healthy[len(healthy) // 2]
        if self._last_value > 1.1 * usual:
            return score
        # Once may be chance: it is shown, but not told.
        return min(score, 0.45) if len(healthy) > 1 else min(0.75 * score, UNPROVEN_SCORE)

    def _with_staleness(self, score: float) -> float:
        """Idle memory is proof where the curve alone would need more time."""
        settings, staleness = self._settings, self._staleness
        if staleness is None or score < settings.growing_score or not staleness.is_untouched:
            return score
        return max(score, settings.leaking_score + _IDLE_SCORE * staleness.low_share)

    def _tell(self, score: float, *, is_runaway: bool, is_stalled: bool) -> None:
        settings = self._settings
        level: LeakLevel = "healthy"
        if self._leaking and not self._is_quiet:
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
                shape=shape,
                score=min(score, 0.49),
                # What has given it back since did not fill.
                stopped_bytes=self._stopped_at if shape == "plateau" else None,
                classic=classic,
                signal=self._signal,
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
            if level == "leaking"
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
