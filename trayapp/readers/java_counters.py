"""The counters that a Java virtual machine keeps in a file, without a word to the program.

HotSpot maps `hsperfdata_USER/PID` in the temporary folder; the format is that of the JDK's own
`jstat` (version 2.0, JDK 1.4.2 to 25): a header, then entries of a name and a value, whose places
stay the same for the life of the process. The file belongs to another process, so every number of
it is checked before it is used.
"""

from __future__ import annotations

import re
import struct

from trayapp.dataclass import NamedTuple
from trayapp.domain.records.runtimes import RuntimeHeap

MOST_BYTES = 1024 * 1024
"""`-XX:PerfDataMemorySize` is 32 KiB unless somebody sets it."""
_MAGIC = 0xCAFEC0C0
_MOST_ENTRIES = 4096
_LONG, _BYTES = ord("J"), ord("B")
_OLD, _YOUNG = "sun.gc.generation.1.", "sun.gc.generation.0."
_TICKS_A_SECOND, _TICKS = "sun.os.hrt.frequency", "sun.os.hrt.ticks"
_METASPACE = "sun.gc.metaspace.used"
_MIXED_COLLECTIONS = 8
"""So many collections G1 spreads the garbage over that its concurrent cycle has found."""
_MOST_SINCE_SECONDS = 10.0
"""So long what was allocated since a collection is reckoned; looks are no further apart."""
_MOST_TRIES = 3
"""Readings in which a process may be setting up its counters; one without a heap never does."""
_ARGUMENTS = "java.rt.vmArgs"
_MOST_ARGUMENTS = 1023
"""Characters of the options that HotSpot keeps; of longer ones the end is missing."""
_DIRECT = re.compile(r"(?:^|\s)-XX:MaxDirectMemorySize=(\d{1,18})([kKmMgGtT]?)(?=\s|$)")
_UNITS = {"": 0, "k": 10, "m": 20, "g": 30, "t": 40}
_SPACES = range(3)
_COLLECTORS = range(4)
_NUMBERS = frozenset(
    (
        _TICKS_A_SECOND,
        _TICKS,
        _METASPACE,
        *(f"{area}{what}" for area in (_OLD, _YOUNG) for what in ("capacity", "maxCapacity")),
        *(f"{area}space.{space}.used" for area in (_OLD, _YOUNG) for space in _SPACES),
        *(
            f"sun.gc.collector.{one}.{what}"
            for one in _COLLECTORS
            for what in ("invocations", "time", "lastExitTime")
        ),
    )
)
_TEXTS = frozenset(
    (_ARGUMENTS, f"{_OLD}space.0.name", *(f"sun.gc.collector.{one}.name" for one in _COLLECTORS))
)
_OWN_HEAP_EACH = "old"
"""Space 0 of the old generation under Serial and Parallel, where each generation has a maximum of
its own; elsewhere that of either is the whole heap's."""


class JavaLayout(NamedTuple):
    """Where one process's counters are in its file."""

    order: str
    """Of bytes, for `struct`."""
    places: dict[str, int]
    """Of the numbers that matter, by name."""
    old_space: str
    collectors: dict[int, str]
    direct_bytes: int | None = 0
    """What its options allow direct buffers to take; 0: as much as the heap; None: not known."""

    @property
    def is_generational(self) -> bool:
        """Whether the old generation changes by collections alone."""
        return f"{_YOUNG}space.0.used" in self.places and "Z" not in self.collector

    @property
    def collector(self) -> str:
        """The short name of the collector, such as "G1"; empty: it does not tell."""
        for name in self.collectors.values():
            first = name.split(" ", 1)[0]
            if first:
                return first
        return ""

    @property
    def byte_count(self) -> int:
        """How much of the file has to be read."""
        return max(self.places.values()) + 8


class JavaCounts(NamedTuple):
    """The counters at one moment."""

    old_used_bytes: int
    used_bytes: int
    committed_bytes: int
    limit_bytes: int | None
    metaspace_bytes: int | None
    collections: int
    full_collections: int
    collecting_seconds: float
    since_collection_seconds: float = 0.0
    """How long ago the latest ended."""
    stopping_collections: int = 0
    """Of the full ones those in which the program stood still."""


