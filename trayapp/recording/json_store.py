"""A program's store of JSON lines on disk: how long it is, what repeats in it, and what grows.

The file may be of any size and hold anything: it is read line by line, and what would need much
memory is cut.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from trayapp.dataclass import asdict, dataclass, field
from trayapp.domain.records.names import short_name
from trayapp.errors import RecordingError
from trayapp.language.catalogue import _, format_count, ngettext
from trayapp.language.units import format_duration, format_size

MEMORY_NAME = "stores.json"
"""In the data folder: how each store was when it was looked at last."""
MOST_STORES = 200
LONGEST_LINE = 16 * 1024**2
"""A longer one is counted, and not understood."""
MOST_IDS = 1_000_000
"""Different ids that are compared; later ones are counted only if they repeat one of these."""
MOST_DEPTH, MOST_SHOWN, LONGEST_SHOWN = 8, 5, 60
ID_KEYS = ("id", "_id", "uuid", "key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """What one look has found."""

    file: str
    bytes: int
    lines: int
    unreadable_lines: int
    """No JSON, or too long to be read."""
    longest_line_bytes: int
    wall_seconds: float
    """When it was looked at."""
    repeated: tuple[tuple[str, int], ...] = ()
    """Ids that several lines have, and how many; the most first."""
    repeated_lines: int = 0
    """Lines whose id an earlier line has."""
    arrays: tuple[tuple[str, int, int], ...] = ()
    """The longest arrays by their place in the line, such as "user.history": entries, and line."""

    def as_json(self, before: Store | None) -> dict[str, object]:
        """Return it with what has changed since the look before."""
        grown = None
        if before is not None:
            grown = {
                "seconds": self.wall_seconds - before.wall_seconds,
                "bytes": self.bytes - before.bytes,
                "lines": self.lines - before.lines,
            }
        return {
            **asdict(self),
            "repeated": [{"id": name, "count": count} for name, count in self.repeated],
            "arrays": [
                {"place": place, "count": count, "line": line} for place, count, line in self.arrays
            ],
            "growth": grown,
        }


@dataclass(slots=True)
class _Findings:
    ids: dict[int, int] = field(default_factory=dict)
    """How often, by the hash of the id: of a million, that is less than half of the texts."""
    names: dict[int, str] = field(default_factory=dict)
    """Of those that repeat."""
    arrays: dict[str, tuple[int, int]] = field(default_factory=dict)
    repeated_lines: int = 0


def examine(file: Path) -> Store:
    """Read a store once; takes about a second for each 50 MB. Raises: RecordingError."""
    found = _Findings()
    lines = unreadable = longest = size = 0
    try:
        if not file.is_file():
            raise RecordingError(_("{file} is not a file").format(file=file))
        with file.open("rb") as source:
            for line in iter(lambda: source.readline(LONGEST_LINE), b""):
                length = len(line)
                while not line.endswith(b"\n") and (more := source.readline(LONGEST_LINE)):
                    length += len(more)
                    line = b"\0" + more[-1:]  # too long: only its end matters
                size += length
                longest = max(longest, length)
                if not line.strip():
                    continue
                lines += 1
                unreadable += not _take(line, lines, found)
    except OSError as error:
        text = _("{file} cannot be read: {reason}")
        raise RecordingError(text.format(file=file, reason=error.strerror)) from error
    if lines and unreadable == lines:
        raise RecordingError(_("{file} has no line of JSON").format(file=file))
    repeated = sorted(((count, key) for key, count in found.ids.items() if count > 1), reverse=True)
    arrays = sorted(found.arrays.items(), key=lambda pair: -pair[1][0])
    return Store(
        file=str(file.absolute()),
        bytes=size,
        lines=lines,
        unreadable_lines=unreadable,
        longest_line_bytes=longest,
        wall_seconds=time.time(),
        repeated=tuple(
            (found.names[key], count) for count, key in repeated[:MOST_SHOWN] if key in found.names
        ),
        repeated_lines=found.repeated_lines,
        arrays=tuple((place, count, line) for place, (count, line) in arrays[:MOST_SHOWN]),
    )


def _take(line: bytes, number: int, found: _Findings) -> bool:
    """Take in one line; return whether it is JSON."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return False
    if isinstance(value, dict):
        name = next((value[key] for key in ID_KEYS if isinstance(value.get(key), str | int)), None)
        if name is not None:
            _count_id(str(name), found)
    for place, count in _arrays(value, "", MOST_DEPTH):
        if count > found.arrays.get(place, (0, 0))[0] and (
            place in found.arrays or len(found.arrays) < 1000
        ):
            found.arrays[place] = (count, number)
    return True


