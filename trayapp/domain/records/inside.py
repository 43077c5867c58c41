"""What a Python program's probe tells of its memory, checked: how much is in use, free or other."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from trayapp.dataclass import NamedTuple
from trayapp.domain.records.names import short_name

MOST_CACHES = 16
"""Caches of one process that are told apart; the others count in the sum."""
_MOST_READ = 1000
_MOST = 1 << 62


class Composition(NamedTuple):
    """What the resident set of one or more processes consists of, in bytes; sums can be built."""

    rss_bytes: int
    live_bytes: int
    """Python's small objects in use, registered caches among them."""
    library_bytes: int
    """What the C library has given out: large Python objects, and memory of native code."""
    retained_bytes: int
    """Freed, but kept by the C library: at most so much a trim gives back."""
    pinned_bytes: int
    """Freed, but in arenas of Python's with something alive in each: only a restart frees it."""
    other_bytes: int
    """Anonymous memory that neither allocator knows of."""
    large_count: int | None
    """Python objects and tables that are too large for arenas; None: not known."""
    caches: tuple[tuple[str, int], ...] = ()
    """Registered caches by name, a stranger's; the largest first."""

    @property
    def used_bytes(self) -> int:
        """Everything that was allocated and not freed."""
        return self.live_bytes + self.library_bytes

    @property
    def caches_bytes(self) -> int:
        return sum(size for _name, size in self.caches)

    @property
    def free_bytes(self) -> int:
        """Freed by the program, and still resident."""
        return self.retained_bytes + self.pinned_bytes

    @property
    def heap_fragmentation(self) -> float | None:
        """Share of both allocators' memory that is free inside, 0 to 1; None: there is none."""
        held_bytes = self.used_bytes + self.free_bytes
        return self.free_bytes / held_bytes if held_bytes > 0 else None

    @property
    def fragmentation(self) -> float | None:
        """Share of the resident set that is free inside, 0 to 1; None: nothing is resident."""
        return min(1.0, self.free_bytes / self.rss_bytes) if self.rss_bytes > 0 else None


class Inside(NamedTuple):
    """One process as its probe sees it; each None where it does not tell."""

    rss_bytes: int | None = None
    anon_bytes: int | None = None
    library_held_bytes: int | None = None
    """What the C library's heaps have taken from the system."""
    library_used_bytes: int | None = None
    library_free_bytes: int | None = None
    """Free inside, by its own count: after a trim much of it is not resident any more."""
    library_resident_bytes: int | None = None
    """What of its heaps is resident, large single allocations not counted."""
    library_mapped_bytes: int | None = None
    """Those: in use, each in a map for itself."""
    arena_bytes: int | None = None
    """Python's arenas."""
    arena_used_bytes: int | None = None
    block_count: int | None = None
    large_count: int | None = None
    live_bytes: int | None = None
    """In use after the latest full collection."""
    full_collections: int | None = None
    collecting_seconds: float | None = None
    """Time spent in collections since the probe has watched them."""
    watched_seconds: float | None = None
    freed_count: int | None = None
    """Objects that collections have freed in that time."""
    examined_count: int | None = None
    """Objects that they have looked at, at most."""
    caches: tuple[tuple[str, int], ...] = ()
    components_bytes: int | None = None
    running_count: int | None = None
    """Tasks that run now."""

    @property
    def collecting_share(self) -> float | None:
        """Share of the time spent collecting, 0 to 1."""
        if self.collecting_seconds is None or not self.watched_seconds:
            return None
        return min(1.0, self.collecting_seconds / self.watched_seconds)

    @property
    def efficiency(self) -> float | None:
        """What collections free of what they look at, 0 to 1, at least; None: none was seen."""
        if self.freed_count is None or not self.examined_count:
            return None
        return min(1.0, self.freed_count / self.examined_count)

    @property
    def used_bytes(self) -> int | None:
        """Allocated and not freed, by both allocators; None: one does not tell."""
        if self.library_used_bytes is None or self.arena_used_bytes is None:
            return None
        return self.library_used_bytes + self.arena_used_bytes

    @property
    def composition(self) -> Composition | None:
        """What the resident set consists of; None: an allocator does not tell.

        Free inside is an upper bound: it is cut at what is resident and not in use.
        """
        rss, library, used = self.rss_bytes, self.library_used_bytes, self.arena_used_bytes
        if rss is None or library is None or used is None:
            return None
        arenas = max(used, self.arena_bytes or 0)
        room = max(0, (rss if self.anon_bytes is None else self.anon_bytes) - library - used)
        retained = min(room, self._library_free_bytes(library))
        pinned = min(room - retained, arenas - used)
        return Composition(
            rss_bytes=rss,
            live_bytes=used,
            library_bytes=library,
            retained_bytes=retained,
            pinned_bytes=pinned,
            other_bytes=room - retained - pinned,
            large_count=self.large_count,
            caches=self.caches,
        )

    def _library_free_bytes(self, used_bytes: int) -> int:
        free_bytes = self.library_free_bytes or 0
        if self.library_resident_bytes is None:
            # Python's arenas are resident where the library's freed memory may not be.
            arenas_free = max(0, (self.arena_bytes or 0) - (self.arena_used_bytes or 0))
            anon = self.rss_bytes if self.anon_bytes is None else self.anon_bytes
            known = used_bytes + (self.arena_used_bytes or 0) + arenas_free
            return min(free_bytes, max(0, (anon or 0) - known))
        in_heaps = max(0, used_bytes - (self.library_mapped_bytes or 0))
        return min(free_bytes, max(0, self.library_resident_bytes - in_heaps))