def parse_layout(data: bytes) -> JavaLayout | None:
    """Return where the counters are; None: it is still being set up, or has none of a heap.

    Raises: ValueError where it is no such file.
    """
    if len(data) < 32:
        raise ValueError("too short")
    magic, byte_order, major, _minor, accessible = struct.unpack_from(">IBBBB", data)
    if magic != _MAGIC or byte_order > 1 or major != 2:
        raise ValueError("no counters of Java that are known here")
    if not accessible:
        return None
    order = "<" if byte_order else ">"
    entry, count = struct.unpack_from(f"{order}ii", data, 24)
    if not 0 <= count <= _MOST_ENTRIES:
        raise ValueError("too many entries")
    places: dict[str, int] = {}
    texts: dict[str, str] = {}
    for _ in range(count):
        entry = _read_entry(data, order, entry, places, texts)
    if f"{_OLD}space.0.used" not in places:
        return None
    collectors = {
        one: name for one in _COLLECTORS if (name := texts.get(f"sun.gc.collector.{one}.name"))
    }
    direct_bytes = direct_bytes_of(texts.get(_ARGUMENTS, ""))
    return JavaLayout(order, places, texts.get(f"{_OLD}space.0.name", ""), collectors, direct_bytes)


def direct_bytes_of(arguments: str) -> int | None:
    """Return what options allow direct buffers to take; 0: as much as the heap; None: not known.

    arguments: those of the virtual machine, not of the program.
    """
    found = _DIRECT.findall(arguments)
    if found:
        number, unit = found[-1]
        return min(int(number) << _UNITS[unit.lower()], 1 << 56)
    return None if len(arguments) >= _MOST_ARGUMENTS else 0


def _read_entry(
    data: bytes, order: str, start: int, places: dict[str, int], texts: dict[str, str]
) -> int:
    """Note one entry, and return where the next begins."""
    if not 32 <= start <= len(data) - 20:
        raise ValueError("entry out of the file")
    length, name_offset, vector, kind = struct.unpack_from(f"{order}iiiB", data, start)
    (value_offset,) = struct.unpack_from(f"{order}i", data, start + 16)
    end = start + int(length)
    if length < 20 or end > len(data) or not 20 <= name_offset < length:
        raise ValueError("entry out of the file")
    value = start + value_offset
    name_end = data.find(b"\0", start + name_offset, end)
    if name_end < 0 or not start < value <= end:
        raise ValueError("entry out of itself")
    name = data[start + name_offset : name_end].decode("ascii", "replace")
    if name in _NUMBERS and kind == _LONG and vector == 0 and value + 8 <= end:
        places[name] = value
    elif name in _TEXTS and kind == _BYTES and 0 < vector <= end - value:
        text = data[value : value + min(vector, 1 + _MOST_ARGUMENTS)].split(b"\0", 1)[0]
        texts[name] = text.decode("ascii", "replace")
    return end


def read_counts(data: bytes, layout: JavaLayout) -> JavaCounts:
    """Read the counters of one moment. Raises: ValueError where they cannot be right."""

    def number(name: str) -> int:
        place = layout.places.get(name)
        if place is None:
            return 0
        try:
            found: int = struct.unpack_from(f"{layout.order}q", data, place)[0]
        except struct.error:
            raise ValueError("cut off") from None
        # More than any machine has: a counter that is written just now, or nonsense.
        if not 0 <= found < 1 << 56:
            raise ValueError(f"{name} is {found}")
        return found

    def spaces(area: str) -> int:
        return sum(number(f"{area}space.{space}.used") for space in _SPACES)

    old, young = number(f"{_OLD}maxCapacity"), number(f"{_YOUNG}maxCapacity")
    limit = old + young if layout.old_space == _OWN_HEAP_EACH else max(old, young)
    invocations = [number(f"sun.gc.collector.{one}.invocations") for one in _COLLECTORS]
    ticks = sum(number(f"sun.gc.collector.{one}.time") for one in _COLLECTORS)
    frequency = number(_TICKS_A_SECOND)
    exits = (number(f"sun.gc.collector.{one}.lastExitTime") for one in _COLLECTORS)
    since = max(0, number(_TICKS) - max(exits))
    return JavaCounts(
        old_used_bytes=spaces(_OLD),
        used_bytes=spaces(_OLD) + spaces(_YOUNG),
        committed_bytes=number(f"{_OLD}capacity") + number(f"{_YOUNG}capacity"),
        limit_bytes=limit or None,
        metaspace_bytes=number(_METASPACE) or None,
        collections=sum(invocations),
        full_collections=sum(invocations[1:]),
        collecting_seconds=ticks / frequency if frequency else 0.0,
        since_collection_seconds=since / frequency if frequency else 0.0,
        stopping_collections=sum(
            number(f"sun.gc.collector.{one}.invocations")
            for one, name in layout.collectors.items()
            if "full collection pauses" in name
        ),
    )