def _count_id(name: str, found: _Findings) -> None:
    key = hash(name)
    count = found.ids.get(key, 0)
    if count:
        found.repeated_lines += 1
        if key not in found.names and len(found.names) < 10_000:
            found.names[key] = short_name(name, LONGEST_SHOWN)
    if count or len(found.ids) < MOST_IDS:
        found.ids[key] = count + 1


def _arrays(value: Any, place: str, depth: int) -> Iterator[tuple[str, int]]:
    if isinstance(value, list):
        yield short_name(place or "[]", LONGEST_SHOWN), len(value)
        children = [(f"{place}[]", value[0])] if value else []
    elif isinstance(value, dict):
        children = [(f"{place}.{key}" if place else str(key), one) for key, one in value.items()]
    else:
        return
    if depth:
        for name, child in children:
            if isinstance(child, list | dict):
                yield from _arrays(child, name, depth - 1)


def remembered(found: Store, data: Path) -> Store | None:
    """Return how the store was at the look before, and remember how it is now.

    data: Memtray's data folder. A file there that is damaged is begun anew; never raises.
    """
    file = data / MEMORY_NAME
    try:
        known = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        known = {}
    known = known if isinstance(known, dict) else {}
    before = _store_from(found, known.pop(found.file, None))
    known[found.file] = {name: getattr(found, name) for name in ("bytes", "lines", "wall_seconds")}
    kept = dict(list(known.items())[-MOST_STORES:])
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft.write_text(json.dumps(kept), "utf-8")
        draft.replace(file)
    except OSError:
        draft.unlink(missing_ok=True)
    return before


def _store_from(found: Store, told: object) -> Store | None:
    if not isinstance(told, dict):
        return None
    size, lines, seconds = (_number(told.get(name)) for name in ("bytes", "lines", "wall_seconds"))
    if size is None or lines is None or seconds is None:
        return None
    return Store(
        file=found.file,
        bytes=int(size),
        lines=int(lines),
        unreadable_lines=0,
        longest_line_bytes=0,
        wall_seconds=seconds,
    )


def _number(told: object) -> float | None:
    if isinstance(told, bool) or not isinstance(told, int | float):
        return None
    return float(told) if 0 <= told < 2**63 else None


def store_lines(found: Store, before: Store | None) -> Iterator[str]:
    """Yield it as lines for people."""
    text = ngettext("{count} line, {size}", "{count} lines, {size}", found.lines)
    yield text.format(count=format_count(found.lines), size=format_size(found.bytes))
    longest = format_size(found.longest_line_bytes)
    yield _("Longest line: {size}").format(size=longest)
    if before is not None:
        yield _("Since the last time, {time} ago: {size}; lines: {lines}").format(
            time=format_duration(max(0.0, found.wall_seconds - before.wall_seconds)),
            lines=f"{found.lines - before.lines:+,}",
            size=f"{'+' if found.bytes >= before.bytes else '−'}"
            f"{format_size(abs(found.bytes - before.bytes))}",
        )
    if found.unreadable_lines:
        text = ngettext(
            "{count} line is not JSON", "{count} lines are not JSON", found.unreadable_lines
        )
        yield text.format(count=format_count(found.unreadable_lines))
    if found.repeated_lines:
        text = ngettext(
            "{count} line repeats the id of an earlier one",
            "{count} lines repeat the id of an earlier one",
            found.repeated_lines,
        )
        yield text.format(count=format_count(found.repeated_lines))
        for name, count in found.repeated:
            yield "  " + _("{id}: {count} lines").format(id=name, count=format_count(count))
    if found.arrays:
        yield _("Longest arrays:")
        for place, count, line in found.arrays:
            text = ngettext(
                "{place}: {count} entry (line {line})",
                "{place}: {count} entries (line {line})",
                count,
            )
            yield "  " + text.format(
                place=place, count=format_count(count), line=format_count(line)
            )
