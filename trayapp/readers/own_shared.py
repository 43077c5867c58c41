"""Shared memory that only one program maps: the heap of Java's ZGC, a leak of shared segments.

The cheap figures do not tell it from mapped files and from what others map as well; the slow ones
do. Between two of them it is drawn as a line, so that growth has its true rate and no steps.
"""

from __future__ import annotations

from collections.abc import Mapping

from trayapp.dataclass import NamedTuple
from trayapp.domain.records.samples import ProcessKey
from trayapp.readers.procfile import read_all, read_parent

WORTH_ASKING_BYTES = 256 * 1024
"""With less shared memory nobody asks whose it is."""
LONGEST_LINE_SECONDS = 60.0
_INHERITED_SHARE = 0.5
"""Of the shared memory that is mapped: with so much that its parent maps as well, it is not its
own. A database's backends touch, one after the other, the buffers that they were forked with."""


class SharedReading(NamedTuple):
    """The result of one slow reading."""

    read_at: float
    """Monotonic seconds."""
    shared_bytes: int
    """Its share of the shared memory that it has mapped (Pss_Shmem)."""


class _Line(NamedTuple):
    """From one slow reading's figure to the next one's."""

    reading: SharedReading
    from_bytes: int
    seconds: float
    left_out_bytes: int = 0
    """What was there when it turned out to be its own: no growth."""

    def at(self, now: float) -> int:
        """Return the figure at a moment, in monotonic seconds."""
        passed = now - self.reading.read_at
        done = 1.0 if self.seconds <= 0 else min(1.0, max(0.0, passed / self.seconds))
        way = self.reading.shared_bytes - self.from_bytes
        return max(0, round(self.from_bytes + done * way) - self.left_out_bytes)


class OwnShared:
    """Follows the own shared memory of processes; keeps nothing of others. One thread."""

    def __init__(self, root: str = "/proc", *, only_growth: bool = False) -> None:
        """only_growth: leave out what is there at first sight, if it was not counted until then."""
        self._root = root
        self._only_growth = only_growth
        self._lines: dict[ProcessKey, _Line] = {}

    def read(self, told: Mapping[ProcessKey, SharedReading], now: float) -> dict[ProcessKey, int]:
        """Return the shared memory in bytes that is a process's own, of those that have some.

        told: the latest slow reading of each process; now: monotonic seconds.
        """
        before, self._lines = self._lines, {}
        own = {}
        for key, reading in told.items():
            line = before.get(key)
            if line is not None and not reading.shared_bytes and line.reading == reading:
                self._lines[key] = line  # most have none at all
                continue
            if line is None or line.reading.read_at != reading.read_at:
                line = self._next_line(key, line, reading)
            self._lines[key] = line
            if own_bytes := line.at(now):
                own[key] = own_bytes
        return own

    def _next_line(self, key: ProcessKey, line: _Line | None, reading: SharedReading) -> _Line:
        shared_bytes = reading.shared_bytes
        if shared_bytes >= WORTH_ASKING_BYTES and self._is_inherited(key):
            # Kept level at what counted so far; should it become its own, from there on.
            counted = line.at(reading.read_at) if line else 0
            return _Line(reading, shared_bytes, 0.0, shared_bytes - counted)
        if line is None:
            return _Line(reading, shared_bytes, 0.0, shared_bytes if self._only_growth else 0)
        seconds = min(LONGEST_LINE_SECONDS, reading.read_at - line.reading.read_at)
        shown_bytes = line.at(reading.read_at) + line.left_out_bytes
        return _Line(reading, shown_bytes, seconds, line.left_out_bytes)

    def _is_inherited(self, key: ProcessKey) -> bool:
        """Return whether most of the shared memory that it maps is mapped by its parent, too."""
        try:
            mapped = self._shared_objects(key.pid)
            parents = self._shared_objects(read_parent(self._root, key.pid)).keys()
        except (OSError, ValueError):
            return False
        inherited = sum(size for each, size in mapped.items() if each in parents)
        return inherited > 0 and inherited >= _INHERITED_SHARE * sum(mapped.values())

    def _shared_objects(self, pid: int) -> dict[tuple[bytes, bytes], int]:
        """Return what it has mapped as shared, in bytes, by device and inode."""
        found: dict[tuple[bytes, bytes], int] = {}
        for line in read_all(f"{self._root}/{pid}/maps").split(b"\n"):
            # Range, rights, offset, device, inode, path.
            fields = line.split(None, 5)
            if len(fields) < 5 or fields[1][3:4] != b"s" or fields[4] == b"0":
                continue
            begin, _, end = fields[0].partition(b"-")
            key = fields[3], fields[4]
            found[key] = found.get(key, 0) + int(end, 16) - int(begin, 16)
        return found
