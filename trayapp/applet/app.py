"""The resident applet: wires sampler, tray, notifications, control socket and children."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from trayapp.applet.advice_acts import AdviceActs, gather_evidence
from trayapp.applet.advising import Advisor
from trayapp.applet.banners import Banners
from trayapp.applet.children import Children
from trayapp.applet.cleanups import Cleanups
from trayapp.applet.control_verbs import ControlVerbs
from trayapp.applet.forwarding import Forwarding
from trayapp.applet.inside_follower import InsideFollower
from trayapp.applet.interruption import (
    KILLED_CODE,
    interruption_text,
    is_ended_for_memory,
)
from trayapp.applet.overview import Overview
from trayapp.applet.parts import Parts
from trayapp.applet.programs import Programs
from trayapp.applet.rules import advice_policy, harmless_rule, target_rules
from trayapp.applet.run_programs import RunPrograms
from trayapp.applet.sampler import Sampler
from trayapp.applet.supervision import Supervisor
from trayapp.applet.sweeping import sweep
from trayapp.applet.switches import SwitchBoard
from trayapp.applet.target_logs import TargetLogs
from trayapp.applet.task_follower import TaskFollower
from trayapp.applet.terminal import LiveLines
from trayapp.applet.trays import Trays
from trayapp.applet.update_watch import UpdateWatch
from trayapp.applet.watchdog import Watchdog
from trayapp.control.following import Feed
from trayapp.control.server import ControlServer
from trayapp.delivery.sinks.log import LogFile
from trayapp.domain.judging.monitor import Outcome
from trayapp.domain.records.levels import Level
from trayapp.domain.records.series import Event
from trayapp.errors import PlatformError
from trayapp.language.startup import follow_preferences
from trayapp.log import Log, write_to
from trayapp.paths import LOCK_NAME, Paths
from trayapp.platforms import current_platform
from trayapp.readers.own_cost import RequestedWork
from trayapp.settings.file import SettingsFile

if TYPE_CHECKING:
    from trayapp.applet.java_collections import JavaCollections
    from trayapp.applet.menu import MenuActions

_FIRST_TRIM_SECONDS, _TRIM_SECONDS, _SHORT_TRIM_SECONDS = 15.0, 60.0, 5.0
_QUIT_SECONDS = 5.0
_TOUCH_SECONDS = 30.0
_TOLD_ACTIONS, _TOLD_OUTCOMES = ("restart", "terminate"), ("done", "failed")
_log = Log(__name__)


class App:
    """One running Memtray. Made and run in the main thread."""

    def __init__(
        self,
        paths: Paths,
        *,
        headless: bool = False,
        interval_seconds: float | None = None,
        config_file: Path | None = None,
        out: TextIO = sys.stdout,
    ) -> None:
        """Prepare everything that can refuse to start.

        Raises: SettingsError, AlreadyRunningError, OSError.
        """
        self._platform = platform = current_platform()
        paths.create()
        config_file = (config_file or paths.settings_file).absolute()
        settings_file = SettingsFile(config_file)
        self._lock = platform.single_instance_lock(paths.runtime / LOCK_NAME)
        self._log_file = LogFile(paths.log_file)
        self._supervisor = supervisor = Supervisor()
        self._live = live = LiveLines(out, keep=supervisor.keep)
        self._touch_at = 0.0
        self._is_killed = False
        self._update_watch = UpdateWatch()
        self.is_updated = False
        """Whether it ended to be started again, as another version was installed."""
        self._trim_at = time.monotonic() + _FIRST_TRIM_SECONDS
        requested = RequestedWork()
        sampler = Sampler(
            settings_file,
            paths.history_file,
            os.getpid(),
            self._on_outcome,
            interval_seconds,
            paths.incidents_file,
            requested,
            supervisor,
            paths.shared_runtime,
        )
        switches = SwitchBoard(
            paths, settings_file, sampler, platform, on_change=lambda: self._on_switched()
        )
        banners = Banners(
            self._log_file,
            live,
            icon_notify=lambda title, text: trays.notify_by_icon(title, text),
            on_action=lambda action, incident: menu().on_banner(action, incident),
            keep=supervisor.keep,
            acts=lambda incident: programs.for_banner(sampler.view, incident),
            advice=lambda: advisor.advice,
            on_advice=lambda action, advice: menu().on_advice(action, advice),
            pulse=supervisor.heartbeats.pulse("notifier"),
        )
        children = Children(paths.runtime, banners.notify, requested)
        cleanups = Cleanups(platform, sampler, paths.shared_runtime)
        tasks = TaskFollower(
            paths.shared_runtime,
            sampler.record,
            lambda: sampler.paused,
            rules=lambda: target_rules(settings_file.settings),
        )
        self._insides = insides = InsideFollower(paths.shared_runtime)
        sampler.insides = lambda: insides.reports
        self._collections: JavaCollections | None = None
        runs = RunPrograms(paths.program_key_file, sampler.read_program, sampler.record)
        logs = TargetLogs(
            lambda: settings_file.settings.log, paths.data, lambda text: banners.notify(text)
        )
        programs = Programs(
            sampler.read_program,
            platform.check_may_be_ended,
            paths.shared_runtime,
            may_be_trimmed=platform.TRIMS_OTHERS,
        )
        advisor = Advisor(
            paths.advice_file,
            AdviceActs(cleanups, sampler, config_file, self._restart),
            programs,
            make_evidence=lambda: gather_evidence(paths, sampler),
            record=sampler.record,
            on_new=lambda advice: banners.advise(advice, settings_file.settings.advice.notify),
            interval_seconds=lambda: settings_file.settings.advice.evidence_seconds,
            policy=lambda: advice_policy(settings_file.settings),
            harmless_rule=lambda: harmless_rule(settings_file.settings),
        )
        sampler.on_acknowledged = advisor.note_acknowledged
        tasks.on_kept = (logs.note_task, advisor.note_task)
        forwarding = Forwarding(
            lambda: settings_file.settings,
            paths,
            config_file,
            cleanups=cleanups,
            write_snapshot=lambda: overview.write_snapshot(),
            terminate=platform.terminate,
            log=self._log_file.append,
            on_action=self._on_action,
            record=sampler.record,
        )
        sampler.on_recorded = forwarding.on_event
        trays = Trays(
            sampler,
            switches,
            live,
            out,
            headless=headless,
            platform=platform,
            controls=lambda: overview.controls(),
            on_menu=lambda key: menu().on_menu(key),
            open_popup=children.open_popup,
            counting=requested.counting,
            notify=banners.notify,
            supervisor=supervisor,
        )
        watchdog = Watchdog(
            supervisor,
            sampler,
            (
                ("folders", paths.create),
                ("control", lambda: self._control.restore()),
                ("lock", self._keep_lock),
            ),
            on_change=trays.refresh,
            notify=banners.notify,
            knock=trays.knock,
        )
        self._parts = parts = Parts(
            paths=paths,
            advisor=advisor,
            config_file=config_file,
            settings_file=settings_file,
            sampler=sampler,
            switches=switches,
            banners=banners,
            children=children,
            cleanups=cleanups,
            tasks=tasks,
            forwarding=forwarding,
            trays=trays,
            watchdog=watchdog,
            programs=programs,
            platform=platform,
        )
        self._steps: tuple[tuple[str, Callable[[Outcome | None], None]], ...] = (
            ("delivery", lambda _: forwarding.tick()),
            ("settings", lambda _: self._follow_settings()),
            ("delivery", self._pass_on),
            ("cleanup", self._follow_up_cleanups),
            ("tasks", lambda outcome: tasks.tick(outcome.view) if outcome else None),
            ("inside", lambda outcome: insides.tick(outcome.view) if outcome else None),
            ("collections", self._collect),
            ("runs", lambda outcome: runs.tick(outcome.view) if outcome else None),
            ("log", lambda outcome: logs.tick(outcome.view) if outcome else None),
            ("advice", self._advise),
            ("terminal", lambda outcome: live.show(outcome.view) if outcome else None),
            ("windows", lambda _: children.reap()),
            ("programs", self._look_at_programs),
            ("tray", lambda _: trays.refresh()),
            ("feed", lambda _: self._feed.publish()),
            ("memory", lambda _: self._trim_when_due()),
            ("update", lambda _: self._follow_update()),
        )
        overview = Overview(parts)

        @cache
        def menu() -> MenuActions:
            # Loaded once somebody clicks.
            from trayapp.applet.menu import MenuActions

            return MenuActions(parts, overview)

        self._feed = Feed(overview.live, requested.counting)
        handlers = ControlVerbs(parts, overview, self._feed).handlers()
        self._control = ControlServer(
            paths.runtime,
            handlers,
            requested.counting,
            keep=supervisor.keep,
            pulse=supervisor.heartbeats.pulse("control"),
        )

    def run(self) -> int:
        """Run until told to stop, and return the exit code. The main thread; blocks."""
        self._platform.share_one_heap()
        self._platform.protect()
        write_to(self._log_file.append)
        self._supervisor.install_hooks()
        self._supervisor.attempt(
            "folders", lambda: sweep(self._parts.paths, self._parts.config_file)
        )
        self._supervisor.attempt("folders", self._parts.switches.renew_autostart)
        backend = self._parts.trays.choose()
        signal.signal(signal.SIGINT, lambda *_: self.stop())
        signal.signal(signal.SIGTERM, lambda *_: self._on_terminate())
        self._parts.banners.notifier.start()
        self._report_interruption()
        self._control.start()
        self._live.start()
        self._parts.sampler.start()
        threading.Thread(
            target=self._supervisor.keep,
            args=(self._parts.watchdog.run,),
            name="watchdog",
            daemon=True,
        ).start()
        try:
            self._parts.trays.run(backend)
        finally:
            self._end()
        return KILLED_CODE if self._is_killed else 0

    def _report_interruption(self) -> None:
        text = interruption_text(self._lock.left_behind, time.time())
        if text:
            self._log_file.append(text)
            self._parts.banners.notify(text)

    def _keep_lock(self) -> None:
        self._lock.renew()
        if time.monotonic() >= self._touch_at:
            self._touch_at = time.monotonic() + _TOUCH_SECONDS
            self._lock.touch()

    def _follow_update(self) -> None:
        # Windows has installers close what runs, and no exec that keeps the process.
        if os.name == "posix" and not self.is_updated and self._update_watch.is_due():
            self._log_file.append("another version was installed: ending to start it")
            self.is_updated = True
            self.stop()

    def _on_terminate(self) -> None:
        self._is_killed = is_ended_for_memory(self._parts.sampler.view)
        self.stop()

    def stop(self) -> None:
        """End soon. Any thread, and signal handlers."""
        self._parts.trays.stop()

    def _end(self) -> None:
        self._supervisor.stop()
        self._live.stop()
        self._control.stop()
        self._feed.close()
        self._parts.tasks.stop()
        self._parts.advisor.stop()
        self._insides.stop()
        self._parts.sampler.stop()
        self._parts.children.end()
        self._parts.banners.notifier.stop()
        self._supervisor.join(_QUIT_SECONDS)
        self._parts.forwarding.stop()
        self._lock.release(was_killed=self._is_killed)

    def _on_outcome(self, outcome: Outcome | None) -> None:
        """Pass on what a tick came to. The sampler thread."""
        # The watchdog watches everybody, and is watched by this thread.
        self._supervisor.revive()
        self._supervisor.watch_hangs()
        for part, step in self._steps:
            self._supervisor.attempt(part, partial(step, outcome))

    def _on_switched(self) -> None:
        """Show what a person has switched, also in a browser. Any thread."""
        self._parts.trays.refresh()
        self._feed.publish()

    def _pass_on(self, outcome: Outcome | None) -> None:
        if outcome is not None:
            for announcement in outcome.announcements:
                self._parts.banners.announce(announcement)
            self._parts.forwarding.pass_on(outcome)

    def _follow_up_cleanups(self, outcome: Outcome | None) -> None:
        if outcome is not None:
            for event in self._parts.cleanups.follow_up(outcome.view):
                self._log_file.append(event.text)

    def _restart(self, kind: str, name: str) -> str:
        """Have a program started again; return what to say of it. A background thread; waits."""
        from trayapp.applet.acting_verbs import ActingVerbs

        answer = ActingVerbs(self._parts).handlers()["restart"]({"kind": kind, "name": name})
        return str(answer["text"])

    def _advise(self, outcome: Outcome | None) -> None:
        if outcome is not None and self._parts.settings_file.settings.advice.enabled:
            self._parts.advisor.tick(outcome.view)

    def _look_at_programs(self, outcome: Outcome | None) -> None:
        """Find out what can be done about what the menu shows, where there is a menu."""
        if outcome is not None and self._parts.trays.has_icon:
            self._parts.programs.refresh(outcome.view)

    def _follow_settings(self) -> None:
        settings = self._parts.settings_file.settings
        self._parts.banners.notifier.shows_on_desktop = settings.delivery.desktop
        follow_preferences(settings.ui.language, settings.ui.units)
        self._parts.switches.follow_settings()

    def _collect(self, outcome: Outcome | None) -> None:
        """Have Java programs in doubt collect their garbage, once the settings allow it."""
        if outcome is None or not self._parts.settings_file.settings.diagnosis.java_collections:
            return
        if self._collections is None:
            from trayapp.applet.java_collections import JavaCollections

            self._collections = JavaCollections(self._parts.sampler.record)
        self._collections.tick(outcome.view)

    def _trim_when_due(self) -> None:
        """Give back what the start needed, and later what queries and pictures leave behind."""
        now, view = time.monotonic(), self._parts.sampler.view
        is_short = view is not None and view.system_level >= Level.CRITICAL
        # Who is small is not the one to be killed.
        if now < self._trim_at - (_TRIM_SECONDS - _SHORT_TRIM_SECONDS) * is_short:
            return
        self._trim_at = now + _TRIM_SECONDS
        try:
            self._platform.trim_own_heap()
        except PlatformError as error:
            _log.info("the heap was not trimmed: %s", error)

    def _on_action(self, event: Event) -> None:
        """Keep what was done automatically, or refused. The sampler thread or an action's."""
        self._parts.sampler.record(event)
        self._log_file.append(event.text)
        data = event.data
        if data.get("action") in _TOLD_ACTIONS and data.get("outcome") in _TOLD_OUTCOMES:
            self._parts.banners.notify(event.text)
