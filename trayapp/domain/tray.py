"""The tray computed from a view: what the icon shows, the tooltip, and every line of the menu."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from trayapp.domain.application_trends import ApplicationView
from trayapp.domain.bars import share_heights, sparkline, zoomed_heights
from trayapp.domain.incidents import Incident
from trayapp.domain.levels import Level
from trayapp.domain.menu import IconPicture, MenuEntry, TrayState
from trayapp.domain.names import process_label, short_name
from trayapp.domain.samples import AppSample, ProcessUse, SystemSample
from trayapp.domain.units import format_percent, format_rate, format_size, parse_duration
from trayapp.domain.view import Controls, TargetView, View

FLAT_BYTES_PER_SECOND = 5_000.0
_MOST_TARGETS = 20
_MOST_INCIDENTS = 3
_MOST_APPLICATIONS, _LEAST_APPLICATIONS = 5, 2
SNOOZE_CHOICES = (("15min", "Snoozed for 15 minutes"), ("1h", "Snoozed for 1 hour"))


def tray_state(view: View | None, controls: Controls) -> TrayState:
    """Everything the tray shows; `view` is None until the first sample."""
    return TrayState(
        picture=icon_picture(view, controls),
        tooltip=tooltip(view, controls),
        menu=partial(menu, view, controls),
        rows=_rows(view, controls),
        marks=_marks(view, controls),
        attention=view is not None
        and any(
            incident.level >= Level.CRITICAL and not incident.acknowledged
            for incident in view.incidents
            if incident.phase == "active"
        ),
    )


def icon_picture(view: View | None, controls: Controls) -> IconPicture:
    """Ten bars of what the icon shows, and how bad the worst open incident is."""
    if view is None:
        return IconPicture(
            heights=(None,) * 10, paused=controls.paused, palette=controls.icon_palette
        )
    active = (incident.level for incident in view.incidents if incident.phase == "active")
    level = max(active, default=Level.NORMAL)
    heights = share_heights(view.system_bars, view.system.total_bytes)
    if controls.icon_shows == "memtray":
        heights = zoomed_heights(view.app_bars)
    for target in view.targets:
        if target.name == controls.icon_shows:
            heights = _target_heights(target)
    return IconPicture(
        heights=heights, level=level, paused=controls.paused, palette=controls.icon_palette
    )


def tooltip(view: View | None, controls: Controls) -> str:
    """Current figures, one line each: the machine, each target, what is wrong."""
    if view is None:
        return "Memtray\nWaiting for the first sample"
    lines = ["Memtray – paused" if controls.paused else "Memtray", system_line(view.system)]
    lines += [_figures(target) for target in view.targets[:_MOST_TARGETS]]
    lines += [incident_line(incident) for incident in view.incidents[:_MOST_INCIDENTS]]
    return "\n".join(lines)


def menu(view: View | None, controls: Controls) -> tuple[MenuEntry, ...]:
    """The whole menu; every label is current as of `view`."""
    return (
        *_summary(view, controls),
        _separator("summary"),
        MenuEntry(key="trends", label="Memory trends…", default=True, enabled=view is not None),
        MenuEntry(key="statistics", label="Statistics…", enabled=view is not None),
        _separator("windows"),
        MenuEntry(key="pause", label="Start tracking" if controls.paused else "Pause tracking"),
        MenuEntry(key="snapshot", label="Snapshot now", enabled=view is not None),
        _cleanup_menu(view),
        _alerts_menu(view, controls),
        _recent_menu(controls),
        _track_menu(view.largest if view else ()),
        _separator("actions"),
        MenuEntry(key="settings", label="Settings…"),
        MenuEntry(
            key="autostart", label="Start at login", kind="check", checked=controls.starts_at_login
        ),
        _separator("settings"),
        MenuEntry(key="quit", label="Quit Memtray"),
    )


def system_line(system: SystemSample) -> str:
    """One line about the machine: "Memory 42 % – 9.10 GiB of 15.6 GiB available"."""
    line = (
        f"Memory {format_percent(system.used_bytes / system.total_bytes)} – "
        f"{format_size(system.available_bytes)} of {format_size(system.total_bytes)} available"
    )
    if system.swap_used_bytes:
        line += f", swap {format_size(system.swap_used_bytes)}"
    return line


def app_line(app: AppSample) -> str:
    """One line about Memtray itself, the kind of figure named."""
    kind, size = ("private", app.uss_bytes) if app.uss_bytes else ("resident", app.rss_bytes)
    cpu = "–" if app.cpu_percent is None else f"{app.cpu_percent:.1f} %"
    return f"Memtray itself: {format_size(size)} {kind}, {cpu} CPU"


def target_line(target: TargetView) -> str:
    """One line about a target: name, ten bars, size, arrow and rate."""
    if not target.pids:
        return f"{short_name(target.name)} – not running"
    mark = "⚠ " if target.level > Level.NORMAL else ""
    bars = sparkline(zoomed_heights(target.bars))
    return f"{mark}{short_name(target.name)}  {bars}  {_size_and_rate(target)}"


def application_line(application: ApplicationView) -> str:
    """One line about an application: name, number of processes, ten bars, size, arrow, rate."""
    count = len(application.pids)
    several = f" ×{count}" if count > 1 else ""
    bars = sparkline(zoomed_heights(application.bars))
    size = f"{format_size(application.rss_bytes)} RSS"
    mark = "⚠ " if application.level > Level.NORMAL else ""
    name = f"{mark}{short_name(application.name)}{several}"
    return f"{name}  {bars}  {size} {_trend(application.slope_bytes_per_second)}"


def incident_line(incident: Incident) -> str:
    """One line about an incident, marked by how it stands."""
    if incident.phase == "recovering":
        return f"✓ {incident.title} (over, it seems)"
    mark = "?" if incident.phase == "unknown" else "⚠"
    known = ", acknowledged" if incident.acknowledged else ""
    return f"{mark} {incident.title}{known}"


def trend_arrow(bytes_per_second: float | None) -> str:
    """Up, down or level; a dash while unknown. Below 5 KB/s counts as level."""
    if bytes_per_second is None:
        return "–"
    if abs(bytes_per_second) < FLAT_BYTES_PER_SECOND:
        return "→"
    return "↗" if bytes_per_second > 0 else "↘"


def _summary(view: View | None, controls: Controls) -> Iterable[MenuEntry]:
    if view is None:
        label = "Tracking is paused" if controls.paused else "Waiting for the first sample…"
        yield MenuEntry(key="system", label=label, kind="text")
        return
    paused = "Paused: " if controls.paused else ""
    yield MenuEntry(key="system", label=paused + system_line(view.system), kind="text")
    for problem in controls.problems:
        yield MenuEntry(key=f"problem:{problem}", label=f"⚠ {problem}", kind="text")
    for incident in view.incidents[:_MOST_INCIDENTS]:
        yield _incident_menu(incident)
    for target in view.targets[:_MOST_TARGETS]:
        yield MenuEntry(
            key=f"target:{target.name}", label=target_line(target) + _slack(target.bars)
        )
    if len(view.targets) > _MOST_TARGETS:
        more = len(view.targets) - _MOST_TARGETS
        yield MenuEntry(key="more", label=f"and {more} more…")
    if view.applications:
        yield _separator("targets")
    for application in _shown_applications(view):
        yield MenuEntry(key=f"application:{application.name}", label=application_line(application))
    if view.applications:
        yield _separator("applications")
    yield MenuEntry(key="app", label=app_line(view.app), kind="text")


def _incident_menu(incident: Incident) -> MenuEntry:
    key = incident.key
    return MenuEntry(
        key=f"about:{key}",
        label=incident_line(incident),
        kind="submenu",
        children=(
            MenuEntry(key=f"incident:{key}", label="Trends…"),
            MenuEntry(
                key=f"acknowledge:{key}", label="Acknowledge", enabled=not incident.acknowledged
            ),
            MenuEntry(key=f"snooze:{key}", label="Snooze for 1 hour"),
        ),
    )


def _recent_menu(controls: Controls) -> MenuEntry:
    recent = controls.recent_alerts
    return MenuEntry(
        key="recent",
        label="Recent alerts",
        kind="submenu",
        enabled=bool(recent),
        children=tuple(
            MenuEntry(key=f"recent:{number}", label=text, kind="text")
            for number, text in enumerate(recent)
        ),
    )


def _shown_applications(view: View) -> tuple[ApplicationView, ...]:
    """The largest few, fewer beside many targets: the menu is to fit the screen."""
    return view.applications[: max(_LEAST_APPLICATIONS, _MOST_APPLICATIONS - len(view.targets))]


def _rows(view: View | None, controls: Controls) -> tuple[str, ...]:
    """What `_summary` makes a line of."""
    if view is None:
        return ()
    return (
        *controls.problems,
        *(incident.key for incident in view.incidents[:_MOST_INCIDENTS]),
        *(target.name for target in view.targets),
        *(application.name for application in _shown_applications(view)),
    )


def _marks(view: View | None, controls: Controls) -> tuple[object, ...]:
    """What makes entries of `menu` appear, be marked or be enabled, apart from its rows."""
    return (
        view is None,
        controls.paused,
        controls.starts_at_login,
        len(controls.recent_alerts),
        _chosen_quiet(view, controls),
        tuple(bool(target.pids) for target in view.targets) if view else (),
        tuple(use.facts.key for use in view.largest) if view else (),
    )


def _cleanup_menu(view: View | None) -> MenuEntry:
    targets = view.targets[:_MOST_TARGETS] if view else ()
    return MenuEntry(
        key="cleanup",
        label="Force memory cleanup",
        kind="submenu",
        children=(
            MenuEntry(key="cleanup:app", label="This app"),
            *(
                MenuEntry(
                    key=f"cleanup:target:{target.name}",
                    label=short_name(target.name),
                    enabled=bool(target.pids),
                )
                for target in targets
            ),
            MenuEntry(
                key="cleanup:all",
                label="All targets",
                enabled=any(target.pids for target in targets),
            ),
        ),
    )


def _chosen_quiet(view: View | None, controls: Controls) -> str:
    """Which of the alert choices is in force: "on", "off", or the key of a snooze."""
    quiet, now = controls.quiet, view.wall_seconds if view else 0.0
    until = quiet.all_until_wall_seconds
    if quiet.off:
        return "off"
    if until is None or until <= now:
        return "on"
    # The choice that fits what is left: 40 minutes left is still the hour's snooze.
    return next((key for key, _ in SNOOZE_CHOICES if until - now <= parse_duration(key)), "1h")


def _alerts_menu(view: View | None, controls: Controls) -> MenuEntry:
    chosen = _chosen_quiet(view, controls)
    choices = (
        ("on", "alerts:on", "On"),
        *((key, f"alerts:snooze:{key}", label) for key, label in SNOOZE_CHOICES),
        ("off", "alerts:off", "Off"),
    )
    return MenuEntry(
        key="alerts",
        label="Alerts",
        kind="submenu",
        children=tuple(
            MenuEntry(key=key, label=label, kind="radio", checked=choice == chosen)
            for choice, key, label in choices
        ),
    )


def _track_menu(largest: Sequence[ProcessUse]) -> MenuEntry:
    return MenuEntry(
        key="track",
        label="Track a process…",
        kind="submenu",
        enabled=bool(largest),
        children=tuple(
            MenuEntry(
                key=f"track:{use.facts.key.pid}:{use.facts.key.started}",
                label=f"{process_label(use.facts.arguments, use.facts.name)}  "
                f"{format_size(use.rss_bytes)}  (pid {use.facts.key.pid})",
            )
            for use in largest
        ),
    )


def _figures(target: TargetView) -> str:
    if not target.pids:
        return f"{short_name(target.name)}: not running"
    return f"{short_name(target.name)}: {_size_and_rate(target)}"


def _size_and_rate(target: TargetView) -> str:
    size = "–" if target.rss_bytes is None else f"{format_size(target.rss_bytes)} RSS"
    if target.has_own_limit and target.limit_share is not None:
        size += f" ({format_percent(target.limit_share)} of limit)"
    return f"{size} {_trend(target.slope_bytes_per_second)}"


def _slack(bars: Sequence[float | None]) -> str:
    """Room at the end of a line for what it will be: a tray may not widen a menu that is open.

    The dot of an unknown bar is about a space narrower than a bar, and figures get longer.
    """
    return "\u00a0" * (3 + sum(bar is None for bar in bars))


def _trend(bytes_per_second: float | None) -> str:
    if bytes_per_second is None:
        return "–"
    return f"{trend_arrow(bytes_per_second)} {format_rate(bytes_per_second)}"


def _target_heights(target: TargetView) -> tuple[int | None, ...]:
    if target.limit_bytes and target.limit_source == "settings":
        return share_heights(target.bars, target.limit_bytes)
    return zoomed_heights(target.bars)


def _separator(after: str) -> MenuEntry:
    return MenuEntry(key=f"separator:{after}", kind="separator")
