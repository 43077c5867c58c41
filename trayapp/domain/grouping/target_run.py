"""One run of a target: which processes it is, since when, and whether it is over."""

from __future__ import annotations

from typing import NamedTuple

from trayapp.domain.judging.replay import RunMark
from trayapp.domain.records.samples import ProcessKey


class RunNews(NamedTuple):
    """What one look says of the run that went on until then."""

    restarted: bool
    """Other processes have taken its place: it was started again."""
    ended: bool
    """It is over, restarted or not."""


class TargetRun:
    """Follows a target from one run to the next, over restarts of Memtray, too."""

    def __init__(self) -> None:
        self.keys: frozenset[ProcessKey] = frozenset()
        self.since_wall_seconds = 0.0
        self.restart_count = 0
        """Of those that Memtray has seen itself."""
        self.before: RunMark | None = None
        """The run that went on when Memtray ended, while what was kept of it is not judged yet."""
        self._has_run = False
        self._is_open = False
        self._has_looked = False

    def resume(self, mark: RunMark) -> None:
        """Go on with a run that was followed before Memtray ended; before the first `fold`.

        Of one that was over by then there is nothing to know.
        """
        if not mark.is_open:
            return
        self.before = mark
        self.keys = frozenset(mark.keys)
        self.since_wall_seconds = mark.since_wall_seconds
        self._has_run = self._is_open = True

    @property
    def mark(self) -> RunMark | None:
        """By what to know it again; None: it has never run."""
        if not self._has_run:
            return None
        oldest_first = sorted(self.keys, key=lambda key: key.started)
        return RunMark(self.since_wall_seconds, tuple(oldest_first), self._is_open)

    def fold(self, keys: frozenset[ProcessKey], wall_seconds: float) -> RunNews:
        """Take in which processes run now."""
        restarted = self._has_run and bool(keys) and not (keys & self.keys)
        ended = self._is_open and (restarted or not keys)
        if keys and (restarted or not self._has_run):
            self.since_wall_seconds = wall_seconds
        # An empty poll is kept as such: the next start is then a restart, too.
        self.keys = keys
        self._is_open = bool(keys)
        self._has_run = self._has_run or bool(keys)
        self.restart_count += restarted and self._has_looked
        self._has_looked = True
        return RunNews(restarted, ended)

    def goes_on(self, mark: RunMark) -> bool:
        """Whether what runs now is that run."""
        return bool(self.keys & frozenset(mark.keys))
