"""What the dashboard is sent at each sample, as JSON: the table's rows, and why."""

from __future__ import annotations

from trayapp.domain.judging.application_trends import ApplicationView
from trayapp.domain.judging.leaks.evidence import evidence_of
from trayapp.domain.judging.view import Controls, TargetView, View
from trayapp.domain.showing.status import incident_status, quiet_status
from trayapp.domain.showing.table_status import table_status

_WITH_COMMAND_LINES = ("unmatched_text",)
_NOTHING_TOLD: dict[str, object] = {
    "sentence": "",
    "leak_since": None,
    "leak_rate_bytes_per_second": None,
    "growing_since": None,
}


def live_status(view: View | None, controls: Controls) -> dict[str, object]:
    """Return the table's status with a sentence about each program, incidents and what is quiet.

    No command line is in it: a browser is not the terminal of the person who typed it.
    """
    told = table_status(view, controls) | {
        "alerts": quiet_status(controls.quiet),
        "incidents": [incident_status(one) for one in (view.incidents if view else ())],
    }
    if view is None:
        return told
    targets = {f"target:{each.name}": _told(each) for each in view.targets}
    applications = {each.name: _told(each) for each in view.applications}
    rows = told["rows"]
    for row in rows if isinstance(rows, list) else ():
        of_kind = applications if row["kind"] == "application" else targets
        name = row["name"] if row["kind"] == "application" else f"{row['kind']}:{row['name']}"
        row |= of_kind.get(name, _NOTHING_TOLD)
        for key in _WITH_COMMAND_LINES:
            row.pop(key, None)
    return told | {"interval_seconds": view.interval_seconds}


def _told(each: TargetView | ApplicationView) -> dict[str, object]:
    """Return what its growth is believed to be, since when, and on what grounds."""
    pid = each.leak_pid if isinstance(each, ApplicationView) else None
    since = each.growing_since_wall_seconds if isinstance(each, TargetView) else None
    return {
        "sentence": "" if each.leak.signal is None else evidence_of(each.leak, pid),
        "leak_since": each.leak_since_wall_seconds,
        "leak_rate_bytes_per_second": each.leak.rate_bytes_per_second,
        "growing_since": since,
    }
