"""Heaps of programs that no target holds: what collections leave, and what lies outside."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from trayapp.dataclass import replace
from trayapp.domain.judging.leaks import NOTHING_TO_JUDGE, Finding, LeakSettings, Verdict
from trayapp.domain.judging.live_set_leak import LiveSetLeak, worse_of
from trayapp.domain.judging.outside_heap_leak import HeapJudges, OutsideHeapLeak
from trayapp.domain.records.application_use import ApplicationKey, ApplicationUse
from trayapp.domain.records.runtimes import RuntimeHeap
from trayapp.domain.records.samples import MemoryReading, ProcessKey

Heaps = Mapping[ProcessKey, tuple[RuntimeHeap, ...]]


class ApplicationHeaps:
    """Judges each process whose heap is known; keeps nothing of others, nor of the dead."""

    def __init__(self) -> None:
        self._judges: dict[ProcessKey, HeapJudges] = {}

    def set_settings(self, settings: LeakSettings) -> None:
        """Judge by other thresholds from the next look on."""
        for judges in self._judges.values():
            judges.heap.set_settings(settings)
            judges.outside.set_settings(settings)

    def take(self, members: Collection[ProcessKey]) -> HeapJudges | None:
        """Give away what has judged the one of these processes with a heap; None: not one."""
        known = [key for key in members if key in self._judges]
        return self._judges.pop(known[0]) if len(known) == 1 else None

    def fold(
        self,
        now: float,
        uses: Iterable[ApplicationUse],
        heaps: Heaps,
        readings: Mapping[ProcessKey, MemoryReading],
        findings: Mapping[ApplicationKey, Finding],
        settings: LeakSettings,
    ) -> dict[ApplicationKey, Finding]:
        """Take in one look; return the findings, with the heap's where that is worse.

        now: monotonic seconds; uses: the applications; readings: of their processes; findings: of
        their memory.
        """
        told = dict(findings)
        before, self._judges = self._judges, {}
        if not heaps:
            return told
        for use in uses:
            for key in use.processes:
                if key not in heaps:
                    continue
                judges = before.get(key) or HeapJudges(LiveSetLeak(), OutsideHeapLeak())
                self._judges[key] = judges
                reading = readings.get(key)
                kept_bytes = reading.kept_bytes if reading else None
                found = _with_heap(
                    told.get(use.key, Finding(NOTHING_TO_JUDGE)).verdict,
                    judges.heap.add_heaps(now, heaps[key], settings),
                    judges.outside.add_look(now, kept_bytes, heaps[key], settings),
                )
                if found is not None:
                    told[use.key] = Finding(found, key.pid if len(use.processes) > 1 else None)
        return told


def _with_heap(memory: Verdict, heap: Verdict | None, outside: Verdict | None) -> Verdict | None:
    """Return what is worse than what its application's memory says; None: neither is."""
    worst = memory
    if heap is not None and worse_of(worst, heap) is heap:
        worst = replace(heap, is_hidden=memory.level == "healthy")
    if outside is not None and worse_of(worst, outside) is outside:
        is_steady = heap is not None and heap.level == "healthy"
        worst = replace(outside, is_heap_steady=is_steady)
    return None if worst is memory else worst
