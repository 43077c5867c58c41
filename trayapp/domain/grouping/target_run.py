"""One run of a target: which processes it is, since when, and whether it is over."""

from __future__ import annotations

import json
from collections.abc import Mapping

from trayapp.dataclass import NamedTuple
from trayapp.domain.records.samples import ProcessKey


class RunNews(NamedTuple):
    """How one look changes what is known of the run."""

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
        """Continue a run that was followed before Memtray ended; before the first `update`.

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
        """The mark by which to recognise it; None: it has never run."""
        if not self._has_run:
            return None
        oldest_first = sorted(self.keys, key=lambda key: key.started)
        return RunMark(self.since_wall_seconds, tuple(oldest_first), self._is_open)

    def update(self, keys: frozenset[ProcessKey], wall_seconds: float) -> RunNews:
        """Update with the processes that run now."""
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
        """Return whether what runs now is that run."""
        return bool(self.keys & frozenset(mark.keys))


MOST_KEYS = 64
"""So many processes are enough to know a run by; the oldest are the last to go."""


class RunMark(NamedTuple):
    """The mark by which the run of a target is recognised after a restart of Memtray."""

    since_wall_seconds: float
    """When Memtray first saw it."""
    keys: tuple[ProcessKey, ...]
    """Its processes, oldest first, as far as they can run still."""
    is_open: bool = True
    """Whether its end has not been seen."""


def marks_as_text(boot: str, marks: Mapping[str, RunMark]) -> str:
    """One text for the store. `boot`: what tells this start of the machine from others."""
    kept = {
        name: [mark.since_wall_seconds, [list(key) for key in mark.keys[:MOST_KEYS]]]
        for name, mark in marks.items()
    }
    return json.dumps({"boot": boot, "targets": kept}, separators=(",", ":"))


def marks_from_text(text: str | None, boot: str) -> dict[str, RunMark]:
    """Give back what `marks_as_text` was given, as far as it makes sense.

    After another start of the machine none of those processes runs.
    """
    try:
        kept = json.loads(text or "{}")
        is_same = kept["boot"] == boot
        return {
            name: RunMark(
                float(since),
                tuple(ProcessKey(int(pid), int(started)) for pid, started in keys)
                if is_same
                else (),
                bool(keys),
            )
            for name, (since, keys) in kept["targets"].items()
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}
