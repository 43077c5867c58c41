"""The resident applet: wires sampler, tray, notifications, control socket and children."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from trayapp import __version__
from trayapp.applet.children import Children, memtray_command, package_parent
from trayapp.applet.cleanups import Cleanups
from trayapp.applet.first_start import (
    ENTRY,
    SEEN,
    UNSEEN,
    UNSEEN_SECONDS,
    greeting,
    no_tray_hint,
)
from trayapp.applet.forwarding import Forwarding
from trayapp.applet.process_environment import surroundings
from trayapp.applet.profiles import known_profiles, present_profile, start_profile
from trayapp.applet.rules import target_rules
from trayapp.applet.sampler import Sampler
from trayapp.applet.state import (
    Switches,
    load_switches,
    load_tray_memory,
    save_switches,
    save_tray_memory,
)
from trayapp.applet.task_follower import TaskFollower
from trayapp.applet.terminal import LiveLines
from trayapp.control.server import ControlServer
from trayapp.delivery.banner import Banner
from trayapp.delivery.counts import DeliveryCounts
from trayapp.delivery.notifier import Notifier
from trayapp.delivery.sinks import Surroundings, open_sinks
from trayapp.delivery.sinks.log import LogFile
from trayapp.domain.acting.cleanups import APP, CleanupResult
from trayapp.domain.grouping.captures import base_name
from trayapp.domain.grouping.identity import (
    MEMTRAY,
    SYSTEM,
    application_key,
    family_of,
    target_key,
    target_of,
)
from trayapp.domain.judging.incidents import Announcement, Incident
from trayapp.domain.judging.monitor import Outcome
from trayapp.domain.judging.view import Controls
from trayapp.domain.records.levels import Level
from trayapp.domain.records.names import process_label
from trayapp.domain.records.series import Event
from trayapp.domain.showing.icon import color_problems
from trayapp.domain.showing.status import application_status, status
from trayapp.domain.showing.tray import SNOOZE_CHOICES, shown_choices, tray_state
from trayapp.errors import MemtrayError, PlatformError, TrayError, UsageError
from trayapp.language.catalogue import N_, _, listed, paragraph
from trayapp.language.dates import weekday_name
from trayapp.language.units import format_duration, parse_duration, use_units
from trayapp.paths import Paths
from trayapp.platforms import current_platform
from trayapp.readers.own_cost import RequestedWork
from trayapp.settings import SettingsFile, TargetSettings, add_target, make_target_name
from trayapp.windows import WINDOWS

if TYPE_CHECKING:
    from trayapp.tray.host import TrayHost
    from trayapp.tray.hosts.session import Backend

_WINDOW_VERBS = {window.verb for window in WINDOWS}
_ANSWERS = ("table", "detail", "describe", "track", "untrack", "forget")
_FIRST_TRIM_SECONDS, _TRIM_SECONDS = 15.0, 60.0
_log = logging.getLogger(__name__)

# "default" is a click on the banner itself, all that services without buttons offer.
_ACTIONS = (
    ("default", N_("Trends")),
    ("trends", N_("Trends")),
    ("cleanup", N_("Clean up")),
    ("snooze", N_("Snooze 1 h")),
    ("acknowledge", N_("Acknowledge")),
)
_SNOOZE_SECONDS = 3600.0
_MOMENTS = ("oom", "spike", "budget")
"""How the keys of incidents begin that have happened rather than last."""
_QUIT_SECONDS = 5.0
_TRAY_PAUSE_SECONDS, _OTHER_TRAY_SECONDS = 2.0, 120.0
_TOLD_ACTIONS, _TOLD_OUTCOMES = ("restart", "terminate"), ("done", "failed")


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
        self._paths = paths
        self._headless = headless
        self._profile = present_profile()
        self._out = out
        self._started_wall_seconds = time.time()
        self._platform = current_platform()
        paths.create()
        self._config_file = (config_file or paths.settings_file).absolute()
        self._settings_file = SettingsFile(self._config_file)
        self._lock = self._platform.single_instance_lock(paths.runtime / "memtray.lock")
        self._switches = load_switches(paths.state_file).without_past(time.time())
        self._switch_lock = threading.Lock()
        self._tray_memory = load_tray_memory(paths.tray_file)
        self._tray_lock = threading.Lock()
        self._alerts_enabled = self._settings_file.settings.alerts.enabled
        self._starts_at_login = self._platform.autostart_status()
        self._log_file = LogFile(paths.log_file)
        self._stopped = threading.Event()
        self._children = Children(paths.runtime, lambda why: self._tell("Memtray", why))
        self._counts = DeliveryCounts()
        self._host: TrayHost | None = None
        self._backend: Backend | None = None
        self._no_tray_reason = _("started without a tray (--headless)") if headless else ""
        self._other_tray: Backend | None = None
        """What is to follow when the present one has stopped."""
        self._live = LiveLines(out)
        self._requested = RequestedWork()
        self._sampler = Sampler(
            self._settings_file,
            paths.history_file,
            os.getpid(),
            self._on_outcome,
            interval_seconds,
            paths.incidents_file,
            self._requested,
        )
        self._trim_at = time.monotonic() + _FIRST_TRIM_SECONDS
        self._recent: tuple[tuple[Event, ...], tuple[str, ...]] = (), ()
        self._banners: dict[str, Incident] = {}
        """What each banner shows, by the banner's key."""
        self._cleanups = Cleanups(self._platform, self._sampler, paths.shared_runtime)
        self._tasks = TaskFollower(
            paths.shared_runtime,
            self._sampler.record,
            lambda: self._sampler.paused,
            rules=lambda: target_rules(self._settings_file.settings),
        )
        self._forwarding = Forwarding(
            lambda: self._settings_file.settings,
            paths,
            self._config_file,
            cleanups=self._cleanups,
            write_snapshot=self._write_snapshot,
            terminate=self._platform.terminate,
            log=self._log_file.append,
            on_action=self._on_action,
            record=self._sampler.record,
        )
        self._sampler.on_recorded = self._forwarding.on_event
        surroundings = Surroundings(
            log=self._log_file.append,
            print_between=self._live.print_between,
            icon_file=_icon_file(),
            icon_notify=self._notify_by_icon,
        )
        self._notifier = Notifier(
            open_sinks("desktop", surroundings),
            sinks=open_sinks("banners", surroundings),
            log=self._log_file.append,
            on_action=self._on_banner_action,
            on_delivered=self._on_delivered,
        )
        self._control = ControlServer(
            paths.runtime,
            {
                "status": lambda _: self._fresh_status(),
                "statistics": lambda _: {"rows": self._statistics()},
                "pause": lambda _: self._set_paused(True),
                "resume": lambda _: self._set_paused(False),
                "snapshot": lambda _: {"file": str(self._write_snapshot())},
                "cleanup": self._control_cleanup,
                "alerts": self._control_alerts,
                "quit": lambda _: self._control_quit(),
                "debug": self._control_debug,
                "surroundings": self._surroundings,
                **{verb: partial(self._answer, verb) for verb in _ANSWERS},
            },
            self._requested.counting,
        )

    # -- life

    def run(self) -> int:
        """Run until told to stop; the exit code. The main thread; blocks."""
        self._platform.share_one_heap()
        logging.basicConfig(level=logging.WARNING, handlers=[_LogHandler(self._log_file)])
        self._sampler.quiet = self._switches.quiet(self._alerts_enabled)
        backend = None if self._headless else self._find_backend()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self.stop())
        self._notifier.start()
        self._control.start()
        self._live.enabled = backend is None or backend.visible is False
        self._live.start()
        self._sampler.start()
        try:
            if backend is None:
                self._stopped.wait()
            else:
                self._run_tray(backend)
        finally:
            self._end()
        return 0

    def stop(self) -> None:
        """End soon. Any thread, and signal handlers."""
        self._stopped.set()
        if self._host is not None:
            self._host.stop()

    def _find_backend(self) -> Backend | None:
        from trayapp.tray.hosts import choose_backend

        try:
            backend = choose_backend(os.environ, sys.platform, os.environ.get("MEMTRAY_TRAY"))
        except TrayError as error:
            self._no_tray_reason = str(error)
            self._say_in_terminal(error)
            return None
        if backend.visible is False:
            until = _("Running in the terminal until then; Ctrl-C ends it.")
            self._say(paragraph(_sentence(backend.reason), until))
        return backend

    def _run_tray(self, backend: Backend) -> None:
        self._add_application()
        introduction = threading.Timer(UNSEEN_SECONDS, self._introduce)
        introduction.daemon = True
        introduction.start()
        if backend.visible is False:
            threading.Thread(target=self._look_for_other_tray, args=(backend,), daemon=True).start()
        try:
            wanted: Backend | None = backend
            while wanted is not None and not self._stopped.is_set():
                self._serve_tray(wanted)
                wanted, self._other_tray = self._other_tray, None
        except TrayError as error:
            self._host = self._backend = None
            self._no_tray_reason = str(error)
            self._live.enabled = True
            self._say_in_terminal(error)
            self._stopped.wait()

    def _serve_tray(self, backend: Backend) -> None:
        from trayapp.tray.host import TrayHost

        self._backend = backend
        self._host = TrayHost(
            backend,
            self._on_menu,
            on_visible=self._on_visible,
            on_look=self._sampler.look_now,
            open_popup=self._children.open_popup,
            pictures=_menu_pictures(),
            counting=self._requested.counting,
        )
        self._refresh_tray()
        if not self._stopped.is_set():
            self._host.run()

    def _look_for_other_tray(self, waiting: Backend) -> None:
        """Take a tray of another kind that starts soon after Memtray, as at login. Its own thread.

        waiting: what waits for a tray meanwhile.
        """
        from trayapp.tray.hosts import choose_backend

        deadline = time.monotonic() + _OTHER_TRAY_SECONDS
        while not self._stopped.wait(_TRAY_PAUSE_SECONDS) and time.monotonic() < deadline:
            if self._host is None or self._host.visible:
                return
            with contextlib.suppress(TrayError):
                found = choose_backend(os.environ, sys.platform)
                if found.visible and found.name != waiting.name:
                    self._other_tray = found
                    self._host.stop()
                    return

    def _end(self) -> None:
        self._live.stop()
        self._control.stop()
        self._tasks.stop()
        self._sampler.stop()
        self._children.end()
        self._notifier.stop()
        self._sampler.join(timeout=_QUIT_SECONDS)
        self._forwarding.stop()
        self._lock.release()

    def _say_in_terminal(self, error: TrayError) -> None:
        running = _("Running in the terminal; Ctrl-C ends it.")
        self._say(paragraph(_sentence(error), running))

    def _say(self, line: str) -> None:
        self._live.print_between(lambda: print(line, file=self._out, flush=True))

    # -- from the sampler thread

    def _on_outcome(self, outcome: Outcome | None) -> None:
        self._forwarding.look()
        self._notifier.shows_on_desktop = self._settings_file.settings.delivery.desktop
        if outcome is not None:
            for announcement in outcome.announcements:
                self._announce(announcement)
            self._forwarding.pass_on(outcome)
            for event in self._cleanups.follow_up(outcome.view):
                self._log_file.append(event.text)
            self._tasks.look(outcome.view)
            self._live.show(outcome.view)
        use_units(self._settings_file.settings.ui.units)
        enabled = self._settings_file.settings.alerts.enabled
        if enabled != self._alerts_enabled:
            # The settings were edited after the menu was used: the last word counts.
            self._alerts_enabled = enabled
            self._switch(lambda switches: replace(switches, off=None))
        self._children.reap()
        self._refresh_tray()
        self._trim_when_due()

    def _trim_when_due(self) -> None:
        """Give back what the start needed, and later what queries and pictures leave behind."""
        now = time.monotonic()
        if now < self._trim_at:
            return
        self._trim_at = now + _TRIM_SECONDS
        try:
            self._platform.trim_own_heap()
        except PlatformError as error:
            _log.info("the heap was not trimmed: %s", error)

    def _on_action(self, event: Event) -> None:
        """Keep what was done by itself, or refused. The sampler thread or one of the actions."""
        self._sampler.record(event)
        self._log_file.append(event.text)
        data = event.data
        if data.get("action") in _TOLD_ACTIONS and data.get("outcome") in _TOLD_OUTCOMES:
            self._tell("Memtray", event.text)

    def _announce(self, announcement: Announcement) -> None:
        incident = announcement.incident
        banner_key = _banner_key(incident)
        if announcement.what == "resolved":
            # Unless it speaks of another incident of the same subject by now.
            if banner_key in self._banners and self._banners[banner_key].key == incident.key:
                if announcement.was_moment:
                    self._notifier.withdraw(banner_key)
                else:
                    self._notifier.finish(_over(banner_key, announcement, time.time()))
                del self._banners[banner_key]
        elif announcement.what == "held":
            self._counts.count_held()
        else:
            self._counts.count_sent(banner_key)
            self._banners[banner_key] = incident
            banner = Banner(
                key=banner_key,
                title=incident.title,
                body=incident.body,
                level=incident.level,
                actions=tuple((key, _(label)) for key, label in _ACTIONS),
            )
            self._notifier.send(banner)

    def _refresh_tray(self) -> None:
        if self._host is not None:
            self._host.show(tray_state(self._sampler.view, self._controls()))

    def _controls(self) -> Controls:
        icon = self._settings_file.settings.icon
        icon_problems = color_problems(icon.palette, icon.colors, icon.panel)
        return Controls(
            paused=self._sampler.paused,
            quiet=self._sampler.quiet,
            starts_at_login=self._starts_at_login,
            recent_alerts=self._recent_alerts(),
            icon_shows=self._tray_memory.shown(icon.shows),
            icon_palette=icon.palette,
            icon_colors=icon.colors,
            icon_panel=icon.panel,
            icon_number=icon.number,
            windows=tuple((one.verb, one.title) for one in WINDOWS if one.title),
            profile=self._profile,
            profiles=known_profiles() if self._host is not None else (),
            problems=(*self._sampler.problems, *self._forwarding.problems, *icon_problems),
        )

    def _recent_alerts(self) -> tuple[str, ...]:
        events, lines = self._recent
        if events is not self._sampler.recent_alerts:
            events = self._sampler.recent_alerts
            lines = tuple(map(_recent_line, reversed(events)))
            self._recent = events, lines
        return lines

    # -- from the tray, the notifier and the control thread

    def _on_visible(self, visible: bool) -> None:
        if visible:
            self._introduce()
        if self._live.enabled == visible:
            self._live.enabled = not visible
            self._say(
                _("The icon is in the tray now.")
                if visible
                else _("The tray has gone; running in the terminal until it is back.")
            )

    def _introduce(self) -> None:
        """Say where the icon is, or why it is not to be seen: each once in a life."""
        if self._host is None or self._stopped.is_set():
            return
        is_seen = self._host.visible is not False
        what = SEEN if is_seen else UNSEEN
        if self._keep_told(what):
            text = greeting(sys.platform) if is_seen else no_tray_hint(os.environ)
            self._tell("Memtray", text)
            if not is_seen:
                self._say(text)

    def _add_application(self) -> None:
        """Put Memtray among the applications at the first start; who removes it has it removed."""
        if not self._keep_told(ENTRY):
            return
        try:
            self._platform.add_application(memtray_command(), _icon_file())
        except PlatformError as error:
            _log.warning("%s", error)

    def _keep_told(self, what: str) -> bool:
        """Note that it is said now; False if it has been said before. Any thread."""
        with self._tray_lock:
            if what in self._tray_memory.told:
                return False
            self._remember(told=self._tray_memory.told | {what})
        return True

    def _on_menu(self, key: str) -> None:
        """Do what was clicked. The tray's thread: nothing here may wait."""
        verb, _colon, rest = key.partition(":")
        if verb in _WINDOW_VERBS:
            self._open_window(verb)
        elif verb == "more":
            self._open_window("table")
        elif verb == "application":
            self._open_window("details", rest, "application")
        elif verb == "target":
            self._open_window("trends", rest)
        elif verb == "incident":
            view = self._sampler.view
            found = [each for each in (view.incidents if view else ()) if each.key == rest]
            self._open_incident(*found)
        elif verb == "acknowledge":
            self._sampler.acknowledge(rest)
        elif verb == "resolve":
            self._sampler.resolve(rest)
        elif verb == "snooze":
            until = time.time() + _SNOOZE_SECONDS
            self._switch(lambda switches: switches.snoozed(family_of(rest), until))
        elif verb == "scroll":
            self._show_next(-int(rest))
        elif verb == "middle":
            self._on_middle_click()
        elif verb == "pause":
            self._set_paused(not self._sampler.paused)
        elif verb == "snapshot":
            self._in_background(lambda: self._tell(_("Snapshot"), str(self._write_snapshot())))
        elif verb == "cleanup":
            self._in_background(lambda: self._clean_and_tell(rest))
        elif verb == "alerts":
            self._set_alerts(rest)
        elif verb == "track":
            self._in_background(lambda: self._track(rest))
        elif verb == "settings":
            self._open_window("settings", options=("--config", str(self._config_file)))
        elif verb == "autostart":
            self._in_background(self._toggle_autostart)
        elif verb == "profile":
            self._in_background(lambda: self._change_profile(rest))
        elif verb == "places":
            self._in_background(self._reset_places)
        elif verb == "quit":
            self.stop()

    def _on_middle_click(self) -> None:
        choice = self._settings_file.settings.tray.middle_click
        if choice != "none":
            self._on_menu("cleanup:app" if choice == "cleanup" else choice)

    def _show_next(self, steps: int) -> None:
        """Let the icon show what comes next, or before, for as long as the settings stay."""
        by_settings = self._settings_file.settings.icon.shows
        choices = shown_choices(self._sampler.view, by_settings)
        shown = self._tray_memory.shown(by_settings)
        place = choices.index(shown) if shown in choices else 0
        with self._tray_lock:
            self._remember(shows=choices[(place + steps) % len(choices)], instead_of=by_settings)
        self._refresh_tray()

    def _remember(self, **changes: Any) -> None:
        """Keep what the tray is to know after a restart. Whoever has the lock."""
        self._tray_memory = replace(self._tray_memory, **changes)
        try:
            save_tray_memory(self._paths.tray_file, self._tray_memory)
        except OSError as error:
            _log.error("what the icon shows will not outlive a restart: %s", error)

    def _on_banner_action(self, banner_key: str, action: str) -> None:
        """Do what a banner's button says. The notifier thread."""
        incident = self._banners.get(banner_key)
        if action in ("trends", "default"):
            self._open_incident(incident)
        elif action == "cleanup":
            target = target_of(incident.identity) if incident else None
            what = f"target:{target}" if target in self._known_targets() else "app"
            self._in_background(lambda: self._clean_and_tell(what))
        elif action == "snooze" and incident is not None:
            until = time.time() + _SNOOZE_SECONDS
            # A kill is no shortage, nor is it all about its program.
            about = family_of(incident.key) if _is_moment(incident) else incident.identity
            self._switch(lambda switches: switches.snoozed(about, until))
        elif action == "acknowledge" and incident is not None:
            self._sampler.acknowledge(incident.key)

    def _surroundings(self, arguments: Mapping[str, object]) -> dict[str, object]:
        backend = self._backend
        return surroundings(
            os.environ,
            arguments.get("variables"),
            tray_name=backend.name if backend else None,
            tray_visible=self._host.visible if self._host else None,
            tray_reason=backend.reason if backend else self._no_tray_reason,
            notifications=self._notifier.status,
            notifications_ready=self._notifier.is_ready,
        )

    def _on_delivered(self, banner_key: str, delivered: bool, reason: str) -> None:
        if delivered:
            self._counts.count_shown(banner_key)
        else:
            _log.warning("%s is not shown on the desktop: %s", banner_key, reason)

    def _in_background(self, errand: Callable[[], object]) -> None:
        threading.Thread(target=self._run_errand, args=(errand,), daemon=True).start()

    def _run_errand(self, errand: Callable[[], object]) -> None:
        try:
            errand()
        except MemtrayError as error:
            self._tell("Memtray", str(error))
        except OSError as error:
            self._tell("Memtray", _("That did not work: {reason}").format(reason=error))
        self._refresh_tray()

    def _tell(self, title: str, body: str) -> None:
        """Show the result of what the person asked for."""
        self._notifier.send(Banner(key="told", title=title, body=body, level=Level.NORMAL))

    # -- alerts, pause, autostart, targets

    def _set_paused(self, paused: bool) -> dict[str, object]:
        self._sampler.paused = paused
        self._sampler.wake()
        self._refresh_tray()
        return {"paused": paused}

    def _set_alerts(self, choice: str) -> None:
        verb, _colon, duration = choice.partition(":")
        if verb == "snooze" and duration in dict(SNOOZE_CHOICES):
            until = time.time() + parse_duration(duration)
            self._switch(lambda switches: switches.snoozed(None, until))
        elif verb in ("on", "off"):
            self._switch(lambda _: Switches(off=verb == "off"))

    def _switch(self, change: Callable[[Switches], Switches]) -> None:
        with self._switch_lock:
            self._switches = change(self._switches).without_past(time.time())
            self._sampler.quiet = self._switches.quiet(self._alerts_enabled)
            try:
                save_switches(self._paths.state_file, self._switches)
            except OSError as error:
                _log.error("snoozes will not outlive a restart: %s", error)
        self._sampler.wake()
        self._refresh_tray()

    def _toggle_autostart(self) -> None:
        if self._starts_at_login:
            self._platform.autostart_disable()
        else:
            self._platform.autostart_enable([*memtray_command(), "start"])
        self._starts_at_login = self._platform.autostart_status()

    def _track(self, process: str) -> None:
        pid, _colon, started = process.partition(":")
        # Not only among those in the menu: who was there when it opened may have been overtaken.
        for use in self._sampler.read_all_processes():
            if (str(use.facts.key.pid), str(use.facts.key.started)) == (pid, started):
                name = make_target_name(process_label(use.facts.arguments, use.facts.name))
                add_target(
                    self._config_file,
                    TargetSettings(name=name, match=use.facts.command_line),
                )
                self._sampler.wake()
                return
        raise MemtrayError(_("That process has ended meanwhile."))

    # -- cleanup and snapshot

    def _clean(self, what: str) -> list[CleanupResult]:
        """Clean "app", "all" (targets) or "target:NAME" now. A background thread."""
        view = self._sampler.view
        return self._cleanups.clean(
            app=what == "app",
            targets=[
                target
                for target in (view.targets if view else ())
                if what in ("all", f"target:{target.name}", f"target:{base_name(target.name)}")
            ],
        )

    def _clean_and_tell(self, what: str) -> None:
        results = self._clean(what)
        if not results:
            raise MemtrayError(_("There is nothing to clean up: no such target."))
        self._tell(_("Memory cleanup"), "\n".join(result.sentence() for result in results))

    def _write_snapshot(self) -> Path:
        """Write what is known now to a file of its own. A background thread."""
        from trayapp.applet.snapshots import write_snapshot

        processes = self._sampler.read_all_processes()
        file = write_snapshot(self._paths.snapshots, self._status(), processes)
        self._sampler.record(
            Event(wall_seconds=time.time(), kind="snapshot", subject=APP, text=str(file))
        )
        return file

    # -- what commands ask

    def _answer(self, verb: str, arguments: Mapping[str, object]) -> Mapping[str, object]:
        """Answer a window. The control thread."""
        from trayapp.applet.control_verbs import Answers

        return Answers(self._sampler, self._config_file, self._controls).handlers()[verb](arguments)

    def _status(self) -> dict[str, object]:
        return status(self._sampler.view, self._controls()) | {
            "version": __version__,
            "started_at": self._started_wall_seconds,
            "interval_seconds": self._sampler.interval_seconds,
            "pace_reason": self._sampler.pace_reason,
            "sample_count": self._sampler.sample_count,
            "notifications": {"status": self._notifier.status, **self._counts.as_status()},
            "tray": {
                "visible": bool(self._host and self._host.visible),
                "shows": self._tray_memory.shown(self._settings_file.settings.icon.shows),
            },
        }

    def _fresh_status(self) -> dict[str, object]:
        """The status with every application as of now. A control worker's thread."""
        told = self._status()
        if self._sampler.view is not None:
            followed = {each.key: each for each in self._sampler.view.applications}
            told["applications"] = [
                application_status(use, followed.get(use.key))
                for use in self._sampler.read_applications()
            ]
        return told

    def _statistics(self) -> list[tuple[str, str]]:
        from trayapp.domain.showing.statistics import Totals, statistics_rows

        totals = Totals(
            running_seconds=time.time() - self._started_wall_seconds,
            sample_count=self._sampler.sample_count,
            interval_seconds=self._sampler.interval_seconds,
            pace_reason=self._sampler.pace_reason,
            sent_count=self._counts.sent,
            held_count=self._counts.held,
            shown_count=self._counts.shown,
            notification_status=self._notifier.status,
            store_bytes=self._sampler.store_bytes(),
            task_count=self._tasks.kept_count,
            left_out_task_count=self._tasks.left_out_count,
        )
        return statistics_rows(totals, self._sampler.view, self._cleanups.events)

    def _control_cleanup(self, arguments: Mapping[str, object]) -> dict[str, object]:
        wanted = arguments.get("targets")
        names = [str(name) for name in wanted] if isinstance(wanted, list) else []
        known = self._known_targets()
        for name in names:
            if name not in known:
                raise UsageError(_unknown_target(name, known))
        if arguments.get("all"):
            results = self._clean("app") + self._clean("all")
        elif names:
            results = [result for name in names for result in self._clean(f"target:{name}")]
        else:
            results = self._clean("app")
        return {"results": [_cleanup(result) for result in results]}

    def _known_targets(self) -> list[str]:
        view = self._sampler.view
        seen = [target.name for target in view.targets] if view else []
        written = [target.name for target in self._settings_file.settings.targets]
        # Of a target by value there are more than are written.
        return list(dict.fromkeys((*written, *seen)))

    def _control_alerts(self, arguments: Mapping[str, object]) -> dict[str, object]:
        what, target = arguments.get("what"), arguments.get("target")
        seconds = arguments.get("seconds")
        if what in ("ack", "resolve"):
            return self._settle(str(what), str(arguments.get("incident")))
        if what in ("on", "off"):
            self._switch(lambda _: Switches(off=what == "off"))
        elif what == "snooze" and isinstance(seconds, (int, float)):
            subject = str(target) if target is not None else None
            until = time.time() + float(seconds)
            for about in [None] if subject is None else self._abouts(subject):
                self._switch(partial(_snoozed, about=about, until=until))
        return {"alerts": self._status()["alerts"]}

    def _abouts(self, name: str) -> list[str]:
        """The keys of what goes by a name: a target, or where there is none, applications.

        Raises: UsageError if nothing does.
        """
        known = [SYSTEM, *self._known_targets()]
        if name in known:
            return [target_key(name)]
        view = self._sampler.view
        # One incident alone may be snoozed, too.
        abouts = [each.key for each in (view.incidents if view else ()) if each.key == name]
        abouts += [
            application_key(each.key)
            for each in (view.applications if view else ())
            if each.name == name and each.key is not None
        ]
        if not abouts:
            raise UsageError(_unknown_target(name, known))
        return abouts

    def _settle(self, what: str, wanted: str) -> dict[str, object]:
        """Acknowledge or resolve an incident by its key, or by its subject if that has only one."""
        view = self._sampler.view
        incidents = view.incidents if view else ()
        found = [each for each in incidents if each.key == wanted] or [
            each for each in incidents if each.subject == wanted
        ]
        if len(found) != 1:
            if not incidents:
                raise UsageError(_("There is no open incident."))
            keys = listed(each.key for each in incidents)
            text = _("There is no one incident {name}; open are {keys}.")
            raise UsageError(text.format(name=repr(wanted), keys=keys))
        settled = {"key": found[0].key, "title": found[0].title}
        if what == "resolve":
            self._sampler.resolve(found[0].key)
            return {"resolved": settled}
        self._sampler.acknowledge(found[0].key)
        return {"acknowledged": settled}

    def _control_debug(self, arguments: Mapping[str, object]) -> dict[str, object]:
        """Switch the debug log, or only tell whether it is on; it lasts until Memtray ends."""
        from trayapp.applet.debug_log import FILE_NAME, DebugLog

        what, debug = arguments.get("what"), self._sampler.debug
        if what == "on" and debug is None:
            self._sampler.debug = DebugLog(self._paths.data)
        elif what == "off" and debug is not None:
            self._sampler.debug = None
            debug.end()
        return {
            "on": self._sampler.debug is not None,
            "file": str(self._paths.data / FILE_NAME),
        }

    def _control_quit(self) -> dict[str, object]:
        # After the answer has left: the socket is closed by stopping.
        threading.Timer(0.1, self.stop).start()
        return {"quitting": True}

    # -- windows

    def _open_incident(self, incident: Incident | None = None) -> None:
        """Show the trends of what an incident is about, at the moment when it began."""
        if incident is None:
            self._open_window("trends")
            return
        about = incident.identity
        subject = about if about == MEMTRAY else target_of(about)
        arguments = [subject] if subject in (MEMTRAY, *self._known_targets()) else []
        moment = f"{incident.since_wall_seconds:.0f}"
        self._open_window("trends", *filter(None, arguments), options=("--at", moment))

    def _open_window(self, verb: str, *arguments: str, options: Sequence[str] = ()) -> None:
        """Start a window in a child process. Any thread; takes a millisecond or two."""
        try:
            self._children.open(verb, *arguments, options=options)
        except MemtrayError as error:
            self._tell("Memtray", str(error))

    def _change_profile(self, name: str) -> None:
        """Start the Memtray of another profile, and end this one when that runs."""
        if name != self._profile:
            start_profile(name)
            self.stop()

    def _reset_places(self) -> None:
        """Put windows that remember where they were back to where they begin."""
        from trayapp.windows.compact import reset_place
        from trayapp.windows.geometry import forget_sizes

        forget_sizes(self._paths.windows)
        reset_place(self._paths.windows / "compact.json", self._paths.runtime)

    def _notify_by_icon(self, title: str, text: str) -> None:
        if self._host is None:
            raise MemtrayError(_("no tray icon to notify by"))
        self._host.notify(title, text)


