"""What is said of incidents that seem over: what is so now, not what was so at their worst."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from trayapp.dataclass import replace
from trayapp.domain.judging.alerting import PRESSURE_KEY, Incident
from trayapp.domain.judging.judges.heap import heap_text
from trayapp.domain.judging.judges.inside import fragmentation_text
from trayapp.domain.judging.judges.limit import limit_text
from trayapp.domain.judging.view import TargetView
from trayapp.domain.records.levels import Level
from trayapp.language.catalogue import _, paragraph


def as_of_now(
    incidents: Iterable[Incident],
    targets: Mapping[str, TargetView],
    pressure_now: Callable[[Level], tuple[str, str]],
) -> tuple[Incident, ...]:
    """Bring the words of those that recover up to date, for whoever reads them now.

    targets: by name. pressure_now: title and body about the machine at a level.
    """
    return tuple(
        _recovering(incident, targets, pressure_now) if incident.phase == "recovering" else incident
        for incident in incidents
    )


def _recovering(
    incident: Incident,
    targets: Mapping[str, TargetView],
    pressure_now: Callable[[Level], tuple[str, str]],
) -> Incident:
    kind = incident.key.partition(":")[0]
    title, body = "", ""
    if incident.key == PRESSURE_KEY:
        title, body = pressure_now(incident.level)
    elif kind == "limit" and (view := targets.get(incident.subject)) is not None:
        title, body = limit_text(view)
    elif kind == "fragmentation" and (view := targets.get(incident.subject)) is not None:
        title, body = fragmentation_text(view)
    elif kind == "heap" and (view := targets.get(incident.subject)) is not None:
        title, body = heap_text(view)
    if body:
        return replace(incident, title=title, body=body)
    seems_over = _("Probably resolved. Last seen:")
    return replace(incident, body=paragraph(seems_over, incident.body))
