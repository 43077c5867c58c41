"""The tray computed from a view: what the icon shows, the tooltip, and every line of the menu."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from trayapp.domain.grouping.limits import Headroom
from trayapp.domain.grouping.nearest import Unmatched
from trayapp.domain.judging.application_trends import ApplicationView
from trayapp.domain.judging.incidents import Incident
from trayapp.domain.judging.trend import is_flat, trend_figures
from trayapp.domain.judging.view import Controls, TargetView, View
from trayapp.domain.records.bars import sparkline, zoomed_heights
from trayapp.domain.records.levels import Level
from trayapp.domain.records.names import process_label, shown_name
from trayapp.domain.records.samples import AppSample, ProcessUse, SystemSample
from trayapp.domain.records.sizes import size_label, size_said
from trayapp.domain.showing.icon import icon_picture, icon_text, largest_of
from trayapp.domain.showing.menu import TEXT_MARK, MenuEntry, TrayState
from trayapp.language.catalogue import N_, _, format_count, format_number
from trayapp.language.units import format_percent, format_rate, format_size, parse_duration

_MOST_TARGETS, _MOST_TARGETS_IF_SHORT = 20, 3
_RATE_WIDTH = 10
"""Characters of a rate, as in "+12.3 MiB/s"."""
_MOST_INCIDENTS = 3
_MOST_APPLICATIONS, _LEAST_APPLICATIONS = 5, 2
SNOOZE_CHOICES = (("15min", N_("Snoozed for 15 minutes")), ("1h", N_("Snoozed for 1 hour")))


def tray_state(view: View | None, controls: Controls) -> TrayState:
    """Everything the tray shows; `view` is None until the first sample."""
    return TrayState(
        picture=icon_picture(view, controls),
        tooltip=tooltip(view, controls),
        menu=partial(menu, view, controls),
        short_menu=partial(menu, view, controls, is_short=True),
        rows=_rows(view, controls),
        marks=_marks(view, controls),
        attention=view is not None
        and any(
            incident.phase == "active" and not incident.acknowledged for incident in view.incidents
        ),
        text=icon_text(view, controls),
    )


def tooltip(view: View | None, controls: Controls) -> str:
    """Current figures, one line each: what the icon shows, the machine, each target, what is wrong.

    The first says enough alone: some trays show no other.
    """
    if view is None:
        return "Memtray\n" + _("Waiting for the first sample")
    lines = [_headline(view, controls.icon_shows), system_line(view.system)]
    if view.incidents and view.incidents[0].phase == "active":
        lines.insert(0, incident_line(view.incidents[0]))
    lines += [_figures(target) for target in view.targets[:_MOST_TARGETS]]
    lines += [incident_line(incident) for incident in view.incidents[:_MOST_INCIDENTS]]
    if controls.paused:
        lines.insert(0, _("Memtray – paused"))
    return "\n".join(dict.fromkeys(lines))


def shown_choices(view: View | None, by_settings: str) -> tuple[str, ...]:
    """What the icon may show, in the order in which the wheel goes through it."""
    names = (target.name for target in view.targets) if view else ()
    return tuple(dict.fromkeys((by_settings, "system", *names)))


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
        *_summary(view, controls, _MOST_TARGETS_IF_SHORT if is_short else _MOST_TARGETS),
        _separator("summary"),
        MenuEntry(key="trends", label=_("Memory trends…"), default=True, enabled=known),
        *rows,
        _separator("settings"),
        MenuEntry(key="quit", label=_("Quit Memtray")),
    )


def system_line(system: SystemSample) -> str:
    """One line about the machine: "Memory 42 % – 9.10 GiB of 15.6 GiB available"."""
    text = _("Memory {share} – {available} of {total} available")
    if system.swap_used_bytes:
        text = _("Memory {share} – {available} of {total} available, swap {swap}")
    if system.hugepages_reserved_bytes:
        # Translators: memory that is set aside and not part of the figures before it.
        more = _("{size} reserved as huge pages")
        text += ", " + more.format(size=format_size(system.hugepages_reserved_bytes))
    return text.format(
        share=format_percent(system.used_bytes / system.total_bytes),
        available=format_size(system.available_bytes),
        total=format_size(system.total_bytes),
        swap=format_size(system.swap_used_bytes),
    )


def app_line(app: AppSample) -> str:
    """One line about Memtray itself, the kind of figure named."""
    cpu = format_percent(None if app.cpu_percent is None else app.cpu_percent / 100, 1)
    if app.uss_bytes:
        text = _("Memtray itself: {size} private, {cpu} CPU")
        return text.format(size=format_size(app.uss_bytes), cpu=cpu)
    text = _("Memtray itself: {size} resident, {cpu} CPU")
    return text.format(size=format_size(app.rss_bytes), cpu=cpu)


def pace_line(view: View) -> str:
    """Why it samples less often than it should; empty while it does not."""
    if not view.budget.reason:
        return ""
    return pace_text(view.interval_seconds, view.budget.reason)


def pace_text(interval_seconds: float | None, reason: str) -> str:
    """How often it samples, and why: "Sampling every 7.6 s: …"."""
    seconds = None if interval_seconds is None else float(f"{interval_seconds:.3g}")
    return _("Sampling every {time} s: {reason}").format(
        time="–" if seconds is None else format_number(seconds, None), reason=reason
    )


def target_line(target: TargetView) -> str:
    """One line about a target: name, ten bars, size, arrow and rate."""
    if target.unmatched is not None:
        return _unmatched_line(target.name, target.unmatched)
    if not target.pids:
        return _("{name} – not running").format(name=shown_name(target.name))
    bars = sparkline(zoomed_heights(target.bars))
    name = _mark(target.level) + shown_name(target.name)
    return f"{name}  {bars}  {_size_and_rate(target)}"


def _unmatched_line(name: str, unmatched: Unmatched) -> str:
    nearest = unmatched.nearest
    text = _("{name} – nothing matches it")
    if nearest is not None:
        text = _("{name} – nothing matches it; most similar: {nearest} (pid {pid})")
    return text.format(
        name=shown_name(name),
        nearest=shown_name(process_label(nearest.arguments, nearest.name)) if nearest else "",
        pid=nearest.key.pid if nearest else "",
    )


def application_line(application: ApplicationView) -> str:
    """One line about an application: name, number of processes, ten bars, size, arrow, rate."""
    count = len(application.pids)
    several = f" ×{count}" if count > 1 else ""
    bars = sparkline(zoomed_heights(application.bars))
    size = size_label(application.size_bytes, application.size_kind, count)
    name = f"{_mark(application.level)}{shown_name(application.name)}{several}"
    figures = f"{size} {trend_figures(application.slope_bytes_per_second)}"
    return _with_limit(f"{name}  {bars}  {figures}", application.leak.headroom)


def incident_line(incident: Incident) -> str:
    """One line about an incident, marked by how it stands."""
    return _mark(_incident_level(incident)) + _incident_label(incident)


def _mark(level: Level) -> str:
    return TEXT_MARK if level > Level.NORMAL else ""


def _incident_label(incident: Incident) -> str:
    if incident.phase == "recovering":
        return "✓ " + _("{title} (over, it seems)").format(title=incident.title)
    unsure = "? " if incident.phase == "unknown" else ""
    text = _("{title}, acknowledged") if incident.acknowledged else "{title}"
    return unsure + text.format(title=incident.title)


def _incident_level(incident: Incident) -> Level:
    """What its line is marked by: only while it is known to go on."""
    return incident.level if incident.phase == "active" else Level.NORMAL


def _headline(view: View, shows: str) -> str:
    """The line about what the icon shows."""
    if shows == "memtray":
        return app_line(view.app)
    stall = view.system.stall_full_percent
    if shows == "pressure" and stall is not None:
        share = format_percent(stall / 100)
        return _("All programs wait for memory {share} of the time").format(share=share)
    if shows == "largest" and (largest := largest_of(view)):
        if isinstance(largest, TargetView):
            return _figures(largest)
        return application_line(largest)
    shown = (target for target in view.targets if target.name == shows)
    return next(map(_figures, shown), system_line(view.system))


def _spoken(subject: TargetView | ApplicationView) -> str:
    """What a screen reader says of a target or an application: words, where others see signs."""
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
    """What a screen reader says where others see a mark."""
    if level == Level.NORMAL:
        return text
    return _("{level}: {title}").format(level=level.said, title=text)


def _summary(view: View | None, controls: Controls, most_targets: int) -> Iterable[MenuEntry]:
    if view is None:
        label = _("Tracking is paused") if controls.paused else _("Waiting for the first sample…")
        yield MenuEntry(key="system", label=label, kind="text")
        return
    line = system_line(view.system)
    if controls.paused:
        line = _("Paused: {line}").format(line=line)
    yield MenuEntry(key="system", label=line, kind="text")
    for problem in controls.problems:
        yield MenuEntry(key=f"problem:{problem}", label=TEXT_MARK + problem, kind="text")
    for incident in view.incidents[:_MOST_INCIDENTS]:
        yield _incident_menu(incident)
    for target in view.targets[:most_targets]:
        figures = _with_limit(_spoken(target), target.headroom)
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
    for application in _shown_applications(view):
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


def _incident_menu(incident: Incident) -> MenuEntry:
    key = incident.key
    return MenuEntry(
        key=f"about:{key}",
        label=_incident_label(incident),
        kind="submenu",
        spoken=_with_level(incident.level, incident.title),
        level=_incident_level(incident),
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
        bool(view and view.budget.reason),
        tuple(bool(target.pids) for target in view.targets) if view else (),
        tuple(use.facts.key for use in view.largest) if view else (),
    )


def _cleanup_menu(view: View | None) -> MenuEntry:
    targets = view.targets[:_MOST_TARGETS] if view else ()
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


def _chosen_quiet(view: View | None, controls: Controls) -> str:
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
    chosen = _chosen_quiet(view, controls)
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


def _figures(target: TargetView) -> str:
    if not target.pids:
        return _("{name}: not running").format(name=shown_name(target.name))
    return f"{shown_name(target.name)}: {_size_and_rate(target)}"


def _size_and_rate(target: TargetView) -> str:
    size = size_label(target.size_bytes, target.size_kind, len(target.pids))
    if target.size_bytes is not None and target.has_own_limit and target.limit_share is not None:
        text = _("{size} ({share} of limit)")
        size = text.format(size=size, share=format_percent(target.limit_share))
    return _with_limit(f"{size} {trend_figures(target.slope_bytes_per_second)}", target.headroom)


def _with_limit(figures: str, headroom: Headroom | None) -> str:
    """Followed by the time until the first limit is reached, where that is soon."""
    if headroom is None or not headroom.label:
        return figures
    # Translators: such as "144 MiB RSS ↗ +118 KiB/s, limit in 8 min".
    return _("{figures}, {left}").format(figures=figures, left=headroom.label)


def _slack(subject: TargetView | ApplicationView) -> str:
    """Room at the end of a line for what it will be: a tray may not widen a menu that is open.

    The dot of an unknown bar is about a space narrower than a bar, and figures get longer.
    """
    bars = 3 + sum(bar is None for bar in subject.bars)
    rate = _RATE_WIDTH if subject.pids and is_flat(subject.slope_bytes_per_second) else 0
    return "\u00a0" * bars + "\u2007" * rate


def _separator(after: str) -> MenuEntry:
    return MenuEntry(key=f"separator:{after}", kind="separator")
