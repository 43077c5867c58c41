"""The view as JSON: what `memtray status --json` prints. Keys carry their units."""

from __future__ import annotations

from trayapp.dataclass import asdict
from trayapp.domain.judging.alerting import Incident, Quiet
from trayapp.domain.judging.application_trends import ApplicationView
from trayapp.domain.judging.inside_course import InsideView
from trayapp.domain.judging.leaks import NOTHING_TO_JUDGE, Verdict
from trayapp.domain.judging.leaks.evidence import evidence_of
from trayapp.domain.judging.leaks.staleness import Staleness
from trayapp.domain.judging.machine_health import MachineHealth
from trayapp.domain.judging.own_budget import BudgetVerdict
from trayapp.domain.judging.view import Controls, TargetView, View
from trayapp.domain.records.application_use import ApplicationUse
from trayapp.domain.records.charges import Charge
from trayapp.domain.records.identity import application_key, name_in, target_key
from trayapp.domain.records.limits import Headroom
from trayapp.domain.records.samples import SystemSample
from trayapp.domain.records.unmatched import Unmatched


def status(view: View | None, controls: Controls) -> dict[str, object]:
    """Everything a machine may want to know of the running applet; unknown is null."""
    return {
        "taken_at": view.wall_seconds if view else None,
        "paused": controls.paused,
        "alerts": quiet_status(controls.quiet),
        "problems": list(controls.problems),
        "app": asdict(view.app) | {"budget": _budget(view.budget)} if view else None,
        "system": system_status(view.system)
        | {"level": view.system_level.label, "health": health_status(view.health)}
        if view
        else None,
        "targets": [_target(target) for target in view.targets] if view else [],
        "applications": [
            application_status(each, each) for each in (view.applications if view else ())
        ],
        "incidents": [incident_status(incident) for incident in (view.incidents if view else ())],
    }


def quiet_status(quiet: Quiet) -> dict[str, object]:
    """Which alerts are switched off or snoozed, as JSON."""
    return {
        "off": quiet.off,
        "snoozed_until": quiet.all_until_wall_seconds,
        "snoozed_targets": {
            name_in(about): until for about, until in quiet.subject_until_wall_seconds.items()
        },
    }


def system_status(system: SystemSample) -> dict[str, object]:
    """The machine's memory as JSON."""
    return asdict(system) | {"used_bytes": system.used_bytes}


def health_status(health: MachineHealth | None) -> dict[str, object] | None:
    """How well the machine does as JSON; None: not known yet."""
    if health is None:
        return None
    return {
        "score": health.score,
        "word": health.word,
        "deductions": [
            {"what": each.what, "points": each.points, "text": each.text}
            for each in health.deductions
        ],
        "unknown": list(health.unknown),
        "text": health.text,
    }


def _target(target: TargetView) -> dict[str, object]:
    return {
        "name": target.name,
        "key": target_key(target.name),
        "pids": list(target.pids),
        "size_bytes": target.size_bytes,
        "size_kind": target.size_kind,
        "rss_bytes": target.rss_bytes,
        "uss_bytes": target.uss_bytes,
        "uss_reason": target.uss_reason or None,
        "pss_bytes": target.pss_bytes,
        "swap_bytes": target.swap_bytes,
        "peak_bytes": target.peak_bytes,
        "taken_bytes": target.taken_bytes,
        "charge": None if target.charge is None else charge_status(target.charge),
        **target.particulars._asdict(),
        "slope_bytes_per_second": target.slope_bytes_per_second,
        "rate_level": target.rate_level.label,
        "verdict": target.verdict,
        **_leak(target.leak, target.leak_since_wall_seconds),
        "level": target.level.label,
        "limit_bytes": target.limit_bytes,
        "limit_source": target.limit_source,
        "limit_share": target.limit_share,
        "size_limit_bytes": target.size_limit_bytes,
        **headroom_status(target.headroom),
        "heap": None if target.heap is None else target.heap._asdict(),
        "heap_text": target.heap_text,
        "inside": None if target.inside is None else inside_status(target.inside),
        "inside_text": target.inside.sentence if target.inside else "",
        "growing_since": target.growing_since_wall_seconds,
        "restart_count": target.restart_count,
        **unmatched_status(target.unmatched),
    }


def charge_status(charge: Charge) -> dict[str, object]:
    """What a control group is charged, as JSON."""
    return charge._asdict() | {
        "groups": list(charge.groups),
        "text": charge.sentence,
        "events_text": charge.events_sentence,
    }


