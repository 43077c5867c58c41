"""How much each kind of task keeps, from how much a program had in use when tasks began and ended.

Where one task runs at a time, that is a difference. Tasks inside one another take turns: what grows
while the inner one runs is the inner one's. Where several run beside one another nobody can say
whose the growth is; but stretches of work from a moment at which nothing ran to the next one are
equations, in which each task stands as often as it ran, and all of them together have a solution.
"""

from __future__ import annotations

from collections.abc import Iterable

from trayapp.dataclass import dataclass, field
from trayapp.domain.judging.equations import Equation, error_of, solve, solve_positive
from trayapp.domain.records.thinned import Thinned

MOST_RUNS = 200
"""In one equation. A program that is never at rest is cut where least of it runs; what runs then
holds memory for a while, so that such equations are the less exact ones."""
MOST_COMPOSITIONS = 2000
MOST_KINDS = 100
"""Of tasks that can stand in equations."""
MOST_OPEN = 1000
PRIOR_WEIGHT = 1e-5
"""How much the even split of what grew while several ran counts: where no equation decides."""
ENOUGH = 3
"""So many equations for each kind of task, and they may also say that one frees others' memory."""
RELEASED_SHARE = 0.5
"""Of what a stretch of work seemed to keep, if so much is released right after its end, it was held
by what had just ended and had yet to be left, such as a function's variables."""


@dataclass(slots=True)
class TaskGrowth:
    """What is known of one kind of task."""

    alone: Thinned = field(default_factory=Thinned)
    """The growth of each run that could be measured by itself, in bytes."""
    beside_count: int = 0
    """Runs beside others."""
    beside_each_bytes: float | None = None
    """What each of those kept, by the equations."""
    uncounted: int = 0
    """Runs of which nothing is known but that they were."""

    @property
    def kept_bytes(self) -> float:
        """By all its runs together; what could not be measured is taken to be like the others."""
        kept = self.alone.total + self.beside_count * (self.beside_each_bytes or 0.0)
        known = self.alone.count + (0 if self.beside_each_bytes is None else self.beside_count)
        return kept * (known + self.uncounted) / known if known else kept

    @property
    def median_bytes(self) -> float | None:
        """Of one run."""
        return self.beside_each_bytes if self.alone.count == 0 else self.alone.median()

    @property
    def worst_bytes(self) -> float | None:
        """Of one run that was measured alone, else as the median."""
        return self.median_bytes if self.alone.worst is None else self.alone.worst

    @property
    def guilt(self) -> float:
        """By which tasks are ordered: what was kept, without a single run that outweighs the rest.

        What fills a cache once is not what a person is to look for first.
        """
        worst = self.alone.worst or 0.0
        kept = self.kept_bytes
        return kept - worst if self.alone.count >= 3 and worst > kept / 2 else kept


@dataclass(slots=True)
class _Open:
    name: str
    lane: int
    own_bytes: float = 0.0


_Key = tuple[tuple[tuple[str, int], ...], bool]
"""How often each task ran, and whether nothing ran before and after."""


@dataclass(slots=True)
class _Composition:
    """Stretches of work in which the same tasks ran equally often."""

    growth: Thinned = field(default_factory=Thinned)
    priors: dict[str, Thinned] = field(default_factory=dict)


