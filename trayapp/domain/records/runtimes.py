"""What a program's runtime tells of its own heap."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from trayapp.dataclass import NamedTuple
from trayapp.domain.records.limits import Limit
from trayapp.language.catalogue import N_, _, listed
from trayapp.language.units import format_percent, format_size

Runtime = Literal["java", "node", "python"]

_NAMES: dict[Runtime, str] = {
    "java": N_("Java heap"),
    "node": N_("Node.js heap"),
    "python": N_("Python heap"),
}


class RuntimeHeap(NamedTuple):
    """The heap of one process, as its runtime counts it; each None where that does not tell."""

    runtime: Runtime
    collector: str
    """As the runtime names it, such as "G1"; comes from the process, so it is a stranger's text."""
    live_bytes: int | None
    """What the latest collection has left; what is young is not counted."""
    kept_bytes: int | None
    """What of it a full collection has left: no garbage. None: none was seen yet."""
    used_bytes: int
    """With all that the next collection will find to be garbage."""
    committed_bytes: int
    """What the runtime has reserved of the system, touched or not."""
    limit_bytes: int | None
    """The most that the heap may become, such as by `-Xmx`."""
    metaspace_bytes: int | None
    """Java: what is known of its classes, outside the heap."""
    collections: int
    """How often the collector has run."""
    full_collections: int
    """How often it looked through all of the heap; with a concurrent one, its phases."""
    collecting_share: float | None = None
    """Share of the time since the reading before in which it ran; None: the first reading."""
    external_bytes: int | None = None
    """Node.js: what its objects hold outside the heap, with `array_buffers_bytes`."""
    array_buffers_bytes: int | None = None
    """Node.js: of those, buffers."""
    stopping_collections: int = 0
    """Java: of those the ones that left no garbage at all, since the program stood still."""
    touched_bytes: int | None = None
    """Java: at least so much of what is reserved has been used once, and is memory since."""
    outside_limit_bytes: int | None = None
    """Java: the most that its direct buffers may take, which are outside the heap."""
    thread: int = 0
    """Node.js: of the worker thread whose heap it is; 0: of the program itself."""

    @property
    def limit(self) -> Limit | None:
        """The limit of this heap, with what of it is taken for good, where that is known."""
        if self.limit_bytes is None:
            return None
        return Limit(limit_bytes=self.limit_bytes, source="runtime", used_bytes=self.kept_bytes)

    @property
    def sentence(self) -> str:
        """What a person wants to know of it, in one line."""
        parts = []
        if self.live_bytes is not None:
            text = _("{size} left after the last collection")
            parts.append(text.format(size=format_size(self.live_bytes)))
        used, limit = format_size(self.used_bytes), format_size(self.limit_bytes)
        parts.append(_("{used} of {limit} in use").format(used=used, limit=limit))
        if self.collecting_share is not None:
            share = format_percent(self.collecting_share, 1)
            parts.append(_("{share} of the time spent collecting").format(share=share))
        if self.external_bytes:
            text = _("{size} outside of it")
            parts.append(text.format(size=format_size(self.external_bytes)))
        name = _(_NAMES[self.runtime])
        if self.thread:
            name = _("{heap} of worker thread {number}").format(heap=name, number=self.thread)
        elif self.runtime == "java":
            name = _("{heap} ({collector})").format(heap=name, collector=self.collector or "–")
        # Translators: {heap} is such as "Java heap (G1)"; {figures} is a list such as
        # "47 MiB left after the last collection, 96 MiB of 256 MiB in use".
        return _("{heap}: {figures}").format(heap=name, figures=listed(parts))


def unknown_heap_text(runtime: Runtime) -> str:
    """Say why nothing is known of the heap of a program that such a runtime runs."""
    if runtime == "java":
        return _(
            "Java heap: unknown (started with -XX:-UsePerfData or -XX:+PerfDisableSharedMem, or "
            "not readable by this user)"
        )
    return _("Node.js heap: unknown (no probe; start the program with memtray run)")


def tightest_heap(heaps: Iterable[RuntimeHeap]) -> RuntimeHeap | None:
    """Return the heap that is fullest; None: there is none."""
    return max(heaps, key=_fullness, default=None)


def _fullness(heap: RuntimeHeap) -> float:
    return (heap.limit.share or 0.0) if heap.limit else 0.0


def live_bytes_of(heaps: Iterable[RuntimeHeap]) -> int | None:
    """What all these heaps keep; None: there is none, or one does not tell."""
    found = [heap.live_bytes for heap in heaps]
    if not found or None in found:
        return None
    return sum(live for live in found if live is not None)