def total_composition(insides: Iterable[Inside]) -> Composition | None:
    """Return what several processes consist of together; None: there is none, or one is silent."""
    total: Composition | None = None
    for inside in insides:
        found = inside.composition
        if found is None:
            return None
        total = found if total is None else _added(total, found)
    return total


def _added(one: Composition, other: Composition) -> Composition:
    caches = dict(one.caches)
    for name, size in other.caches:
        caches[name] = caches.get(name, 0) + size
    is_known = one.large_count is not None and other.large_count is not None
    return Composition(
        rss_bytes=one.rss_bytes + other.rss_bytes,
        live_bytes=one.live_bytes + other.live_bytes,
        library_bytes=one.library_bytes + other.library_bytes,
        retained_bytes=one.retained_bytes + other.retained_bytes,
        pinned_bytes=one.pinned_bytes + other.pinned_bytes,
        other_bytes=one.other_bytes + other.other_bytes,
        large_count=(one.large_count or 0) + (other.large_count or 0) if is_known else None,
        caches=_largest(caches),
    )


def read_inside(told: Mapping[str, object]) -> Inside:
    """Return what a probe's report says, which may be anything that JSON can say. Never raises."""
    heap, collector = _mapping(told.get("heap")), _mapping(told.get("collector"))
    running = told.get("running_tasks")
    return Inside(
        rss_bytes=_count(told.get("rss_bytes")),
        anon_bytes=_count(heap.get("anon_bytes")),
        library_held_bytes=_count(heap.get("library_held_bytes")),
        library_used_bytes=_count(heap.get("library_used_bytes")),
        library_free_bytes=_count(heap.get("library_free_bytes")),
        library_resident_bytes=_count(heap.get("library_resident_bytes")),
        library_mapped_bytes=_count(heap.get("library_mapped_bytes")),
        arena_bytes=_count(heap.get("arena_bytes")),
        arena_used_bytes=_count(heap.get("arena_used_bytes")),
        block_count=_count(heap.get("block_count")),
        large_count=_count(heap.get("large_count")),
        live_bytes=_count(heap.get("live_bytes")),
        full_collections=_count(collector.get("full_count")),
        collecting_seconds=_seconds(collector.get("seconds")),
        watched_seconds=_seconds(collector.get("watched_seconds")),
        freed_count=_count(collector.get("freed_count")),
        examined_count=_count(collector.get("examined_count")),
        caches=_largest(_sizes(told.get("caches"))),
        components_bytes=sum(_sizes(told.get("components")).values()) or None,
        running_count=len(running) if isinstance(running, list) else None,
    )


def _sizes(told: object) -> dict[str, int]:
    """Return the sizes in a list of a report by name."""
    found: dict[str, int] = {}
    for one in told[:_MOST_READ] if isinstance(told, list) else ():
        if isinstance(one, dict) and isinstance(one.get("name"), str):
            size = _count(one.get("bytes"))
            if size is not None:
                name = short_name(one["name"])
                found[name] = found.get(name, 0) + size
    return found


def _largest(sizes: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    ordered = sorted(sizes.items(), key=lambda item: (-item[1], item[0]))
    rest = sum(size for _name, size in ordered[MOST_CACHES:])
    return (*ordered[:MOST_CACHES], *((("…", rest),) if rest else ()))


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _count(value: object) -> int | None:
    return value if type(value) is int and 0 <= value <= _MOST else None


def _seconds(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= 1e12 and math.isfinite(value) else None
