"""The sampler: one thread that reads, judges and keeps; everybody else gets its frozen results."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from trayapp.applet.errands import Errands
from trayapp.applet.reading_turn import ReadingTurn, ReplacedError
from trayapp.applet.rules import monitor_rules
from trayapp.applet.sampling_pace import SamplingPace
from trayapp.applet.session_store import SessionStore
from trayapp.applet.supervision import Supervisor
from trayapp.dataclass import replace
from trayapp.domain.judging.alerting import Incident, Quiet
from trayapp.domain.judging.monitor import Monitor, Outcome
from trayapp.domain.judging.quiet_hours import is_within
from trayapp.domain.judging.view import View
from trayapp.domain.records.application_use import ApplicationUse
from trayapp.domain.records.oom_kills import OomMark
from trayapp.domain.records.referenced import ReferencedRequest
from trayapp.domain.records.samples import ProcessFacts, ProcessKey, ProcessUse
from trayapp.domain.records.series import Event
from trayapp.errors import MemtrayError, SettingsError
from trayapp.language.catalogue import _
from trayapp.log import Log
from trayapp.readers.frames import MachineReader
from trayapp.readers.own_cost import RequestedWork
from trayapp.readers.ticks import next_tick_seconds
from trayapp.settings.file import SettingsFile
from trayapp.settings.records import Settings

_HOUSEKEEPING_SECONDS = 1.0
_FRESH_SECONDS = 1.0
_STEPS = ("read", "judge", "keep", "show")
Lineage = list[ProcessFacts]
"""A process, its parent and so on."""
T = TypeVar("T")

if TYPE_CHECKING:
    from trayapp.applet.debug_log import DebugLog
    from trayapp.domain.judging.learned import Learned
    from trayapp.domain.records.inside import Inside

_log = Log(__name__)


class Sampler(threading.Thread):
    """Reads the machine at every tick, has it judged and kept, and publishes the outcome.

    The only thread that touches readers, monitor and the history's writer. Its attributes `view`
    and `problems` may be read from any thread: they are replaced, never changed. What blocks is
    for any thread but this one, and raises MemtrayError when there is no answer in time.
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
        supervisor: Supervisor | None = None,
        heap_folder: Path | None = None,
    ) -> None:
        """Prepare the thread; `start` starts it.

        `publish` is called in the sampler thread with the outcome of every tick, and with None
        when something else that is shown has changed (settings, a problem). It must not block.
        `interval_seconds` overrules the settings. `incidents_file` keeps what is open for the next
        start. `requested` counts what persons ask for. `supervisor` keeps the thread alive.
        `heap_folder` is where probes leave the figures of heaps.
        """
        super().__init__(name="sampler", daemon=True)
        self._publish = publish
        self._settings_file = settings_file
        self._app_pid = app_pid
        self._heap_folder = heap_folder
        settings = settings_file.settings
        self._requested = requested or RequestedWork()
        self._supervisor = supervisor or Supervisor()
        self._monitor = Monitor(monitor_rules(settings))
        self._store = SessionStore(history_file, incidents_file, settings, self._monitor)
        self._turn = ReadingTurn(self._open_machine, self._store.oom_mark)
        self._pace = SamplingPace(settings, interval_seconds)
        self._errands = Errands(
            lambda errand: self._supervisor.attempt(self.name, errand), self._requested.counting
        )
        self._stopping = False
        self._reading_problem: str | None = None
        self._next_tick: float | None = None
        """None: as soon as possible."""
        self._refreshed_seconds = -math.inf
        """When somebody asked for fresh figures last."""
        self.beat_seconds, self.beat_wall_seconds = time.monotonic(), time.time()
        """When it published a sample last, or found that it is paused; at first the start."""
        self._referenced: ReferencedRequest | None = None
        self._sample_count = 0
        self.view: View | None = None
        """The latest; None before the first tick."""
        self.problems: tuple[str, ...] = ()
        """One line each, for the menu."""
        self.quiet = Quiet()
        """What the person does not want to hear; set from any thread."""
        self.paused = False
        """Set from any thread; call `wake` after it."""
        self.debug: DebugLog | None = None
        """Set from any thread: what each sample led to is written there."""
        self.insides: Callable[[], Mapping[ProcessKey, Inside]] = dict
        """What the probes of processes have reported. Set before the start."""
        self.learned: Mapping[str, Learned] = {}
        """What is usual for targets; replaced from any thread."""
        self.on_recorded: Callable[[Event], None] = _pass_by
        """Called with each event that is given to `record`, in the thread that gives it."""
        self.on_acknowledged: Callable[[Incident], None] = _pass_by
        """Called with each incident that a person acknowledges, in this thread."""

    @property
    def interval_seconds(self) -> float:
        """The interval in force: as set, adapted to what happens, lengthened if over budget."""
        return self._pace.interval_seconds

    @property
    def pace_reason(self) -> str:
        """Why this interval, in a few words; above all whether Memtray's own budget is why."""
        return self._pace.reason

    @property
    def sample_count(self) -> int:
        return self._sample_count

    @property
    def recent_alerts(self) -> tuple[Event, ...]:
        """The last alerts that were sent or resolved, oldest first."""
        return self._store.recent_alerts

    def wake(self) -> None:
        """Make the sampler notice now what was changed. Any thread."""
        self._errands.put(lambda: None)

    def stop(self) -> None:
        """End the thread; what is buffered is written. Any thread; does not wait."""
        self._stopping = True
        self.wake()

    def record(self, event: Event) -> None:
        """Keep an event in the history, and pass it to `on_recorded`. Any thread."""
        self._errands.put(lambda: self._store.add_event(event))
        self.on_recorded(event)

    def acknowledge(self, key: str) -> None:
        """Note that the person knows of an incident. Any thread."""
        self._errands.put(lambda: self._acknowledge(key))

    def resolve(self, key: str) -> None:
        """End an incident because a person has dealt with it. Any thread."""
        self._errands.put(lambda: self._resolve(key))

    def forget(self, name: str, kind: str = "target") -> bool:
        """Delete what the history keeps of a program; False: it cannot be written now. Blocks."""
        return self._errands.ask(lambda: self._store.forget(name, kind))

    def read_all_processes(self) -> list[ProcessUse]:
        """Return every process with its resident set, largest first. Blocks."""
        return self._errands.ask(lambda: self._read(MachineReader.all_processes))

    def read_applications(self) -> list[ApplicationUse]:
        """Return every application and what it uses now. Blocks."""
        return self._errands.ask(lambda: self._read(MachineReader.all_applications))

    def read_processes(self, keys: Iterable[ProcessKey]) -> list[ProcessUse]:
        """Return those of these processes that still run, largest first. Blocks."""
        return self._errands.ask(lambda: self._read(lambda machine: machine.processes(keys)))

    def read_program(self, keys: Sequence[ProcessKey]) -> list[Lineage]:
        """Return each process that still runs with its ancestors. Blocks, but not this thread."""
        if self._turn.is_mine:
            return _lineages(self._turn.machine, keys)
        return self._errands.ask(lambda: self._read(lambda machine: _lineages(machine, keys)))

    def write_now(self) -> bool:
        """Write what was sampled so far into the history; False: it cannot be written. Blocks."""
        return self._errands.ask(self._store.flush)

    def store_bytes(self) -> int | None:
        """Return the size of the history on disk; None: there is none. Blocks."""
        return self._errands.ask(self._store.file_bytes)

    def measure(self, subject: str) -> int | None:
        """Return the resident set of a target or of "memtray"; None: nothing runs. Blocks."""
        return self._errands.ask(lambda: self._read(lambda machine: machine.measure(subject)))

    def refresh_now(self, timeout_seconds: float = 0.25) -> None:
        """Take a full sample, unless there was one a second ago or tracking is paused; waits.

        For somebody who is about to read figures. Where the machine is too busy, it comes later.
        """
        if not self.paused and time.monotonic() - self._refreshed_seconds >= _FRESH_SECONDS:
            with contextlib.suppress(MemtrayError):
                self._errands.ask(self._refresh_now, timeout_seconds)

    def read_everything_soon(self) -> None:
        """Take a sample of every process at once, as some have ended. Any thread; does not wait."""
        self._errands.put(self._read_everything_next)

    def run(self) -> None:
        """Tick until stopped. The sampler thread's whole life."""
        self._supervisor.keep(self._run)

    def replace(self) -> bool:
        """Go on in another thread, as this one hangs in reading; False: it does not. Any thread."""
        return self._turn.take_away() and self._supervisor.replace(self.name)

    def _run(self) -> None:
        with contextlib.suppress(ReplacedError):
            self._sample()

    def _sample(self) -> None:
        """Go on after whatever has ended this before. Raises: ReplacedError."""
        machine = self._turn.begin()
        while not self._stopping:
            self._errands.run_all()
            self._supervisor.attempt("settings", self._follow_settings)
            self._supervisor.attempt("history", self._store.open)
            now = time.monotonic()
            if self.paused:
                self._next_tick = None
                self._note_beat(now)
            elif self._next_tick is None or now >= self._next_tick:
                self._tick(now)
                self._next_tick = next_tick_seconds(now, time.monotonic(), self.interval_seconds)
            self._supervisor.attempt("history", self._maintain)
            # After the first tick: nobody is to wait for icon and figures until then.
            is_busy = self._sample_count and self._store.is_rebuilding
            if not is_busy or not self._supervisor.attempt("history", self._rebuild_next):
                self._wait()
        self._errands.run_all()
        self._supervisor.attempt("history", lambda: self._store.close(machine.oom_mark))
        machine.close()

    def _open_machine(self, mark: OomMark | None) -> MachineReader:
        rules = monitor_rules(self._settings_file.settings).targets
        machine = MachineReader(rules, self._app_pid, mark, self._requested, self._heap_folder)
        self._set_periods(machine)
        return machine

    def _read(self, question: Callable[[MachineReader], T]) -> T:
        with self._turn.reading() as machine:
            return question(machine)

    def _maintain(self) -> None:
        if self._store.maintain():
            self._publish_problems()

    def _rebuild_next(self) -> None:
        if not self._store.rebuild_next():
            # What it came to is shown without waiting for the interval.
            self._next_tick = None

    def _wait(self) -> None:
        # Settings are to take effect within two seconds, however long the interval.
        limit = _HOUSEKEEPING_SECONDS
        if self._next_tick is not None:
            limit = min(limit, self._next_tick - time.monotonic())
        self._errands.wait(limit)

    def _note_beat(self, now: float) -> None:
        self.beat_seconds, self.beat_wall_seconds = now, time.time()

    def _tick(self, now: float) -> None:
        began = time.perf_counter()
        try:
            with self._turn.reading() as machine:
                machine.insides = self.insides()
                frame = machine.read_frame(
                    now,
                    self.interval_seconds,
                    with_groups=not self._pace.verdict.drops_groups,
                    suspects=self._monitor.suspects,
                    referenced=self._referenced,
                    outside=self._monitor.outside_wanted,
                )
            looked = time.perf_counter()
            self._monitor.set_targets(machine.active_rules)
            self._follow_learned()
            verdict = self._pace.judge_cost(now, frame)
            outcome = self._monitor.judge_frame(
                frame, _quiet_now(self.quiet, self._settings_file.settings), verdict
            )
            self._referenced = outcome.referenced
            self._pace.adapt(now, frame, outcome)
        except Exception as error:  # noqa: BLE001
            # One bad sample must not end the watch: it is logged, shown, and the next tick tries.
            if self._reading_problem is None:
                _log.exception("a sample failed")
            self._reading_problem = _("no sample: {reason}; see the log").format(
                reason=type(error).__name__
            )
            self._supervisor.attempt(self.name, self._publish_problems)
            return
        judged = time.perf_counter()
        self._reading_problem = None
        self._sample_count += 1
        self.view = outcome.view
        self._note_beat(now)
        attempt = self._supervisor.attempt
        wall_seconds, mark = frame.wall_seconds, machine.oom_mark
        attempt("history", lambda: self._store.add_outcome(wall_seconds, outcome, mark))
        self._collect_problems()
        kept = time.perf_counter()
        attempt(self.name, lambda: self._publish(outcome))
        debug = self.debug
        if debug is not None:
            moments = pairwise((began, looked, judged, kept, time.perf_counter()))
            seconds = {
                step: end - begin for step, (begin, end) in zip(_STEPS, moments, strict=True)
            }
            attempt("debug", lambda: debug.note_outcome(outcome, machine.explain, seconds))

    def _follow_learned(self) -> None:
        learned = self.learned if self._settings_file.settings.alerts.learned else {}
        self._monitor.set_learned(learned, float(time.localtime().tm_gmtoff))

    def _refresh_now(self) -> None:
        if self.paused:
            return
        now = self._refreshed_seconds = time.monotonic()
        self._turn.machine.read_everything_soon()
        self._tick(now)
        self._next_tick = next_tick_seconds(now, time.monotonic(), self.interval_seconds)

    def _read_everything_next(self) -> None:
        self._turn.machine.read_everything_soon()
        self._next_tick = None

    def _acknowledge(self, key: str) -> None:
        if self._monitor.acknowledge(key):
            mark = self._turn.machine.oom_mark
            self.on_acknowledged(self._store.add_acknowledgement(key, mark))
            # So that the next sample, and with it menu and icon, comes at once.
            self._next_tick = None

    def _resolve(self, key: str) -> None:
        if self._monitor.resolve(key):
            # The next tick ends it, keeps that in the journal and announces it.
            self._next_tick = None

    def _set_periods(self, machine: MachineReader) -> None:
        sampling = self._settings_file.settings.sampling
        machine.set_periods(sampling.applications_seconds, sampling.private_seconds)

    def _follow_settings(self) -> None:
        news = self._settings_file.poll()
        if news is None:
            return
        if not isinstance(news, SettingsError):
            rules = monitor_rules(news)
            self._turn.machine.set_rules(rules.targets)
            self._set_periods(self._turn.machine)
            self._monitor.set_rules(rules)
            self._pace.follow_settings(news)
            # Another interval is not to wait for the end of the one before.
            self._next_tick = None
            self._store.follow_settings(news)
        else:
            for mistake in news.mistakes:
                _log.warning("%s", mistake)
        self._publish_problems()

    def _publish_problems(self) -> None:
        self._collect_problems()
        self._publish(None)

    def _collect_problems(self) -> None:
        found = (self._settings_file.problem, *self._store.problems, self._reading_problem)
        self.problems = tuple(problem for problem in found if problem)


def _quiet_now(quiet: Quiet, settings: Settings) -> Quiet:
    clock = time.localtime()
    is_in = is_within(settings.alerts.quiet_hours, 60 * clock.tm_hour + clock.tm_min)
    breaks_through = settings.alerts.emergency_breaks_through
    if (quiet.in_quiet_hours, quiet.emergency_breaks_through) == (is_in, breaks_through):
        return quiet
    return replace(quiet, in_quiet_hours=is_in, emergency_breaks_through=breaks_through)


def _lineages(machine: MachineReader, keys: Iterable[ProcessKey]) -> list[Lineage]:
    return [lineage for key in keys if (lineage := machine.lineage(key))]


def _pass_by(_news: object) -> None:
    """Nobody listens."""
