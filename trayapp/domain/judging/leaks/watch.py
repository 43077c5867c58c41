"""Judging everything that no target holds: each process, and each application as a whole."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from trayapp.dataclass import NamedTuple
from trayapp.domain.judging.leaks.blocks import Load
from trayapp.domain.judging.leaks.detector import DEFAULT_SETTINGS, LeakDetector
from trayapp.domain.judging.leaks.settings import LeakSettings
from trayapp.domain.judging.leaks.staleness import Staleness
from trayapp.domain.judging.leaks.verdict import Signal, Verdict
from trayapp.domain.records.application_use import ApplicationKey, ApplicationUse
from trayapp.domain.records.samples import MemoryReading, ProcessKey
from trayapp.language.units import KIB

WORTH_JUDGING_BYTES = 512 * KIB
"""What has not grown by this much since it was lowest keeps one number, not a detector."""
MOST_DETECTORS = 256
"""1.7 MiB of them; those of the healthy go when there are more."""

Subject = ProcessKey | ApplicationKey


def _nobody_looked(_: Iterable[ProcessKey]) -> Staleness | None:
    return None


class Finding(NamedTuple):
    """What is said of one application."""

    verdict: Verdict
    pid: int | None = None
    """The process that the verdict is about; None: the application as a whole."""


class Handover(NamedTuple):
    """What has judged an application, for whoever judges its processes from now on."""

    key: ApplicationKey
    whole: LeakDetector | None
    """Of all its processes together; None: there was none yet."""
    part: tuple[ProcessKey, LeakDetector] | None
    """Of the one of several processes that its verdict was about; None: of none."""


class LeakWatch:
    """Folds looks at all applications and their processes.

    O(processes of what has changed) per look. An idle process costs one number; one that has grown
    a detector of up to 8 KiB, of which there are at most `MOST_DETECTORS` that are neither growing
    nor leaking.
    """

    def __init__(self, settings: LeakSettings = DEFAULT_SETTINGS) -> None:
        """Begin with nothing known."""
        self._settings = settings
        self._known: dict[Subject, int | LeakDetector] = {}
        """Its detector, or its lowest size while it has none."""
        self._looked: dict[ApplicationKey, ApplicationUse] = {}
        """What there was at the last look."""
        self._calm: set[ApplicationKey] = set()
        """Those that had no detector then, neither as a whole nor any process."""
        self._detectors: list[tuple[Subject, LeakDetector]] = []
        """All that there were."""
        self._place = 0
        """How many subjects came before, in this look."""
        self._judged: dict[ApplicationKey, tuple[tuple[ProcessKey, ...], Finding]] = {}
        """The processes of those of which something was said at the last look, and what."""

    def set_settings(self, settings: LeakSettings) -> None:
        """Judge by other thresholds from the next look on."""
        self._settings = settings
        for known in self._known.values():
            if isinstance(known, LeakDetector):
                known.set_settings(settings)

    def fold(
        self,
        monotonic_seconds: float,
        uses: Iterable[ApplicationUse],
        readings: Mapping[ProcessKey, MemoryReading],
        room_bytes: float | None,
        signal: Signal = "anonymous memory",
        staleness_of: Callable[[Iterable[ProcessKey]], Staleness | None] = _nobody_looked,
    ) -> dict[ApplicationKey, Finding]:
        """Take in one look.

        Args:
            monotonic_seconds: When.
            uses: The applications, without what belongs to targets. The same record as at the
                look before: nothing of it has changed.
            readings: Every process in `uses`, and maybe others.
            room_bytes: What the machine has left.
            signal: What the anonymous sizes are.
            staleness_of: What is known of whether the memory of some processes is touched.

        Returns: what is known of those that have grown since they were first seen: the worst of an
            application and its processes, the process where both are as bad.
        """
        now = monotonic_seconds
        before, self._looked = self._looked, {}
        calm, self._calm = self._calm, set()
        self._judged, self._detectors = {}, []
        findings: dict[ApplicationKey, Finding] = {}
        self._place = 0
        followed: set[Subject] = set()
        for use in uses:
            self._looked[use.key] = use
            if use.key in calm and before[use.key] is use:
                # The same record: nothing has changed, and none of them has a detector.
                self._calm.add(use.key)
                self._place += _subject_count(use)
                continue
            found: list[Finding] = []
            total_bytes, all_anonymous = 0, True
            for key in use.processes:
                reading = readings[key]
                anon_bytes = reading.kept_bytes
                all_anonymous = all_anonymous and anon_bytes is not None
                size_bytes = reading.rss_bytes if anon_bytes is None else anon_bytes
                total_bytes += size_bytes
                kind = signal if anon_bytes is not None else "resident set"
                detector = self._follow(key, size_bytes, kind)
                if detector is not None:
                    detector.fold(
                        now, size_bytes, room_bytes=room_bytes, staleness=staleness_of((key,))
                    )
                    found.append(Finding(detector.verdict, key.pid))
            if len(use.processes) > 1:
                kind = signal if all_anonymous else "resident set"
                detector = self._follow(use.key, total_bytes, kind)
                if detector is not None:
                    load = Load(children=len(use.processes))
                    detector.fold(
                        now,
                        total_bytes,
                        load=load,
                        room_bytes=room_bytes,
                        staleness=staleness_of(use.processes),
                    )
                    found.append(Finding(detector.verdict))
            followed.update(_subjects(use))
            if found:
                findings[use.key] = max(found, key=_badness)
                self._judged[use.key] = use.processes, findings[use.key]
            else:
                self._calm.add(use.key)
        for application, use in before.items():
            if application not in calm or self._looked.get(application) is not use:
                for subject in _subjects(use):
                    if subject not in followed:
                        self._known.pop(subject, None)
        self._drop_the_healthy()
        return findings

    def take(self, members: Collection[ProcessKey]) -> Handover | None:
        """Give away what judges the application that these processes are, and judge it no more.

        They are one if they are all that it had at the last look, and none that another one had.
        None: they are none of which anything is said.
        """
        held = frozenset(members)
        for key, (processes, finding) in self._judged.items():
            if not held.issuperset(processes):
                continue
            if any(other in self._known for other in held.difference(processes)):
                return None
            del self._judged[key]
            found = {each: self._pop(each) for each in processes}
            whole = self._pop(key)
            if len(processes) == 1:
                return Handover(key, found[processes[0]], None)
            worst = ((each, judge) for each, judge in found.items() if each.pid == finding.pid)
            part = next(((each, judge) for each, judge in worst if judge is not None), None)
            return Handover(key, whole, part)
        return None

    def _pop(self, subject: Subject) -> LeakDetector | None:
        known = self._known.pop(subject, None)
        return known if isinstance(known, LeakDetector) else None

    def _follow(self, subject: Subject, size_bytes: int, signal: Signal) -> LeakDetector | None:
        """Keep a subject that is still there; its detector, if it has one or deserves one now."""
        known = self._known.get(subject)
        place, self._place = self._place, self._place + 1
        if isinstance(known, int) and size_bytes - known >= WORTH_JUDGING_BYTES:
            known = LeakDetector(
                signal=signal,
                settings=self._settings,
                # So that not all of them judge in the same look. Not by hash(): Python salts that
                # of texts anew for each run, and the same looks are to give the same verdicts.
                phase=place % 15 / 15,
            )
        if isinstance(known, LeakDetector):
            self._known[subject] = known
            self._detectors.append((subject, known))
            return known
        if known is None or size_bytes < known:
            self._known[subject] = size_bytes
        return None

    def _drop_the_healthy(self) -> None:
        if len(self._detectors) > MOST_DETECTORS:
            for subject, detector in self._detectors:
                if detector.verdict.level == "healthy":
                    # To be met anew; should it grow again, it gets another.
                    del self._known[subject]


def _subjects(use: ApplicationUse) -> Iterator[Subject]:
    """Yield what is judged of an application: each process, and all of several together."""
    yield from use.processes
    if len(use.processes) > 1:
        yield use.key


def _subject_count(use: ApplicationUse) -> int:
    count = len(use.processes)
    return count + 1 if count > 1 else count


def _badness(finding: Finding) -> tuple[bool, bool, bool, float, bool]:
    """What is worse comes later; of what is healthy, what stopped after it was said to leak."""
    verdict = finding.verdict
    levels = verdict.level == "leaking", verdict.level == "growing"
    return *levels, verdict.stopped_bytes is not None, verdict.score, finding.pid is not None
