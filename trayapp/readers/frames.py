"""One frame: every reader and tracker of the machine, read in order."""

from __future__ import annotations

import heapq
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from trayapp.domain.acting.cleanups import APP
from trayapp.domain.grouping.applications import ApplicationTracker
from trayapp.domain.grouping.nearest import UnmatchedWatch, nearest_match
from trayapp.domain.grouping.target_tracker import TargetTracker
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.records.application_use import ApplicationUse
from trayapp.domain.records.frames import Everything, Frame, TargetSample
from trayapp.domain.records.inside import Inside
from trayapp.domain.records.limits import Limit
from trayapp.domain.records.oom_kills import OomMark
from trayapp.domain.records.referenced import ReferencedRequest
from trayapp.domain.records.runtimes import Runtime
from trayapp.domain.records.samples import (
    MemoryReading,
    Particulars,
    ProcessFacts,
    ProcessKey,
    ProcessUse,
    SystemSample,
)
from trayapp.language.units import MIB
from trayapp.readers.charges import Charged, TargetCharges, charged_size, limits_with_charge
from trayapp.readers.hidden_processes import hides_processes
from trayapp.readers.kills import KillReader
from trayapp.readers.outside import OutsideReader
from trayapp.readers.own_cost import AppReader, RequestedWork
from trayapp.readers.particulars import ParticularsReader
from trayapp.readers.power import PowerReader
from trayapp.readers.process_limits import LimitReader, joined_limits
from trayapp.readers.processes import open_process_reader, wanted_facts
from trayapp.readers.proportions import ProportionReader
from trayapp.readers.referenced import ReferencedReader
from trayapp.readers.runtimes import RUNTIMES, OtherHeaps, RuntimeReader
from trayapp.readers.shared_uses import SharedUses
from trayapp.readers.system import open_system_reader

GROUPS_SECONDS = 10.0
"""How often every process is read, where nothing else is set; targets are read at every tick."""
_LARGEST_COUNT = 15
_SORTING_SECONDS = 0.5
"""So long a sample may take to find out who belongs to which target: strangers' command lines may
be hard for a person's regular expressions."""


def _time_for_sorting() -> Callable[[], bool]:
    """Return what tells whether there is time left to sort processes into targets."""
    deadline = time.perf_counter() + _SORTING_SECONDS
    return lambda: time.perf_counter() < deadline


