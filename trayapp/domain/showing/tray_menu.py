"""Every line of the tray's menu, computed from a view."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from trayapp.domain.judging.alerting import Incident
from trayapp.domain.judging.application_trends import ApplicationView
from trayapp.domain.judging.trend import is_flat
from trayapp.domain.judging.view import Controls, TargetView, View
from trayapp.domain.records.levels import Level
from trayapp.domain.records.names import process_label, shown_name
from trayapp.domain.records.samples import ProcessUse
from trayapp.domain.records.sizes import size_said
from trayapp.domain.showing.lines import (
    app_line,
    application_line,
    incident_label,
    incident_level,
    pace_line,
    system_line,
    target_line,
    with_limit,
)
from trayapp.domain.showing.menu import TEXT_MARK, MenuEntry
from trayapp.language.catalogue import N_, _, format_count
from trayapp.language.units import format_rate, format_size, parse_duration

MOST_TARGETS = 20


_MOST_TARGETS_IF_SHORT = 3


_RATE_WIDTH = 10
"""Characters of a rate, as in "+12.3 MiB/s"."""


MOST_INCIDENTS = 3


_MOST_APPLICATIONS, _LEAST_APPLICATIONS = 5, 2


SNOOZE_CHOICES = (("15min", N_("Snoozed for 15 minutes")), ("1h", N_("Snoozed for 1 hour")))


def menu(view: View | None, controls: Controls, *, is_short: bool = False) -> tuple[MenuEntry, ...]:
    """The whole menu; every label is current as of `view`.

    is_short: with few rows at the top level, what is used least below one of them.
    """
    known = view is not None
    windows = (
        *(MenuEntry(key=key, label=_(label), enabled=known) for key, label in controls.windows),
        _separator("windows"),
    )
    pause_label = _("Start tracking") if controls.paused else _("Pause tracking")
    pause = MenuEntry(key="pause", label=pause_label)
    snapshot = MenuEntry(key="snapshot", label=_("Snapshot now"), enabled=known)
    actions = (
        _cleanup_menu(view),
        _alerts_menu(view, controls),
        _recent_menu(controls),
        _track_menu(view.largest if view else ()),
    )
    settings = (
        _separator("actions"),
        MenuEntry(key="settings", label=_("Settings…")),
        MenuEntry(
            key="autostart",
            label=_("Start at login"),
            kind="check",
            checked=controls.starts_at_login,
        ),
        MenuEntry(key="places", label=_("Reset window positions")),
        *_profile_menu(controls),
    )
    rows: tuple[MenuEntry, ...] = (*windows, pause, snapshot, *actions, *settings)
    if is_short:
        rest = (*windows, snapshot, *settings)
        others = MenuEntry(key="others", label=_("More"), kind="submenu", children=rest)
        rows = (others, pause, *actions)
    return (
        *_summary(view, controls, _MOST_TARGETS_IF_SHORT if is_short else MOST_TARGETS),
        _separator("summary"),
        MenuEntry(key="trends", label=_("Memory trends…"), default=True, enabled=known),
        *rows,
        _separator("settings"),
        MenuEntry(key="quit", label=_("Quit Memtray")),
    )


def _spoken(subject: TargetView | ApplicationView) -> str:
    """Return what a screen reader says of a row: words, where others see signs."""
    name, size_bytes = shown_name(subject.name), subject.size_bytes
    bytes_per_second = subject.slope_bytes_per_second
    if size_bytes is None:
        return _("{name}: size unknown").format(name=name)
    if bytes_per_second is None:
        text = _("{name}: {size}")
    elif is_flat(bytes_per_second):
        text = _("{name}: {size}, steady")
    elif bytes_per_second > 0:
        text = _("{name}: {size}, growing by {rate}")
    else:
        text = _("{name}: {size}, shrinking by {rate}")
    return text.format(
        name=name,
        size=size_said(size_bytes, subject.size_kind, len(subject.pids)),
        rate=format_rate(abs(bytes_per_second or 0.0), signed=False),
    )


def _with_level(level: Level, text: str) -> str:
    """Return what a screen reader says where others see a mark."""
    if level == Level.NORMAL:
        return text
    return _("{level}: {title}").format(level=level.said, title=text)


def _summary(view: View | None, controls: Controls, most_targets: int) -> Iterable[MenuEntry]:
    if view is None:
        label = _("Tracking is paused") if controls.paused else _("Waiting for the first sample…")
        yield MenuEntry(key="system", label=label, kind="text")
        yield from _problem_lines(controls)
        return
    line = system_line(view.system)
    if controls.paused:
        line = _("Paused: {line}").format(line=line)
    yield MenuEntry(key="system", label=line, kind="text")
    yield from _problem_lines(controls)
    for incident in view.incidents[:MOST_INCIDENTS]:
        yield _incident_menu(incident)
    for target in view.targets[:most_targets]:
        figures = with_limit(_spoken(target), target.headroom)
        yield MenuEntry(
            key=f"target:{target.name}",
            label=target_line(target) + _slack(target),
            spoken=_with_level(target.level, figures) if target.pids else "",
        )
    if len(view.targets) > most_targets:
        more = len(view.targets) - most_targets
        yield MenuEntry(key="more", label=_("and {count} more…").format(count=format_count(more)))
    if view.applications:
        yield _separator("targets")
    for application in shown_applications(view):
        yield MenuEntry(
            key=f"application:{application.name}",
            label=application_line(application) + _slack(application),
            spoken=_with_level(
                application.level,
                _spoken(application),
            ),
        )
    if view.applications:
        yield _separator("applications")
    yield MenuEntry(key="app", label=app_line(view.app), kind="text")
    if pace := pace_line(view):
        yield MenuEntry(key="pace", label=pace, kind="text")


def _problem_lines(controls: Controls) -> Iterable[MenuEntry]:
    for problem in controls.problems:
        yield MenuEntry(key=f"problem:{problem}", label=TEXT_MARK + problem, kind="text")


def _incident_menu(incident: Incident) -> MenuEntry:
    key = incident.key
    return MenuEntry(
        key=f"about:{key}",
        label=incident_label(incident),
        kind="submenu",
        spoken=_with_level(incident.level, incident.title),
        level=incident_level(incident),
        children=(
            MenuEntry(key=f"incident:{key}", label=_("Trends…")),
            MenuEntry(
                key=f"acknowledge:{key}", label=_("Acknowledge"), enabled=not incident.acknowledged
            ),
            MenuEntry(key=f"snooze:{key}", label=_("Snooze for 1 hour")),
            MenuEntry(key=f"resolve:{key}", label=_("Mark as resolved")),
        ),
    )


def _recent_menu(controls: Controls) -> MenuEntry:
    recent = controls.recent_alerts
    return MenuEntry(
        key="recent",
        label=_("Recent alerts"),
        kind="submenu",
        enabled=bool(recent),
        children=tuple(
            MenuEntry(key=f"recent:{number}", label=text, kind="text")
            for number, text in enumerate(recent)
        ),
    )


def shown_applications(view: View) -> tuple[ApplicationView, ...]:
    """The largest few, fewer beside many targets: the menu is to fit the screen."""
    return view.applications[: max(_LEAST_APPLICATIONS, _MOST_APPLICATIONS - len(view.targets))]


def _cleanup_menu(view: View | None) -> MenuEntry:
    targets = view.targets[:MOST_TARGETS] if view else ()
    return MenuEntry(
        key="cleanup",
        label=_("Force memory cleanup"),
        kind="submenu",
        children=(
            MenuEntry(key="cleanup:app", label=_("This app")),
            *(
                MenuEntry(
                    key=f"cleanup:target:{target.name}",
                    label=shown_name(target.name),
                    enabled=bool(target.pids),
                )
                for target in targets
            ),
            MenuEntry(
                key="cleanup:all",
                label=_("All targets"),
                enabled=any(target.pids for target in targets),
            ),
        ),
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


def _track_menu(largest: Sequence[ProcessUse]) -> MenuEntry:
    return MenuEntry(
        key="track",
        label=_("Track a process…"),
        kind="submenu",
        enabled=bool(largest),
        children=tuple(
            MenuEntry(
                key=f"track:{use.facts.key.pid}:{use.facts.key.started}",
                # Translators: a process that can be chosen.
                label=_("{name}  {size}  (pid {pid})").format(
                    name=shown_name(process_label(use.facts.arguments, use.facts.name)),
                    size=format_size(use.rss_bytes),
                    pid=use.facts.key.pid,
                ),
            )
            for use in largest
        ),
    )


def _slack(subject: TargetView | ApplicationView) -> str:
    """Room at the end of a line for what it will be: a tray may not widen a menu that is open.

    The dot of an unknown bar is about a space narrower than a bar, and figures get longer.
    """
    bars = 3 + sum(bar is None for bar in subject.bars)
    rate = _RATE_WIDTH if subject.pids and is_flat(subject.slope_bytes_per_second) else 0
    return "\u00a0" * bars + "\u2007" * rate


def _separator(after: str) -> MenuEntry:
    return MenuEntry(key=f"separator:{after}", kind="separator")
