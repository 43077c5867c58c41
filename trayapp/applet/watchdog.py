"""The watchdog: notices who hangs, above all the sampler, and keeps Memtray within reach."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from trayapp.applet.sampler import Sampler
from trayapp.applet.supervision import Supervisor, hanging_text
from trayapp.language.catalogue import _

MOST_INTERVALS = 3
"""So many without a sample are no delay any more."""
LEAST_PATIENCE_SECONDS = 1.5
"""However short the interval: a machine that is busy delays everybody."""
BANNER_SECONDS = 10.0
"""So much longer it must last for a banner; icon, menu and `status` show it at once."""
REPLACE_SECONDS = 30.0
"""After so much more, a sampler that hangs in reading gets a successor."""
MOST_REPLACED = 3
"""So many threads are left hanging at most; what they wait for may keep the next one, too."""
_SHORTEST_SECONDS, _LONGEST_SECONDS = 0.5, 5.0
_LATE_SECONDS = 1.0
"""Who wakes so late was stopped or suspended, and so was everybody else."""


class Watchdog:
    """Sleeps until the next sample would be overdue, five seconds at most. A thread of its own."""

    def __init__(
        self,
        supervisor: Supervisor,
        sampler: Sampler,
        upkeep: Sequence[tuple[str, Callable[[], object]]],
        on_change: Callable[[], None],
        notify: Callable[[str], None],
        knock: Callable[[Callable[[], None]], bool] = lambda _answer: False,
    ) -> None:
        """Prepare to watch.

        `upkeep`: what else is to be done every few seconds, each with the part that it is about.
        `on_change` is called when something stops and when it is back; `notify` takes the text
        once it has lasted. `knock` has the tray's loop call what it is given; False: no such loop.
        """
        self._supervisor = supervisor
        self._sampler = sampler
        self._upkeep = upkeep
        self._on_change = on_change
        self._notify = notify
        self._excused_seconds = 0.0
        """Until then the sampler is given time: it could not run, either."""
        self.stalled_since: float | None = None
        """Wall clock of the last sample, where the next is overdue; None: all is well."""
        self._is_notified = False
        self._notified_hangs: frozenset[str] = frozenset()
        self._replaced = 0
        self._replace_again_seconds = 0.0
        self._knock = knock
        self._heartbeats = supervisor.heartbeats
        self._pulse = self._heartbeats.pulse("watchdog")
        self._problems: tuple[str, ...] = ()

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with Memtray's own parts, one line each. Any thread."""
        stalled = self.stalled_since
        return (*((stall_text(stalled),) if stalled else ()), *self._supervisor.problems)

    @property
    def hanging(self) -> tuple[str, ...]:
        """Which other parts hang now, by the names of their threads. Any thread."""
        return self._supervisor.hanging

    def run(self) -> None:
        """Watch until all is to end."""
        while True:
            now = time.monotonic()
            due_seconds = min(self._due_seconds(), self._heartbeats.due_seconds) - now
            longest_seconds = min(_LONGEST_SECONDS, self._patience_seconds() / 2)
            wait_seconds = min(longest_seconds, max(_SHORTEST_SECONDS, due_seconds))
            self._pulse(None)
            if self._supervisor.wait(wait_seconds):
                return
            if time.monotonic() - now > wait_seconds + _LATE_SECONDS:
                self._excused_seconds = time.monotonic() + self._patience_seconds()
                self._heartbeats.excuse()
            self._pulse(0.0)
            self.check()

    def check(self) -> None:
        """Do one round."""
        self._heartbeats.patience_seconds = self._patience_seconds()
        self._supervisor.revive()
        for part, action in self._upkeep:
            self._supervisor.attempt(part, action)
        self._heartbeats.knock("tray", self._knock)
        stalled, before = self._stall(), self.stalled_since
        self.stalled_since = stalled
        problems, self._problems = self._problems, self._supervisor.problems
        if stalled is not None and before is None:
            self._supervisor.log_place(self._sampler.name)
        is_other = self._supervisor.watch_hangs() or problems != self._problems
        if (stalled is None) != (before is None) or is_other:
            self._on_change()
        self._notify_hangs()
        if stalled is None:
            self._is_notified = False
            return
        overdue_seconds = time.monotonic() - self._due_seconds()
        if not self._is_notified and overdue_seconds >= BANNER_SECONDS:
            self._is_notified = True
            self._notify(stall_text(stalled))
        if overdue_seconds >= REPLACE_SECONDS:
            self._replace_sampler()

    def _replace_sampler(self) -> None:
        """Have another thread go on, which is given as much time as the one before."""
        now = time.monotonic()
        if self._replaced < MOST_REPLACED and now >= self._replace_again_seconds:
            self._replace_again_seconds = now + REPLACE_SECONDS
            self._replaced += self._sampler.replace()

    def _notify_hangs(self) -> None:
        lasting = {
            name: since
            for name, since in self._heartbeats.late().items()
            if time.time() >= since + self._patience_seconds() + BANNER_SECONDS
        }
        for name in lasting.keys() - self._notified_hangs:
            self._notify(hanging_text(name, lasting[name]))
        self._notified_hangs = frozenset(lasting)

    def _patience_seconds(self) -> float:
        return max(LEAST_PATIENCE_SECONDS, MOST_INTERVALS * self._sampler.interval_seconds)

    def _due_seconds(self) -> float:
        return max(self._sampler.beat_seconds + self._patience_seconds(), self._excused_seconds)

    def _stall(self) -> float | None:
        # Half a second for what the last sample itself has taken.
        if time.monotonic() < self._due_seconds() + _SHORTEST_SECONDS:
            return None
        return self._sampler.beat_wall_seconds


def stall_text(since_wall_seconds: float) -> str:
    """Return the line about samples that do not come; the same for as long as they do not."""
    text = _("No samples since {time}: memory is not being monitored; see the log")
    return text.format(time=time.strftime("%H:%M:%S", time.localtime(since_wall_seconds)))
