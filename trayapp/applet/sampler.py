"""The sampler: one thread that reads, judges and keeps; everybody else gets its frozen results."""

from __future__ import annotations

import contextlib
import logging
import math
import queue
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from trayapp.applet.rebuilding import RUNS, Rebuilding
from trayapp.applet.rules import budget_of, monitor_rules, retention
from trayapp.applet.state import load_incidents, load_memory, load_oom_mark, save_incidents
from trayapp.domain.grouping.applications import ApplicationUse
from trayapp.domain.judging.budget import BudgetKeeper, BudgetVerdict
from trayapp.domain.judging.incidents import Quiet
from trayapp.domain.judging.leaks.staleness import ReferencedRequest
from trayapp.domain.judging.monitor import PRIORS_SECONDS, SESSION, Monitor, Outcome
from trayapp.domain.judging.pacing import MovementGauge, PaceKeeper, PaceRule
from trayapp.domain.judging.quiet_hours import is_within
from trayapp.domain.judging.replay import marks_as_text
from trayapp.domain.judging.view import View
from trayapp.domain.records.bars import BAR_COUNT
from trayapp.domain.records.samples import ProcessUse
from trayapp.domain.records.series import Event, Point
from trayapp.domain.records.transitions import level_events
from trayapp.errors import HistoryError, MemtrayError, SettingsError
from trayapp.history.reader import HistoryReader
from trayapp.history.writer import HistoryWriter
from trayapp.language.catalogue import _
from trayapp.readers.boot import boot_of_machine
from trayapp.readers.frames import MachineReader
from trayapp.readers.own_cost import RequestedWork
from trayapp.readers.ticks import next_tick_seconds
from trayapp.settings import SettingsFile

_HOUSEKEEPING_SECONDS = 1.0
_SLOWEST_SECONDS = 30.0
_FRESH_SECONDS = 1.0
_RECENT_ALERTS = 8
_RECENT_SECONDS = 7 * 86_400.0

if TYPE_CHECKING:
    from trayapp.applet.debug_log import DebugLog

T = TypeVar("T")
_log = logging.getLogger(__name__)


