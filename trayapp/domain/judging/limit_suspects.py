"""Which limits bound what grows though no target holds it: a container has its own, too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from trayapp.domain.judging.leaks import Finding
from trayapp.domain.records.application_use import ApplicationKey, ApplicationUse
from trayapp.domain.records.limits import Limit, machine_limit
from trayapp.domain.records.samples import ProcessKey, SystemSample

_MOST_PROCESSES = 8
"""The largest of an application, which are bounded by what bounds the others."""

Suspects = Mapping[ApplicationKey, tuple[ProcessKey, ...]]


def suspects_of(
    uses: Iterable[ApplicationUse], findings: Mapping[ApplicationKey, Finding]
) -> Suspects:
    """Return the processes whose limits count for what is growing: few, as reading them costs."""
    found = {}
    for use in uses:
        finding = findings.get(use.key)
        if finding is not None and finding.verdict.level != "healthy":
            keys = use.processes[:_MOST_PROCESSES]
            if finding.pid is not None:
                keys = tuple(key for key in use.processes if key.pid == finding.pid)
            found[use.key] = keys
    return found


def toward_limits(
    findings: Mapping[ApplicationKey, Finding],
    suspects: Suspects,
    limits: Mapping[ProcessKey, tuple[Limit, ...]],
    system: SystemSample,
) -> dict[ApplicationKey, Finding]:
    """Return the findings with the time until the first of their limits is reached."""
    machine = machine_limit(system)
    told = dict(findings)
    for key, processes in suspects.items():
        own = [limit for process in processes for limit in limits.get(process, ())]
        verdict = findings[key].verdict.toward((*own, machine))
        told[key] = findings[key]._replace(verdict=verdict)
    return told
