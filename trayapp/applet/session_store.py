"""What outlives a run: samples and events in the history, open incidents in a file of their own."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from pathlib import Path

from trayapp.applet.rebuilding import RUNS, Rebuilding
from trayapp.applet.rules import retention
from trayapp.applet.state import load_incidents, load_memory, load_oom_mark, save_incidents
from trayapp.domain.grouping.target_run import marks_as_text
from trayapp.domain.judging.alerting import Incident
from trayapp.domain.judging.application_history import tracked_event
from trayapp.domain.judging.monitor import Monitor, Outcome
from trayapp.domain.judging.sessions import PRIORS_SECONDS, SESSION
from trayapp.domain.judging.transitions import level_events
from trayapp.domain.records.bars import BAR_COUNT
from trayapp.domain.records.oom_kills import OomMark
from trayapp.domain.records.series import Event, Point
from trayapp.errors import HistoryError
from trayapp.history.reader import HistoryReader
from trayapp.history.writer import HistoryWriter
from trayapp.log import Log
from trayapp.readers.boot import read_boot_id
from trayapp.settings.records import Settings

_RECENT_ALERTS = 8
_RECENT_SECONDS = 7 * 86_400.0
_BAR_METRICS = ("used_bytes", "rss_bytes", "size_bytes", "stall_full_percent")
_log = Log(__name__)


class SessionStore:
    """Keeps what the sampler finds, and gives its monitor what was kept. The sampler thread."""

    def __init__(
        self, history_file: Path, incidents_file: Path | None, settings: Settings, monitor: Monitor
    ) -> None:
        """Give the monitor the incidents that were open; `open` begins with the history."""
        self._history_file = history_file
        self._incidents_file = incidents_file
        self._monitor = monitor
        self._settings = settings
        self._boot = read_boot_id()
        self._history: HistoryWriter | None = None
        self._history_problem: str | None = None
        self._is_remembered = False
        """Whether what is kept was read once."""
        self._opener: int | None = None
        """The thread that has opened the history."""
        self._rebuilding: Rebuilding | None = None
        self._kept_mark: tuple[str, int] | None = None
        """Up to which kill people were alerted when that was last written down."""
        self.recent_alerts: tuple[Event, ...] = ()
        """The last alerts that were sent or resolved, oldest first; any thread."""
        now = time.time()
        self.oom_mark: OomMark | None = None
        """Up to which kill the run before has alerted people."""
        if incidents_file is not None:
            memory = load_memory(incidents_file, now)
            monitor.restore(load_incidents(incidents_file, now), memory)
            self.oom_mark = load_oom_mark(incidents_file, now)

    @property
    def problems(self) -> tuple[str | None, ...]:
        """What does not work now, one line each or None."""
        return self._history_problem, self._history.note if self._history else None

    def open(self) -> None:
        """Open the history, and read from it what icon, menu and judges want to know.

        Nothing is done where this thread has opened it: no other can use the connection.
        """
        if self._opener == threading.get_ident():
            return
        self._history = HistoryWriter(self._history_file, retention(self._settings))
        self._history_problem = self._history.problem
        is_first, self._opener = self._opener is None, threading.get_ident()
        if is_first:
            self.add_event(Event(wall_seconds=time.time(), kind="start", subject="memtray"))
        if self._remember() and is_first:
            # Later, runs are judged already by what they do now.
            self._rebuilding = Rebuilding(
                self._history_file, self._monitor, self._boot, time.time()
            )

    def follow_settings(self, settings: Settings) -> None:
        """Keep for as long as these settings say."""
        self._settings = settings
        if self._history is not None:
            self._history.set_retention(retention(settings))

    def add_outcome(self, wall_seconds: float, outcome: Outcome, mark: OomMark | None) -> None:
        """Keep what a tick came to; `mark`: up to which kill people are alerted."""
        if self._history is not None:
            self._history.add(wall_seconds, outcome.values)
            self._history.add_minutes(outcome.minutes)
            for inherited in outcome.inherited:
                since = self._history.inherit(inherited, wall_seconds)
                if since is not None:
                    self.add_event(tracked_event(inherited.target, wall_seconds, since))
            if outcome.runs_changed:
                self._keep_runs(self._history)
        for event in (*outcome.events, *level_events(outcome.reached, wall_seconds)):
            self.add_event(event)
        is_counted = mark is not None and mark[:2] != self._kept_mark
        if outcome.announcements or outcome.reached or outcome.messages or is_counted:
            self._remember_alerts(outcome.events)
            self.save_incidents(mark)

    def add_event(self, event: Event) -> None:
        if self._history is not None:
            self._history.add_event(event)

    def add_acknowledgement(self, key: str, mark: OomMark | None) -> Incident:
        """Keep that the person knows of an open incident, and return it."""
        incident = next(each for each in self._monitor.open_incidents if each.key == key)
        self.add_event(
            Event(
                wall_seconds=time.time(),
                kind="alert",
                subject=incident.subject,
                level=incident.level.label,
                text=incident.title,
                data={"incident": key, "about": incident.identity, "what": "acknowledged"},
            )
        )
        self.save_incidents(mark)
        return incident

    def save_incidents(self, mark: OomMark | None) -> None:
        """Write down what is open and which alerts were sent about it."""
        if self._incidents_file is None:
            return
        incidents, told = self._monitor.open_incidents, self._monitor.told
        try:
            save_incidents(self._incidents_file, incidents, time.time(), told, mark)
            self._kept_mark = mark[:2] if mark else None
        except OSError as error:
            _log.warning("open incidents will not outlive a restart: %s", error)

    @property
    def is_rebuilding(self) -> bool:
        """Whether runs are yet to be judged by what is kept of them."""
        return self._rebuilding is not None

    def rebuild_next(self) -> bool:
        """Judge one more run by what is kept of it; return whether there may be another."""
        if self._rebuilding is None:
            return False
        rebuilding, self._rebuilding = self._rebuilding, None
        events = rebuilding.replay_next(time.monotonic() - time.time())
        if events is not None:
            # Not where it has failed in a way that nobody foresaw: it would again.
            self._rebuilding = rebuilding
        for event in events or ():
            self.add_event(event)
        return events is not None

    def maintain(self) -> bool:
        """Write and thin out the history when due; return whether its problem has changed."""
        if self._history is None:
            return False
        self._history.maintain(time.monotonic())
        before, self._history_problem = self._history_problem, self._history.problem
        if before is not None and self._history_problem is None:
            self._remember()
        return before != self._history_problem

    def forget(self, name: str, kind: str) -> bool:
        """Delete what is kept of a program; False: the history cannot be written now."""
        if self._history is None:
            return False
        self._keep_runs(self._history)
        return self._history.forget(name, kind)

    def flush(self) -> bool:
        """Write what waits; False: it cannot be written now."""
        return self._history is not None and self._history.flush()

    def file_bytes(self) -> int | None:
        """Return the size of the history on disk; None: there is none, or it is out of reach."""
        try:
            return self._history.file_bytes() if self._history else None
        except OSError:
            return None

    def close(self, mark: OomMark | None) -> None:
        """Write all that is left."""
        self.save_incidents(mark)
        if self._rebuilding is not None:
            self._rebuilding.close()
        self.add_event(Event(wall_seconds=time.time(), kind="stop", subject="memtray"))
        if self._history is not None:
            self._history.close()

    def _keep_runs(self, history: HistoryWriter) -> None:
        history.remember(RUNS, marks_as_text(self._boot, self._monitor.run_marks))

    def _remember(self) -> bool:
        """Read what is kept, once; return whether that is done.

        Where it cannot be read at the start, that is made up for when it can.
        """
        if self._is_remembered:
            return True
        try:
            self._read_memory()
        except HistoryError as error:
            # The writer goes on trying, and tells what is wrong for as long as it is.
            _log.error("%s", error)
            return False
        self._is_remembered = True
        return True

    def _read_memory(self) -> None:
        """Raises: HistoryError."""
        now, span = time.time(), self._settings.icon.span_seconds
        with HistoryReader(self._history_file) as reader:
            shown = [series for series in reader.series() if series.metric in _BAR_METRICS]
            curves = reader.curves(shown, now - span, now)
            bars = {
                series: _bars(points, now, span)
                for series, points in zip(shown, curves, strict=True)
            }
            sessions = reader.events(now - PRIORS_SECONDS, now, (SESSION,))
            alerts = reader.events(now - _RECENT_SECONDS, now, ("alert",))
        self._remember_alerts(alerts)
        self._monitor.preload_bars(bars)
        self._monitor.preload_sessions(sessions)

    def _remember_alerts(self, events: Iterable[Event]) -> None:
        told = [
            event
            for event in events
            if event.kind == "alert" and event.data.get("what") not in ("held", "acknowledged")
        ]
        known = sorted((*self.recent_alerts, *told), key=lambda event: event.wall_seconds)
        self.recent_alerts = tuple(known[-_RECENT_ALERTS:])


def _bars(points: list[Point], now: float, span_seconds: float) -> list[float | None]:
    """Return the largest value of each of the nine bars before the newest, oldest first."""
    width = span_seconds / BAR_COUNT
    bars: list[float | None] = [None] * (BAR_COUNT - 1)
    for point in points:
        age = int((now - point.wall_seconds) // width)
        if point.maximum is not None and 0 <= age < len(bars):
            bars[-1 - age] = max(point.maximum, bars[-1 - age] or 0.0)
    return bars