class JavaHeap:
    """One process's heap from reading to reading; remembers what the latest collection left."""

    __slots__ = (
        "_before", "_kept_bytes", "_layout", "_live_bytes", "_most_old_bytes", "_most_young_bytes",
        "_rate", "_read_at", "_since_full", "_tries",
    )  # fmt: skip

    def __init__(self) -> None:
        self._layout: JavaLayout | None = None
        self._tries = 0
        self._before: JavaCounts | None = None
        self._read_at = 0.0
        self._rate = 0.0
        """Bytes a second that the program allocates, where the heap has one generation only."""
        self._live_bytes: int | None = None
        self._kept_bytes: int | None = None
        self._most_old_bytes = self._most_young_bytes = 0
        self._since_full = _MIXED_COLLECTIONS
        """Collections that were seen since one looked through all of the heap."""

    @property
    def byte_count(self) -> int:
        """How much of the file is wanted at the next reading."""
        return self._layout.byte_count if self._layout else MOST_BYTES

    def read(self, data: bytes, now: float) -> RuntimeHeap | None:
        """Take in the file as it is now; None: it tells nothing yet.

        Raises: ValueError, also where it has told nothing for a while.

        now: monotonic seconds.
        """
        if self._layout is None:
            self._layout = parse_layout(data)
            if self._layout is None:
                self._tries += 1
                if self._tries >= _MOST_TRIES:
                    raise ValueError("no heap")
                return None
        layout = self._layout
        return self.take(
            read_counts(data, layout),
            now,
            layout.collector,
            is_generational=layout.is_generational,
            direct_bytes=layout.direct_bytes,
        )

    def take(
        self,
        counts: JavaCounts,
        now: float,
        collector: str,
        *,
        is_generational: bool,
        direct_bytes: int | None = None,
    ) -> RuntimeHeap:
        """Take in the counters of one moment.

        now: monotonic seconds; collector, is_generational, direct_bytes: see `JavaLayout`.
        """
        before = self._before
        has_collected = before is not None and counts.collections != before.collections
        if is_generational:
            self._live_bytes = counts.old_used_bytes
        elif has_collected:
            self._live_bytes = self._used_at_collection(counts)
        elif before is not None and now > self._read_at:
            self._rate = max(0, counts.used_bytes - before.used_bytes) / (now - self._read_at)
        if has_collected and before is not None and self._live_bytes is not None:
            is_full = counts.full_collections != before.full_collections
            self._note_kept(self._live_bytes, is_full=is_full)
        share = None
        if before is not None and now > self._read_at:
            worked = counts.collecting_seconds - before.collecting_seconds
            share = min(1.0, max(0.0, worked / (now - self._read_at)))
        self._before, self._read_at = counts, now
        young_bytes = counts.used_bytes - counts.old_used_bytes
        self._most_old_bytes = max(self._most_old_bytes, counts.old_used_bytes)
        self._most_young_bytes = max(self._most_young_bytes, young_bytes)
        return RuntimeHeap(
            runtime="java",
            collector=collector,
            live_bytes=self._live_bytes,
            kept_bytes=self._kept_bytes,
            used_bytes=counts.used_bytes,
            committed_bytes=counts.committed_bytes,
            limit_bytes=counts.limit_bytes,
            metaspace_bytes=counts.metaspace_bytes,
            collections=counts.collections,
            full_collections=counts.full_collections,
            collecting_share=share,
            stopping_collections=counts.stopping_collections,
            touched_bytes=min(
                counts.committed_bytes, self._most_old_bytes + self._most_young_bytes
            ),
            outside_limit_bytes=counts.limit_bytes if direct_bytes == 0 else direct_bytes,
        )

    def _used_at_collection(self, counts: JavaCounts) -> int:
        """Take away what the program has allocated since it, all of which counts as used."""
        fresh_bytes = round(self._rate * min(counts.since_collection_seconds, _MOST_SINCE_SECONDS))
        return max(0, counts.used_bytes - fresh_bytes)

    def _note_kept(self, live_bytes: int, *, is_full: bool) -> None:
        if is_full:
            self._since_full = 0
            self._kept_bytes = live_bytes
        elif self._since_full < _MIXED_COLLECTIONS and self._kept_bytes is not None:
            self._since_full += 1
            self._kept_bytes = min(self._kept_bytes, live_bytes)
