"""What collections leave in the heaps of programs that no target holds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from trayapp.dataclass import replace
from trayapp.domain.judging.leaks import NOTHING_TO_JUDGE, Finding, LeakSettings
from trayapp.domain.judging.live_set_leak import LiveSetLeak, worse_of
from trayapp.domain.records.application_use import ApplicationKey, ApplicationUse
from trayapp.domain.records.runtimes import RuntimeHeap
from trayapp.domain.records.samples import ProcessKey

Heaps = Mapping[ProcessKey, tuple[RuntimeHeap, ...]]


class ApplicationHeaps:
    """Judges each process whose heap is known; keeps nothing of others, nor of the dead."""

    def __init__(self) -> None:
        self._leaks: dict[ProcessKey, LiveSetLeak] = {}

    def set_settings(self, settings: LeakSettings) -> None:
        """Judge by other thresholds from the next look on."""
        for leak in self._leaks.values():
            leak.set_settings(settings)

    def take(self, members: Collection[ProcessKey]) -> LiveSetLeak | None:
        """Give away what has judged the one of these processes with a heap; None: not one."""
        known = [key for key in members if key in self._leaks]
        return self._leaks.pop(known[0]) if len(known) == 1 else None

    def fold(
        self,
        now: float,
        uses: Iterable[ApplicationUse],
        heaps: Heaps,
        findings: Mapping[ApplicationKey, Finding],
        settings: LeakSettings,
    ) -> dict[ApplicationKey, Finding]:
        """Take in one look; return the findings, with the heap's where that is worse.

        now: monotonic seconds; uses: the applications; findings: of their memory.
        """
        told = dict(findings)
        before, self._leaks = self._leaks, {}
        if not heaps:
            return told
        for use in uses:
            for key in use.processes:
                if key not in heaps:
                    continue
                leak = self._leaks[key] = before.get(key) or LiveSetLeak()
                heap = leak.add_heaps(now, heaps[key], settings)
                memory = told.get(use.key, Finding(NOTHING_TO_JUDGE)).verdict
                if heap is None or worse_of(memory, heap) is memory:
                    continue
                hidden = replace(heap, is_hidden=memory.level == "healthy")
                pid = key.pid if len(use.processes) > 1 else None
                told[use.key] = Finding(hidden, pid)
        return told
