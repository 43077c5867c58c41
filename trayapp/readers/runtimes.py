"""Runtimes that tell of their heap without being asked: Java, and Node.js with its probe.

Linux only: elsewhere nobody keeps such figures where another process may read them cheaply.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from trayapp.domain.records.runtimes import Runtime, RuntimeHeap
from trayapp.domain.records.samples import ProcessKey, ProcessUse
from trayapp.readers.procfile import read_start, read_started
from trayapp.readers.slow_clock import SlowClock

if TYPE_CHECKING:
    from trayapp.readers.java_counters import JavaHeap

PERIOD_SECONDS = 30.0
"""How often it is looked whether a process has counters after all."""
_MOST_BYTES = 1024 * 1024
"""Of a file of either kind."""
_BUDGET_SECONDS = 0.003
_MOST_NAMES = 1000
"""Of a temporary folder, to find whose counters there are; more is not gone through."""
_MOST_OTHERS = 32
"""Processes of no target whose heaps are read."""
_ENOUGH_MISSES = 2
RUNTIMES: Mapping[str, Runtime] = {"java": "java", "node": "node"}
"""By the name of the process."""
_FOLDER = "hsperfdata_"

Heaps = tuple[RuntimeHeap, ...]


class RuntimeReader:
    """Reads the heaps of processes at every look. One thread. Keeps nothing of the dead."""

    def __init__(
        self,
        root: str = "/proc",
        *,
        folder: Path | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """`root`: where the process file system is; `folder`: where probes leave figures."""
        self._root = root
        self._folder = folder
        self._slow_clock = SlowClock[ProcessKey](PERIOD_SECONDS, _BUDGET_SECONDS, clock)
        self._files: dict[ProcessKey, _HeapSource] = {}
        self._misses: dict[ProcessKey, int] = {}
        """How often nothing was found of those that are still there."""

    def is_silent(self, key: ProcessKey) -> bool:
        """Whether a process has had the time to tell of a heap, and has not."""
        return self._misses.get(key, 0) >= _ENOUGH_MISSES

    def read(self, keys: Collection[ProcessKey], now: float) -> dict[ProcessKey, Heaps]:
        """Return the heaps of each of these processes that tells of any; others are forgotten.

        now: monotonic seconds. Never raises: what cannot be read, or is not what it should be,
        tells nothing.
        """
        before = self._files
        self._files = self._slow_clock.refresh(
            before, keys, now, lambda key, known: known or self._search(key)
        )
        self._misses = {key: self._misses[key] for key in keys if key in self._misses}
        for key in before.keys() - self._files.keys():
            before[key].close()
        found: dict[ProcessKey, Heaps] = {}
        for key, source in list(self._files.items()):
            try:
                heaps = source.read(now)
            except (OSError, ValueError):
                self._files.pop(key).close()
                continue
            if heaps:
                found[key] = heaps
        return found

    def close(self) -> None:
        for source in self._files.values():
            source.close()
        self._files.clear()

    def _owner(self, pid: int) -> int:
        """Return whose process it is. Raises: OSError."""
        return os.stat(f"{self._root}/{pid}").st_uid  # noqa: PTH116

    def _search(self, key: ProcessKey) -> _HeapSource | None:
        found = self._find(key)
        if found is None:
            self._misses[key] = self._misses.get(key, 0) + 1
        return found

    def _find(self, key: ProcessKey) -> _HeapSource | None:
        """Return the figures of a process; None: it has none, or it may not be asked."""
        if self._folder is not None:
            with suppress(OSError, ValueError):
                # Of this very process, by its name.
                file = self._folder / heap_file_name(key)
                return _HeapSource(str(file), os.geteuid(), _node_form)
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
                path = f"{temporary}/{name}/{pid}"
                return _HeapSource(path, owner, _java_form)
        return None


class OtherHeaps:
    """The heaps of a few processes that no target holds. One thread.

    A heap that fills shows in no figure by which a process would be found to grow: so who has
    grown once, and the largest of those that are called as a runtime, are read as long as they
    live.
    """

    def __init__(self, reader: RuntimeReader) -> None:
        self._reader = reader
        self._known: Collection[ProcessKey] = ()

    def read(
        self,
        growing: Collection[ProcessKey],
        largest: Iterable[ProcessUse],
        is_free: Callable[[ProcessKey], bool],
        now: float,
    ) -> dict[ProcessKey, Heaps]:
        """Return the heaps of those that tell of any.

        is_free: whether a process lives, and belongs to no target; now: monotonic seconds.
        """
        named = [use.facts.key for use in largest if use.facts.name in RUNTIMES]
        wanted = dict.fromkeys(key for key in (*self._known, *growing, *named) if is_free(key))
        found = self._reader.read(list(wanted)[:_MOST_OTHERS], now)
        self._known = found.keys()
        return found

    def close(self) -> None:
        self._reader.close()


def heap_file_name(key: ProcessKey) -> str:
    """Return the name of the probe's file about a process, in the folder of the sockets."""
    return f"heap-{key.pid}-{key.started}"


class _Form(Protocol):
    """What understands the bytes of one kind of file, from reading to reading."""

    @property
    def byte_count(self) -> int:
        """How much of the file is wanted at the next reading."""

    def read(self, data: bytes, now: float) -> Heaps:
        """Raises: ValueError."""


class _JavaHeaps:
    """The one heap of a Java virtual machine."""

    def __init__(self, heap: JavaHeap) -> None:
        self._heap = heap

    @property
    def byte_count(self) -> int:
        return self._heap.byte_count

    def read(self, data: bytes, now: float) -> Heaps:
        heap = self._heap.read(data, now)
        return () if heap is None else (heap,)


# Loaded once there is a file of the kind: few machines have programs of either runtime.


def _node_form(data: bytes) -> _Form:
    from trayapp.readers.heap_file import FileHeaps, check_header

    check_header(data)
    return FileHeaps()


def _java_form(data: bytes) -> _Form:
    from trayapp.readers.java_counters import JavaHeap, parse_layout

    parse_layout(data)
    return _JavaHeaps(JavaHeap())


class _HeapSource:
    """The open file of one process. Its descriptor proves that it is still the same."""

    __slots__ = ("_descriptor", "_form")

    def __init__(self, path: str, owner: int, form_of: Callable[[bytes], _Form]) -> None:
        """Raises: OSError; ValueError where it is no small regular file of this user."""
        self._descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            found = os.fstat(self._descriptor)
            is_right = stat.S_ISREG(found.st_mode) and found.st_uid == owner
            if not is_right or found.st_size > _MOST_BYTES:
                raise ValueError(path)
            self._form = form_of(os.pread(self._descriptor, _MOST_BYTES, 0))
        except BaseException:
            self.close()
            raise

    def read(self, now: float) -> Heaps:
        """Raises: OSError, ValueError."""
        return self._form.read(os.pread(self._descriptor, self._form.byte_count, 0), now)

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