class Sampler(threading.Thread):
    """Reads the machine at every tick, folds what it read, keeps it and publishes the outcome.

    The only thread that touches readers, monitor and the history's writer. Its attributes `view`
    and `problems` may be read from any thread: they are replaced, never changed.
    """

    def __init__(
        self,
        settings_file: SettingsFile,
        history_file: Path,
        app_pid: int,
        publish: Callable[[Outcome | None], None],
        interval_seconds: float | None = None,
        incidents_file: Path | None = None,
        requested: RequestedWork | None = None,
    ) -> None:
        """Make it; `start` starts it.

        `publish` is called in the sampler thread with the outcome of every tick, and with None
        when something else that is shown has changed (settings, a problem). It must not block.
        `interval_seconds` overrules the settings. `incidents_file` keeps what is open for the next
        start. `requested` counts what persons ask for.
        """
        super().__init__(name="sampler", daemon=True)
        self._history_file = history_file
        self._publish = publish
        self._interval_override = interval_seconds
        self._settings_file = settings_file
        self._app_pid = app_pid
        settings = settings_file.settings
        self._incidents_file = incidents_file
        self._boot = boot_of_machine()
        self._requested = requested or RequestedWork()
        self._monitor = Monitor(monitor_rules(settings))
        if incidents_file is not None:
            now = time.time()
            told = load_memory(incidents_file, now)
            self._monitor.restore(load_incidents(incidents_file, now), told)
        self._pace = PaceKeeper(self._pace_rule())
        self._movement = MovementGauge()
        self._budget = BudgetKeeper(budget_of(settings), self._pace.rule.interval_seconds)
        self._verdict = BudgetVerdict()
        self._errands: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._stopping = False
        self._history: HistoryWriter | None = None
        self._rebuilding: Rebuilding | None = None
        self._history_problem: str | None = None
        self._reading_problem: str | None = None
        self._next_tick: float | None = None
        """None: as soon as possible."""
        self._looked_seconds = -math.inf
        """When somebody asked for fresh figures last."""
        self._referenced: ReferencedRequest | None = None
        self._sample_count = 0
        self._kept_mark: tuple[str, int] | None = None
        """How far kills were told when that was last written down."""
        self.view: View | None = None
        """The latest; None before the first tick."""
        self.recent_alerts: tuple[Event, ...] = ()
        """The last that were told or resolved, oldest first."""
        self.problems: tuple[str, ...] = ()
        """One line each, for the menu."""
        self.quiet = Quiet()
        """What the person does not want to hear; set from any thread."""
        self.paused = False
        """Set from any thread; call `wake` after it."""
        self.debug: DebugLog | None = None
        """Set from any thread: what each look led to is written there."""
        self.on_recorded: Callable[[Event], None] = _pass_by
        """Called with each event that is given to `record`, in the thread that gives it."""

    @property
    def interval_seconds(self) -> float:
        """The interval in force: as set, adapted to what happens, lengthened if over budget."""
        return min(_SLOWEST_SECONDS, self._pace.interval_seconds * self._verdict.stretch)

    @property
    def pace_reason(self) -> str:
        """Why this interval, in a few words; above all whether Memtray's own budget is why."""
        budget_reason = self._verdict.reason
        if not budget_reason:
            return self._pace.reason
        if self._pace.interval_seconds == self._pace.rule.interval_seconds:
            return budget_reason
        return _("; ").join((self._pace.reason, budget_reason))

    @property
    def sample_count(self) -> int:
        """Ticks since the start."""
        return self._sample_count

    def wake(self) -> None:
        """Make the sampler look at what was changed now. Any thread."""
        self._errands.put(_look_around)

    def stop(self) -> None:
        """End the thread; what is buffered is written. Any thread; does not wait."""
        self._stopping = True
        self.wake()

    def record(self, event: Event) -> None:
        """Keep an event in the history, and tell whoever listens. Any thread."""
        self._errands.put(lambda: self._keep_event(event))
        self.on_recorded(event)

    def acknowledge(self, key: str) -> None:
        """Note that the person knows of an incident. Any thread."""
        self._errands.put(lambda: self._acknowledge(key))

    def resolve(self, key: str) -> None:
        """End an incident as a person says that it is dealt with. Any thread."""
        self._errands.put(lambda: self._resolve(key))

    def forget(self, name: str, timeout_seconds: float = 5.0) -> bool:
        """Delete what the history keeps of a target; False: it cannot be written now.

        Any thread but the sampler's; blocks.

        Raises: MemtrayError when the sampler does not answer in time.
        """
        return self._ask(lambda: self._forget(name), timeout_seconds)

    def read_all_processes(self, timeout_seconds: float = 5.0) -> list[ProcessUse]:
        """Every process with its resident set, largest first. Any thread but the sampler's; blocks.

        Raises: MemtrayError when the sampler does not answer in time.
        """
        return self._ask(lambda: self._machine.all_processes(), timeout_seconds)

    def read_applications(self, timeout_seconds: float = 5.0) -> list[ApplicationUse]:
        """Every application and what it uses now. Any thread but the sampler's; blocks.

        Raises: MemtrayError when the sampler does not answer in time.
        """
        return self._ask(lambda: self._machine.all_applications(), timeout_seconds)

    def store_bytes(self, timeout_seconds: float = 5.0) -> int | None:
        """Size of the history on disk; None: there is none. Any thread but the sampler's; blocks.

        Raises: MemtrayError when the sampler does not answer in time.
        """
        return self._ask(
            lambda: self._history.statistics().file_bytes if self._history else None,
            timeout_seconds,
        )

    def measure(self, subject: str, timeout_seconds: float = 5.0) -> int | None:
        """Resident set, right now, of a target or of "memtray"; None: nothing runs.

        Any thread but the sampler's; blocks.

        Raises: MemtrayError when the sampler does not answer in time.
        """
        return self._ask(lambda: self._machine.measure(subject), timeout_seconds)

    def look_now(self, timeout_seconds: float = 0.25) -> None:
        """Look at everything, unless that was done a second ago or tracking is paused; waits.

        For somebody who is about to read figures. Where the machine is too busy, the look comes
        later. Any thread but the sampler's.
        """
        if not self.paused and time.monotonic() - self._looked_seconds >= _FRESH_SECONDS:
            with contextlib.suppress(MemtrayError):
                self._ask(self._look_now, timeout_seconds)

    def run(self) -> None:
        """Tick until stopped. The sampler thread's whole life."""
        file = self._incidents_file
        mark = load_oom_mark(file, time.time()) if file is not None else None
        self._machine = MachineReader(
            monitor_rules(self._settings_file.settings).targets,
            self._app_pid,
            mark,
            self._requested,
        )
        self._set_periods()
        self._open_history()
        self._keep_event(Event(wall_seconds=time.time(), kind="start", subject="memtray"))
        try:
            while not self._stopping:
                self._run_errands()
                self._follow_settings()
                now = time.monotonic()
                if self.paused:
                    self._next_tick = None
                elif self._next_tick is None or now >= self._next_tick:
                    self._tick(now)
                    self._next_tick = next_tick_seconds(
                        now, time.monotonic(), self.interval_seconds
                    )
                self._maintain_history()
                if not self._rebuild():
                    self._wait()
        finally:
            self._run_errands()
            self._save_incidents()
            if self._rebuilding is not None:
                self._rebuilding.close()
            self._keep_event(Event(wall_seconds=time.time(), kind="stop", subject="memtray"))
            if self._history is not None:
                self._history.close()
            self._machine.close()

    def _wait(self) -> None:
        # Settings are to take effect within two seconds, however long the interval.
        limit = _HOUSEKEEPING_SECONDS
        if self._next_tick is not None:
            limit = min(limit, self._next_tick - time.monotonic())
        try:
            # Waiting here, not for an Event, is done in C: at a tenth of the cost.
            errand = self._errands.get(timeout=max(0.0, limit))
        except queue.Empty:
            return
        errand()

    def _tick(self, now: float) -> None:
        began = time.perf_counter()
        try:
            frame = self._machine.look(
                now,
                self.interval_seconds,
                with_groups=not self._verdict.drops_groups,
                suspects=self._monitor.suspects,
                referenced=self._referenced,
            )
            looked = time.perf_counter()
            self._monitor.set_targets(self._machine.active_rules)
            self._verdict = self._budget.fold(now, frame.app)
            outcome = self._monitor.fold(frame, self._quiet_now(), self._verdict)
            self._referenced = outcome.referenced
            moved = self._movement.fold(
                {"": frame.system.used_bytes}
                | {target.name: target.rss_bytes for target in outcome.view.targets}
            )
            self._pace.fold(now, frame.system, moved, frame.on_battery)
        except Exception as error:  # noqa: BLE001
            # One bad look must not end the watch: it is logged, shown, and the next tick tries.
            if self._reading_problem is None:
                _log.exception("a sample failed")
            self._reading_problem = _("no sample: {reason}; see the log").format(
                reason=type(error).__name__
            )
            self._collect_problems()
            self._publish(None)
            return
        judged = time.perf_counter()
        self._reading_problem = None
        self._sample_count += 1
        self.view = outcome.view
        if self._history is not None:
            self._history.add(frame.wall_seconds, outcome.values)
            if outcome.runs_changed:
                marks = marks_as_text(self._boot, self._monitor.run_marks)
                self._history.remember(RUNS, marks)
        for event in (*outcome.events, *level_events(outcome.reached, frame.wall_seconds)):
            self._keep_event(event)
        mark = self._machine.oom_mark
        is_counted = mark is not None and mark[:2] != self._kept_mark
        if outcome.announcements or outcome.reached or outcome.messages or is_counted:
            self._remember_alerts(outcome.events)
            self._save_incidents()
        self._collect_problems()
        kept = time.perf_counter()
        self._publish(outcome)
        if self.debug is not None:
            shown = time.perf_counter()
            self._note_debug(
                outcome,
                {
                    "read": looked - began,
                    "judge": judged - looked,
                    "keep": kept - judged,
                    "show": shown - kept,
                },
            )

    def _note_debug(self, outcome: Outcome, seconds: dict[str, float]) -> None:
        debug = self.debug
        if debug is not None and self._machine is not None:
            debug.note(
                {target.name: target.keys for target in outcome.view.targets},
                self._machine.explain,
                seconds,
                [
                    " ".join(filter(None, ("alert", one.what, one.incident.key, one.reason)))
                    for one in outcome.announcements
                ],
            )

    def _forget(self, name: str) -> bool:
        if self._history is None:
            return False
        self._history.remember(RUNS, marks_as_text(self._boot, self._monitor.run_marks))
        return self._history.forget(name)

    def _look_now(self) -> None:
        if self.paused:
            return
        now = self._looked_seconds = time.monotonic()
        self._machine.read_everything_soon()
        self._tick(now)
        self._next_tick = next_tick_seconds(now, time.monotonic(), self.interval_seconds)

    def _quiet_now(self) -> Quiet:
        alerts = self._settings_file.settings.alerts
        clock = time.localtime()
        return replace(
            self.quiet,
            in_quiet_hours=is_within(alerts.quiet_hours, 60 * clock.tm_hour + clock.tm_min),
            emergency_breaks_through=alerts.emergency_breaks_through,
        )

    def _acknowledge(self, key: str) -> None:
        if not self._monitor.acknowledge(key):
            return
        incident = next(each for each in self._monitor.open_incidents if each.key == key)
        self._keep_event(
            Event(
                wall_seconds=time.time(),
                kind="alert",
                subject=incident.subject,
                level=incident.level.label,
                text=incident.title,
                data={"incident": key, "about": incident.identity, "what": "acknowledged"},
            )
        )
        self._save_incidents()
        # So that the next look, and with it menu and icon, comes at once.
        self._next_tick = None

    def _resolve(self, key: str) -> None:
        if self._monitor.resolve(key):
            # The next look ends it, keeps that in the journal and tells it to everybody.
            self._next_tick = None

    def _remember_alerts(self, events: Iterable[Event]) -> None:
        told = [
            event
            for event in events
            if event.kind == "alert" and event.data.get("what") not in ("held", "acknowledged")
        ]
        self.recent_alerts = (*self.recent_alerts, *told)[-_RECENT_ALERTS:]

    def _save_incidents(self) -> None:
        if self._incidents_file is None:
            return
        try:
            monitor, mark = self._monitor, self._machine.oom_mark
            file, now = self._incidents_file, time.time()
            save_incidents(file, monitor.open_incidents, now, monitor.told, mark)
            self._kept_mark = mark[:2] if mark else None
        except OSError as error:
            _log.warning("open incidents will not outlive a restart: %s", error)

    def _pace_rule(self) -> PaceRule:
        sampling = self._settings_file.settings.sampling
        if self._interval_override is not None:
            # Who names an interval for this one run wants that one.
            return PaceRule(interval_seconds=self._interval_override, adaptive=False)
        return PaceRule(interval_seconds=sampling.interval_seconds, adaptive=sampling.adaptive)

    def _ask(self, question: Callable[[], T], timeout_seconds: float) -> T:
        answers: queue.SimpleQueue[T] = queue.SimpleQueue()

        def answer() -> None:
            with self._requested.counting():
                answers.put(question())

        self._errands.put(answer)
        try:
            return answers.get(timeout=timeout_seconds)
        except queue.Empty:
            raise MemtrayError(_("The sampler does not answer; see the log.")) from None

    def _run_errands(self) -> None:
        while True:
            try:
                errand = self._errands.get_nowait()
            except queue.Empty:
                return
            errand()

    def _set_periods(self) -> None:
        sampling = self._settings_file.settings.sampling
        self._machine.set_periods(sampling.applications_seconds, sampling.private_seconds)

    def _follow_settings(self) -> None:
        news = self._settings_file.poll()
        if news is None:
            return
        if not isinstance(news, SettingsError):
            rules = monitor_rules(news)
            self._machine.set_rules(rules.targets)
            self._set_periods()
            self._monitor.set_rules(rules)
            self._pace.set_rule(self._pace_rule())
            self._budget.set_budget(budget_of(news), self._pace.rule.interval_seconds)
            # Another interval is not to wait for the end of the one before.
            self._next_tick = None
            if self._history is not None:
                self._history.set_retention(retention(news))
        self._collect_problems()
        self._publish(None)

    def _open_history(self) -> None:
        try:
            self._history = HistoryWriter(
                self._history_file, retention(self._settings_file.settings)
            )
            if self._history.note:
                _log.warning("%s", self._history.note)
            self._remember()
        except HistoryError as error:
            _log.error("%s", error)
            self._history_problem = str(error)

    def _remember(self) -> None:
        now, span = time.time(), self._settings_file.settings.icon.span_seconds
        with HistoryReader(self._history_file) as reader:
            shown = [
                series
                for series in reader.series()
                if series.metric in ("used_bytes", "rss_bytes", "size_bytes", "stall_full_percent")
            ]
            curves = reader.curves(shown, now - span, now)
            remembered = {
                series: _bars(points, now, span)
                for series, points in zip(shown, curves, strict=True)
            }
            sessions = reader.events(now - PRIORS_SECONDS, now, (SESSION,))
            self._remember_alerts(reader.events(now - _RECENT_SECONDS, now, ("alert",)))
        self._monitor.preload_bars(remembered)
        self._monitor.preload_sessions(sessions)
        self._rebuilding = Rebuilding(self._history_file, self._monitor, self._boot, now)

    def _rebuild(self) -> bool:
        """Judge one more run by what is kept of it; tell whether there may be another.

        After the first look: nobody is to wait for icon and figures until then.
        """
        if self._rebuilding is None or self._sample_count == 0:
            return False
        events = self._rebuilding.go_on(time.monotonic() - time.time())
        if events is None:
            self._rebuilding = None
            # What it came to is shown without waiting for the interval.
            self._next_tick = None
            return True
        for event in events:
            self._keep_event(event)
        return True

    def _maintain_history(self) -> None:
        if self._history is None:
            return
        self._history.maintain(time.monotonic())
        if self._history.problem != self._history_problem:
            self._history_problem = self._history.problem
            self._collect_problems()
            self._publish(None)

    def _keep_event(self, event: Event) -> None:
        if self._history is not None:
            self._history.add_event(event)

    def _collect_problems(self) -> None:
        found = (
            self._settings_file.problem,
            self._history_problem,
            self._history.note if self._history else None,
            self._reading_problem,
        )
        self.problems = tuple(problem for problem in found if problem)


def _pass_by(_event: Event) -> None:
    """Nobody listens."""


def _look_around() -> None:
    """No errand: the loop looks for itself at what was changed."""


def _bars(points: list[Point], now: float, span_seconds: float) -> list[float | None]:
    """The largest value of each of the nine bars before the newest, oldest first."""
    width = span_seconds / BAR_COUNT
    bars: list[float | None] = [None] * (BAR_COUNT - 1)
    for point in points:
        age = int((now - point.wall_seconds) // width)
        if point.maximum is not None and 0 <= age < len(bars):
            bars[-1 - age] = max(point.maximum, bars[-1 - age] or 0.0)
    return bars
