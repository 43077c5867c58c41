"""Following processes from tick to tick: who appeared, who changed, who went."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from trayapp.domain.records.samples import MemoryReading, ProcessFacts, ProcessKey
from trayapp.readers.process_changes import ProcessChanges

SETTLE_SECONDS = 1.0
"""A process this old has probably run the exec that its fork was for."""


class Life:
    """One process, from its first sight to its last."""

    __slots__ = ("facts",)

    def __init__(self, facts: ProcessFacts) -> None:
        self.facts = facts


LifeT = TypeVar("LifeT", bound=Life)


class FollowingReader(ABC, Generic[LifeT]):
    """The part of a process reader that is the same on every system.

    A process is read when it is first seen and again once it settled, because exec changes
    its command line; later only when a reading hints at an exec or its parent ended. Nothing is
    kept for the dead. Not thread-safe.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lives: dict[int, LifeT] = {}
        self._due: dict[int, float] = {}
        """Pids to be read again, and when."""
        self._parents: set[int] = set()
        """Pids that some living process has or had as its parent."""
        self._found_dead: dict[int, LifeT] = {}
        """Seen to have ended while being read."""
        self._must_list = True

    def refresh(self) -> ProcessChanges:
        now = self._clock()
        gone = [self._bury(life) for life in self._found_dead.values()]
        self._found_dead.clear()
        appeared: list[ProcessFacts] = []
        pids = self._list_pids(now, force=self._must_list or bool(gone))
        if pids is not None:
            self._must_list = False
            new = sorted(pids.difference(self._lives))
            if len(self._lives) + len(new) > len(pids):
                gone += [self._bury(self._lives[pid]) for pid in self._lives.keys() - pids]
            appeared = self._meet_all(new, now)
        if gone:
            self._expect_new_parents({key.pid for key in gone}, now)
        changed, ended = self._revisit(now)
        return ProcessChanges(tuple(appeared), tuple(changed), tuple(gone + ended))

    def read(self, keys: Iterable[ProcessKey]) -> dict[ProcessKey, MemoryReading]:
        readings = {}
        for key in keys:
            life = self._lives.get(key.pid)
            if life is not None and life.facts.key == key:
                reading = self._read_memory(life)
                if reading is not None:
                    readings[key] = reading
        return readings

    def close(self) -> None:
        for life in self._lives.values():
            self._let_go(life)
        self._lives.clear()

    @abstractmethod
    def _list_pids(self, now: float, *, force: bool) -> set[int] | None:
        """Return all pids; None: as last time (not with `force`), or not to be had now."""

    @abstractmethod
    def _meet(self, pid: int) -> LifeT | None:
        """Take up a process; None if it is gone already. OSError: to be tried again."""

    @abstractmethod
    def _read_again(self, life: LifeT) -> ProcessFacts | None:
        """Return the facts as they are now; None: it ended. OSError: to be tried again."""

    @abstractmethod
    def _read_memory(self, life: LifeT) -> MemoryReading | None:
        """Return what it takes; None: not to be had, or it ended (see `_found_dead`)."""

    def _let_go(self, life: LifeT) -> None:
        """Free what is held for this process."""

    def _meet_all(self, pids: Iterable[int], now: float) -> list[ProcessFacts]:
        appeared = []
        for pid in pids:
            try:
                life = self._meet(pid)
            except OSError:  # out of descriptors or kernel memory, for the moment
                self._must_list = True
                continue
            if life is not None:
                self._lives[pid] = life
                self._due[pid] = now + SETTLE_SECONDS
                self._parents.add(life.facts.parent_pid)
                appeared.append(life.facts)
        return appeared

    def _expect_new_parents(self, ended_pids: set[int], now: float) -> None:
        parents = ended_pids & self._parents
        if not parents:
            return  # as with most that end: nobody has to be looked through
        self._parents -= parents
        for pid, life in self._lives.items():
            if life.facts.parent_pid in parents:
                self._due[pid] = now

    def _revisit(self, now: float) -> tuple[list[ProcessFacts], list[ProcessKey]]:
        changed: list[ProcessFacts] = []
        ended: list[ProcessKey] = []
        for pid in [pid for pid, due in self._due.items() if due <= now]:
            life = self._lives[pid]
            try:
                facts = self._read_again(life)
            except OSError:
                continue
            if facts is None:
                ended.append(self._bury(life))
                self._must_list = True  # the pid may have a new owner already
            elif facts == life.facts:
                del self._due[pid]
            else:
                life.facts = facts
                self._parents.add(facts.parent_pid)
                changed.append(facts)
                # It may not have come to rest yet: a shell runs env runs python.
                self._due[pid] = now + SETTLE_SECONDS
        if not self._due:
            self._due = {}  # an emptied one keeps the room that it once needed
        return changed, ended

    def _bury(self, life: LifeT) -> ProcessKey:
        key = life.facts.key
        self._let_go(life)
        self._lives.pop(key.pid, None)
        self._due.pop(key.pid, None)
        return key
