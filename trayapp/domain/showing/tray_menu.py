"""The tray's menu, computed from a view: at most 14 entries beside the programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from trayapp.domain.judging.alerting import Incident
from trayapp.domain.judging.view import Controls, View
from trayapp.domain.records.identity import is_application, is_outside
from trayapp.domain.records.levels import Level
from trayapp.domain.records.names import has_name, process_label, shown_name
from trayapp.domain.records.samples import ProcessFacts, ProcessKey
from trayapp.domain.showing.lines import (
    health_line,
    incident_label,
    incident_level,
    pace_line,
    system_line,
)
from trayapp.domain.showing.menu import TEXT_MARK, MenuEntry
from trayapp.domain.showing.program_rows import alert_entries, program_rows, size_cell
from trayapp.language.catalogue import N_, _, format_count
from trayapp.language.units import parse_duration

MOST_TARGETS = 20
_MOST_TARGETS_IF_SHORT = 3
MOST_INCIDENTS = 3
_ADVICE = "advice"
"""A window at the top level while there is advice."""
_FIRST_WINDOW = "table"
"""Beside the trends the only window at the top level."""
SNOOZE_CHOICES = (("15min", N_("Snooze for 15 minutes")), ("1h", N_("Snooze for 1 hour")))


def menu(view: View | None, controls: Controls, *, is_short: bool = False) -> tuple[MenuEntry, ...]:
    """The whole menu; every label is current as of `view`.

    is_short: with few rows at the top level, what is used least below one of them.
    """
    known = view is not None
    windows = [
        MenuEntry(key=key, label=_window_label(key, label, controls), enabled=known)
        for key, label in controls.windows
    ]
    at_top = (_FIRST_WINDOW, _ADVICE) if controls.advice_count else (_FIRST_WINDOW,)
    first = [window for window in windows if window.key in at_top]
    others = [window for window in windows if window.key not in at_top]
    pause_label = _("Resume") if controls.paused else _("Pause")
    pause = MenuEntry(key="pause", label=pause_label)
    track = _track_menu(view)
    settings = MenuEntry(key="settings", label=_("Settings…"))
    about = MenuEntry(key="about", label=_("About Memtray…"))
    moved = (pause, settings, about) if is_short else ()
    rest = (*others, _separator("windows"), *_rest(view, controls), *moved)
    more = MenuEntry(key="others", label=_("More"), kind="submenu", children=rest)
    alerts = (_alerts_menu(view, controls), _recent_menu(controls))
    tail = (
        (track, more) if is_short else (track, pause, _separator("actions"), more, settings, about)
    )
    return (
        *_summary(view, controls, _MOST_TARGETS_IF_SHORT if is_short else MOST_TARGETS),
        _separator("summary"),
        MenuEntry(key="trends", label=_("Trends…"), default=True, enabled=known),
        *first,
        _separator("trends"),
        *alerts,
        *tail,
        *_profile_menu(controls),
        MenuEntry(key="quit", label=_("Quit Memtray")),
    )


def _window_label(key: str, label: str, controls: Controls) -> str:
    if key != _ADVICE or not controls.advice_count:
        return _(label)
    # Translators: an entry of the menu, with how many pieces of advice there are.
    return _("Advice ({count})…").format(count=format_count(controls.advice_count))


def _rest(view: View | None, controls: Controls) -> Iterable[MenuEntry]:
    """Yield what is used least."""
    is_tracked = bool(view and any(target.pids for target in view.targets))
    yield MenuEntry(
        key="cleanup:all", label=_("Free memory of tracked programs"), enabled=is_tracked
    )
    yield MenuEntry(key="snapshot", label=_("Take a snapshot"), enabled=view is not None)
    yield MenuEntry(
        key="autostart", label=_("Start at login"), kind="check", checked=controls.starts_at_login
    )
    yield MenuEntry(key="places", label=_("Reset window positions"))


def _summary(view: View | None, controls: Controls, most_targets: int) -> Iterable[MenuEntry]:
    if view is None:
        label = _("Sampling is paused") if controls.paused else _("Waiting for the first sample…")
        yield MenuEntry(key="system", label=label, kind="text")
        yield from _problem_lines(controls)
        return
    line = system_line(view.system)
    if controls.paused:
        line = _("Paused: {line}").format(line=line)
    yield MenuEntry(key="system", label=line, kind="text")
    if view.health is not None and not view.health.is_good:
        yield MenuEntry(key="health", label=health_line(view.health), kind="text")
    yield from _problem_lines(controls)
    if pace := pace_line(view):
        yield MenuEntry(key="pace", label=pace, kind="text")
    for incident in view.incidents[:MOST_INCIDENTS]:
        yield _incident_menu(incident, view, controls)
    yield from program_rows(view, controls, view.targets[:most_targets])
    if len(view.targets) > most_targets:
        more = len(view.targets) - most_targets
        yield MenuEntry(key="more", label=_("and {count} more…").format(count=format_count(more)))


def _problem_lines(controls: Controls) -> Iterable[MenuEntry]:
    for problem in controls.problems:
        yield MenuEntry(key=f"problem:{problem}", label=TEXT_MARK + problem, kind="text")


def _incident_menu(incident: Incident, view: View, controls: Controls) -> MenuEntry:
    key = incident.key
    return MenuEntry(
        key=f"about:{key}",
        label=incident_label(incident),
        kind="submenu",
        spoken=_spoken(incident),
        level=incident_level(incident),
        children=(
            *_alert_trends(incident),
            *alert_entries(incident, view, controls),
            MenuEntry(
                key=f"acknowledge:{key}", label=_("Acknowledge"), enabled=not incident.acknowledged
            ),
            MenuEntry(key=f"snooze:{key}", label=_("Snooze for 1 hour")),
            MenuEntry(key=f"resolve:{key}", label=_("Mark as resolved")),
        ),
    )


def _alert_trends(incident: Incident) -> Iterable[MenuEntry]:
    if is_outside(incident.identity):
        yield MenuEntry(key=f"incident:{incident.key}", label=_("Where memory goes…"))
    # Of what is not tracked, its details have them.
    elif not is_application(incident.identity):
        yield MenuEntry(key=f"incident:{incident.key}", label=_("Trends…"))


def _spoken(incident: Incident) -> str:
    """Return what a screen reader says where others see a mark."""
    if incident.level == Level.NORMAL:
        return incident.title
    return _("{level}: {title}").format(level=incident.level.said, title=incident.title)


def _recent_menu(controls: Controls) -> MenuEntry:
    recent = controls.recent_alerts
    return MenuEntry(
        key="recent",
        label=_("Recent alerts"),
        kind="submenu",
        children=tuple(
            MenuEntry(key=f"recent:{number}:{alert.key}", label=alert.text)
            for number, alert in enumerate(recent)
        )
        or (MenuEntry(key="no-alerts", label=_("No alerts yet"), kind="text"),),
    )


def chosen_quiet(view: View | None, controls: Controls) -> str:
    """Which of the alert choices is in force: "on", "off", or the key of a snooze."""
    quiet, now = controls.quiet, view.wall_seconds if view else 0.0
    until = quiet.all_until_wall_seconds
    if quiet.off:
        return "off"
    if until is None or until <= now:
        return "on"
    # The choice that fits what is left: 40 minutes left is still the hour's snooze.
    return next(
        (each[0] for each in SNOOZE_CHOICES if until - now <= parse_duration(each[0])), "1h"
    )


def _alerts_menu(view: View | None, controls: Controls) -> MenuEntry:
    chosen = chosen_quiet(view, controls)
    choices = (
        ("on", "alerts:on", _("On")),
        *((key, f"alerts:snooze:{key}", _(label)) for key, label in SNOOZE_CHOICES),
        ("off", "alerts:off", _("Off")),
    )
    return MenuEntry(
        key="alerts",
        label=_("Alerts"),
        kind="submenu",
        children=tuple(
            MenuEntry(key=key, label=label, kind="radio", checked=choice == chosen)
            for choice, key, label in choices
        ),
    )


def _profile_menu(controls: Controls) -> Iterable[MenuEntry]:
    """Settings and history of their own; nothing where there is but one."""
    if controls.profiles:
        yield MenuEntry(
            key="profiles",
            label=_("Profile"),
            kind="submenu",
            children=tuple(
                MenuEntry(
                    key=f"profile:{name}",
                    label=_("Default") if name == "default" else name,
                    kind="radio",
                    checked=name == controls.profile,
                )
                for name in controls.profiles
            ),
        )


def _track_menu(view: View | None) -> MenuEntry:
    largest = sorted(view.largest, key=lambda use: -use.rss_bytes) if view else ()
    applications = view.applications if view else ()
    names = {key: application.name for application in applications for key in application.keys}
    return MenuEntry(
        key="track",
        label=_("Track a process…"),
        kind="submenu",
        enabled=bool(largest),
        children=tuple(
            MenuEntry(
                key=f"track:{use.facts.key.pid}:{use.facts.key.started}",
                # Translators: a process that can be chosen.
                label=_("{size}  {name}  (pid {pid})").format(
                    size=size_cell(use.rss_bytes),
                    name=shown_name(_process_name(use.facts, names)),
                    pid=use.facts.key.pid,
                ),
            )
            for use in largest
        ),
    )


def _process_name(facts: ProcessFacts, names: Mapping[ProcessKey, str]) -> str:
    """Return what its application is called where itself it is but "python"."""
    own = process_label(facts.arguments, facts.name)
    return own if has_name(facts.arguments, facts.name) else names.get(facts.key, own)


def _separator(after: str) -> MenuEntry:
    return MenuEntry(key=f"separator:{after}", kind="separator")
