"""What the person switches while Memtray runs, and what of it outlives a restart."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from trayapp.applet.children import lasting_command
from trayapp.applet.sampler import Sampler
from trayapp.applet.state import (
    Switches,
    load_switches,
    load_tray_memory,
    save_switches,
    save_tray_memory,
)
from trayapp.dataclass import replace
from trayapp.language.catalogue import _
from trayapp.language.units import parse_duration
from trayapp.log import Log
from trayapp.paths import Paths
from trayapp.platforms.platform import Platform
from trayapp.settings.file import SettingsFile

_log = Log(__name__)


class SwitchBoard:
    """Pause, alerts, snoozes, start at login, and what the icon shows. Any thread."""

    def __init__(
        self,
        paths: Paths,
        settings_file: SettingsFile,
        sampler: Sampler,
        platform: Platform,
        on_change: Callable[[], None],
    ) -> None:
        """Read what was switched before; `on_change` shows what is switched from now on."""
        self._paths = paths
        self._settings_file = settings_file
        self._sampler = sampler
        self._platform = platform
        self._on_change = on_change
        self._switches = load_switches(paths.state_file).without_past(time.time())
        self._switch_lock = threading.Lock()
        self.unkept = ""
        """What a person is told where the last switch of alerts could not be kept on disk."""
        self._alerts_enabled = settings_file.settings.alerts.enabled
        self._tray_memory = load_tray_memory(paths.tray_file)
        self._tray_lock = threading.Lock()
        self.starts_at_login = platform.autostart_status()
        sampler.quiet = self._switches.quiet(self._alerts_enabled)

    def follow_settings(self) -> None:
        """Forget the switch of alerts once the settings say otherwise. The sampler thread."""
        enabled = self._settings_file.settings.alerts.enabled
        if enabled != self._alerts_enabled:
            # The settings were edited after the menu was used: the last word counts.
            self._alerts_enabled = enabled
            self._switch(lambda switches: replace(switches, off=None))

    def set_paused(self, paused: bool) -> None:
        self._sampler.paused = paused
        self._sampler.wake()
        self._on_change()

    def set_alerts(self, choice: str) -> None:
        """Follow the menu: "on", "off", or "snooze:" and one of its durations."""
        from trayapp.domain.showing.tray_menu import SNOOZE_CHOICES

        verb, _colon, duration = choice.partition(":")
        if verb == "snooze" and duration in dict(SNOOZE_CHOICES):
            self.snooze(None, parse_duration(duration))
        elif verb in ("on", "off"):
            self._switch(lambda _before: Switches(off=verb == "off"))

    def snooze(self, about: str | None, seconds: float) -> None:
        """Hold the alerts about a subject or one incident, by its key; None: all alerts."""
        until = time.time() + seconds
        self._switch(lambda switches: switches.snoozed(about, until))

    def _switch(self, change: Callable[[Switches], Switches]) -> None:
        with self._switch_lock:
            self._switches = change(self._switches).without_past(time.time())
            self._sampler.quiet = self._switches.quiet(self._alerts_enabled)
            try:
                save_switches(self._paths.state_file, self._switches)
                self.unkept = ""
            except OSError as error:
                _log.error("snoozes will not outlive a restart: %s", error)
                text = _("Alerts changed, but only until Memtray restarts: {reason}")
                self.unkept = text.format(reason=error.strerror)
        self._sampler.wake()
        self._on_change()

    def toggle_autostart(self) -> None:
        """Start at login from now on, or no longer. Raises: PlatformError, OSError."""
        if self.starts_at_login:
            self._platform.autostart_disable()
        else:
            self._platform.autostart_enable([*lasting_command(), "start"])
        self.starts_at_login = self._platform.autostart_status()

    def renew_autostart(self) -> None:
        """Bring what starts at login up to date, where nobody else has changed it.

        Raises: PlatformError.
        """
        if self.starts_at_login and self._platform.autostart_renew([*lasting_command(), "start"]):
            _log.warning("what starts Memtray at login was written anew, as this version does it")

    @property
    def icon_shows(self) -> str:
        """What the icon shows now."""
        return self._tray_memory.shown(self._settings_file.settings.icon.shows)

    def show_next(self, steps: int) -> None:
        """Let the icon show what comes next, or before, for as long as the settings stay."""
        from trayapp.domain.showing.tray import shown_choices

        by_settings = self._settings_file.settings.icon.shows
        choices = shown_choices(self._sampler.view, by_settings)
        place = choices.index(self.icon_shows) if self.icon_shows in choices else 0
        with self._tray_lock:
            self._remember(shows=choices[(place + steps) % len(choices)], instead_of=by_settings)
        self._on_change()

    def note_told(self, what: str) -> bool:
        """Note that something is said now that is said once; False if it has been said before."""
        with self._tray_lock:
            if what in self._tray_memory.told:
                return False
            self._remember(told=self._tray_memory.told | {what})
        return True

    def _remember(self, **changes: Any) -> None:
        self._tray_memory = replace(self._tray_memory, **changes)
        try:
            save_tray_memory(self._paths.tray_file, self._tray_memory)
        except OSError as error:
            _log.error("what the icon shows will not outlive a restart: %s", error)
