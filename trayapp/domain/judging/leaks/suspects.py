"""Which process of something that grows is to be asked whether its memory is touched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from trayapp.domain.grouping.applications import ApplicationKey, ApplicationUse
from trayapp.domain.judging.leaks.staleness import Suspect
from trayapp.domain.judging.leaks.verdict import Verdict
from trayapp.domain.judging.leaks.watch import Finding
from trayapp.domain.records.samples import MemoryReading, ProcessKey


def suspect_among(
    readings: Iterable[tuple[ProcessKey, MemoryReading]], verdict: Verdict, pid: int | None = None
) -> Suspect | None:
    """Choose the process that the verdict is about, else the largest; None: nothing grows."""
    if verdict.level == "healthy" or not verdict.growth_bytes:
        return None
    sizes = [
        (reading.rss_bytes if reading.kept_bytes is None else reading.kept_bytes, key)
        for key, reading in readings
        if pid is None or key.pid == pid
    ]
    if not sizes:
        return None
    memory_bytes, key = max(sizes)
    return Suspect(key, memory_bytes, min(verdict.growth_bytes, memory_bytes))


def suspects_of_others(
    uses: Iterable[ApplicationUse],
    findings: Mapping[ApplicationKey, Finding],
    readings: Mapping[ProcessKey, MemoryReading],
) -> tuple[Suspect, ...]:
    """The growing ones among what no target holds."""
    found = (
        suspect_among(
            ((key, readings[key]) for key in use.processes if key in readings), *findings[use.key]
        )
        for use in uses
        if use.key in findings
    )
    return tuple(suspect for suspect in found if suspect is not None)
