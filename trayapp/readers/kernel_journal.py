"""The kernel's log as the system's journal keeps it, for who may not read /dev/kmsg itself."""

from __future__ import annotations

import errno
import json
import os
import signal
import time
from contextlib import suppress

from trayapp.dataclass import NamedTuple
from trayapp.domain.records.oom_kills import Victim
from trayapp.platforms.protection import unprotect_child
from trayapp.readers.kernel_log import KillLines

_PROGRAM = "journalctl"
_MOST_LINES = 1000
_PASSING = (errno.ENOMEM, errno.EAGAIN, errno.EMFILE, errno.ENFILE)
_MOST_BYTES = 1024**2
_LIMIT_SECONDS = 5.0
"""So long it may take; while memory is short, everything takes its time."""


class _Asking(NamedTuple):
    pid: int
    output: int
    """Where its standard output goes: a file in memory."""
    until_seconds: float


class KernelJournal:
    """Asks journalctl for kills, when there were some. All calls from one thread; none waits.

    It is a child process that ends: what it finds is there at a later call. Where it finds nothing
    because this user may not read the system's journal either, it is not asked again.
    """

    def __init__(self) -> None:
        self._asking: _Asking | None = None
        self._known: dict[tuple[int, float], None] = {}
        self._is_useless = not hasattr(os, "memfd_create")

    @property
    def is_asking(self) -> bool:
        """Whether an answer is to come."""
        return self._asking is not None

    def kills(self, since_wall_seconds: float) -> tuple[Victim, ...]:
        """Return what the last question has found, or ask what was logged since then.

        Each kill is returned once, oldest first.
        """
        if self._asking is not None:
            return self._collect(self._asking)
        if not self._is_useless:
            self._ask(since_wall_seconds)
        return ()

    def close(self) -> None:
        """Ask no more."""
        if self._asking is not None:
            self._end(self._asking)

    def _ask(self, since_wall_seconds: float) -> None:
        command = [_PROGRAM, "--dmesg", "--output=json", "--no-pager", "--quiet"]
        command += [f"--since=@{since_wall_seconds:.0f}", f"--lines={_MOST_LINES}"]
        try:
            output = os.memfd_create("journal")
        except OSError:  # too many open files, or no memory; another time there may be
            return
        null = os.devnull
        try:
            pid = os.posix_spawnp(
                _PROGRAM,
                command,
                {**os.environ, "LC_ALL": "C"},
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, null, os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_DUP2, output, 1),
                    (os.POSIX_SPAWN_OPEN, 2, null, os.O_WRONLY, 0),
                ],
            )
        except OSError as error:
            os.close(output)
            # Without memory or room for a process it is asked again: kills are near just then.
            self._is_useless = error.errno not in _PASSING
            return
        unprotect_child(pid)
        self._asking = _Asking(pid, output, time.monotonic() + _LIMIT_SECONDS)

    def _collect(self, asking: _Asking) -> tuple[Victim, ...]:
        try:
            pid, status = os.waitpid(asking.pid, os.WNOHANG)
        except ChildProcessError:  # somebody else has waited for it
            pid, status = asking.pid, 0
        if not pid:
            if time.monotonic() >= asking.until_seconds:
                self._end(asking)
            return ()
        self._asking = None
        try:
            written = os.pread(asking.output, _MOST_BYTES, 0)
        finally:
            os.close(asking.output)
        # Without the right to it there is a complaint, an exit code in newer versions, no line.
        self._is_useless = status != 0 and not written
        found = []
        lines = KillLines()
        for line in written.splitlines():
            victim = _victim(line, lines)
            if victim is None or victim.wall_seconds is None:
                continue
            if (victim.pid, victim.wall_seconds) not in self._known:
                self._known[victim.pid, victim.wall_seconds] = None
                found.append(victim)
        while len(self._known) > _MOST_LINES:
            del self._known[next(iter(self._known))]
        return tuple(found)

    def _end(self, asking: _Asking) -> None:
        self._asking = None
        os.close(asking.output)
        with suppress(OSError):
            os.kill(asking.pid, signal.SIGKILL)
            os.waitpid(asking.pid, 0)


def _victim(line: bytes, lines: KillLines) -> Victim | None:
    """Return whom a record of the journal names; it may be anything."""
    with suppress(ValueError, TypeError, AttributeError, OverflowError):
        record = json.loads(line)
        message = record.get("MESSAGE")
        if record.get("_TRANSPORT") not in (None, "kernel"):
            return None  # anybody may have written it
        # Bytes where it is not UTF-8; null where it is too long.
        text = bytes(message) if isinstance(message, list) else str(message).encode()
        moment = int(record["__REALTIME_TIMESTAMP"]) / 1e6
        return lines.read(text, moment)
    return None
