"""Which process of something that grows is to be asked whether its memory is touched."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping

from trayapp.dataclass import NamedTuple
from trayapp.domain.judging.leaks.staleness import Suspect
from trayapp.domain.judging.leaks.verdict import Verdict
from trayapp.domain.judging.leaks.watch import Finding
from trayapp.domain.records.application_use import ApplicationKey, ApplicationUse
from trayapp.domain.records.samples import MemoryReading, ProcessKey

_LEAST_SHARE = 0.5
"""Who holds less of the growth than this cannot speak for the whole."""


class Growing(NamedTuple):
    """A target or application that may be growing."""

    subject: Hashable
    """What it is known again by."""
    readings: Iterable[tuple[ProcessKey, MemoryReading]]
    verdict: Verdict
    pid: int | None = None
    """The one process that the verdict is about; None: the whole."""


class SuspectFinder:
    """Knows by how much each process has grown since the whole that it belongs to does."""

    def __init__(self) -> None:
        self._sizes: dict[Hashable, dict[ProcessKey, int]] = {}
        """Of what grows, by process, when it was first seen to grow."""

    def find(self, everyone: Iterable[Growing]) -> list[Suspect]:
        """Choose one process of each that grows, and none where several share the growth."""
        before, self._sizes = self._sizes, {}
        found = (self._choose(each, before.get(each.subject, {})) for each in everyone)
        return [suspect for suspect in found if suspect is not None]

    def _choose(self, growing: Growing, before: Mapping[ProcessKey, int]) -> Suspect | None:
        growth_bytes = growing.verdict.growth_bytes
        if growing.verdict.level == "healthy" or not growth_bytes:
            return None
        sizes = {
            key: reading.rss_bytes if reading.kept_bytes is None else reading.kept_bytes
            for key, reading in growing.readings
            if growing.pid is None or key.pid == growing.pid
        }
        began = {key: before.get(key, size) for key, size in sizes.items()}
        self._sizes[growing.subject] = began
        if len(sizes) < 2:
            return next(
                (Suspect(key, size, min(growth_bytes, size)) for key, size in sizes.items()), None
            )
        grown = {key: size - began[key] for key, size in sizes.items()}
        key = max(grown, key=grown.__getitem__)
        whole = sum(each for each in grown.values() if each > 0)
        if not whole or grown[key] < _LEAST_SHARE * whole:
            return None
        return Suspect(key, sizes[key], grown[key])


def growing_of_others(
    uses: Iterable[ApplicationUse],
    findings: Mapping[ApplicationKey, Finding],
    readings: Mapping[ProcessKey, MemoryReading],
) -> Iterator[Growing]:
    """What no target holds, and may be growing."""
    for use in uses:
        if use.key in findings:
            own = ((key, readings[key]) for key in use.processes if key in readings)
            yield Growing(use.key, own, *findings[use.key])
