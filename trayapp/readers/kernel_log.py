"""Processes that the kernel's OOM killer has killed, from /dev/kmsg where that may be read."""

from __future__ import annotations

import os
import re
import time
from contextlib import suppress
from pathlib import Path

from trayapp.domain.records.oom_kills import Victim

_RECORD_BYTES = 8192
"""No record is larger; the kernel refuses to be read by less."""
_MOST_RECORDS = 20_000
_FIRST_PIDS = "pid:[4026531836]"
"""The kernel's own numbers, in which it logs: their inode is fixed (PROC_PID_INIT_INO)."""
_RECORD = re.compile(rb"\d+,\d+,(?P<microseconds>\d+)[^;]*;(?P<text>.*)")
_KILLED = re.compile(
    rb".*?Killed process (?P<pid>\d+) \((?P<name>.*)\),?"
    rb" (?:UID.*?)?total-vm:\d+kB, anon-rss:(?P<anon>\d+)kB, file-rss:(?P<file>\d+)kB"
    rb"(?:, shmem-rss:(?P<shared>\d+)kB)?"
)
_CGROUP = b"Memory cgroup out of memory"
_BEGINS = b" invoked oom-killer: "
_FULL_CGROUP = re.compile(
    rb"oom-kill:constraint=CONSTRAINT_MEMCG,.*?,oom_memcg=(?P<cgroup>.*?),task_memcg=(?P<home>.*?)"
    rb",task=.*,pid=(?P<pid>\d+),uid=\d+$"
)
_FULL_CGROUP_OLD = re.compile(rb"Task in /.* killed as a result of limit of (?P<cgroup>/.*)")
"""Before Linux 5.0."""
_CGROUP_LIMIT = re.compile(rb"memory: usage \d+kB, limit (\d+)kB")
_ALL_OF_CGROUP = re.compile(rb"Tasks in .* are going to be killed due to memory\.oom\.group set")
_ESCAPED = re.compile(rb"\\x([0-9a-f]{2})")


class KernelLog:
    """Follows /dev/kmsg. Most systems let root alone read it: elsewhere it knows of nobody.

    All calls from one thread; none waits.
    """

    def __init__(self, path: str = "/dev/kmsg") -> None:
        """Open it at its end."""
        self._descriptor: int | None = None
        self._lines = KillLines()
        if not knows_our_pids():
            return
        with suppress(OSError):
            self._descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        self._seek(os.SEEK_END)

    @property
    def is_readable(self) -> bool:
        return self._descriptor is not None

    def kills(self, *, from_start: bool = False) -> tuple[Victim, ...]:
        """Return all since the last call, oldest first; `from_start`: all that are still in it."""
        if from_start:
            self._seek(os.SEEK_SET)
        if self._descriptor is None:
            return ()
        found: list[Victim] = []
        now, monotonic_now = time.time(), time.clock_gettime(time.CLOCK_MONOTONIC)
        for _each in range(_MOST_RECORDS):
            try:
                record = os.read(self._descriptor, _RECORD_BYTES)
            except BrokenPipeError:
                continue  # what was to be read has been overwritten; it goes on behind that
            except OSError:
                break
            if not record:
                break
            if match := _RECORD.match(record):
                age_seconds = monotonic_now - int(match["microseconds"]) / 1e6
                if victim := self._lines.read(match["text"], now - age_seconds):
                    found.append(victim)
        return tuple(found)

    def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _seek(self, whence: int) -> None:
        if self._descriptor is not None:
            with suppress(OSError):
                os.lseek(self._descriptor, 0, whence)


class KillLines:
    """Reads what the kernel writes about kills, line by line: whose limit it was comes first.

    While many are killed the kernel leaves out all but the line that names whom.
    """

    def __init__(self) -> None:
        self._cgroup = self._home = ""
        self._limit_bytes: int | None = None
        self._pid: bytes | None = None
        """Whom that is about; None: whoever is named next."""
        self._takes_all = False
        """Whether all processes of the cgroup are killed with it (`memory.oom.group`)."""

    def read(self, text: bytes, wall_seconds: float) -> Victim | None:
        """Return whom a line names; None: it is about something else."""
        if _BEGINS in text:
            self._forget()
        elif found := _FULL_CGROUP.match(text) or _FULL_CGROUP_OLD.match(text):
            told = found.groupdict()
            self._cgroup, self._pid = _unescaped(found["cgroup"]), told.get("pid")
            self._home = _unescaped(told.get("home") or b"")
        elif found := _CGROUP_LIMIT.match(text):
            self._limit_bytes = int(found[1]) * 1024
        elif _ALL_OF_CGROUP.match(text):
            self._takes_all = True
        elif found := _KILLED.match(text):
            return self._victim(found, text, wall_seconds)
        return None

    def _forget(self) -> None:
        self._cgroup = self._home = ""
        self._limit_bytes, self._pid, self._takes_all = None, None, False

    def _victim(self, line: re.Match[bytes], text: bytes, wall_seconds: float) -> Victim:
        by_cgroup = _CGROUP in text
        if not by_cgroup or (self._pid not in (None, line["pid"]) and not self._takes_all):
            self._forget()
        kilobytes = sum(int(line[part] or 0) for part in ("anon", "file", "shared"))
        return Victim(
            name=_unescaped(line["name"]),
            pid=int(line["pid"]),
            rss_bytes=kilobytes * 1024,
            is_certain=True,
            by_cgroup=by_cgroup,
            cgroup=self._cgroup,
            home=self._home,
            cgroup_limit_bytes=self._limit_bytes,
            wall_seconds=wall_seconds,
        )


def knows_our_pids() -> bool:
    """Return whether the kernel numbers processes as we do: not in a container."""
    try:
        return str(Path("/proc/self/ns/pid").readlink()) == _FIRST_PIDS
    except OSError:
        return True


def _unescaped(text: bytes) -> str:
    """Undo the kernel's escapes of what strangers have named."""
    return os.fsdecode(_ESCAPED.sub(lambda escaped: bytes([int(escaped[1], 16)]), text))