class MachineReader:
    """Everything that is read, and who belongs to whom. All calls from one thread."""

    def __init__(
        self,
        rules: Sequence[TargetRule],
        app_pid: int,
        oom_mark: OomMark | None = None,
        requested: RequestedWork | None = None,
        heap_folder: Path | None = None,
    ) -> None:
        """Open all readers; `app_pid` is Memtray's own, `oom_mark` how far kills were told.

        requested: see `AppReader`; heap_folder: where probes leave the figures of heaps.
        """
        self._processes = open_process_reader()
        self._system = open_system_reader()
        self._app = AppReader(requested=requested)
        self._proportions = ProportionReader[str]()
        self._shared_uses = SharedUses()
        self._particulars = ParticularsReader()
        self._limits = LimitReader()
        self._charges = TargetCharges()
        self._kills = KillReader(oom_mark)
        self._power = PowerReader()
        self._outside = OutsideReader()
        self._referenced = ReferencedReader() if sys.platform == "linux" else None
        self._runtimes, self._other_heaps = None, None
        if sys.platform == "linux":
            self._runtimes = RuntimeReader(folder=heap_folder)
            self._other_heaps = OtherHeaps(RuntimeReader(folder=heap_folder))
        self._targets = TargetTracker(rules, app_pid)
        self._processes.ask_for(**wanted_facts(rules))
        self._applications = ApplicationTracker(app_pid)
        self._unmatched = UnmatchedWatch()
        self._hides_processes = hides_processes()
        self._groups_seconds = GROUPS_SECONDS
        self._groups_at: float | None = None
        self._swap_used_bytes: int | None = None
        self._samples: dict[str, TargetSample] = {}
        """Of the latest frame, by target."""
        self.insides: Mapping[ProcessKey, Inside] = {}
        """What the probes of processes have reported; set before each frame."""

    @property
    def oom_mark(self) -> OomMark | None:
        """How far OOM kills are reported; None: they are not counted here."""
        return self._kills.mark

    def set_rules(self, rules: Sequence[TargetRule]) -> None:
        """Follow other targets from the next frame on."""
        self._targets.set_rules(rules, _time_for_sorting())
        self._processes.ask_for(**wanted_facts(rules))
        self._groups_at = None

    @property
    def active_rules(self) -> tuple[TargetRule, ...]:
        """One rule for each target of the latest frame; the same tuple until that changes."""
        return self._targets.active_rules

    def explain(self, key: ProcessKey) -> tuple[ProcessFacts, str] | None:
        """Return who a process of a target is, and why it belongs there; None: it has ended."""
        facts, reason = self._targets.facts(key), self._targets.reason(key)
        return None if facts is None or reason is None else (facts, reason)

    def set_periods(self, applications_seconds: float, private_seconds: float) -> None:
        """Set how often other programs, and the private memory of targets, are read."""
        self._groups_seconds = applications_seconds
        self._proportions.set_period(private_seconds)

    def read_everything_soon(self) -> None:
        """Read every process for the next frame, not only when ten seconds are over."""
        self._groups_at = None

    def read_frame(
        self,
        now: float,
        interval_seconds: float,
        *,
        with_groups: bool,
        suspects: Collection[ProcessKey] = (),
        referenced: ReferencedRequest | None = None,
        outside: Collection[str] = (),
    ) -> Frame:
        """Read everything that is due.

        now: monotonic seconds; interval_seconds: the interval in force; with_groups: whether to
        follow what no target holds, too; suspects: those of it whose limits and heaps are wanted;
        referenced: what the monitor asked for last time; outside: of what is outside of programs,
        those of which it wants to know more.
        """
        members_before = self._targets.members()
        changes = self._processes.refresh()
        self._kills.note_gone(changes.gone, members_before, self._targets.facts)
        self._targets.apply(changes.appeared, changes.changed, changes.gone, _time_for_sorting())
        self._applications.apply(changes.appeared, changes.changed, changes.gone)
        self._targets.retire(now)
        members = self._targets.members()
        keys = [key for group in members.values() for key in group]
        self._search_nearest(self._targets.members_of_rules(), now)
        system = self._system.read()
        oom_kill = self._kills.read(
            now, members_before, members, system.available_bytes, self._targets.living,
            self._charges.groups,
        )  # fmt: skip
        limits = self._limits.read([*keys, *suspects], now, system.total_bytes)
        charged = self._charges.read(
            self._targets.active_rules, members, self._targets.facts, now, system.total_bytes
        )
        everything = None
        if with_groups:
            everything = self._read_everything(now, {key: limits.get(key, ()) for key in suspects})
        return Frame(
            monotonic_seconds=now,
            wall_seconds=time.time(),
            interval_seconds=interval_seconds,
            system=system,
            app=self._app.read(),
            targets=self._read_targets(members, keys, now, system, limits, charged),
            everything=everything,
            anon_is_private=sys.platform == "win32",
            oom_kill=oom_kill,
            on_battery=self._power.on_battery(now),
            referenced=(
                self._referenced.carry_out(referenced) if referenced and self._referenced else None
            ),
            outside=self._outside.read(now, outside),
        )

    def all_processes(self) -> list[ProcessUse]:
        """Return every process that has memory of its own, largest first."""
        uses = self._uses(_sizes(self._processes.read_all()).items())
        return sorted(uses, key=lambda use: -use.rss_bytes)

    def processes(self, keys: Iterable[ProcessKey]) -> list[ProcessUse]:
        """Return those of these processes that have memory of their own, largest first."""
        uses = self._uses(_sizes(self._processes.read(keys)).items())
        return sorted(uses, key=lambda use: -use.rss_bytes)

    def lineage(self, key: ProcessKey) -> list[ProcessFacts]:
        """Return a living process, its parent and so on; empty: it has ended."""
        return list(self._targets.lineage(key))

    def all_applications(self) -> list[ApplicationUse]:
        """Return every application and what it uses now, largest first; targets are none."""
        readings = self._processes.read_all()
        return self._shared_uses.with_known(self._applications.uses(readings, self._targets.taken))

    def measure(self, subject: str) -> int | None:
        """Return the resident set, right now, of a target or of "memtray"; None: nothing runs."""
        if subject == APP:
            # After a cleanup nobody wants to be shown old figures.
            self._app.read_again_soon()
            return self._app.read().rss_bytes
        keys = self._targets.members().get(subject, [])
        sizes = [reading.rss_bytes for reading in self._processes.read(keys).values()]
        return sum(sizes) if sizes else None

    def close(self) -> None:
        self._processes.close()
        self._system.close()
        self._app.close()
        self._kills.close()
        for heaps in (self._runtimes, self._other_heaps):
            if heaps is not None:
                heaps.close()

    def _read_targets(
        self,
        members: dict[str, list[ProcessKey]],
        keys: list[ProcessKey],
        now: float,
        system: SystemSample,
        limits: Mapping[ProcessKey, tuple[Limit, ...]],
        charged: Mapping[str, Charged],
    ) -> tuple[TargetSample, ...]:
        readings = self._processes.read(keys)
        self._kills.note_sizes(readings, is_all=False)
        swap_before, self._swap_used_bytes = self._swap_used_bytes, system.swap_used_bytes
        swap_moves = abs((system.swap_used_bytes or 0) - (swap_before or 0)) >= MIB
        sizes = self._proportions.read(members, readings, now, swap_moves=swap_moves)
        readings = self._proportions.with_own_shared(readings, now)
        particulars = self._particulars.read(keys, now)
        heaps = self._runtimes.read(keys, now) if self._runtimes else {}
        before, self._samples = self._samples, {}
        found = []
        for rule in self._targets.active_rules:
            name = rule.name
            keys = members[name]
            size, charge = sizes[name], charged.get(name)
            sample = TargetSample(
                name=name,
                readings=tuple([(key, readings[key]) for key in keys if key in readings]),
                footprint=size.footprint,
                uss_reason=size.uss_reason,
                size=charged_size(charge) or size.size,
                charge=None if charge is None else charge.charge,
                particulars=Particulars.total([particulars.get(key) for key in keys]),
                limits=limits_with_charge(
                    charge, joined_limits([limits[key] for key in keys if key in limits])
                ),
                heaps=tuple([heap for key in keys if key in heaps for heap in heaps[key]]),
                insides=tuple([self.insides[key] for key in keys if key in self.insides]),
                silent_runtime=self._silent_runtime(keys, heaps),
                unmatched=self._unmatched.unmatched(
                    rule, now, hides_processes=self._hides_processes
                ),
            )
            known = before.get(name)
            # Who stands still is told by the same record: whoever gets it need not look again.
            self._samples[name] = known if known is not None and known == sample else sample
            found.append(self._samples[name])
        return tuple(found)

    def _silent_runtime(
        self, keys: Iterable[ProcessKey], heaps: Mapping[ProcessKey, object]
    ) -> Runtime | None:
        """Return what runs one of these processes of whose heap nothing is told."""
        if self._runtimes is None:
            return None
        for key in keys:
            if key not in heaps and self._runtimes.is_silent(key):
                facts = self._targets.facts(key)
                runtime = RUNTIMES.get(facts.name) if facts else None
                if runtime is not None:
                    return runtime
        return None

    def _search_nearest(self, members: dict[str, list[ProcessKey]], now: float) -> None:
        """For targets that match nothing; a minute after it began, then ever less often."""
        for rule in self._unmatched.update(now, members, self._targets.rules):
            self._unmatched.note(rule, nearest_match(rule, self._targets.strangers()))

    def _read_everything(
        self, now: float, limits: Mapping[ProcessKey, tuple[Limit, ...]]
    ) -> Everything | None:
        if self._groups_at is not None and now - self._groups_at < self._groups_seconds:
            return None
        self._groups_at = now
        readings = self._processes.read_all()
        self._kills.note_sizes(readings, is_all=True)
        taken = self._targets.taken
        applications = self._applications.uses(readings, taken)
        largest = tuple(self._uses(_largest(readings, taken)))
        applications, better = self._shared_uses.read(applications, readings, now)
        heaps = self._other_heaps
        return Everything(
            applications=tuple(applications),
            largest=largest,
            readings=better,
            limits=limits,
            heaps=heaps.read(limits, largest, self._targets.is_free, now) if heaps else {},
        )

    def _uses(self, sizes: Iterable[tuple[ProcessKey, int]]) -> Iterator[ProcessUse]:
        for key, rss_bytes in sizes:
            facts = self._targets.facts(key)
            if facts is not None:
                yield ProcessUse(facts=facts, rss_bytes=rss_bytes)


def _sizes(readings: dict[ProcessKey, MemoryReading]) -> dict[ProcessKey, int]:
    return {key: reading.rss_bytes for key, reading in readings.items()}


def _largest(
    readings: Mapping[ProcessKey, MemoryReading], taken: Collection[ProcessKey]
) -> list[tuple[ProcessKey, int]]:
    """Return the largest that are not taken, with their resident sets; taken: not many."""
    sizes = [reading.rss_bytes for reading in readings.values()]
    # Two passes that call no function for each of ten thousand.
    least = min(heapq.nlargest(_LARGEST_COUNT + len(taken), sizes), default=0)
    found = [
        (key, reading.rss_bytes)
        for key, reading in readings.items()
        if reading.rss_bytes >= least and key not in taken
    ]
    return heapq.nlargest(_LARGEST_COUNT, found, key=lambda item: item[1])
