"""What Memtray's own children cost, and theirs: windows, deliveries, hooks."""

from __future__ import annotations

import os
from collections.abc import Container, Iterator
from contextlib import suppress
from pathlib import Path

from trayapp.dataclass import NamedTuple

_MOST = 200
"""Processes; whoever has more has no use for the sum."""


class ChildCosts(NamedTuple):
    """All that live now."""

    process_count: int
    size_bytes: int
    """Memory of their own: what would come back if they ended."""
    requested_bytes: int
    """The part of windows, which a person asked for."""
    cpu_seconds: float = 0.0
    """Processor time since they were started, with that of their children that have ended."""
    requested_cpu_seconds: float = 0.0


def read_children(
    requested: Container[int] = (), pid: int | None = None, root: str = "/proc"
) -> ChildCosts | None:
    """Read what descends from this process; None where the kernel does not tell.

    `requested` are the pids of children that a person asked for; theirs count with them.
    """
    first = list(_children_of(os.getpid() if pid is None else pid, root))
    if not first and not Path(f"{root}/self/task/{os.getpid()}/children").exists():
        return None
    waiting = [(child, child in requested) for child in first]
    count = size_bytes = requested_bytes = 0
    cpu_seconds = requested_cpu_seconds = 0.0
    while waiting and count < _MOST:
        child, is_requested = waiting.pop()
        own_bytes = _own_bytes(child, root)
        if own_bytes is None:
            continue
        count += 1
        size_bytes += own_bytes
        requested_bytes += own_bytes if is_requested else 0
        own_seconds = _cpu_seconds(child, root)
        cpu_seconds += own_seconds
        requested_cpu_seconds += own_seconds if is_requested else 0.0
        waiting += [(each, is_requested) for each in _children_of(child, root)]
    return ChildCosts(count, size_bytes, requested_bytes, cpu_seconds, requested_cpu_seconds)


def ended_cpu_seconds() -> float:
    """Return the processor time of all children that have ended, and of theirs. Any thread."""
    times = os.times()
    return times.children_user + times.children_system


def _children_of(pid: int, root: str) -> Iterator[int]:
    # Each thread has its own: whoever started it.
    with suppress(OSError):
        for thread in Path(f"{root}/{pid}/task").iterdir():
            with suppress(OSError, ValueError):
                yield from map(int, (thread / "children").read_bytes().split())


def _own_bytes(pid: int, root: str) -> int | None:
    """Return the resident set less what is shared; None: it has ended."""
    try:
        fields = Path(f"{root}/{pid}/statm").read_bytes().split()
        return (int(fields[1]) - int(fields[2])) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None


def _cpu_seconds(pid: int, root: str) -> float:
    """Return its processor time, with that of its children that have ended; 0.0: it has ended."""
    try:
        # The name may hold anything, also ") S 1 ": only the last parenthesis ends it.
        fields = Path(f"{root}/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError):
        return 0.0
