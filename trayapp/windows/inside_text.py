"""What a probe reports of its program's memory, in lines for the details."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from trayapp.domain.judging.inside_verdict import judge_inside
from trayapp.domain.records.inside import Composition, Inside, read_inside
from trayapp.language.catalogue import N_, _
from trayapp.language.units import format_percent, format_size

_MOST_CLASSES, _MOST_READ = 4, 100
_BETWEEN = "  ·  "
_CLASSES = {
    "program": N_("program"),
    "libraries": N_("libraries"),
    "files": N_("files"),
    "devices": N_("devices"),
    "shared": N_("shared memory"),
    "huge_pages": N_("huge pages"),
    "heap": N_("heap"),
    "library_heaps": N_("heaps of threads"),
    "stacks": N_("stacks"),
    "anonymous": N_("other anonymous memory"),
    "reserved": N_("reserved"),
    "system": N_("system"),
}


def memory_lines(told: Mapping[str, object], *, is_brief: bool = False) -> Iterator[str]:
    """Yield lines on what the memory consists of, and why; a stranger's word, so it is checked.

    is_brief: without what the window says of it elsewhere.
    """
    inside = read_inside(told)
    composition = inside.composition
    if composition is not None and not is_brief:
        yield _heap_line(composition)
        verdict = judge_inside(composition)
        if verdict is not None:
            yield verdict.sentence
    if line := _collector_line(inside):
        yield line
    if line := _maps_line(told.get("maps")):
        yield line


def _heap_line(composition: Composition) -> str:
    retained, pinned = composition.retained_bytes, composition.pinned_bytes
    return _BETWEEN.join(
        (
            _("Heap: {size} in use").format(size=format_size(composition.used_bytes)),
            _("free in the C library {size}").format(size=format_size(retained)),
            _("free in Python's arenas {size}").format(size=format_size(pinned)),
            _("fragmentation {share}, of the resident set {resident}").format(
                share=format_percent(composition.heap_fragmentation),
                resident=format_percent(composition.fragmentation),
            ),
        )
    )


def _collector_line(inside: Inside) -> str:
    parts = []
    if inside.live_bytes is not None:
        text = _("{size} left after the last full collection")
        parts.append(text.format(size=format_size(inside.live_bytes)))
    if inside.collecting_share is not None:
        text = _("{share} of the time spent collecting")
        parts.append(text.format(share=format_percent(inside.collecting_share, 1)))
    if inside.efficiency is not None:
        text = _("frees {share} of what it looks at")
        parts.append(text.format(share=format_percent(inside.efficiency, 1)))
    return _("Collector: {figures}").format(figures=_BETWEEN.join(parts)) if parts else ""


def _maps_line(told: object) -> str:
    """Return the classes of maps that are largest, by what is resident if that is known."""
    sizes: list[tuple[int, str]] = []
    for one in told[:_MOST_READ] if isinstance(told, list) else ():
        name = one.get("name") if isinstance(one, dict) else None
        if isinstance(name, str) and name in _CLASSES:
            resident, whole = one.get("resident_bytes"), one.get("bytes")
            size = whole if resident is None else resident
            if type(size) is int and 0 < size < 1 << 62:
                sizes.append((size, _(_CLASSES[name])))
    largest = sorted(sizes, reverse=True)[:_MOST_CLASSES]
    parts = (f"{name} {format_size(size)}" for size, name in largest)
    return _("Maps: {classes}").format(classes=_BETWEEN.join(parts)) if largest else ""