def application_status(
    application: ApplicationView | ApplicationUse, followed: ApplicationView | None
) -> dict[str, object]:
    """An application as JSON; `followed`: what its past tells; None: not among the largest."""
    leak = followed.leak if followed else NOTHING_TO_JUDGE
    return {
        "name": application.name,
        "key": None if application.key is None else application_key(application.key),
        "pids": list(application.pids),
        "size_bytes": application.size_bytes,
        "size_kind": application.size_kind,
        "rss_bytes": application.rss_bytes,
        "slope_bytes_per_second": followed.slope_bytes_per_second if followed else None,
        "verdict": leak.level,
        "leak_pid": followed.leak_pid if followed else None,
        **_leak(leak, followed.leak_since_wall_seconds if followed else None),
        **headroom_status(leak.headroom),
    }


def inside_status(inside: InsideView) -> dict[str, object]:
    """What Python probes report, as JSON."""
    composition, verdict = inside.composition, inside.verdict
    return {
        "process_count": inside.process_count,
        "used_bytes": inside.used_bytes,
        "live_bytes": inside.live_bytes,
        "retained_bytes": composition.retained_bytes if composition else None,
        "pinned_bytes": composition.pinned_bytes if composition else None,
        "other_bytes": composition.other_bytes if composition else None,
        "caches_bytes": composition.caches_bytes if composition else None,
        "components_bytes": inside.components_bytes,
        "running_task_count": inside.running_count,
        "heap_fragmentation": inside.heap_fragmentation,
        "fragmentation": inside.fragmentation,
        "collecting_share": inside.collecting_share,
        "collector_efficiency": inside.efficiency,
        "verdict": verdict.kind if verdict else None,
        "verdict_bytes": verdict.part_bytes if verdict else None,
        "verdict_of_growth": verdict.is_growth if verdict else None,
        "trim_frees_bytes": composition.retained_bytes if composition else None,
    }


def unmatched_status(unmatched: Unmatched | None) -> dict[str, object]:
    """A target that matches nothing, as JSON; all null where something has matched."""
    nearest = unmatched.nearest if unmatched else None
    return {
        "unmatched_seconds": unmatched.lasted_seconds if unmatched else None,
        "nearest_match": {"pid": nearest.key.pid, "command_line": nearest.command_line}
        if nearest
        else None,
        "unmatched_text": unmatched.sentence if unmatched else "",
    }


def headroom_status(headroom: Headroom | None) -> dict[str, object]:
    """The limit that is reached first, and when, as JSON; all null where that is not known."""
    return {
        "seconds_to_limit": headroom.seconds_to_limit if headroom else None,
        "nearest_limit_bytes": headroom.limit_bytes if headroom else None,
        "nearest_limit_source": headroom.source if headroom else None,
        "nearest_limit_room_bytes": headroom.room_bytes if headroom else None,
        "limit_label": headroom.label if headroom else "",
    }


def _leak(leak: Verdict, since_wall_seconds: float | None) -> dict[str, object]:
    return {
        "shape": leak.shape,
        "leak_signal": leak.signal,
        "leak_score": leak.score,
        "leak_since": since_wall_seconds,
        "leak_growth_bytes": leak.growth_bytes,
        "leak_growth_seconds": None if leak.growth_bytes is None else leak.grown_seconds,
        "leak_rate_bytes_per_second": leak.rate_bytes_per_second,
        "leak_rate_low_bytes_per_second": leak.rate_low_bytes_per_second,
        "leak_rate_high_bytes_per_second": leak.rate_high_bytes_per_second,
        "leak_seconds_to_limit": leak.seconds_to_limit,
        "leak_seconds_to_limit_low": leak.seconds_to_limit_low,
        "leak_seconds_to_limit_high": leak.seconds_to_limit_high,
        "staleness": _staleness(leak.staleness),
        "evidence": evidence_of(leak),
    }


def _staleness(staleness: Staleness | None) -> dict[str, object] | None:
    if staleness is None:
        return None
    says = "untouched" if staleness.is_untouched else "touched" if staleness.is_touched else None
    return {
        "waited_seconds": staleness.waited_seconds,
        "grown_bytes": staleness.grown_bytes,
        "untouched_share_low": staleness.low_share,
        "untouched_share_high": staleness.high_share,
        "says": says,
    }


def _budget(budget: BudgetVerdict) -> dict[str, object]:
    return {
        "over": list(budget.over),
        "step": budget.step,
        "reason": budget.reason,
        "emergency": budget.emergency,
        "stretch": budget.stretch,
        "drops_applications": budget.drops_groups,
        "cpu_percent_of_a_minute": budget.cpu_percent,
        "written_bytes_per_minute": budget.written_bytes_per_minute,
    }


def incident_status(incident: Incident) -> dict[str, object]:
    """An open incident as JSON."""
    return {
        "key": incident.key,
        "subject": incident.subject,
        "level": incident.level.label,
        "title": incident.title,
        "body": incident.body,
        "since": incident.since_wall_seconds,
        "about": incident.identity,
        "reached_level": incident.reached_level.label,
        "notified_level": incident.notified_level.label,
        "phase": incident.phase,
        "acknowledged": incident.acknowledged,
    }
