"""Every process by way of psutil: macOS, Windows, and whatever else it knows.

Imported only where it is used: psutil costs a process 2.5 MiB.
"""

from __future__ import annotations

from collections.abc import Iterable

import psutil

from trayapp.domain.records.samples import MemoryReading, ProcessFacts, ProcessKey
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

    def read_all(self) -> dict[ProcessKey, MemoryReading]:
        return self.read([life.facts.key for life in self._lives.values()])

    def _list_pids(self, now: float, *, force: bool) -> set[int] | None:  # noqa: ARG002
        return set(psutil.pids())

    def _meet(self, pid: int) -> PsutilLife | None:
        try:
            process = psutil.Process(pid)
            # Compared only; a float would do, but a key holds whole numbers.
            started = int(process.create_time() * 1_000_000)
            return PsutilLife(_read_facts(process, ProcessKey(pid, started)), process)
        except psutil.AccessDenied:
            key = ProcessKey(pid, UNKNOWN_START)
            return PsutilLife(ProcessFacts(key=key, parent_pid=0, name=""), None)
        except psutil.NoSuchProcess:
            return None

    def _read_again(self, life: PsutilLife) -> ProcessFacts | None:
        if life.process is None:
            return life.facts
        try:
            facts = _read_facts(life.process, life.facts.key, life.facts)
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
    process: psutil.Process, key: ProcessKey, before: ProcessFacts | None = None
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
        )


def _cut(arguments: Iterable[str]) -> tuple[str, ...]:
    kept = []
    room = KEPT_COMMAND_LINE_CHARACTERS
    for argument in arguments:
        if room <= 0:
            break
        kept.append(argument[:room])
        room -= len(argument) + 1
    return tuple(kept)
