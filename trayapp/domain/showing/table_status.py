"""What the table's windows ask of the applet, as JSON: cheap, from the latest view alone."""

from __future__ import annotations

from collections.abc import Iterable

from trayapp.domain.judging.application_trends import ApplicationView
from trayapp.domain.judging.leaks.evidence import evidence_of
from trayapp.domain.judging.view import Controls, TargetView, View
from trayapp.domain.records.application_use import ApplicationUse
from trayapp.domain.records.identity import MEMTRAY, application_key, target_key
from trayapp.domain.records.levels import Level
from trayapp.domain.records.limits import Headroom
from trayapp.domain.showing.status import headroom_status
from trayapp.language.catalogue import _
from trayapp.language.units import format_estimate

_FAR_SECONDS = 3600.0
"""A limit that is reached later gives the detector time for more proof."""


def table_status(
    view: View | None, controls: Controls, everything: Iterable[ApplicationUse] | None = None
) -> dict[str, object]:
    """The machine and one row each for Memtray, targets and applications; unknown is null.

    everything: all applications as of now; None: those that are followed anyway, the largest.
    """
    told: dict[str, object] = {
        "paused": controls.paused,
        "problems": list(controls.problems),
        "complete": everything is not None,
        "taken_at": None,
        "system": None,
        "rows": [],
    }
    if view is None:
        return told
    total_bytes = view.system.total_bytes
    followed = {each.key: each for each in view.applications}
    listed: Iterable[ApplicationView | ApplicationUse] = view.applications
    if everything is not None:
        listed = everything
    rows = [_app_row(view, total_bytes)]
    rows += [_target_row(target) for target in view.targets]
    rows += [_application_row(each, followed.get(each.key), total_bytes) for each in listed]
    return told | {
        "taken_at": view.wall_seconds,
        "system": {
            "total_bytes": total_bytes,
            "available_bytes": view.system.available_bytes,
            "used_bytes": view.system.used_bytes,
            "swap_used_bytes": view.system.swap_used_bytes,
            "level": view.system_level.label,
            "health": view.health.text if view.health else None,
            "bars": list(view.system_bars),
        },
        "rows": rows,
    }


def detail_status(view: View | None, kind: str, name: str) -> dict[str, object]:
    """All there is to know of one target, application or Memtray itself; empty: no such one."""
    if view is None:
        return {}
    row: dict[str, object] = {}
    if kind == "app":
        row = _app_row(view, view.system.total_bytes) | {"uss_bytes": view.app.uss_bytes}
    for target in view.targets if kind == "target" else ():
        if target.name == name:
            row = _target_row(target) | {
                "uss_reason": target.uss_reason or None,
                "evidence": evidence_of(target.leak),
                "limit_note": _limit_note(target),
                "silence_note": _silence_note(target),
                "charge_text": target.charge.sentence if target.charge else "",
                "events_text": target.charge.events_sentence if target.charge else "",
                "processes": [list(key) for key in target.keys],
            }
    for application in view.applications if kind == "application" else ():
        if application.name == name:
            row = _application_row(application, application, view.system.total_bytes)
            row["evidence"] = evidence_of(application.leak)
    if row:
        row["alerts"] = [
            f"{incident.title}: {incident.body}"
            for incident in view.incidents
            if incident.identity == row["key"]
        ]
    return row


def _app_row(view: View, total_bytes: int) -> dict[str, object]:
    rss_bytes = view.app.rss_bytes
    return {
        "kind": "app",
        "name": MEMTRAY,
        "key": MEMTRAY,
        "pids": [view.app.pid],
        "rss_bytes": rss_bytes,
        "uss_bytes": view.app.uss_bytes,
        "cpu_percent": view.app.cpu_percent,
        "limit_share": None if rss_bytes is None else rss_bytes / total_bytes,
        "bars": list(view.app_bars),
    }


def _target_row(target: TargetView) -> dict[str, object]:
    return {
        "kind": "target",
        "name": target.name,
        "key": target_key(target.name),
        "pids": list(target.pids),
        "rss_bytes": target.rss_bytes,
        "size_bytes": target.size_bytes,
        "size_kind": target.size_kind,
        "uss_bytes": target.uss_bytes,
        "pss_bytes": target.pss_bytes,
        "swap_bytes": target.swap_bytes,
        **target.particulars._asdict(),
        "peak_bytes": target.peak_bytes,
        "limit_bytes": target.limit_bytes,
        "limit_share": target.limit_share,
        "size_limit_bytes": target.size_limit_bytes,
        "has_own_limit": target.has_own_limit,
        "limit_source": target.limit_source,
        **_reached(target.headroom),
        "slope_bytes_per_second": target.slope_bytes_per_second,
        "bars": list(target.bars),
        "verdict": target.verdict,
        "level": target.level.label,
        "restart_count": target.restart_count,
        "unmatched_text": target.unmatched.sentence if target.unmatched else "",
        "heap_text": target.heap_text,
        "inside_text": target.inside.sentence if target.inside else "",
    }


def _limit_note(target: TargetView) -> str:
    """Return when the first limit is reached, where no evidence of a leak says it."""
    is_told = target.leak.level != "healthy" or target.headroom is None
    return "" if is_told or target.headroom is None else target.headroom.sentence


def _silence_note(target: TargetView) -> str:
    """Return why growth that may be a leak has raised no alert; empty: there is none, or it has."""
    seconds = target.leak.seconds_to_limit
    is_far = seconds is not None and seconds > _FAR_SECONDS
    if target.leak.level != "growing" or target.level > Level.NORMAL or not is_far:
        return ""
    text = _("No alert so far: the limit is {time} away, so Memtray waits for more certainty.")
    return text.format(time=format_estimate(seconds))


def _reached(headroom: Headroom | None) -> dict[str, object]:
    """Return when the first limit is reached: as JSON, a sentence, and a few words."""
    return headroom_status(headroom) | {
        "limit_sentence": headroom.sentence if headroom else "",
    }


def _application_row(
    application: ApplicationView | ApplicationUse, followed: ApplicationView | None, total: int
) -> dict[str, object]:
    return {
        "kind": "application",
        "name": application.name,
        "key": None if application.key is None else application_key(application.key),
        "pids": list(application.pids),
        "rss_bytes": application.rss_bytes,
        "size_bytes": application.size_bytes,
        "size_kind": application.size_kind,
        "limit_share": application.size_bytes / total,
        "slope_bytes_per_second": followed.slope_bytes_per_second if followed else None,
        "bars": list(followed.bars) if followed else [],
        "verdict": followed.leak.level if followed else "healthy",
        **_reached(followed.leak.headroom if followed else None),
        "level": followed.level.label if followed else "normal",
    }
