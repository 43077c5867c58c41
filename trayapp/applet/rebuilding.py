"""After a restart: judging anew, from the history, the runs of targets that went on meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from trayapp.domain.grouping.target_run import marks_from_text
from trayapp.domain.judging.monitor import Monitor
from trayapp.domain.judging.replay import REPLAYED_METRICS
from trayapp.domain.records.series import Event
from trayapp.domain.records.stretches import Stretch
from trayapp.errors import HistoryError
from trayapp.history.reader import HistoryReader
from trayapp.log import Log

RUNS = "runs"
"""Under which the store keeps by what to know the runs again."""
_LEAST_SPAN_SECONDS, _MOST_SPAN_SECONDS = 3 * 3600.0, 68 * 3600.0
_SPAN_OF_ALL_SECONDS = 150 * 3600.0
"""Shared by all targets, so that many of them take no longer than a few."""

_log = Log(__name__)


class Rebuilding:
    """Replays one run at a time, between two samples. The sampler's thread only."""

    def __init__(
        self, history_file: Path, monitor: Monitor, boot: str, wall_seconds: float
    ) -> None:
        """Let the monitor know which runs to expect; before its first `judge_frame`.

        `boot` identifies this start of the machine; `wall_seconds` is now.
        """
        self._history_file = history_file
        self._monitor = monitor
        self._until_wall_seconds = wall_seconds
        self._runs: Iterator[tuple[str, list[Stretch]]] | None = None
        self._reader: HistoryReader | None = None
        try:
            with HistoryReader(history_file) as reader:
                marks = marks_from_text(reader.memo(RUNS), boot)
        except HistoryError as error:
            _log.warning("what was known before is not judged again: %s", error)
            return
        monitor.resume(marks)

    def replay_next(self, wall_offset_seconds: float) -> tuple[Event, ...] | None:
        """Replay the next run, after the first `judge_frame`.

        wall_offset_seconds: the monotonic clock less the wall clock. Returns: what to keep of runs
        that are over; None when all is done.
        """
        if not self._monitor.awaited:
            self.close()
            return None
        try:
            found = next(self._begun(), None)
        except HistoryError as error:
            _log.warning("what was known before is not judged again: %s", error)
            found = None
        if found is not None:
            return self._monitor.replay(*found, wall_offset_seconds)
        # What could not be read begins with nothing known.
        for name in self._monitor.awaited:
            self._monitor.replay(name, (), wall_offset_seconds)
        return ()

    def close(self) -> None:
        """Stop where it is; more than once does no harm."""
        self._runs = None
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _begun(self) -> Iterator[tuple[str, list[Stretch]]]:
        if self._runs is None:
            awaited = self._monitor.awaited
            span_seconds = _SPAN_OF_ALL_SECONDS / max(1, len(awaited))
            span_seconds = min(_MOST_SPAN_SECONDS, max(_LEAST_SPAN_SECONDS, span_seconds))
            oldest = self._until_wall_seconds - span_seconds
            self._reader = HistoryReader(self._history_file)
            self._runs = self._reader.runs(
                {name: max(mark.since_wall_seconds, oldest) for name, mark in awaited.items()},
                self._until_wall_seconds,
                REPLAYED_METRICS,
            )
        return self._runs
