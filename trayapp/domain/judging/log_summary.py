"""What a memory log tells, gathered line by line; what is kept does not grow with its length."""

from __future__ import annotations

from heapq import heappush, heappushpop
from operator import sub

from trayapp.domain.judging.idle_line import DAY_SECONDS, IdleLine
from trayapp.domain.judging.log_records import Episode, Jump, Levels, LogLimits, Peak, TaskUse
from trayapp.domain.judging.task_growth import GrowthByTask
from trayapp.domain.records.log_lines import MB

MOST_TASKS = 2000
"""Names; the runs of others are counted as those of `OTHERS`."""
OTHERS = "…"
LEAST_JUMP_BYTES = 5 * MB
LONGEST_STRETCH_SECONDS = 3600
"""After so long without a change, the highest moment of it is noted, and another looked for."""
SET_BACK_SECONDS = 600
"""By so much a clock does not go back in a log that is in order."""
UNKNOWN = float("nan")
MOST_EPISODES = 1000
MOST_OPEN = 500
"""Runs at once; of programs that end none, the oldest are taken to be over."""


class LogSummary:
    """Takes what stands in lines, in their order. Times: seconds by the clock of the log."""

    def __init__(self, limits: LogLimits) -> None:
        self.limits = limits
        self.growth = GrowthByTask()
        self.idle = IdleLine()
        self.tasks: dict[str, TaskUse] = {}
        self.peaks: list[Peak] = []
        self.jumps: list[Jump] = []
        self.low_memory: list[Episode] = []
        self.levels = Levels()
        self.first_time: float | None = None
        self.last_time = 0.0
        self.first_idle_bytes: float | None = None
        self.last_idle_bytes: float | None = None
        self.sum_bytes, self.count = 0.0, 0
        self._shift = 0.0
        self._life = 0
        self._open: dict[object, str] = {}
        self._implied: set[str] = set()
        """Names of tasks that run by the lines between, of which no beginning was seen."""
        self._heap_seen = False
        self._last_rss = UNKNOWN
        self._level, self._level_low, self._level_high = 0, 0.0, limits.warning_bytes
        self._level_since: float | None = None
        self._episode: Episode | None = None
        self._stretch_began = self._high_at = 0.0
        self._high, self._sum, self._lines = float("-inf"), 0.0, 0

    def samples(
        self,
        times: list[float],
        sizes: list[float],
        available_mb: list[float],
        free_percent: list[float],
    ) -> None:
        """Several samples, none unknown: in one go where nothing happens. `sizes`: bytes."""
        if not times:
            return
        high, low = max(sizes), min(sizes)
        limits = self.limits
        if (
            self._episode is not None
            or times[0] < self.last_time
            or times[-1] - self._stretch_began > LONGEST_STRETCH_SECONDS
            or high >= self._level_high
            or low < self._level_low
            or min(available_mb) * MB < limits.low_bytes
            or min(free_percent) < limits.low_share * 100
            or self._may_jump(sizes, high, low)
            or times != sorted(times)
        ):
            for at, size, free_mb, percent in zip(
                times, sizes, available_mb, free_percent, strict=True
            ):
                self.sample(at, size, free_mb * MB, percent / 100)
            return
        if high > self._high:
            self._high, self._high_at = high, times[sizes.index(high)]
        self._sum += sum(sizes)
        self._lines += len(sizes)
        self._last_rss, self.last_time = sizes[-1], times[-1]
        if not self._open:
            if self.first_idle_bytes is None:
                self.first_idle_bytes = sizes[0]
            self.last_idle_bytes = sizes[-1]
            self.idle.add_all(times, sizes, self._shift, self._life)

    def _may_jump(self, sizes: list[float], high: float, low: float) -> bool:
        """Return whether a size differs from the one before by more than a little, or may."""
        first = sizes[0] - self._last_rss
        if not -LEAST_JUMP_BYTES <= first <= LEAST_JUMP_BYTES:
            return True
        if high - low <= LEAST_JUMP_BYTES:
            return False
        changes: list[float] = list(map(sub, sizes[1:], sizes))
        return max(changes) > LEAST_JUMP_BYTES or min(changes) < -LEAST_JUMP_BYTES

    def sample(self, at: float, rss: float, available: float, share: float) -> None:
        """A line between, with the same tasks as the one before; NaN: unknown."""
        if at < self.last_time:
            self._set_back(at)
        self.last_time = at
        if rss == rss:
            if rss > self._high:
                self._high, self._high_at = rss, at
            self._sum += rss
            self._lines += 1
            jump = rss - self._last_rss
            if jump > LEAST_JUMP_BYTES or jump < -LEAST_JUMP_BYTES:
                self._note_jump(at, rss)
            self._last_rss = rss
            if not self._level_low <= rss < self._level_high:
                self._change_level(at, rss)
            if not self._open:
                self._note_idle(at, rss)
        if available < self.limits.low_bytes or share < self.limits.low_share:
            self._note_low(at, available, share)
        elif self._episode is not None and available == available:
            self._end_episode(at)
        if at - self._stretch_began > LONGEST_STRETCH_SECONDS:
            self._end_stretch(at)

    def see(self, at: float, rss: float, available: float, share: float) -> None:
        """Take the sizes of a line of any kind, before what else it says."""
        if self.first_time is None:
            self.first_time = self._stretch_began = self._level_since = self.last_time = at
        self.sample(at, rss, available, share)

    def between(
        self,
        at: float,
        names: list[str] | None,
        rss: float,
        heap: float | None,
        available: float,
        share: float,
    ) -> None:
        """A line between that may have other tasks than the one before; None: it says nothing."""
        level = self._level_of(rss, heap)
        if names is not None:
            self._reconcile(at, names, level)
        self.growth.observe(level)
        self.see(at, rss, available, share)

    def start(
        self,
        at: float,
        key: object,
        name: str,
        rss: float,
        heap: float | None,
        *,
        inside: object = None,
        place: str | None = None,
    ) -> None:
        """A task begins; `inside`: the key of the one that waits for it."""
        name = self._known(name)
        if name in self._implied:  # it was only thought to have begun
            self._implied.discard(name)
            self._open.pop(("implied", name), None)
            self.growth.end(("implied", name), self._level_of(rss, heap))
        self._end_stretch(at)
        if len(self._open) >= MOST_OPEN:
            self._leave(next(iter(self._open)), self._level_of(rss, heap))
        self.growth.start(key, name, self._level_of(rss, heap), inside=inside)
        self._open[key] = name
        use = self.tasks[name]
        use.place = place or use.place
        self._high, self._high_at, self._sum, self._lines = rss, at, rss, 1
        if rss != rss:
            self._begin_stretch(at)

    def end(
        self,
        at: float,
        key: object,
        name: str,
        rss: float,
        heap: float | None,
        *,
        kept: float | None = None,
        seconds: float | None = None,
        failed: bool = False,
    ) -> None:
        """A task has ended; where its beginning is not known, `kept` is what it says itself."""
        self._end_stretch(at)
        name = self._known(name)
        if key not in self._open and ("implied", name) in self._open:
            key = ("implied", name)
        if key in self._open:
            del self._open[key]
            self._implied.discard(name)
            self.growth.end(key, self._level_of(rss, heap))
        else:
            self.growth.add_runs(name, 1, kept)
        use = self.tasks[name]
        use.count += 1
        use.failed += failed
        use.seconds += seconds or 0.0
        if not self._open:
            self._note_idle(at, rss)

    def runs(
        self, name: str, count: int, failed: int, kept: float | None, seconds: float, peak: float
    ) -> None:
        """Runs that are only known together."""
        name = self._known(name)
        self.growth.add_runs(name, count, kept)
        use = self.tasks[name]
        use.count += count
        use.failed += failed
        use.seconds += seconds
        if peak == peak:
            use.add(peak, 1, peak)

    def open_life(self, at: float) -> None:
        """The program was started again."""
        self._end_stretch(at)
        self._life += 1
        self._open.clear()
        self._implied.clear()
        self.growth.restart()
        self._heap_seen = False
        self._last_rss = UNKNOWN

    def finish(self) -> None:
        """All lines were read."""
        self._end_stretch(self.last_time)
        self._change_level(self.last_time, UNKNOWN)
        if self._episode is not None:
            self._end_episode(self.last_time)
        for name in (self._open[key] for key in self._open):
            self.tasks[name].count += name in self._implied
        self.idle.flush()
        self.growth.finish()

    @property
    def span_seconds(self) -> float:
        return 0.0 if self.first_time is None else self.last_time + self._shift - self.first_time

    def running(self) -> str | None:
        """Return the names of all that runs; None: nothing."""
        return " + ".join(dict.fromkeys(self._open.values())) or None

    def _set_back(self, at: float) -> None:
        """The clock went back: at the end of summer time, or because it was set."""
        self._shift += self.last_time - at
        self._stretch_began -= self.last_time - at
        if self._level_since is not None:
            self._level_since -= self.last_time - at

    def _level_of(self, rss: float, heap: float | None) -> float | None:
        """Return the figure to judge growth by: always the same, where it is known."""
        if heap is not None:
            if not self._heap_seen:
                self._heap_seen = True
                self.growth.forget_level()
            return heap
        return None if self._heap_seen or rss != rss else rss

    def _known(self, name: str) -> str:
        if name not in self.tasks:
            if len(self.tasks) >= MOST_TASKS:
                name = OTHERS
            self.tasks.setdefault(name, TaskUse())
        return name

    def _reconcile(self, at: float, names: list[str], level: float | None) -> None:
        """Believe what the line says of who runs: a mark may be missing."""
        if len(self._open) > len(names) and names:
            return  # not all are listed
        wanted = {self._known(name) for name in names}
        gone = [key for key, name in self._open.items() if name not in wanted]
        new = wanted - set(self._open.values())
        if not gone and not new:
            return
        self._end_stretch(at)
        for key in gone:
            self._leave(key, level)
        for name in sorted(new):
            self._open["implied", name] = name
            self._implied.add(name)
            self.growth.start(("implied", name), name, level)

    def _leave(self, key: object, level: float | None) -> None:
        """Count a run as over, whose end was not seen."""
        name = self._open.pop(key)
        self._implied.discard(name)
        self.growth.end(key, level)
        self.tasks[name].count += 1

    def _begin_stretch(self, at: float) -> None:
        self._stretch_began = self._high_at = at
        self._high, self._sum, self._lines = float("-inf"), 0.0, 0

    def _end_stretch(self, at: float) -> None:
        if self._lines:
            for name in dict.fromkeys(self._open.values()):
                self.tasks[name].add(self._sum, self._lines, self._high)
            self.sum_bytes += self._sum
            self.count += self._lines
            if len(self.peaks) < self.limits.top or self._high >= self.peaks[0].rss_bytes:
                _keep(self.peaks, Peak(self._high, self._high_at, self.running()), self.limits.top)
        self._begin_stretch(at)

    def _note_idle(self, at: float, rss: float) -> None:
        if rss != rss:
            return
        if self.first_idle_bytes is None:
            self.first_idle_bytes = rss
        self.last_idle_bytes = rss
        self.idle.add(at + self._shift, int(at // DAY_SECONDS), self._life, rss)

    def _note_jump(self, at: float, rss: float) -> None:
        before = self._last_rss
        jump = Jump(abs(rss - before), at, before, rss, self.running())
        _keep(self.jumps, jump, self.limits.top)

    def _change_level(self, at: float, rss: float) -> None:
        if self._level_since is not None:
            self.levels.seconds[self._level] += at - self._level_since
        limits = self.limits
        bounds = (0.0, limits.warning_bytes, limits.critical_bytes, float("inf"))
        self._level = (rss >= limits.warning_bytes) + (rss >= limits.critical_bytes)
        self._level_low, self._level_high = bounds[self._level : self._level + 2]
        self._level_since = at

    def _note_low(self, at: float, available: float, share: float) -> None:
        if self._episode is None:
            self._episode = Episode(at, 0.0, available, share, self.running())
        one = self._episode
        one.least_bytes = min(one.least_bytes, available)
        one.least_share = min(one.least_share, share)
        one.seconds = max(one.seconds, at - one.time)

    def _end_episode(self, at: float) -> None:
        one, self._episode = self._episode, None
        if one is not None and len(self.low_memory) < MOST_EPISODES:
            one.seconds = max(one.seconds, at - one.time)
            self.low_memory.append(one)


def _keep(kept: list[Peak] | list[Jump], one: Peak | Jump, most: int) -> None:
    if len(kept) < most:
        heappush(kept, one)  # type: ignore[misc]
    elif most and one > kept[0]:  # type: ignore[operator]
        heappushpop(kept, one)  # type: ignore[misc]
