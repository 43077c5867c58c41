"""The system's word that memory is short: systemd's `MEMORY_PRESSURE_WATCH`, honoured here.

systemd names a file of the kernel's (pressure of the service's control group), a named pipe or a
socket, and what is to be written into it first. See "Memory Pressure Handling in systemd".
"""

from __future__ import annotations

import os
import select
import socket
import stat
import time
from base64 import b64decode
from collections.abc import Mapping
from contextlib import suppress

WATCH, WRITE = "MEMORY_PRESSURE_WATCH", "MEMORY_PRESSURE_WRITE"
_MOST_READ = 4096


class SystemNotice:
    """Waits for the system's word. One thread."""

    def __init__(self, descriptor: int, events: int) -> None:
        """events: what to wait for, as `select.poll` has it."""
        self._descriptor, self._events = descriptor, events
        self._poll = select.poll()
        self._poll.register(descriptor, events)
        self._is_over = False

    def wait(self, seconds: float) -> bool:
        """Wait so long; return whether memory is short."""
        if self._is_over:
            time.sleep(seconds)
            return False
        found = self._poll.poll(1000 * seconds)
        if not found:
            return False
        heard = found[0][1]
        is_broken = bool(heard & (select.POLLERR | select.POLLNVAL))
        has_come = bool(heard & self._events) and not is_broken
        if has_come and self._events & select.POLLIN:
            with suppress(BlockingIOError):
                has_come = bool(os.read(self._descriptor, _MOST_READ))
        if not has_come:
            # The group is gone, or the other end: to wait on would be to spin.
            self._is_over = True
            with suppress(OSError):
                os.close(self._descriptor)
        return has_come


def open_system_notice(environment: Mapping[str, str]) -> SystemNotice | None:
    """Open what systemd names; None: it names nothing, or that cannot be opened. Never raises."""
    path = environment.get(WATCH, "")
    # Switched off by a person: "/dev/null".
    if not path.startswith("/") or path == os.devnull or not hasattr(select, "poll"):
        return None
    with suppress(OSError, ValueError):
        first = b64decode(environment.get(WRITE, ""), validate=True)
        kind = os.stat(path).st_mode  # noqa: PTH116
        if stat.S_ISSOCK(kind):
            return SystemNotice(_connect(path, first), select.POLLIN)
        flags = os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
        if not first and not stat.S_ISFIFO(kind):
            flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
        descriptor = os.open(path, flags)
        try:
            if first:
                os.write(descriptor, first)
        except OSError:
            os.close(descriptor)
            raise
        return SystemNotice(descriptor, select.POLLIN if stat.S_ISFIFO(kind) else select.POLLPRI)
    return None


def _connect(path: str, first: bytes) -> int:
    """Return the descriptor of a connected socket. Raises: OSError."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as connection:
        connection.connect(path)
        if first:
            connection.sendall(first)
        return connection.detach()
