"""The state of the tray, computed from a view: picture, tooltip, menu and what they depend on."""

from __future__ import annotations

from functools import partial

from trayapp.domain.judging.view import Controls, TargetView, View
from trayapp.domain.showing.icon import icon_picture, icon_text, largest_of
from trayapp.domain.showing.lines import (
    app_line,
    application_line,
    incident_line,
    system_line,
    target_figures,
)
from trayapp.domain.showing.menu import TrayState
from trayapp.domain.showing.program_rows import (
    about_program,
    acts_shown,
    alert_entries,
    inside_lines,
    shown_applications,
)
from trayapp.domain.showing.tray_menu import (
    MOST_INCIDENTS,
    MOST_TARGETS,
    chosen_quiet,
    menu,
)
from trayapp.language.catalogue import _
from trayapp.language.units import format_percent


def tray_state(view: View | None, controls: Controls) -> TrayState:
    """Everything the tray shows; `view` is None until the first sample."""
    return TrayState(
        picture=icon_picture(view, controls),
        tooltip=tooltip(view, controls),
        menu=partial(menu, view, controls),
        short_menu=partial(menu, view, controls, is_short=True),
        rows=_rows(view, controls),
        marks=_marks(view, controls),
        attention=controls.is_stalled
        or controls.is_hanging
        or any(
            incident.phase == "active" and not incident.acknowledged
            for incident in (view.incidents if view else ())
        ),
        text=icon_text(view, controls),
    )


def tooltip(view: View | None, controls: Controls) -> str:
    """Current figures, one line each: what the icon shows, the machine, each target, what is wrong.

    The first says enough alone: some trays show no other.
    """
    if view is None:
        waiting = _("Waiting for the first sample")
        return "\n".join(("Memtray", *(controls.problems or (waiting,))))
    lines = [_headline(view, controls.icon_shows), system_line(view.system)]
    if view.incidents and view.incidents[0].phase == "active":
        lines.insert(0, incident_line(view.incidents[0]))
    lines += [target_figures(target) for target in view.targets[:MOST_TARGETS]]
    lines += [incident_line(incident) for incident in view.incidents[:MOST_INCIDENTS]]
    if (controls.is_stalled or controls.is_hanging) and controls.problems:
        lines.insert(0, controls.problems[0])
    if controls.paused:
        lines.insert(0, _("Memtray – paused"))
    return "\n".join(dict.fromkeys(lines))


def shown_choices(view: View | None, by_settings: str) -> tuple[str, ...]:
    """Return what the icon may show, in the order in which scrolling goes through it."""
    names = (target.name for target in view.targets) if view else ()
    return tuple(dict.fromkeys((by_settings, "system", *names)))


def _headline(view: View, shows: str) -> str:
    """The line about what the icon shows."""
    if shows == "memtray":
        return app_line(view.app)
    stall = view.system.stall_full_percent
    if shows == "pressure" and stall is not None:
        share = format_percent(stall / 100)
        return _("Programs stalled on memory {share} of the time").format(share=share)
    if shows == "largest" and (largest := largest_of(view)):
        if isinstance(largest, TargetView):
            return target_figures(largest)
        return application_line(largest)
    shown = (target for target in view.targets if target.name == shows)
    return next(map(target_figures, shown), system_line(view.system))


def _rows(view: View | None, controls: Controls) -> tuple[str, ...]:
    """Return the keys of the rows that come and go at the top of the menu."""
    if view is None:
        return controls.problems
    return (
        *controls.problems,
        *(("health",) if view.health is not None and not view.health.is_good else ()),
        *(("advice",) if controls.advice_count else ()),
        *(incident.key for incident in view.incidents[:MOST_INCIDENTS]),
        *(target.name for target in view.targets),
        *map(about_program, shown_applications(view)),
    )


def _marks(view: View | None, controls: Controls) -> tuple[object, ...]:
    """Return all else on which it depends which entries there are, marked or enabled."""
    return (
        view is None,
        controls.paused,
        controls.starts_at_login,
        tuple(alert.key for alert in controls.recent_alerts),
        chosen_quiet(view, controls),
        bool(view and view.budget.reason),
        tuple((bool(target.pids), len(inside_lines(target))) for target in view.targets)
        if view
        else (),
        tuple(acts_shown(view, controls).values()) if view else (),
        _alert_marks(view, controls) if view else (),
        tuple(use.facts.key for use in view.largest) if view else (),
    )


def _alert_marks(view: View, controls: Controls) -> tuple[object, ...]:
    """Return what alerts offer, all but its labels."""
    return tuple(
        (incident.acknowledged, tuple((each.key, each.enabled) for each in entries))
        for incident in view.incidents[:MOST_INCIDENTS]
        for entries in (tuple(alert_entries(incident, view, controls)),)
    )
