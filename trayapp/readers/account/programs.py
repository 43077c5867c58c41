"""The memory of programs, each with its share of what it has in common with others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from trayapp.dataclass import NamedTuple
from trayapp.domain.records.account import AccountPart
from trayapp.domain.records.samples import MemoryReading, ProcessKey
from trayapp.language.catalogue import _
from trayapp.readers.account.look import Look, Program, needs_root
from trayapp.readers.procfile import field_bytes, read_start, read_started

TIME_SHARE = 0.5
"""Of the time of the whole account; the rest is for the parts after this one."""
LEAST_SHOWN_BYTES = 1024 * 1024
LEAST_OTHER_BYTES = 4096
"""A process takes whole pages: less is what rounding has left."""


class Share(NamedTuple):
    """What one process takes of anonymous memory and of mapped files, in bytes."""

    anon_bytes: int
    file_bytes: int
    lazy_bytes: int = 0
    """Part of the anonymous memory that it has offered to give back."""
    private_bytes: int | None = None
    is_estimated: bool = False
    is_refused: bool = False


def read(look: Look) -> Iterator[AccountPart]:
    """Yield all programs, the largest read exactly, and what they have offered to give back."""
    shares = _read_shares(look)
    anon_bytes = look.sum_of("AnonPages")
    lazy_bytes = min(anon_bytes, sum(share.lazy_bytes for share in shares.values()))
    told_bytes = sum(share.file_bytes for share in shares.values())
    most_bytes = look.sum_of("Mapped") if look.known("Mapped") is not None else told_bytes
    cached_bytes = max(0, look.sum_of("Buffers", "Cached") - look.sum_of("Shmem"))
    look.mapped_file_bytes = min(told_bytes, most_bytes, cached_bytes)
    size_bytes = anon_bytes - lazy_bytes + look.mapped_file_bytes
    yield AccountPart(
        key="programs",
        title=_("Programs"),
        size_bytes=size_bytes,
        sentence=_("What they hold, and their share of the files and libraries they have mapped."),
        advice=_("Restart or quit a program that holds more than it should."),
        note=needs_root() if any(share.is_refused for share in shares.values()) else "",
        parts=_programs(look, shares, size_bytes),
    )
    yield AccountPart(
        key="lazily_freed",
        title=_("Freed by programs, not taken back yet"),
        size_bytes=lazy_bytes,
        comes_back="at once",
        sentence=_("Counted in resident sets, though the system may take it at any time."),
    )


def _programs(
    look: Look, shares: Mapping[ProcessKey, Share], size_bytes: int
) -> tuple[AccountPart, ...]:
    parts = []
    small_bytes, is_estimated = 0, False
    for program in look.programs:
        part = _program(look, program, shares)
        if part.size_bytes >= LEAST_SHOWN_BYTES:
            parts.append(part)
        else:
            small_bytes += part.size_bytes
            is_estimated = is_estimated or part.is_estimated
    parts.sort(key=lambda part: -part.size_bytes)
    left_bytes = size_bytes - small_bytes - sum(part.size_bytes for part in parts)
    if small_bytes and 0 < left_bytes < LEAST_OTHER_BYTES:
        small_bytes, left_bytes = small_bytes + left_bytes, 0
    rest = (
        ("programs.small", _("Small programs"), small_bytes, is_estimated),
        # Processes that have just ended, or that nobody here may see.
        ("programs.other", _("Other processes"), max(0, left_bytes), True),
    )
    parts += [
        AccountPart(key=key, title=title, size_bytes=size, is_estimated=estimated)
        for key, title, size, estimated in rest
        if size
    ]
    return tuple(parts)


def _program(look: Look, program: Program, shares: Mapping[ProcessKey, Share]) -> AccountPart:
    own = [shares[key] for key in program.processes if key in shares]
    private = [share.private_bytes for share in own]
    anon_bytes = sum(share.anon_bytes - share.lazy_bytes for share in own)
    file_bytes = sum(share.file_bytes for share in own)
    is_estimated = any(share.is_estimated for share in own)
    kinds = (
        ("anonymous", _("Own memory"), anon_bytes),
        ("files", _("Mapped files and libraries"), file_bytes),
    )
    return AccountPart(
        key=program.key,
        title=program.name,
        size_bytes=anon_bytes + file_bytes,
        is_estimated=is_estimated,
        rss_bytes=sum(look.readings[key].rss_bytes for key in program.processes),
        private_bytes=None if None in private else sum(size or 0 for size in private),
        parts=tuple(
            AccountPart(
                key=f"{program.key}/{kind}", title=title, size_bytes=size, is_estimated=is_estimated
            )
            for kind, title, size in kinds
            if size
        ),
    )


def _read_shares(look: Look) -> dict[ProcessKey, Share]:
    """Read the largest exactly while there is time, and estimate the others by their like."""
    keys = (key for program in look.programs for key in program.processes)
    waiting = sorted((key for key in keys if key in look.readings), key=_size_in(look.readings))
    found: dict[ProcessKey, Share] = {}
    refused: set[ProcessKey] = set()
    for key in waiting:
        if not look.has_time(TIME_SHARE):
            break
        try:
            share = _read_share(look.proc, key)
        except PermissionError:
            refused.add(key)
            continue
        except (OSError, ValueError):
            continue
        if share is not None:
            found[key] = share
    mapped_bytes = sum(_file_bytes(look.readings[key]) for key in found)
    file_share = sum(share.file_bytes for share in found.values()) / mapped_bytes if found else 0.5
    estimated = {
        key: Share(
            reading.rss_bytes if reading.anon_bytes is None else reading.anon_bytes,
            round(_file_bytes(reading) * min(1.0, file_share)),
            is_estimated=True,
            is_refused=key in refused,
        )
        for key in waiting
        if key not in found
        for reading in (look.readings[key],)
    }
    known_bytes = sum(share.anon_bytes for share in found.values())
    return found | _fitted(estimated, look.sum_of("AnonPages") - known_bytes)


def _fitted(shares: dict[ProcessKey, Share], room_bytes: int) -> dict[ProcessKey, Share]:
    """Return estimates that add up to no more than there is: what forks share counts in each."""
    told_bytes = sum(share.anon_bytes for share in shares.values())
    if told_bytes <= room_bytes:
        return shares
    part = max(0, room_bytes) / told_bytes
    return {
        key: share._replace(anon_bytes=int(share.anon_bytes * part))
        for key, share in shares.items()
    }


def _size_in(readings: Mapping[ProcessKey, MemoryReading]) -> Callable[[ProcessKey], int]:
    return lambda key: -readings[key].rss_bytes


def _file_bytes(reading: MemoryReading) -> int:
    return max(1, reading.rss_bytes - (reading.anon_bytes or 0))


def _read_share(proc: str, key: ProcessKey) -> Share | None:
    """Return what the kernel adds up for a process; None: it has ended, or tells nothing.

    Raises: OSError, PermissionError among them; ValueError.
    """
    rollup = read_start(f"{proc}/{key.pid}/smaps_rollup", 8192)
    if read_started(proc, key.pid) != key.started:
        return None
    anon_bytes, file_bytes = (field_bytes(rollup, name) for name in (b"Pss_Anon:", b"Pss_File:"))
    if anon_bytes is None or file_bytes is None:
        # Before Linux 5.4 only the sum is told.
        anon_bytes = field_bytes(rollup, b"Anonymous:")
        pss_bytes = field_bytes(rollup, b"Pss:")
        if anon_bytes is None or pss_bytes is None:
            return None
        file_bytes = max(0, pss_bytes - anon_bytes)
    if not field_bytes(rollup, b"Rss:"):
        # Sandboxes with a kernel of their own answer 0 to everything.
        return None
    private = [field_bytes(rollup, b"Private_%s:" % kind) for kind in (b"Clean", b"Dirty")]
    return Share(
        anon_bytes,
        file_bytes,
        min(anon_bytes, field_bytes(rollup, b"LazyFree:") or 0),
        None if None in private else sum(size or 0 for size in private),
    )
