"""Which incidents end at once: what they are about ran, or was tracked, or leaked, and no more."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from trayapp.domain.judging.alerting import Incident
from trayapp.domain.judging.judges import TARGET_INCIDENTS
from trayapp.domain.judging.leaks import Finding, Verdict
from trayapp.domain.judging.leaks.evidence import stopped_text
from trayapp.domain.judging.view import TargetView
from trayapp.domain.records.application_use import ApplicationKey
from trayapp.domain.records.frames import Everything
from trayapp.domain.records.identity import OTHERS_LEAK, application_key
from trayapp.language.catalogue import _


def departed(
    incidents: Iterable[Incident],
    targets: Mapping[str, TargetView],
    restarted: Collection[str],
    everything: Everything | None,
    findings: Mapping[ApplicationKey, Finding],
) -> dict[str, str]:
    """The keys of incidents that are over, with the reason.

    targets: all that are tracked, by name; restarted: those whose processes are all new;
    everything: None where nobody looked at all processes this time; findings: what was said of the
    applications in it.
    """
    gone = {
        f"{kind}:{name}": ""
        for name, view in targets.items()
        if not view.pids or name in restarted
        for kind in TARGET_INCIDENTS
    }
    applications: dict[str, Finding | None] | None = None
    known = tuple(incidents)
    titles = {incident.key: incident.title for incident in known if incident.phase == "active"}
    for incident in known:
        kind, _colon, rest = incident.key.partition(":")
        reason: str | None = None
        if kind in TARGET_INCIDENTS:
            reason = _why_target(incident, targets.get(rest))
            if kind == "growth" and reason is None:
                # It says all that growth would, and better.
                reason = titles.get(f"leak:{rest}")
        elif kind == OTHERS_LEAK and everything is not None:
            if applications is None:
                applications = {
                    application_key(use.key): findings.get(use.key)
                    for use in everything.applications
                }
            reason = _why_application(incident, everything, applications)
        if reason is not None:
            gone[incident.key] = reason or gone.get(incident.key, "")
    return gone


def _why_target(incident: Incident, view: TargetView | None) -> str | None:
    """Return why it is over; "": it runs no more; None: it is not over."""
    if view is None:
        return _("{name} is no longer tracked").format(name=incident.subject)
    if incident.processes and not set(incident.processes).intersection(view.keys):
        return ""
    return _why_stopped(view.leak) if incident.key.startswith("leak:") else None


def _why_application(
    incident: Incident, everything: Everything, applications: Mapping[str, Finding | None]
) -> str | None:
    processes = incident.processes
    if processes and not any(key in everything.readings for key in processes):
        if incident.identity not in applications:
            return ""
        # Others of it run on, perhaps under the same name.
        if len(processes) > 1:
            return _("{name} restarted").format(name=incident.subject)
        text = _("process {pid} of {name} is no longer running")
        return text.format(pid=processes[0].pid, name=incident.subject)
    if incident.identity in applications:
        finding = applications[incident.identity]
        return _why_stopped(finding.verdict) if finding else None
    return _("{name} is now tracked").format(name=incident.subject) if processes else ""


def _why_stopped(verdict: Verdict) -> str | None:
    return None if verdict.stopped_bytes is None else stopped_text(verdict.stopped_bytes)
