"""How large a set of processes is: what they take together, where pages that they share count once.

The sum of resident sets is not it: a server that forks four workers is told five times the memory
that it was loaded with, and Java keeps its heap mapped up to three times in one process.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, get_args

from trayapp.dataclass import NamedTuple
from trayapp.domain.records.samples import MemoryReading
from trayapp.language.catalogue import _
from trayapp.language.units import format_size

SizeKind = Literal["proportional", "estimated", "anonymous", "resident", "charged"]
"""How a size was found:

"proportional": private pages, and of each shared one the share that falls to these processes;
"estimated": from the last proportional reading, by what has changed since;
"anonymous": anonymous memory, and of what is shared the largest part of one process, once;
"resident": the resident set, or where nothing else is told the sum of several;
"charged": what the kernel charges their control group, with cached files and its own memory.
"""
SIZE_KINDS: tuple[SizeKind, ...] = get_args(SizeKind)

EXACT_SHARE = 0.01
"""By so little a size may have changed since it was read and still counts as read."""


class Size(NamedTuple):
    """A size and how it was found."""

    size_bytes: int
    kind: SizeKind


class Proportion(NamedTuple):
    """What one slow reading told of a process, beside its cheap figures of the same moment."""

    pss_bytes: int
    reading: MemoryReading
    """The cheap figures."""
    uss_bytes: int | None = None
    shared_pss_bytes: int | None = None
    """Part of `pss_bytes`: the share of mapped files and shared memory."""


class Part(NamedTuple):
    """One process of a set."""

    reading: MemoryReading
    proportion: Proportion | None = None
    """None: not read, or not to be had."""
    joined_with: MemoryReading | None = None
    """Of a process that came after the others were read: how it was when it came. What it holds
    since its start may be theirs as well, as after a fork, so only what it has gained counts."""
    uss_bytes: int | None = None
    """Private memory, where only that is told (macOS, Windows)."""


def size_of(parts: Iterable[Part], orphaned_bytes: int = 0) -> Size | None:
    """Return what these processes take together; None: there are none.

    orphaned_bytes: what ended processes shared with these when it was last read; nobody ends
    with it.
    """
    known_parts = list(parts)
    if not known_parts:
        return None
    if any(part.proportion for part in known_parts):
        return _by_proportions(known_parts, orphaned_bytes)
    readings = [part.reading for part in known_parts]
    own = [_own_bytes(part) for part in known_parts]
    if len(known_parts) > 1 and None not in own:
        owned_bytes = [each or 0 for each in own]
        shared_bytes = max(
            reading.rss_bytes - mine for reading, mine in zip(readings, owned_bytes, strict=True)
        )
        return Size(sum(owned_bytes) + max(0, shared_bytes), "anonymous")
    return Size(sum(reading.rss_bytes for reading in readings), "resident")


def size_label(size_bytes: float | None, kind: SizeKind, process_count: int = 1) -> str:
    """Return a size with how it was found, for people: "412 MiB PSS", "≈412 MiB PSS", "–"."""
    if size_bytes is None:
        return "–"
    if kind == "proportional":
        text = _("{size} PSS")
    elif kind == "estimated":
        text = _("≈{size} PSS")
    elif kind == "anonymous":
        text = "≈{size}"
    elif kind == "charged":
        text = _("{size} charged")
    else:
        text = _("{size} RSS (total)") if process_count > 1 else _("{size} RSS")
    return text.format(size=format_size(size_bytes))


def size_said(size_bytes: float, kind: SizeKind, process_count: int = 1) -> str:
    """Return the same in words, for screen readers."""
    text = "{size}"
    if kind in ("estimated", "anonymous"):
        text = _("about {size}")
    elif kind == "resident":
        text = _("{size} resident (total)") if process_count > 1 else _("{size} resident")
    return text.format(size=format_size(size_bytes))


def own_share(proportion: Proportion) -> float:
    """Return how much of the resident set fell to the process itself when it was read; 0 to 1."""
    rss_bytes = proportion.reading.rss_bytes
    return min(1.0, proportion.pss_bytes / rss_bytes) if rss_bytes > 0 else 1.0


def _by_proportions(parts: Sequence[Part], orphaned_bytes: int) -> Size:
    read_bytes = estimated_bytes = resident_bytes = 0
    for part in parts:
        if part.proportion is not None:
            read_bytes += part.proportion.pss_bytes
            resident_bytes += part.proportion.reading.rss_bytes
            estimated_bytes += _estimate(part.reading, part.proportion)
    is_whole = not orphaned_bytes and all(part.proportion for part in parts)
    if is_whole and abs(estimated_bytes - read_bytes) <= EXACT_SHARE * read_bytes:
        return Size(estimated_bytes, "proportional")
    # Those that could not be read are taken to share as much as the others do.
    share = min(1.0, read_bytes / resident_bytes) if resident_bytes else 1.0
    for part in parts:
        if part.proportion is None and part.joined_with is not None:
            estimated_bytes += max(0, _gain(part.reading, part.joined_with))
        elif part.proportion is None:
            estimated_bytes += round(share * part.reading.rss_bytes)
    return Size(estimated_bytes + orphaned_bytes, "estimated")


def _estimate(now: MemoryReading, proportion: Proportion) -> int:
    """The proportional set as it is now: new anonymous memory is a process's own."""
    then = proportion.reading
    if now.anon_bytes is None or then.anon_bytes is None:
        changed = own_share(proportion) * (now.rss_bytes - then.rss_bytes)
    else:
        shared_then = then.rss_bytes - then.anon_bytes
        shared_change = now.rss_bytes - now.anon_bytes - shared_then
        share = own_share(proportion)
        if proportion.shared_pss_bytes is not None and shared_then > 0:
            share = min(1.0, proportion.shared_pss_bytes / shared_then)
        changed = now.anon_bytes - then.anon_bytes + share * shared_change
    return min(now.rss_bytes, max(0, round(proportion.pss_bytes + changed)))


def _gain(now: MemoryReading, before: MemoryReading) -> int:
    if now.anon_bytes is None or before.anon_bytes is None:
        return now.rss_bytes - before.rss_bytes
    return now.anon_bytes - before.anon_bytes


def _own_bytes(part: Part) -> int | None:
    if part.uss_bytes is not None:
        return min(part.uss_bytes, part.reading.rss_bytes)
    anon_bytes = part.reading.anon_bytes
    return None if anon_bytes is None else min(anon_bytes, part.reading.rss_bytes)
