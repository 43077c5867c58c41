"""What an investigation of a Python program's memory has found, in words, with advice.

The figures come from the program itself, so they may be anything: what cannot be is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from trayapp.dataclass import dataclass
from trayapp.domain.records.names import short_name
from trayapp.language.catalogue import _, format_count, ngettext
from trayapp.language.units import MIB, format_duration, format_size

FEWEST_PER_MIB = 10.0
"""Objects for each MiB: with fewer, most memory is not in Python's objects."""
LARGEST_BLOCK_BYTES = 512
"""Of what Python's own allocator gives: larger values lie outside of it."""
LEAST_ELSEWHERE_BYTES = 20 * MIB
"""An interpreter with its libraries has up to 15 MiB that are in no object."""
UNEXPLAINED_BYTES = 5 * MIB
BYTES_PER_OBJECT = 2000.0
"""Growth by more for each new object is not explained by them."""
LARGE_BYTES, LARGE_COUNT = 1024**2, 10_000
"""Containers below both are not worth a word."""
MOST_ROWS, LONGEST_NAME, LONGEST_TEXT = 10, 60, 40
_LARGEST = 2**53


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was found: a heading, some rows, and what to do about it."""

    heading: str
    rows: tuple[str, ...]
    advice: str = ""
    """Empty: nothing needs to be done."""


def findings(told: Mapping[str, object]) -> list[Finding]:
    """Return what an answer to "investigate" says, the most telling first."""
    found = [*_growth(told), *_containers(told), *_texts(told), *_ids(told), _summary(told)]
    return [each for each in found if each is not None]


def pause_text(name: str, told: Mapping[str, object]) -> str:
    """Return what is said before a look: how long the program pauses for it."""
    count = _whole(told.get("object_count"))
    text = _("{name} pauses for about {time} while its {count} objects are examined.")
    return text.format(
        name=name,
        time=_pause(told),
        count="–" if count is None else format_count(count),
    )


def refusal_text(name: str, told: Mapping[str, object], longest_seconds: float) -> str:
    """Return why nothing was looked at."""
    text = _("{name} would pause for about {time}, longer than {longest}")
    longest = _short_duration(longest_seconds)
    return text.format(name=name, time=_pause(told), longest=longest)


def _pause(told: Mapping[str, object]) -> str:
    seconds = told.get("estimated_seconds")
    is_sane = isinstance(seconds, int | float) and 0 <= seconds < 1e6
    return _short_duration(float(seconds)) if is_sane else "–"  # type: ignore[arg-type]


def _short_duration(seconds: float) -> str:
    if seconds >= 10:
        return format_duration(seconds)
    # Translators: thousandths of a second.
    return _("{count} ms").format(count=format_count(max(1, round(1000 * seconds))))


def _summary(told: Mapping[str, object]) -> Finding | None:
    count, rss_bytes = _whole(told.get("object_count")), _whole(told.get("rss_bytes"))
    if count is None:
        return None
    rows = [
        f"{format_count(number)} {name}"
        for name, number, _each in _named(told.get("types"), "count")
    ]
    advice = ""
    if not rss_bytes:
        heading = ngettext("{count} object", "{count} objects", count)
        return Finding(heading=heading.format(count=format_count(count)), rows=tuple(rows))
    per_mib = count * MIB / rss_bytes
    if per_mib < FEWEST_PER_MIB:
        advice = _(
            "Little of the memory is in Python's objects: look for large buffers (arrays, images, "
            "files) and native extensions."
        )
    elif (most_bytes := _small_bytes(told, count)) is not None and (
        rss_bytes - most_bytes > max(LEAST_ELSEWHERE_BYTES, rss_bytes / 2)
    ):
        advice = _(
            "At most {small} of {size} are in small objects: look for large values (bytes, arrays, "
            "images, long texts), which may be few, native extensions, or freed memory that is "
            "kept."
        ).format(small=format_size(most_bytes), size=format_size(rss_bytes))
    heading = _("{count} objects, {number} for each MiB").format(
        count=format_count(count), number=format_count(round(per_mib))
    )
    return Finding(heading=heading, rows=tuple(rows), advice=advice)


def _small_bytes(told: Mapping[str, object], object_count: int) -> int | None:
    """Return what small objects and the largest containers take at most; None: not known.

    Python counts no blocks where another allocator gives them (PYTHONMALLOC).
    """
    blocks = _whole(told.get("block_count"))
    if blocks is None or blocks < object_count:
        return None
    containers = _named(told.get("containers"), "bytes", name="kind")
    return LARGEST_BLOCK_BYTES * blocks + sum(size for _kind, size, _each in containers)


def _growth(told: Mapping[str, object]) -> Iterator[Finding]:
    growth = told.get("growth")
    if not isinstance(growth, dict):
        return
    seconds = growth.get("seconds")
    if not isinstance(seconds, int | float) or not 0 <= seconds < 1e9:
        return
    grown_bytes, objects = _whole(growth.get("rss_bytes")), _whole(growth.get("object_count"))
    time = format_duration(float(seconds))
    explained_bytes = BYTES_PER_OBJECT * max(0, objects or 0)
    if grown_bytes is not None and grown_bytes > max(UNEXPLAINED_BYTES, explained_bytes):
        yield Finding(
            heading=_("{size} more memory in {time}, and hardly more objects").format(
                size=format_size(grown_bytes), time=time
            ),
            rows=(),
            advice=_(
                "It is in large buffers or a native extension, or freed memory is fragmented: "
                "what the probe reports of the heap tells which."
            ),
        )
    rows = [
        _("+{grown} {name} (now {count})").format(
            grown=format_count(grown), name=name, count=format_count(_whole(each.get("count")) or 0)
        )
        for name, grown, each in _named(growth.get("types"), "grown")
    ]
    if rows:
        yield Finding(
            heading=_("More objects after {time}, by type").format(time=time),
            rows=tuple(rows),
            advice=_("Look for where the first of these are added and never removed."),
        )


def _containers(told: Mapping[str, object]) -> Iterator[Finding]:
    rows = []
    for kind, size, each in _named(told.get("containers"), "bytes", name="kind"):
        count, owner = _whole(each.get("count")), each.get("owner")
        if count is None or (size < LARGE_BYTES and count < LARGE_COUNT):
            continue
        held = (
            short_name(owner, LONGEST_NAME)
            if isinstance(owner, str)
            else _("a local variable or native code")
        )
        text = ngettext(
            "{owner}: {kind} with {count} entry, {size}",
            "{owner}: {kind} with {count} entries, {size}",
            count,
        )
        size_text = format_size(size)
        rows.append(text.format(owner=held, kind=kind, count=format_count(count), size=size_text))
    if rows:
        yield Finding(
            heading=_("Largest containers (without what is in them)"),
            rows=tuple(rows),
            advice=_(
                "If one only grows, give it a limit (BoundedDict or BoundedList of the probe, "
                "functools.lru_cache), or delete what is done."
            ),
        )


def _texts(told: Mapping[str, object]) -> Iterator[Finding]:
    share = told.get("text_share")
    is_sane = isinstance(share, int | float) and 0 < share <= 1
    rows = []
    for text, wasted, each in _named(told.get("equal_texts"), "wasted_bytes", name="text"):
        copies = _whole(each.get("copies"))
        if copies is None or not is_sane:
            continue
        size = format_size(wasted / float(share))  # type: ignore[arg-type]
        count = format_count(round(copies / float(share)))  # type: ignore[arg-type]
        shown = repr(short_name(text, LONGEST_TEXT))
        rows.append(
            _("{text}: about {count} copies, {size}").format(text=shown, count=count, size=size)
        )
    if rows:
        yield Finding(
            heading=_("Equal texts, kept many times"),
            rows=tuple(rows),
            advice=_("Keep one of each: sys.intern(), or a dict from each text to itself."),
        )


def _ids(told: Mapping[str, object]) -> Iterator[Finding]:
    rows = [
        _("{key} {id}: {count} records").format(
            key=short_name(str(each.get("key")), LONGEST_NAME),
            id=repr(short_name(name, LONGEST_TEXT)),
            count=format_count(count),
        )
        for name, count, each in _named(told.get("repeated_ids"), "count", name="id")
    ]
    if rows:
        yield Finding(
            heading=_("Ids that several records have"),
            rows=tuple(rows),
            advice=_("The same record is kept several times: keep it once, in a dict by its id."),
        )


def _named(
    listed: object, figure: str, *, name: str = "name"
) -> Iterator[tuple[str, int, Mapping[str, Any]]]:
    """Yield name, figure and the whole of each sound entry, at most ten."""
    for each in listed[:MOST_ROWS] if isinstance(listed, list) else ():
        if isinstance(each, dict) and isinstance(each.get(name), str):
            number = _whole(each.get(figure))
            if number is not None and number > 0:
                yield short_name(each[name], LONGEST_NAME), number, each


def _whole(value: object) -> int | None:
    return value if type(value) is int and -_LARGEST <= value <= _LARGEST else None
