"""The watchdog: notices when nobody samples any more, and keeps Memtray within reach."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from trayapp.applet.sampler import Sampler
from trayapp.applet.supervision import Supervisor
from trayapp.language.catalogue import _

MOST_INTERVALS = 3
"""So many without a sample are no delay any more."""
LEAST_PATIENCE_SECONDS = 1.5
"""However short the interval: a machine that is busy delays everybody."""
BANNER_SECONDS = 10.0
"""So much longer it must last for a banner; icon, menu and `status` show it at once."""
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
    ) -> None:
        """Prepare to watch.

        `upkeep`: what else is to be done every five seconds, each with the part that it is about.
        `on_change` is called when samples stop and when they are back; `notify` takes the text
        once it has lasted.
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
        self._problems: tuple[str, ...] = ()

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with Memtray's own parts, one line each. Any thread."""
        stalled = self.stalled_since
        return (*((stall_text(stalled),) if stalled else ()), *self._supervisor.problems)

    def run(self) -> None:
        """Watch until all is to end."""
        while True:
            now = time.monotonic()
            wait_seconds = min(_LONGEST_SECONDS, max(_SHORTEST_SECONDS, self._due_seconds() - now))
            if self._supervisor.wait(wait_seconds):
                return
            if time.monotonic() - now > wait_seconds + _LATE_SECONDS:
                self._excused_seconds = time.monotonic() + self._patience_seconds()
            self.check()

    def check(self) -> None:
        """Do one round."""
        self._supervisor.revive()
        for part, action in self._upkeep:
            self._supervisor.attempt(part, action)
        stalled, before = self._stall(), self.stalled_since
        self.stalled_since = stalled
        problems, self._problems = self._problems, self._supervisor.problems
        if (stalled is None) != (before is None) or problems != self._problems:
            self._on_change()
        if stalled is None:
            self._is_notified = False
        elif not self._is_notified and time.monotonic() >= self._due_seconds() + BANNER_SECONDS:
            self._is_notified = True
            self._notify(stall_text(stalled))

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
