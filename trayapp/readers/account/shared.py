"""Shared memory: files in memory, segments of System V, and what has no name."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

from trayapp.dataclass import NamedTuple
from trayapp.domain.records.account import AccountPart
from trayapp.domain.records.samples import MemoryReading, ProcessKey
from trayapp.language.catalogue import _
from trayapp.language.units import MIB, format_size
from trayapp.readers.account.holders import Held, Namespaces, find_held, holder_names
from trayapp.readers.account.look import Look, needs_root
from trayapp.readers.account.tmpfs import part_of
from trayapp.readers.memory_files import process_title, user_name
from trayapp.readers.procfile import read_all

LEAST_SWAPPED_BYTES = MIB
"""What the parts have more than the whole, for it to be said to be in swap."""
LEAST_SHOWN_BYTES = 64 * 1024
_HUGE_PAGES_FLAG = 0o4000


class Segment(NamedTuple):
    """A segment of System V shared memory."""

    identity: int
    size_bytes: int
    """In memory now."""
    creator_pid: int
    attached: int
    """How many processes have it."""
    uid: int


def read(look: Look) -> Iterator[AccountPart]:
    """Yield all shared memory by what it is."""
    size_bytes = look.sum_of("Shmem")
    pids = [key.pid for key in sorted(look.readings, key=_shared_in(look.readings))]
    seen = Namespaces(look.proc)
    held, is_whole = find_held(look, pids, seen)
    parts = [
        part
        for mount in seen.in_memory()
        if (part := part_of(look, mount, _in_mount(held, _number(mount.device))))
    ]
    parts += [_segment(look, each) for each in read_segments(look.proc)]
    parts += _nameless(look, held)
    parts = sorted((part for part in parts if part.size_bytes), key=lambda part: -part.size_bytes)
    left_bytes = size_bytes - sum(part.size_bytes for part in parts)
    note = "" if is_whole else needs_root()
    if left_bytes < -LEAST_SWAPPED_BYTES:
        # They count what is in swap; the kernel's figure does not.
        note = _("{size} of it is in swap.").format(size=format_size(-left_bytes))
    elif left_bytes > 0:
        rest = AccountPart(
            key="shared.other",
            title=_("Without a name"),
            size_bytes=left_bytes,
            sentence=_("Shared among processes, or of the graphics driver."),
        )
        parts.append(rest)
    yield AccountPart(
        key="shared",
        title=_("Shared memory and files in memory"),
        size_bytes=size_bytes,
        sentence=_("Stays until it is deleted, or the last program that holds it ends."),
        note=note,
        parts=tuple(parts),
    )


def _shared_in(readings: Mapping[ProcessKey, MemoryReading]) -> Callable[[ProcessKey], int]:
    """Return the order in which processes are asked: who maps most beside its own first."""
    return lambda key: (readings[key].anon_bytes or 0) - readings[key].rss_bytes


def read_segments(proc: str) -> Iterator[Segment]:
    """Yield the segments of System V that are in ordinary memory."""
    try:
        title, *lines = read_all(f"{proc}/sysvipc/shm").split(b"\n")
    except OSError:
        return
    names = title.split()
    for line in lines:
        fields = dict(zip(names, line.split(), strict=False))
        try:
            if int(fields[b"perms"], 8) & _HUGE_PAGES_FLAG:
                continue
            figures = (b"shmid", b"rss", b"cpid", b"nattch", b"uid")
            yield Segment(*(int(fields[name]) for name in figures))
        except (KeyError, ValueError):
            continue


def _segment(look: Look, segment: Segment) -> AccountPart:
    creator = process_title(look.proc, segment.creator_pid)
    owner = user_name(segment.uid)
    if segment.attached:
        sentence = _("Of {owner}, made by {creator}; processes that use it: {count}.").format(
            owner=owner, creator=creator, count=segment.attached
        )
    else:
        sentence = _("Of {owner}, made by {creator}; orphaned: no process uses it.").format(
            owner=owner, creator=creator
        )
    remove = _("Delete it with: {command}").format(command=f"ipcrm -m {segment.identity}")
    return AccountPart(
        key=f"sysv:{segment.identity}",
        title=_("System V segment {number}").format(number=segment.identity),
        size_bytes=segment.size_bytes,
        sentence=sentence,
        advice="" if segment.attached else remove,
    )


def _nameless(look: Look, held: Iterable[Held]) -> Iterator[AccountPart]:
    """Yield what is in no folder; what is called the same and has the same holders, together."""
    sizes: Counter[tuple[str, str, frozenset[int]]] = Counter()
    for each in held:
        if each.kind != "file":
            sizes[each.kind, each.path, frozenset(each.pids)] += each.size_bytes
    numbers: Counter[str] = Counter()
    for (kind, path, pids), size_bytes in sizes.most_common():
        if size_bytes < LEAST_SHOWN_BYTES:
            break
        title = _("Shared by processes")
        if kind == "memfd":
            title = _("Memory file {name}").format(name=path.removeprefix("/memfd:") or "–")
        key = f"{kind}:{path}"
        numbers[key] += 1
        yield AccountPart(
            # Others hold something else of that name.
            key=key if numbers[key] == 1 else f"{key}:{numbers[key]}",
            title=title,
            size_bytes=size_bytes,
            sentence=_("Held by {names}.").format(names=holder_names(look, pids)),
            advice=_("Restart the program that holds it."),
        )


def _in_mount(held: list[Held], device: int) -> list[Held]:
    return [each for each in held if each.device == device and each.kind == "file"]


def _number(device: str) -> int:
    major, _colon, minor = device.partition(":")
    try:
        return os.makedev(int(major), int(minor))
    except ValueError:
        return -1