class _LogHandler(logging.Handler):
    """Sends what modules log to Memtray's log file."""

    def __init__(self, file: LogFile) -> None:
        super().__init__()
        self._file = file

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record. Any thread."""
        self._file.append(self.format(record))


def _icon_file(name: str = "memtray.png") -> Path | None:
    """One of the application's own pictures: in the package when installed, in a checkout else."""
    for folder in (Path(__file__).parent.parent / "_icons", package_parent() / "icons"):
        file = folder / name
        if file.is_file():
            return file
    return None


def _menu_pictures() -> dict[Level, bytes]:
    """The marks of levels in the menu; those that are missing are words there."""
    pictures = {}
    for level in (Level.WARNING, Level.CRITICAL, Level.EMERGENCY):
        file = _icon_file(f"menu-{level.label}.png")
        if file is not None:
            with contextlib.suppress(OSError):
                pictures[level] = file.read_bytes()
    return pictures


def _sentence(text: object) -> str:
    line = str(text).rstrip(".。")
    # Translators: what ends a sentence.
    return f"{line[:1].upper()}{line[1:]}" + _(".")


def _is_moment(incident: Incident) -> bool:
    return incident.key.partition(":")[0] in _MOMENTS


def _banner_key(incident: Incident) -> str:
    """What is related shares a banner: all about one target, all about the machine.

    What has merely happened has one of its own, lest it replaces what goes on.
    """
    return incident.key if _is_moment(incident) else f"about:{incident.identity}"


