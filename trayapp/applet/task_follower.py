"""Tasks as the probes of targets report them: asked for now and then, and kept in the history.

What asks, and what reads the answers, is loaded when the first target has a probe. Programs that
ended before they were asked have left a file.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from trayapp.applet.probe_asking import ask_probe
from trayapp.dataclass import NamedTuple
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.judging.view import View
from trayapp.domain.records.samples import ProcessKey
from trayapp.domain.records.series import Event
from trayapp.log import Log

if TYPE_CHECKING:
    from trayapp.domain.grouping.tasks import Task

PERIOD_SECONDS = 30.0
LOOK_LIMIT_SECONDS = 20.0
"""For all of them; who has not been asked by then comes first the next time."""
MOST_OF_A_PROCESS = 20
"""So many tasks are kept each time: those that grew most."""
MOST_AT_A_TIME = 100
"""So many of all processes: the history takes in no more at once."""

_MOST_ANSWERS = 4
"""As many as all that a probe keeps need, and one for a program that has begun anew."""
_SILENT_SECONDS = 3600.0
_log = Log(__name__)


class _Position(NamedTuple):
    """How far one process has been read."""

    number: int
    """Of its last task."""
    since_wall_seconds: float | None
    """What ended before is not to be kept; None: all of that has been passed over."""
    answered_wall_seconds: float
    asked_seconds: float


class TaskFollower:
    """Asks the probes of targets for the tasks that have ended, each of them once."""

    def __init__(
        self,
        runtime: Path,
        record: Callable[[Event], None],
        is_paused: Callable[[], bool],
        period_seconds: float = PERIOD_SECONDS,
        rules: Callable[[], Sequence[TargetRule]] = tuple,
    ) -> None:
        """Prepare to ask; nothing is asked before the first `tick`.

        `runtime` is the folder in which probes listen. `record` is called in a background thread.
        What ended before now is left out: an earlier run may have kept it. `rules` decide whose it
        is what a program has left behind; that nobody has kept.
        """
        self._rules = rules
        self._runtime = runtime
        self._record = record
        self._is_paused = is_paused
        self._period_seconds = period_seconds
        self._began_seconds = time.monotonic()
        self._due_seconds = 0.0
        self._stopping = False
        self._positions: dict[ProcessKey, _Position] = {}
        self._left_out: dict[str, int] = {}
        self._told_seconds: float | None = None
        self.is_asking = False
        self.on_kept: tuple[Callable[[str, Task], None], ...] = ()
        """Each is called with each task that is heard of, and its target. A background thread."""
        self.kept_count = 0
        self.left_out_count = 0
        """Too many at a time, or gone from their program before it was asked."""

    def tick(self, view: View) -> None:
        """Ask if it is time, without waiting for answers. The sampler thread.

        Nobody is asked before the last round has ended, so that nothing is kept twice.
        """
        now = time.monotonic()
        if now < self._due_seconds or self.is_asking or not view.targets:
            return
        self._due_seconds = now + self._period_seconds
        from trayapp.applet.left_tasks import find_left
        from trayapp.control.process_endpoints import PROBE, endpoint_name, find_names

        names = frozenset(find_names(self._runtime, PROBE))
        left = find_left(self._runtime)
        found = {
            key: target.name
            for target in (view.targets if names else ())
            for key in target.keys
            if endpoint_name(PROBE, *key) in names
        }
        self._positions = {key: self._positions[key] for key in found if key in self._positions}
        if not found and not left:
            return
        self.is_asking = True
        try:
            threading.Thread(
                target=self._ask_all, args=(found, left), name="tasks", daemon=True
            ).start()
        except RuntimeError:  # no thread to be had: the next tick tries again
            self.is_asking = False

    def stop(self) -> None:
        """Ask no more. Any thread; does not wait."""
        self._stopping = True

    def _ask_all(self, found: dict[ProcessKey, str], left: Sequence[Path]) -> None:
        """Ask one after the other, beginning with whoever waits longest. A background thread."""
        try:
            if left and not self._is_paused():
                self._keep_left(left)
            deadline = time.monotonic() + LOOK_LIMIT_SECONDS
            room = MOST_AT_A_TIME
            waiting = {key: place.asked_seconds for key, place in self._positions.items()}
            for key in sorted(found, key=lambda key: waiting.get(key, 0.0)):
                is_over = room <= 0 or time.monotonic() >= deadline
                if is_over or self._stopping or self._is_paused():
                    break
                room -= self._ask(key, found[key], min(room, MOST_OF_A_PROCESS))
            self._tell_left_out()
        finally:
            self.is_asking = False

    def _keep_left(self, files: Sequence[Path]) -> None:
        from trayapp.applet.left_tasks import collect_left

        for left in collect_left(files, self._rules):
            self._keep(left.tasks, left.target, MOST_OF_A_PROCESS, left.dropped_count)

    def _keep(self, tasks: Sequence[Task], target: str, most: int, left_out: int) -> int:
        """Keep those that grew most, and return how many; `left_out`: how many more are gone."""
        from trayapp.domain.grouping.tasks import most_telling

        for task in tasks:
            for hear in self.on_kept:
                hear(target, task)
        kept = most_telling(tasks, most)
        for task in kept:
            self._record(task.as_event(target))
        left_out += len(tasks) - len(kept)
        self.kept_count += len(kept)
        self.left_out_count += left_out
        if left_out:
            self._left_out[target] = self._left_out.get(target, 0) + left_out
        return len(kept)

    def _ask(self, key: ProcessKey, target: str, most: int) -> int:
        """Keep the new tasks of one process, `most` at most, and return how many."""
        from trayapp.domain.grouping.tasks import read_answer
        from trayapp.errors import MemtrayError

        now, asked = time.time(), time.monotonic()
        # Not the wall time at which this run began: the clock may have been set since.
        fresh = _Position(0, now - (asked - self._began_seconds), now, asked)
        number, since, answered, _ = self._positions.get(key, fresh)
        tasks: list[Task] = []
        left_out = 0
        began = _began_wall_seconds(key, now)
        try:
            for _ in range(_MOST_ANSWERS):
                told = ask_probe(self._runtime, key, "tasks", {"after": number})
                answer = read_answer(told, number, began, time.time())
                if answer.next < number:  # another program in the same process, by exec
                    number, since = 0, answered
                    continue
                tasks += [
                    task
                    for task in answer.tasks
                    if since is None or task.ended_wall_seconds >= since
                ]
                # At the first time nobody knows whose they were.
                left_out += answer.dropped_count if key in self._positions else 0
                number, answered = answer.next, now
                if not answer.is_full:
                    since = None
                    break
        except (MemtrayError, OSError):
            pass  # It ends, hangs, or is too old to know of tasks; what it answered before counts.
        self._positions[key] = _Position(number, since, answered, asked)
        return self._keep(tasks, target, most, left_out)

    def _tell_left_out(self) -> None:
        now = time.monotonic()
        is_silent = self._told_seconds is not None and now < self._told_seconds + _SILENT_SECONDS
        if not self._left_out or is_silent:
            return
        self._told_seconds = now
        counts = ", ".join(f"{name}: {count}" for name, count in self._left_out.items())
        _log.warning(
            "tasks that were not kept, since a process told of more than %d in %g s: %s",
            MOST_OF_A_PROCESS,
            self._period_seconds,
            counts,
        )
        self._left_out.clear()


def _began_wall_seconds(key: ProcessKey, now_wall_seconds: float) -> float:
    """Return when a process began, of its start time in the readers' unit."""
    if sys.platform != "linux":
        return key.started / 1_000_000
    import os

    ticks_per_second = os.sysconf("SC_CLK_TCK")
    age_seconds = time.clock_gettime(time.CLOCK_BOOTTIME) - key.started / ticks_per_second
    return now_wall_seconds - age_seconds
