"""The endpoints of single processes, named by pid and start time so that none is mistaken.

A process that gets a dead one's pid has another start time, and so another name.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import time
from pathlib import Path

from trayapp.control.protocol import LOOPBACK_ENDING, SOCKET_ENDING, short_path

PROBE, GUARD = "probe", "guard"
"""The kinds of endpoints: a program's probe, and a guarded run."""
HEAP = "heap"
"""The file in which a program keeps the figures of its heap, see `readers/heap_file.py`; no
endpoint."""
LEFT_TASKS = "tasks"
"""The file that a program with a probe leaves behind; no endpoint."""

_STALE_AT_A_TIME = 1000
_SILENT_SECONDS = 60.0
"""A heap's figures are written every second, by the living."""


def endpoint_name(kind: str, pid: int, started: int) -> str:
    """Return the name of a process's endpoint; `started` is that of its `ProcessKey`.

    Only on Linux can every program tell its own start time in the readers' unit; elsewhere the
    name has the pid alone, and who asks has to look first who has it.
    """
    return f"{kind}-{pid}-{started}" if sys.platform == "linux" else f"{kind}-{pid}"


def own_name(kind: str) -> str:
    """Return the name of this process's own endpoint. Raises: OSError, ValueError without /proc."""
    pid = os.getpid()
    return endpoint_name(kind, pid, _read_started(pid) if sys.platform == "linux" else 0)


def find_names(runtime: Path, kind: str) -> list[str]:
    """Return the names of all endpoints of a kind in `runtime`; some may be stale."""
    try:
        names = {file.stem for file in runtime.iterdir() if _is_endpoint(file)}
    except OSError:
        return []
    return sorted(name for name in names if name.startswith(f"{kind}-"))


def sweep(runtime: Path) -> None:
    """Remove the sockets of processes that were killed. Linux only; harmless for the living."""
    if sys.platform != "linux":
        return
    _sweep_heaps(runtime)
    for kind in (PROBE, GUARD):
        for name in find_names(runtime, kind)[:_STALE_AT_A_TIME]:
            file = runtime / f"{name}{SOCKET_ENDING}"
            # Not in this /proc may be in that of another container with the same folder.
            if not _runs(name) and _is_deaf(file):
                with contextlib.suppress(OSError):
                    file.unlink()


def _sweep_heaps(runtime: Path) -> None:
    """Remove the figures of heaps that nobody has written for long, nor lives to write again."""
    oldest = time.time() - _SILENT_SECONDS
    with contextlib.suppress(OSError):
        for file in list(runtime.glob(f"{HEAP}-*"))[:_STALE_AT_A_TIME]:
            with contextlib.suppress(OSError):
                if file.lstat().st_mtime < oldest and not _runs(file.name):
                    file.unlink()


def _is_endpoint(file: Path) -> bool:
    return file.suffix in (SOCKET_ENDING, LOOPBACK_ENDING)


def _runs(name: str) -> bool:
    try:
        _, pid, started = name.split("-")
        return _read_started(int(pid)) == int(started)
    except (OSError, ValueError):
        return False


def _is_deaf(file: Path) -> bool:
    if not file.is_socket():
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(0.2)
        try:
            with short_path(file) as address:
                connection.connect(address)
        except ConnectionRefusedError:
            return True
        except OSError:
            pass
    return False


def _read_started(pid: int) -> int:
    """Return clock ticks since boot, as in `ProcessKey`. Raises: OSError, ValueError."""
    stat = (Path("/proc") / str(pid) / "stat").read_bytes()
    # The name may hold anything, also ") S 1 ": only the last parenthesis ends it.
    return int(stat.rpartition(b")")[2].split(None, 20)[19])
