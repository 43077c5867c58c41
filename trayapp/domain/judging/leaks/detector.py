"""The online detector: one sample in, one verdict out."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from trayapp.domain.judging.leaks.alarm import Alarm
from trayapp.domain.judging.leaks.blocks import MOST, Blocks, Load
from trayapp.domain.judging.leaks.classic import ClassicRules
from trayapp.domain.judging.leaks.ladder import BLOCK_SECONDS, RUNGS
from trayapp.domain.judging.leaks.proof import (
    UNPROVEN_SCORE,
    has_climbed_enough,
    haste_of,
    with_priors,
    with_staleness,
)
from trayapp.domain.judging.leaks.rates import rate_of, seconds_at
from trayapp.domain.judging.leaks.rungs import (
    Pause,
    is_quiet,
    is_runaway,
    is_rushing,
    judge_rung,
    later_pace,
    load_share,
    pause_of,
    slowness,
    still_rises,
)
from trayapp.domain.judging.leaks.settings import LeakSettings
from trayapp.domain.judging.leaks.shapes import shape_of
from trayapp.domain.judging.leaks.staleness import Staleness
from trayapp.domain.judging.leaks.verdict import (
    LeakLevel,
    SessionPrior,
    Shape,
    Signal,
    Verdict,
)
from trayapp.domain.judging.leaks.window import NO_CLIMB, Climb

MOST_PRIORS = 5
_FRESH_SECONDS = 900.0
DEFAULT_SETTINGS = LeakSettings()


class LeakDetector:
    """Folds the sizes of one process, target or application.

    O(1) per sample, O(log of its age) per 15 s, at most 8 KiB of state. Any interval from 10 ms to
    10 min will do, and it may change on the way: samples are put into blocks of 15 s first.
    """

    __slots__ = (
        "_alarm", "_assumed_room", "_best", "_blocks", "_classic", "_held", "_is_quiet",
        "_peak_floor", "_priors", "_room", "_runaway", "_scores", "_settings", "_signal",
        "_staleness", "_start_up", "_warm_seconds", "_was_rising", "verdict",
    )  # fmt: skip

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
        self._blocks, self._classic, self._alarm = Blocks(self._start_up), ClassicRules(), Alarm()
        self._scores = array("f", bytes(4 * RUNGS))
        self._held = array("f", bytes(4 * RUNGS))
        """How long the climb is proven to last, by rung."""
        self._best: tuple[int, Climb] = (0, NO_CLIMB)
        self._peak_floor = 0.0
        self._warm_seconds = 0.0
        self._is_quiet = False
        """Whether it has paused for want of work: a leak is then no more than growing."""
        self._runaway = False
        self._was_rising = False
        self.verdict = Verdict()
        """What was said last."""

    @property
    def signal(self) -> Signal:
        """What the sizes are."""
        return self._signal

    def set_settings(self, settings: LeakSettings) -> None:
        """Judge by other thresholds from the next block on; what was seen stays."""
        self._settings = settings

    def refresh(self) -> Verdict:
        """The verdict with its shape as of the last block: at the end of a recording."""
        if self.verdict.level == "healthy" and self._blocks.ladder.counts[0]:
            self._publish(self.verdict.score, is_runaway=False, is_stalled=self._pause() == "stop")
        return self.verdict

    @property
    def prior(self) -> SessionPrior | None:
        """What to keep of this run for later ones; None before five minutes are seen."""
        if self._blocks.elapsed < self._settings.watch_seconds:
            return None
        return SessionPrior(
            peak_floor_bytes=self._peak_floor,
            warm_up_seconds=self._warm_seconds,
            leaked=self._alarm.is_on or still_rises(self._blocks.ladder, self._settings),
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
            or not 0 <= value_bytes < MOST
            or not -MOST < monotonic_seconds < MOST
        ):
            return self.verdict
        self._staleness = staleness
        if room_bytes is not None:
            self._room = room_bytes
        closed = self._blocks.fold(monotonic_seconds, value_bytes, load)
        if closed:
            self._judge(closed)
        return self.verdict

    def fold_calm(self, times: Sequence[float], sizes: Sequence[float], load: Load | None) -> int:
        """Take in samples of one load of which none changes the verdict; quicker than `fold`.

        Nobody has looked at whether what it grew by is touched. NaN: unknown.

        Returns: how many; the one that follows is for `fold`.
        """
        taken = self._blocks.fold_calm(times, sizes, load)
        if taken:
            self._staleness = None
        return taken

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
        closed = self._blocks.fold_stretch(
            monotonic_seconds, seconds, low_bytes, mean_bytes, load, unseen=unseen
        )
        if closed:
            self._judge(closed)
        return self.verdict

    def _judge(self, closed: int) -> None:
        """Ask the rungs that have a new block, and put together what all of them say."""
        scores, blocks, settings = self._scores, self._blocks, self._settings
        ladder = blocks.ladder
        self._classic.fold(blocks.mean, settings)
        floor = ladder.newest(0)
        if floor > self._peak_floor * 1.02:
            self._peak_floor, self._warm_seconds = floor, blocks.elapsed
        # Each time that it stopped after it was called leaking, it takes twice as long to believe.
        haste = haste_of(ladder, self._room_to_wait, settings) / (1 << self._alarm.doubts)
        for rung in range(closed):
            climb = judge_rung(ladder, rung, blocks.interval, haste, settings)
            scores[rung], self._held[rung] = climb.score, climb.held_seconds
            if climb.score and (climb.score >= self._best[1].score or rung == self._best[0]):
                self._best = rung, climb
        score = max(scores)
        runaway = is_runaway(ladder, blocks.last_value, blocks.interval, self._room, settings)
        if score < settings.growing_score and not runaway and not self._was_rising:
            self._best = (self._best[0], NO_CLIMB) if not score else self._best
            self._settle(score)
            # What a healthy process looks like is said once a minute, later every eight minutes.
            if closed > (2 if blocks.elapsed < _FRESH_SECONDS else 5) or score or self._alarm.is_on:
                self._publish(score, is_runaway=False, is_stalled=False)
            return
        if scores[self._best[0]] < score:
            rung = max(range(RUNGS), key=scores.__getitem__)
            self._best = rung, judge_rung(ladder, rung, blocks.interval, haste, settings)
        rung, climb = self._best
        pause, pace = self._pause(), later_pace(ladder)
        is_stalled = pause == "stop"
        if is_stalled:
            score *= 0.5
            runaway = False
        score *= slowness(ladder, climb.growth_bytes, pace)
        score *= load_share(ladder, rung, climb, blocks.last_value)
        score = with_priors(score, self._priors, blocks.last_value)
        score = self._as_proven(score, pause, pace)
        score = with_staleness(score, self._staleness, settings)
        self._runaway = (
            (runaway or self._runaway) and not is_stalled and is_rushing(ladder, settings)
        )
        if self._runaway:
            score = max(score, 0.8)
        self._settle(score)
        self._was_rising = self._alarm.is_on or score >= settings.growing_score
        self._publish(score, is_runaway=self._runaway, is_stalled=is_stalled)

    def _as_proven(self, score: float, pause: Pause, pace: float) -> float:
        """No more than growing, until it has climbed for as long as waiting does no harm."""
        settings = self._settings
        # Once paused, until there is work again: other windows take long pauses for usual.
        self._is_quiet = pause == "lull" or (self._is_quiet and is_quiet(self._blocks.ladder))
        if self._is_quiet:
            return min(score, UNPROVEN_SCORE)
        if self._alarm.is_on or score <= UNPROVEN_SCORE:
            return score
        rung, climb = self._best
        is_proven = has_climbed_enough(
            self._blocks.ladder,
            rung,
            climb,
            max(self._held),
            self._room_to_wait,
            later_pace=pace,
            doubts=self._alarm.doubts,
            staleness=self._staleness,
            settings=settings,
        )
        return score if is_proven else min(score, UNPROVEN_SCORE)

    @property
    def _room_to_wait(self) -> float | None:
        return self._assumed_room if self._room is None else self._room

    def _settle(self, score: float) -> None:
        self._alarm.settle(
            score,
            self._blocks.elapsed,
            self._blocks.size_bytes,
            self._settings,
            is_runaway=self._runaway,
            is_idle=self._staleness is not None and self._staleness.is_untouched,
        )

    def _pause(self) -> Pause:
        rung, climb = self._best
        return pause_of(
            self._blocks.ladder, rung, climb, self._scores, self._blocks.interval, self._settings
        )

    def _publish(self, score: float, *, is_runaway: bool, is_stalled: bool) -> None:
        settings = self._settings
        level: LeakLevel = "growing" if score >= settings.growing_score else "healthy"
        if self._alarm.is_on and not self._is_quiet:
            level = "leaking"
        rung, climb = self._best
        shape: Shape = shape_of(
            self._blocks.ladder,
            rung if climb.blocks else None,
            climb,
            is_rising=level != "healthy",
            is_stalled=is_stalled,
        )
        if level == "healthy" and self._alarm.has_rung and shape in ("warm-up", "step", "climb"):
            shape = "plateau"
        classic = self._classic.signals(self._blocks.ladder, settings)
        if level == "healthy":
            self.verdict = Verdict(
                shape=shape,
                score=min(score, 0.49),
                # What has given it back since did not fill.
                stopped_bytes=self._alarm.stopped_bytes if shape == "plateau" else None,
                classic=classic,
                signal=self._signal,
            )
            return
        is_sudden = is_runaway and max(self._scores) < settings.growing_score
        rate = rate_of(self._blocks, rung, None if is_sudden else climb, settings)
        self.verdict = Verdict(
            level=level,
            shape=shape,
            # As long as a minute has not confirmed it, the score does not say leaking either.
            score=min(0.99, max(score, settings.growing_score))
            if level == "leaking"
            else min(score, settings.leaking_score - 0.01),
            rate_bytes_per_second=rate.middle,
            rate_low_bytes_per_second=rate.low,
            rate_high_bytes_per_second=rate.high,
            onset_monotonic_seconds=rate.onset,
            growth_bytes=rate.growth_bytes,
            start_bytes=max(0.0, self._blocks.size_bytes - rate.growth_bytes),
            seconds_to_limit=seconds_at(rate.middle, self._room),
            seconds_to_limit_low=seconds_at(rate.high, self._room),
            seconds_to_limit_high=seconds_at(rate.low, self._room),
            is_runaway=is_runaway and max(self._scores) < settings.leaking_score,
            classic=classic,
            staleness=self._staleness,
            signal=self._signal,
            grown_seconds=rate.seconds,
        )
