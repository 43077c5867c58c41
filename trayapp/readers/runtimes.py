"""Runtimes that tell of their heap without being asked: Java. Linux only."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Collection
from contextlib import suppress

from trayapp.domain.records.runtimes import RuntimeHeap
from trayapp.domain.records.samples import ProcessKey
from trayapp.readers.java_counters import MOST_BYTES, JavaHeap, parse_layout
from trayapp.readers.procfile import read_start, read_started
from trayapp.readers.slow_clock import SlowClock

PERIOD_SECONDS = 30.0
"""How often it is looked whether a process has counters after all."""
_BUDGET_SECONDS = 0.003
_MOST_NAMES = 1000
"""Of a temporary folder, to find whose counters there are; more is not gone through."""
_FOLDER = "hsperfdata_"


class RuntimeReader:
    """Reads the heaps of processes at every look. One thread. Keeps nothing of the dead."""

    def __init__(
        self, root: str = "/proc", *, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        """`root`: where the process file system is."""
        self._root = root
        self._slow_clock = SlowClock[ProcessKey](PERIOD_SECONDS, _BUDGET_SECONDS, clock)
        self._files: dict[ProcessKey, _Counters] = {}

    def read(self, keys: Collection[ProcessKey], now: float) -> dict[ProcessKey, RuntimeHeap]:
        """Return the heap of each of these processes that tells of one; all others are forgotten.

        now: monotonic seconds. Never raises: what cannot be read, or is not what it should be,
        tells nothing.
        """
        before = self._files
        self._files = self._slow_clock.refresh(
            before, keys, now, lambda key, known: known or self._find(key)
        )
        for key in before.keys() - self._files.keys():
            before[key].close()
        found: dict[ProcessKey, RuntimeHeap] = {}
        for key, counters in list(self._files.items()):
            try:
                reading = counters.read(now)
            except (OSError, ValueError):
                self._files.pop(key).close()
                continue
            if reading is not None:
                found[key] = reading
        return found

    def close(self) -> None:
        for counters in self._files.values():
            counters.close()
        self._files.clear()

    def _owner(self, pid: int) -> int:
        """Return whose process it is. Raises: OSError."""
        return os.stat(f"{self._root}/{pid}").st_uid  # noqa: PTH116

    def _find(self, key: ProcessKey) -> _Counters | None:
        """Return the counters of a process; None: it has none, or it may not be asked."""
        try:
            if read_started(self._root, key.pid) != key.started:
                return None
            status = read_start(f"{self._root}/{key.pid}/status", 4096)
            owner = self._owner(key.pid)
        except (OSError, ValueError):
            return None
        pid = _inner_pid(status, key.pid)
        # Java uses /tmp, whatever java.io.tmpdir says: that of its own container.
        temporary = f"{self._root}/{key.pid}/root/tmp"
        for name in _folders(temporary, owner):
            with suppress(OSError, ValueError):
                return _Counters(f"{temporary}/{name}/{pid}", owner)
        return None


class _Counters:
    """The open file of one process. Its descriptor proves that it is still the same."""

    __slots__ = ("_descriptor", "_heap")

    def __init__(self, path: str, owner: int) -> None:
        """Raises: OSError; ValueError where it is no small regular file of this user."""
        self._heap = JavaHeap()
        self._descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            found = os.fstat(self._descriptor)
            is_right = stat.S_ISREG(found.st_mode) and found.st_uid == owner
            if not is_right or found.st_size > MOST_BYTES:
                raise ValueError(path)
            parse_layout(os.pread(self._descriptor, MOST_BYTES, 0))
        except BaseException:
            self.close()
            raise

    def read(self, now: float) -> RuntimeHeap | None:
        """Raises: OSError, ValueError."""
        return self._heap.read(os.pread(self._descriptor, self._heap.byte_count, 0), now)

    def close(self) -> None:
        os.close(self._descriptor)


def _inner_pid(status: bytes, pid: int) -> int:
    """Return the pid that a process has in its own namespace."""
    for line in status.split(b"\n"):
        if line.startswith(b"NSpid:"):
            last = line.split()[-1]
            return int(last) if last.isdigit() else pid
    return pid


def _folders(temporary: str, owner: int) -> list[str]:
    """Return the names of the folders in which the counters of this user may be."""
    import pwd  # there is none on Windows

    with suppress(KeyError):
        name = f"{_FOLDER}{pwd.getpwuid(owner).pw_name}"
        if os.path.isdir(f"{temporary}/{name}"):  # noqa: PTH112
            return [name]
    # In a container the user has another name.
    found = []
    with suppress(OSError), os.scandir(temporary) as entries:
        for count, entry in enumerate(entries):
            if count >= _MOST_NAMES:
                break
            if entry.name.startswith(_FOLDER):
                found.append(entry.name)
    return found
