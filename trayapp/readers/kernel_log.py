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
_ESCAPED = re.compile(rb"\\x([0-9a-f]{2})")


class KernelLog:
    """Follows /dev/kmsg. Most systems let root alone read it: elsewhere it knows of nobody.

    All calls from one thread; none waits.
    """

    def __init__(self, path: str = "/dev/kmsg") -> None:
        """Open it at its end."""
        self._descriptor: int | None = None
        if not _knows_our_pids():
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
        found = []
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
                if victim := victim_of(match["text"], now - age_seconds):
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


def _knows_our_pids() -> bool:
    """Return whether the kernel numbers processes as we do: not in a container."""
    try:
        return str(Path("/proc/self/ns/pid").readlink()) == _FIRST_PIDS
    except OSError:
        return True


def victim_of(text: bytes, wall_seconds: float) -> Victim | None:
    """Return whom a line of the kernel's log names; None: it is about something else."""
    match = _KILLED.match(text)
    if match is None:
        return None
    name = _ESCAPED.sub(lambda escaped: bytes([int(escaped[1], 16)]), match["name"])
    kilobytes = sum(int(match[part] or 0) for part in ("anon", "file", "shared"))
    return Victim(
        name=os.fsdecode(name),
        pid=int(match["pid"]),
        rss_bytes=kilobytes * 1024,
        is_certain=True,
        by_cgroup=_CGROUP in text,
        wall_seconds=wall_seconds,
    )
