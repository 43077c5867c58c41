"""Every process by way of psutil: macOS, Windows, and whatever else it knows.

Imported only where it is used: psutil costs a process 2.5 MiB.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress

import psutil

from trayapp.domain.records.samples import MemoryReading, ProcessFacts, ProcessKey, User
from trayapp.readers.following import FollowingReader, Life
from trayapp.readers.process_changes import UNKNOWN_START

KEPT_COMMAND_LINE_CHARACTERS = 4096


class PsutilLife(Life):
    """A process and psutil's handle on it."""

    __slots__ = ("process",)

    def __init__(self, facts: ProcessFacts, process: psutil.Process | None) -> None:
        super().__init__(facts)
        self.process = process
        """None: may not even be asked when it started."""


class PortableReader(FollowingReader[PsutilLife]):
    """Follows all processes through psutil; see `ProcessReader`.

    `anon_bytes` is known on Windows only.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock)
        self._wanted: tuple[str, ...] = ()

    def ask_for(self, *, exe: bool, user: bool) -> None:
        wanted = (*(("exe",) if exe else ()), *(("user",) if user else ()))
        if wanted != self._wanted:
            self._wanted = wanted
            self._due.update(dict.fromkeys(self._lives, 0.0))

    def read_all(self) -> dict[ProcessKey, MemoryReading]:
        return self.read([life.facts.key for life in self._lives.values()])

    def _list_pids(self, now: float, *, force: bool) -> set[int] | None:  # noqa: ARG002
        return set(psutil.pids())

    def _meet(self, pid: int) -> PsutilLife | None:
        try:
            process = psutil.Process(pid)
            # Compared only; a float would do, but a key holds whole numbers.
            started = int(process.create_time() * 1_000_000)
            facts = _read_facts(process, ProcessKey(pid, started), wanted=self._wanted)
            return PsutilLife(facts, process)
        except psutil.AccessDenied:
            key = ProcessKey(pid, UNKNOWN_START)
            return PsutilLife(ProcessFacts(key=key, parent_pid=0, name=""), None)
        except psutil.NoSuchProcess:
            return None

    def _read_again(self, life: PsutilLife) -> ProcessFacts | None:
        if life.process is None:
            return life.facts
        try:
            facts = _read_facts(life.process, life.facts.key, life.facts, self._wanted)
        except psutil.NoSuchProcess:
            return None
        except psutil.AccessDenied:
            return life.facts
        return facts if life.process.is_running() else None

    def _read_memory(self, life: PsutilLife) -> MemoryReading | None:
        if life.process is None:
            return None
        try:
            info = life.process.memory_info()
            # Still the same after reading: then the pid was its own all along.
            if life.process.is_running():
                # Windows tells private bytes in the same call.
                return MemoryReading(info.rss, getattr(info, "private", None)) if info.rss else None
        except (psutil.ZombieProcess, psutil.AccessDenied, OSError):
            return None
        except psutil.NoSuchProcess:
            pass
        self._found_dead[life.facts.key.pid] = life
        return None


def _read_facts(
    process: psutil.Process,
    key: ProcessKey,
    before: ProcessFacts | None = None,
    wanted: Collection[str] = (),
) -> ProcessFacts:
    """Read what a process is. Raises: psutil.NoSuchProcess, psutil.AccessDenied."""
    arguments: tuple[str, ...] = ()
    with process.oneshot():
        try:
            arguments = _cut(process.cmdline())
        except (psutil.AccessDenied, psutil.ZombieProcess, OSError):
            # Ending takes the command line first, but it stays what this process was.
            arguments = before.arguments if before is not None else ()
        try:
            name = process.name()
        except psutil.ZombieProcess:
            name = before.name if before is not None else ""
        return ProcessFacts(
            key=key,
            parent_pid=process.ppid() or 0,
            name=name,
            arguments=arguments,
            started_wall_seconds=process.create_time(),
            exe=_asked(process.exe) if "exe" in wanted else None,
            user=_user(process) if "user" in wanted else None,
        )


def _asked(ask: Callable[[], str]) -> str | None:
    """Return what the system tells; None: not of this process."""
    try:
        return ask() or None
    except (psutil.AccessDenied, psutil.ZombieProcess, OSError):
        return None


def _user(process: psutil.Process) -> User | None:
    name = _asked(process.username)
    uid = None
    if hasattr(process, "uids"):
        with suppress(psutil.AccessDenied, psutil.ZombieProcess):
            uid = int(process.uids().effective)
    return None if name is None else User(uid, name)


def _cut(arguments: Iterable[str]) -> tuple[str, ...]:
    kept = []
    room = KEPT_COMMAND_LINE_CHARACTERS
    for argument in arguments:
        if room <= 0:
            break
        kept.append(argument[:room])
        room -= len(argument) + 1
    return tuple(kept)