def _over(banner_key: str, announcement: Announcement, wall_seconds: float) -> Banner:
    """What its banner says when an incident has ended."""
    incident, reason = announcement.incident, announcement.reason
    if not reason.startswith(incident.subject):
        # A name stays as it is written.
        reason = f"{reason[:1].upper()}{reason[1:]}"
    lasted = format_duration(max(0.0, wall_seconds - incident.since_wall_seconds))
    text = _("It lasted {time}.")
    if reason:
        # Translators: how an alert ended, such as "postgres is not running any more".
        text = _("{reason}. It lasted {time}.")
    return Banner(
        key=banner_key,
        title=_("Over: {title}").format(title=incident.title),
        body=text.format(reason=reason, time=lasted),
        level=Level.NORMAL,
    )


def _recent_line(event: Event) -> str:
    moment = time.localtime(event.wall_seconds)
    # Translators: an alert and when it was told, such as "Mon 14:05  Memory is short".
    text = _("{weekday} {time}  {title}")
    if event.data.get("what") == "resolved":
        text = _("{weekday} {time}  {title} (over)")
    return text.format(
        weekday=weekday_name(moment.tm_wday),
        time=time.strftime("%H:%M", moment),
        title=event.text,
    )


def _cleanup(result: CleanupResult) -> dict[str, object]:
    return {
        "subject": result.subject,
        "before_bytes": result.before_bytes,
        "after_bytes": result.after_bytes,
        "freed_bytes": result.freed_bytes,
        "note": result.note or None,
        "text": result.sentence(),
    }


def _snoozed(switches: Switches, about: str | None, until: float) -> Switches:
    return switches.snoozed(about, until)


def _unknown_target(name: str, known: Sequence[str]) -> str:
    import difflib

    near = difflib.get_close_matches(name, known, n=1)
    hint = _("Did you mean {name}?").format(name=repr(near[0])) if near else ""
    return paragraph(_("There is no target {name}.").format(name=repr(name)), hint)
