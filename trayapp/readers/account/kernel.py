"""What the kernel itself takes: its caches, page tables, stacks and the like."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from trayapp.dataclass import NamedTuple
from trayapp.domain.records.account import AccountPart, largest_and_rest
from trayapp.language.catalogue import _
from trayapp.readers.account.look import Look, needs_root
from trayapp.readers.procfile import read_all, read_number

MOST_CACHES = 5
_RECLAIMABLE_NAMES = ("dentry", "radix_tree_node", "buffer_head", "ext4_extent_status")
"""Beside those of inodes; where the kernel does not tell which ones it can reclaim."""


class SlabCache(NamedTuple):
    """One of the kernel's caches of small objects."""

    name: str
    size_bytes: int
    is_reclaimable: bool


def read(look: Look) -> Iterator[AccountPart]:
    """Yield what the kernel gives back on its own, and what it does not."""
    caches = read_slab_caches(look.root, look.page_bytes)
    yield _reclaimable(look, caches)
    yield _kept(look, caches)
    yield AccountPart(
        key="poisoned",
        title=_("Broken memory"),
        size_bytes=look.sum_of("HardwareCorrupted"),
        sentence=_("Pages with memory errors, which the kernel does not use any more."),
        advice=_("Test this machine's memory."),
    )
    yield AccountPart(
        key="gpu",
        title=_("Graphics"),
        size_bytes=look.sum_of("GPUActive", "GPUReclaim"),
        sentence=_("Memory of the graphics driver."),
    )


def _reclaimable(look: Look, caches: Sequence[SlabCache] | None) -> AccountPart:
    size_bytes = look.known("KReclaimable")
    slab_bytes = look.sum_of("SReclaimable")
    return AccountPart(
        key="slab_reclaimable",
        title=_("Kernel caches"),
        size_bytes=slab_bytes if size_bytes is None else max(size_bytes, slab_bytes),
        comes_back="at once",
        sentence=_("Names and properties of files, kept to find them quickly."),
        note="" if caches is not None else needs_root(),
        parts=_largest(caches, slab_bytes, "slab_reclaimable", is_reclaimable=True),
    )


def _kept(look: Look, caches: Sequence[SlabCache] | None) -> AccountPart:
    slab_bytes = look.known("SUnreclaim")
    if slab_bytes is None:
        slab_bytes = look.sum_of("Slab")
    stack_bytes = look.sum_of("KernelStack")
    parts = [
        AccountPart(
            key="slab_unreclaimable",
            title=_("Kernel objects"),
            size_bytes=slab_bytes,
            sentence=_("What the kernel needs for open files, processes, sockets and drivers."),
            advice=_("If it keeps growing, a driver or the kernel is leaking: update it."),
            note="" if caches is not None else needs_root(),
            parts=_largest(caches, slab_bytes, "slab_unreclaimable", is_reclaimable=False),
        ),
        AccountPart(
            key="page_tables",
            title=_("Page tables"),
            size_bytes=look.sum_of("PageTables", "SecPageTables"),
            sentence=_("Say which page is where; many processes that share much need much."),
        ),
        AccountPart(key="kernel_stacks", title=_("Kernel stacks"), size_bytes=stack_bytes),
        AccountPart(key="per_cpu", title=_("Per processor"), size_bytes=look.sum_of("Percpu")),
        AccountPart(
            key="vmalloc",
            title=_("Large kernel buffers and modules"),
            # The stacks of today's kernels are in it.
            size_bytes=max(0, look.sum_of("VmallocUsed") - stack_bytes),
        ),
        AccountPart(key="bounce", title=_("Bounce buffers"), size_bytes=look.sum_of("Bounce")),
    ]
    found = tuple(part for part in parts if part.size_bytes)
    return AccountPart(
        key="kernel",
        title=_("Kernel"),
        size_bytes=sum(part.size_bytes for part in found),
        sentence=_("What the kernel itself needs."),
        parts=tuple(sorted(found, key=lambda part: -part.size_bytes)),
    )


def _largest(
    caches: Sequence[SlabCache] | None, whole_bytes: int, key: str, *, is_reclaimable: bool
) -> tuple[AccountPart, ...]:
    if caches is None:
        return ()
    comes_back = "at once" if is_reclaimable else "no"
    parts = (
        AccountPart(
            key=f"{key}:{cache.name}",
            title=cache.name,
            size_bytes=cache.size_bytes,
            comes_back="at once" if is_reclaimable else "no",
        )
        for cache in caches
        if cache.is_reclaimable == is_reclaimable
    )
    rest = AccountPart(
        key=f"{key}.other",
        title=_("Other caches"),
        size_bytes=0,
        comes_back="at once" if comes_back == "at once" else "no",
    )
    return largest_and_rest(parts, MOST_CACHES, whole_bytes, rest)


def read_slab_caches(root: str, page_bytes: int) -> list[SlabCache] | None:
    """Return all caches; None: they may not be read."""
    try:
        lines = read_all(f"{root}/proc/slabinfo").split(b"\n")
    except OSError:
        return None
    found = []
    for line in lines:
        figures, _colon, rest = line.partition(b" : tunables ")
        fields, slabs = figures.split(), rest.partition(b" : slabdata ")[2].split()
        if len(fields) < 6 or len(slabs) < 2:
            continue
        try:
            size_bytes = int(slabs[1]) * int(fields[5]) * page_bytes
        except ValueError:
            continue
        name = os.fsdecode(fields[0])
        found.append(SlabCache(name, size_bytes, _is_reclaimable(root, name)))
    return found


def _is_reclaimable(root: str, name: str) -> bool:
    told = read_number(f"{root}/sys/kernel/slab/{name}/reclaim_account")
    if told is not None:
        return bool(told)
    return "inode" in name or name in _RECLAIMABLE_NAMES
