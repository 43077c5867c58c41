"""OOM kills of the whole machine, from counters, the kernel's log, and who ended."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from trayapp.domain.judging.oom_watch import WORTH_BYTES, OomWatch
from trayapp.domain.records.groups import is_inside
from trayapp.domain.records.names import process_label
from trayapp.domain.records.oom_kills import Ended, OomKill, OomMark, Owner
from trayapp.domain.records.samples import MemoryReading, ProcessFacts, ProcessKey
from trayapp.readers.kernel_journal import KernelJournal
from trayapp.readers.kernel_log import knows_our_pids
from trayapp.readers.oom_counters import OomReader

_REMEMBERED = 256
"""How many of the processes that ended last are kept, for the name of who was killed."""
Members = Mapping[str, Sequence[ProcessKey]]


class KillReader:
    """Finds OOM kills and their victims. All calls from one thread.

    It remembers the sizes of large processes: of one that has ended nobody can ask any more.
    """

    def __init__(self, mark: OomMark | None = None) -> None:
        """`mark`: how far the last run has told kills."""
        # In a container the journal of the host tells other pids.
        journal = KernelJournal() if knows_our_pids() else None
        self._reader = OomReader(mark=mark, journal=journal)
        self._watch = OomWatch()
        self._sizes: dict[ProcessKey, int] = {}
        self._ended: list[Ended] = []
        self._owners: dict[int, Owner] = {}
        self._groups: dict[str, Collection[str]] = {}
        self._lately_gone: deque[ProcessFacts] = deque(maxlen=_REMEMBERED)

    @property
    def mark(self) -> OomMark | None:
        """How far kills are reported now; None: they are not counted here."""
        return self._reader.mark(time.time(), self._watch.untold)

    def note_gone(
        self,
        gone: Iterable[ProcessKey],
        members: Members,
        facts_of: Callable[[ProcessKey], ProcessFacts | None],
    ) -> None:
        """Note who has ended, while it is still known who that was; `members` are those before.

        Before `read`, at every tick.
        """
        self._ended = []
        owners: dict[ProcessKey, str] | None = None
        for key in gone:
            size, facts = self._sizes.pop(key, None), facts_of(key)
            if facts is not None:
                self._lately_gone.append(facts)
            if size is None:
                continue
            if owners is None:
                owners = {each: name for name, keys in members.items() for each in keys}
            name = _label(facts) if facts else ""
            self._ended.append(Ended(name, key.pid, owners.get(key), size))

    def read(
        self,
        now: float,
        members_before: Members,
        members: Members,
        available_bytes: int,
        living: Callable[[], Iterable[ProcessFacts]] = tuple,
        groups: Mapping[str, Collection[str]] | None = None,
    ) -> OomKill | None:
        """Return a kill, once; see `OomWatch`.

        now: monotonic seconds; living: all processes that are there, asked for when there was one;
        groups: control groups that are targets, by the targets' names.
        """
        # Who was killed may have been the last in its group, and may be named seconds later.
        self._groups = {
            name: found
            for name, found in {**self._groups, **(groups or {})}.items()
            if name in members
        }
        count = self._reader.read(members, now)
        if count is not None and count.victims:
            pids = {victim.pid for victim in count.victims}
            # Who is named may have ended by now, or take its time to.
            targets = {
                key.pid: name
                for before in (members_before, members)
                for name, keys in before.items()
                for key in keys
                if key.pid in pids
            }
            known = {
                facts.key.pid: _label(facts)
                for facts in (*self._lately_gone, *living())
                if facts.key.pid in pids
            }
            for victim in count.victims:
                # It may have lived for less than the time between two samples.
                home = self._target_of(victim.home)
                if home is not None:
                    targets.setdefault(victim.pid, home)
            self._owners = {
                pid: Owner(known.get(pid, ""), targets.get(pid)) for pid in known | targets
            }
        return self._watch.add_sample(now, count, self._ended, available_bytes, self._owners)

    def _target_of(self, cgroup: str) -> str | None:
        """Return the first target that is a group with that one in it."""
        for name, paths in self._groups.items():
            if any(is_inside(cgroup, path) for path in paths):
                return name
        return None

    def note_sizes(self, readings: Mapping[ProcessKey, MemoryReading], *, is_all: bool) -> None:
        """Remember the large ones; `is_all`: these are all processes there are."""
        large = {
            key: reading.rss_bytes
            for key, reading in readings.items()
            if reading.rss_bytes >= WORTH_BYTES
        }
        self._sizes = large if is_all else self._sizes | large

    def close(self) -> None:
        self._reader.close()


def _label(facts: ProcessFacts) -> str:
    return process_label(facts.arguments, facts.name) or facts.name
