"""Copies of files in memory, and of what is in swap."""

from __future__ import annotations

from collections.abc import Iterator

from trayapp.domain.records.account import AccountPart
from trayapp.language.catalogue import _
from trayapp.readers.account.look import Look


def read(look: Look) -> Iterator[AccountPart]:
    """Yield the page cache without what programs have mapped and what is shared memory."""
    cached_bytes = look.sum_of("Buffers", "Cached")
    size_bytes = max(0, cached_bytes - look.sum_of("Shmem") - look.mapped_file_bytes)
    dirty_bytes = min(size_bytes, look.sum_of("Dirty"))
    writeback_bytes = min(size_bytes - dirty_bytes, look.sum_of("Writeback"))
    parts = (
        AccountPart(
            key="page_cache.clean",
            title=_("Same as on disk"),
            size_bytes=size_bytes - dirty_bytes - writeback_bytes,
            comes_back="at once",
        ),
        AccountPart(
            key="page_cache.dirty",
            title=_("Changed, to be written"),
            size_bytes=dirty_bytes,
            comes_back="when written",
        ),
        AccountPart(
            key="page_cache.writeback",
            title=_("Being written"),
            size_bytes=writeback_bytes,
            comes_back="when written",
        ),
    )
    yield AccountPart(
        key="page_cache",
        title=_("Page cache"),
        size_bytes=size_bytes,
        comes_back="at once",
        sentence=_("Copies of files that were read or written; it makes reading them again fast."),
        parts=tuple(part for part in parts if part.size_bytes),
    )
    yield AccountPart(
        key="fuse_writeback",
        title=_("On its way to file systems in user space"),
        size_bytes=look.sum_of("WritebackTmp"),
        comes_back="when written",
    )
    yield AccountPart(
        key="swap_cache",
        title=_("Swap cache"),
        size_bytes=_swap_cache_bytes(look, cached_bytes),
        comes_back="at once",
        sentence=_("Pages that are in swap as well."),
    )


def _swap_cache_bytes(look: Look, cached_bytes: int) -> int:
    """Return what no program has mapped of it: the rest is counted with the programs."""
    listed_bytes = look.sum_of(
        "Active(anon)", "Inactive(anon)", "Active(file)", "Inactive(file)", "Unevictable"
    )
    unmapped_bytes = listed_bytes - look.sum_of("AnonPages") - cached_bytes
    return min(max(0, unmapped_bytes), look.sum_of("SwapCached"))
