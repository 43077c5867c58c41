"""All that no target holds: its applications, how they develop, and which of them leak."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from trayapp.domain.judging.application_heaps import ApplicationHeaps
from trayapp.domain.judging.application_history import ApplicationHistory
from trayapp.domain.judging.application_trends import ApplicationTrends, ApplicationView
from trayapp.domain.judging.leaks import Finding, Handover, LeakSettings, LeakWatch
from trayapp.domain.judging.leaks.staleness import StalenessPlan, Suspect
from trayapp.domain.judging.leaks.suspects import SuspectFinder, growing_of_others
from trayapp.domain.judging.limit_suspects import suspects_of, toward_limits
from trayapp.domain.judging.monitor_rules import MonitorRules
from trayapp.domain.judging.outside_heap_leak import HeapJudges
from trayapp.domain.records.application_use import ApplicationKey, ApplicationUse
from trayapp.domain.records.frames import Frame
from trayapp.domain.records.samples import ProcessKey, ProcessUse
from trayapp.domain.records.series import ApplicationMinute


class ApplicationFollower:
    """Follows applications, from looks at all processes that are seconds apart."""

    def __init__(self, rules: MonitorRules) -> None:
        self.largest: tuple[ProcessUse, ...] = ()
        """The largest processes."""
        self.views: tuple[ApplicationView, ...] = ()
        """The largest applications."""
        self.growing: list[Suspect] = []
        """Whom to ask whether their memory is touched."""
        self.findings: Mapping[ApplicationKey, Finding] = {}
        """What is said of applications since the last look."""
        self.history = ApplicationHistory(rules.history)
        self.minutes: list[ApplicationMinute] = []
        """For the history: what the last frame completed."""
        self._finder = SuspectFinder()
        self._watch = LeakWatch(rules.leaks)
        self._heaps = ApplicationHeaps()
        self._suspects: Mapping[ApplicationKey, tuple[ProcessKey, ...]] = {}
        self.reset_bars(rules.bar_span_seconds)

    def reset_bars(self, span_seconds: float) -> None:
        """Begin anew with bars that cover another time."""
        self._trends = ApplicationTrends(span_seconds)

    def set_leak_settings(self, settings: LeakSettings) -> None:
        """Judge by other thresholds from the next look on."""
        self._watch.set_settings(settings)
        self._heaps.set_settings(settings)

    def take(self, members: Collection[ProcessKey]) -> Handover | None:
        """Give away what judges the application that these processes are; see `LeakWatch.take`."""
        return self._watch.take(members)

    def take_heap(self, members: Collection[ProcessKey]) -> HeapJudges | None:
        """Give away what judges the heap of the one of these processes that has any."""
        return self._heaps.take(members)

    @property
    def suspects(self) -> Collection[ProcessKey]:
        """Processes that grow: their limits are to be read, too."""
        return [key for keys in self._suspects.values() for key in keys]

    def add_frame(
        self, frame: Frame, rules: MonitorRules, staleness: StalenessPlan
    ) -> Sequence[tuple[ApplicationUse, Finding]] | None:
        """Return what is found at this frame, largest first; None: nobody looked this time."""
        everything, now = frame.everything, frame.monotonic_seconds
        self.minutes = []
        if everything is None:
            return None
        self.largest = everything.largest
        findings: dict[ApplicationKey, Finding] = {}
        if rules.judges_others:
            found = self._watch.fold(
                now,
                everything.applications,
                everything.readings,
                frame.system.available_bytes,
                "private memory" if frame.anon_is_private else "anonymous memory",
                lambda keys: staleness.of(keys, now),
            )
            self._suspects = suspects_of(everything.applications, found)
            findings = self._heaps.fold(
                now,
                everything.applications,
                everything.heaps,
                everything.readings,
                toward_limits(found, self._suspects, everything.limits, frame.system),
                rules.leaks,
            )
        self.growing = self._finder.find(
            growing_of_others(everything.applications, findings, everything.readings)
        )
        self.views = self._trends.add_sample(
            now, everything.applications, everything.readings, findings, frame.wall_seconds
        )
        self.findings = findings
        growing = {key for key, each in findings.items() if each.verdict.level != "healthy"}
        self.minutes = self.history.add_look(
            now, frame.wall_seconds, everything.applications, growing
        )
        if not rules.tells_growth:
            return ()
        uses = everything.applications
        return [(use, findings[use.key]) for use in uses if use.key in findings]
