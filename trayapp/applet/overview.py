"""What the applet knows at this moment, for the menu, `status`, `statistics` and snapshots."""

from __future__ import annotations

import time
from pathlib import Path

from trayapp import __version__
from trayapp.applet.parts import Parts
from trayapp.applet.profiles import known_profiles, present_profile
from trayapp.dataclass import asdict
from trayapp.domain.acting.cleanups import APP
from trayapp.domain.judging.view import Controls, RecentAlert
from trayapp.domain.records.identity import about_of
from trayapp.domain.records.series import Event
from trayapp.domain.showing.icon import color_problems
from trayapp.domain.showing.status import application_status, status
from trayapp.errors import MemtrayError
from trayapp.language.catalogue import _
from trayapp.language.dates import weekday_name
from trayapp.platforms.protection import present_protection
from trayapp.windows import WINDOWS

_MENU_WINDOWS = tuple((window.verb, window.title) for window in WINDOWS if window.title)


class Overview:
    """Gathers from all parts of the applet. Any thread but the sampler's, unless said otherwise."""

    def __init__(self, parts: Parts) -> None:
        self._started_wall_seconds = time.time()
        self._parts = parts
        self._sampler = parts.sampler
        self._profile = present_profile()
        self._recent: tuple[tuple[Event, ...], tuple[RecentAlert, ...]] = (), ()

    def controls(self) -> Controls:
        """Return what is switched and set. Any thread."""
        icon = self._parts.settings_file.settings.icon
        icon_problems = color_problems(icon.palette, icon.colors, icon.panel)
        return Controls(
            paused=self._sampler.paused,
            quiet=self._sampler.quiet,
            starts_at_login=self._parts.switches.starts_at_login,
            recent_alerts=self._recent_alerts(),
            advice_count=len(self._parts.advisor.advice),
            icon_shows=self._parts.switches.icon_shows,
            icon_palette=icon.palette,
            icon_colors=icon.colors,
            icon_panel=icon.panel,
            icon_number=icon.number,
            icon_scale=icon.scale,
            windows=_MENU_WINDOWS,
            profile=self._profile,
            profiles=known_profiles() if self._parts.trays.has_icon else (),
            programs=self._parts.programs.known,
            is_stalled=self._parts.watchdog.stalled_since is not None,
            is_hanging=bool(self._parts.watchdog.hanging),
            problems=(
                *self._parts.watchdog.problems,
                *self._sampler.problems,
                *self._parts.forwarding.problems,
                *icon_problems,
            ),
        )

    def status(self, *, fresh: bool = False) -> dict[str, object]:
        """Return the status as JSON; with `fresh`, every application as of now."""
        view = self._sampler.view
        told = status(view, self.controls()) | {
            "version": __version__,
            "started_at": self._started_wall_seconds,
            "interval_seconds": self._sampler.interval_seconds,
            "pace_reason": self._sampler.pace_reason,
            "sample_count": self._sampler.sample_count,
            "protection": asdict(present_protection()),
            "stalled_since": self._parts.watchdog.stalled_since,
            "hanging": list(self._parts.watchdog.hanging),
            "notifications": {
                "status": self._parts.banners.notifier.status,
                **self._parts.banners.counts.as_status(),
            },
            "tray": {
                "visible": bool(self._parts.trays.is_visible),
                "shows": self._parts.switches.icon_shows,
            },
        }
        if fresh and view is not None and self._parts.watchdog.stalled_since is None:
            followed = {each.key: each for each in view.applications}
            told["applications"] = [
                application_status(use, followed.get(use.key))
                for use in self._sampler.read_applications()
            ]
        return told

    def live(self) -> dict[str, object]:
        """Return what followers are sent, from the latest sample alone. Also the sampler's."""
        from trayapp.domain.showing.live_status import live_status

        return live_status(self._sampler.view, self.controls())

    def statistics(self) -> list[tuple[str, str]]:
        """Return rows of label and value."""
        from trayapp.domain.showing.statistics import Totals, statistics_rows

        totals = Totals(
            running_seconds=time.time() - self._started_wall_seconds,
            sample_count=self._sampler.sample_count,
            interval_seconds=self._sampler.interval_seconds,
            pace_reason=self._sampler.pace_reason,
            sent_count=self._parts.banners.counts.sent,
            held_count=self._parts.banners.counts.held,
            shown_count=self._parts.banners.counts.shown,
            notification_status=self._parts.banners.notifier.status,
            store_bytes=self._sampler.store_bytes(),
            task_count=self._parts.tasks.kept_count,
            left_out_task_count=self._parts.tasks.left_out_count,
        )
        return statistics_rows(totals, self._sampler.view, self._parts.cleanups.events)

    def write_snapshot(self) -> Path:
        """Write what is known now to a file of its own, and return it. A background thread.

        Raises: MemtrayError.
        """
        from trayapp.applet.snapshots import write_snapshot

        processes = self._sampler.read_all_processes()
        folder = self._parts.paths.snapshots
        try:
            file = write_snapshot(folder, self.status(), processes)
        except OSError as error:
            text = _("Cannot save a snapshot in {folder}: {reason}")
            raise MemtrayError(text.format(folder=folder, reason=error.strerror)) from error
        self._sampler.record(
            Event(wall_seconds=time.time(), kind="snapshot", subject=APP, text=str(file))
        )
        return file

    def target_names(self) -> list[str]:
        """Return the targets of the settings, and those that were seen. Any thread."""
        view = self._sampler.view
        seen = [target.name for target in view.targets] if view else []
        written = [target.name for target in self._parts.settings_file.settings.targets]
        # Of a target by value there are more than are written.
        return list(dict.fromkeys((*written, *seen)))

    def _recent_alerts(self) -> tuple[RecentAlert, ...]:
        events, alerts = self._recent
        if events is not self._sampler.recent_alerts:
            events = self._sampler.recent_alerts
            alerts = tuple(map(_recent_alert, reversed(events)))
            self._recent = events, alerts
        return alerts


def _recent_alert(event: Event) -> RecentAlert:
    moment = time.localtime(event.wall_seconds)
    # Translators: an alert and when it was told, such as "Mon 14:05  Memory is short".
    text = _("{weekday} {time}  {title}")
    if event.data.get("what") == "resolved":
        text = _("{weekday} {time}  {title} (resolved)")
    line = text.format(
        weekday=weekday_name(moment.tm_wday), time=time.strftime("%H:%M", moment), title=event.text
    )
    return RecentAlert(line, event.wall_seconds, about_of(event))