class GrowthByTask:
    """Follows one program's tasks in order of time; what it keeps is bounded.

    Every call takes the level: how much was in use at that moment, in bytes, or None.
    """

    def __init__(self) -> None:
        self.tasks: dict[str, TaskGrowth] = {}
        self.idle_bytes = 0.0
        """By how much the level rose while nothing ran."""
        self._open: dict[object, _Open] = {}
        self._lanes: dict[int, list[object]] = {}
        self._next_lane = 0
        self._level: float | None = None
        self._ended: list[_Open] = []
        self._is_exact = self._is_whole = True
        self._least_lanes = 0
        self._compositions: dict[_Key, _Composition] = {}
        self._kinds: set[str] = set()
        """Tasks that stand in equations."""
        self._waiting: list[object] = []
        """Ends of which the level is not known yet."""

    @property
    def total_bytes(self) -> float:
        """By how much the level rose in all, tasks and the rest together."""
        measured = sum(task.alone.total for task in self.tasks.values())
        return (
            self.idle_bytes
            + measured
            + sum(one.growth.total for one in self._compositions.values())
        )

    def start(self, key: object, name: str, level: float | None, *, inside: object = None) -> None:
        """A run begins; `inside`: the key of the one that waits for it."""
        self._advance(level)
        if key in self._open or len(self._open) >= MOST_OPEN:
            return
        outer = self._open.get(inside)
        if not self._open:
            self._settle()
        if outer is None:
            self._next_lane += 1
            lane = self._next_lane
        else:
            lane = outer.lane
        self._open[key] = _Open(name, lane)
        self._lanes.setdefault(lane, []).append(key)
        self._task(name)

    def end(self, key: object, level: float | None) -> None:
        """A run ends. One of which the beginning is not known is only counted."""
        if key not in self._open:
            return
        if level is None:
            self._waiting.append(key)
            return
        self._advance(level)
        self._end(key)

    def observe(self, level: float | None) -> None:
        """Nothing begins or ends."""
        self._advance(level)

    def forget_level(self) -> None:
        """From now on, levels are measured in another way."""
        self._level = None

    def add_runs(self, name: str, count: int, kept_bytes: float | None) -> None:
        """Count runs that are only known together, or one of which the beginning is not."""
        task = self._task(name)
        if kept_bytes is None or not count:
            task.uncounted += count
            return
        task.alone.add(kept_bytes / count)
        task.alone.count += count - 1
        task.alone.total += kept_bytes - kept_bytes / count

    def restart(self) -> None:
        """Another life of the program: what was open has ended somehow."""
        self._end_waiting()
        self._settle()
        for run in self._open.values():
            self._task(run.name).uncounted += 1
        for run in self._ended:
            self._task(run.name).uncounted += 1
        self._open.clear()
        self._lanes.clear()
        self._ended = []
        self._is_exact = self._is_whole = True
        self._level = None

    def finish(self) -> None:
        """Solve the equations; the figures are complete after that."""
        self.restart()
        whole: list[Equation] = []
        cut: list[Equation] = []
        for (counts, is_whole), one in self._compositions.items():
            weight = one.growth.count / sum(count for _, count in counts)
            equation = Equation(dict(counts), one.growth.typical(), weight)
            (whole if is_whole else cut).append(equation)
            for name, count in counts:
                self.tasks[name].beside_count += count * one.growth.count
        kinds, singles = sorted(self._kinds), self._single_equations()
        values = solve(kinds, [*(whole or cut), *singles])
        share = min(1.0, error_of(whole, values) / (error_of(cut, values) or 1.0))
        known = [*whole, *(each._replace(weight=each.weight * share) for each in cut), *singles]
        # That one frees what others keep is believed where there are enough whole equations.
        believed = not cut and len(whole) >= ENOUGH * len(kinds)
        values = (solve if believed else solve_positive)(kinds, known)
        for name, value in values.items():
            self.tasks[name].beside_each_bytes = value

    def _single_equations(self) -> list[Equation]:
        """Return what is known of each task by itself: its runs alone, and the even split."""
        priors: dict[str, Thinned] = {}
        for one in self._compositions.values():
            for name, prior in one.priors.items():
                priors.setdefault(name, Thinned()).add(prior.typical())
        equations = []
        for name, prior in priors.items():
            task = self.tasks[name]
            if task.alone.count:
                equations.append(Equation({name: 1}, task.alone.typical(), task.alone.count))
            weight = PRIOR_WEIGHT * task.beside_count
            equations.append(Equation({name: 1}, prior.typical(), weight))
        return equations

    def _task(self, name: str) -> TaskGrowth:
        return self.tasks.setdefault(name, TaskGrowth())

    def _advance(self, level: float | None) -> None:
        """Attribute what has happened since the last level to those that run."""
        if level is None:
            return
        before, self._level = self._level, level
        if before is not None:
            self._attribute(level - before)
        self._end_waiting()

    def _attribute(self, grown: float) -> None:
        working = [self._open[keys[-1]] for keys in self._lanes.values()]
        if not working:
            self._attribute_idle(grown)
            return
        if len(working) > 1:
            self._is_exact = False
        for run in working:
            run.own_bytes += grown / len(working)

    def _attribute_idle(self, grown: float) -> None:
        kept = sum(run.own_bytes for run in self._ended)
        if kept > 0 and grown < -RELEASED_SHARE * kept:
            for run in sorted(self._ended, key=lambda run: -run.own_bytes):
                released = max(grown, -max(0.0, run.own_bytes))
                run.own_bytes += released
                grown -= released
        self._settle()
        self.idle_bytes += grown

    def _end_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        for key in waiting:
            self._end(key)

    def _end(self, key: object) -> None:
        run = self._open.pop(key)
        keys = self._lanes[run.lane]
        keys.remove(key)
        if not keys:
            del self._lanes[run.lane]
        self._ended.append(run)
        lanes = len(self._lanes)
        self._least_lanes = min(self._least_lanes, lanes)
        busy = len(self._ended)
        if lanes and busy >= MOST_RUNS // 2 and (lanes <= self._least_lanes or busy >= MOST_RUNS):
            self._is_whole = False
            self._settle()
            self._least_lanes = lanes + 1
            self._is_whole, self._is_exact = False, lanes == 1

    def _settle(self) -> None:
        """Take the runs that have ended since nothing ran into the account."""
        ended, self._ended = self._ended, []
        exact, self._is_exact = self._is_exact, True
        whole, self._is_whole = self._is_whole, True
        if not ended:
            return
        if exact:
            for run in ended:
                self._task(run.name).alone.add(run.own_bytes)
            return
        counts = _composition_of(ended)
        if not self._has_room((counts, whole)):
            for run in ended:
                self._task(run.name).uncounted += 1
            return
        one = self._compositions.setdefault((counts, whole), _Composition())
        one.growth.add(sum(run.own_bytes for run in ended))
        for run in ended:
            one.priors.setdefault(run.name, Thinned()).add(run.own_bytes)

    def _has_room(self, key: _Key) -> bool:
        if key in self._compositions:
            return True
        kinds = self._kinds | {name for name, _ in key[0]}
        if len(self._compositions) >= MOST_COMPOSITIONS or len(kinds) > MOST_KINDS:
            return False
        self._kinds = kinds
        return True


def _composition_of(runs: Iterable[_Open]) -> tuple[tuple[str, int], ...]:
    counts: dict[str, int] = {}
    for run in runs:
        counts[run.name] = counts.get(run.name, 0) + 1
    return tuple(sorted(counts.items()))
