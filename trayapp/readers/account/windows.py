"""Where memory is on Windows: the lists of pages, the pools of the kernel, the compressed store.

Not run on Windows yet: tested against stand-ins of the two calls.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from trayapp.domain.records.account import Account, AccountPart, account_of
from trayapp.domain.records.samples import MemoryReading, ProcessKey
from trayapp.errors import PlatformError
from trayapp.language.catalogue import _
from trayapp.language.units import format_size
from trayapp.readers.account.look import Program
from trayapp.readers.account.portable import estimated_programs

MEMORY_LISTS = 80
"""SystemMemoryListInformation of NtQuerySystemInformation; administrators only."""
COMPRESSED_STORE = "MemCompression"
"""The process whose working set is the compressed store."""
_SIZES = (
    "CommitTotal", "CommitLimit", "CommitPeak", "PhysicalTotal", "PhysicalAvailable",
    "SystemCache", "KernelTotal", "KernelPaged", "KernelNonpaged", "PageSize",
)  # fmt: skip


class PerformanceInformation(ctypes.Structure):
    """PERFORMANCE_INFORMATION of psapi.h; sizes are in pages but for the last."""

    _fields_ = (
        ("cb", ctypes.c_uint32),
        *((name, ctypes.c_size_t) for name in _SIZES),
        *((name, ctypes.c_uint32) for name in ("HandleCount", "ProcessCount", "ThreadCount")),
    )


class MemoryLists(ctypes.Structure):
    """SYSTEM_MEMORY_LIST_INFORMATION; all in pages."""

    _fields_ = (
        ("ZeroPageCount", ctypes.c_size_t),
        ("FreePageCount", ctypes.c_size_t),
        ("ModifiedPageCount", ctypes.c_size_t),
        ("ModifiedNoWritePageCount", ctypes.c_size_t),
        ("BadPageCount", ctypes.c_size_t),
        ("PageCountByPriority", ctypes.c_size_t * 8),
        ("RepurposedPagesByPriority", ctypes.c_size_t * 8),
        ("ModifiedPageCountPageFile", ctypes.c_size_t),
    )


def read_windows(
    programs: Sequence[Program],
    readings: Mapping[ProcessKey, MemoryReading],
    psapi: Any = None,
    ntdll: Any = None,
) -> Account:
    """Read where all memory of a Windows machine is. Raises: PlatformError.

    psapi, ntdll: the libraries, or what stands in for them.
    """
    known = _performance(psapi or _library("psapi"))
    page_bytes = known.PageSize
    lists = _memory_lists(ntdll or _library("ntdll"))
    store = [each for each in programs if each.name == COMPRESSED_STORE]
    others = [each for each in programs if each.name != COMPRESSED_STORE]
    parts = [*_lists(known, lists), *_kernel(known), *_compressed(store, readings)]
    left_bytes = known.PhysicalTotal * page_bytes - sum(part.size_bytes for part in parts)
    held = estimated_programs(others, readings, 0)
    size_bytes = min(max(0, left_bytes), sum(part.size_bytes for part in held.parts))
    parts.append(estimated_programs(others, readings, size_bytes))
    return account_of(known.PhysicalTotal * page_bytes, parts)


def _lists(known: PerformanceInformation, lists: MemoryLists | None) -> Iterator[AccountPart]:
    page_bytes = known.PageSize
    if lists is None:
        yield AccountPart(
            key="available",
            title=_("Free and standby"),
            size_bytes=known.PhysicalAvailable * page_bytes,
            comes_back="at once",
            sentence=_("Free, or copies of files that are given up when programs need memory."),
            note=_("Needs administrator rights for details."),
        )
        return
    yield AccountPart(
        key="free",
        title=_("Free"),
        size_bytes=(lists.ZeroPageCount + lists.FreePageCount) * page_bytes,
        comes_back="at once",
        sentence=_("Used for nothing."),
    )
    yield AccountPart(
        key="standby",
        title=_("Standby"),
        size_bytes=sum(lists.PageCountByPriority) * page_bytes,
        comes_back="at once",
        sentence=_("Copies of files and of what programs have not used lately."),
        parts=tuple(
            AccountPart(
                key=f"standby.{priority}",
                title=_("Priority {number}").format(number=priority),
                size_bytes=pages * page_bytes,
                comes_back="at once",
            )
            for priority, pages in enumerate(lists.PageCountByPriority)
            if pages
        ),
    )
    modified = lists.ModifiedPageCount + lists.ModifiedNoWritePageCount
    yield AccountPart(
        key="modified",
        title=_("Modified"),
        size_bytes=modified * page_bytes,
        comes_back="when written",
        sentence=_("Changed, and not written to files or the page file yet."),
    )
    yield AccountPart(
        key="poisoned",
        title=_("Broken memory"),
        size_bytes=lists.BadPageCount * page_bytes,
        sentence=_("Pages with memory errors, which the kernel does not use any more."),
        advice=_("Test this machine's memory."),
    )


def _kernel(known: PerformanceInformation) -> Iterator[AccountPart]:
    page_bytes = known.PageSize
    parts = (
        AccountPart(
            key="nonpaged_pool",
            title=_("Non-paged pool"),
            size_bytes=known.KernelNonpaged * page_bytes,
            sentence=_("What the kernel and its drivers must always have in memory."),
            advice=_("If it keeps growing, a driver may be leaking: update it or restart the "
                     "machine."),
        ),
        AccountPart(
            key="paged_pool",
            title=_("Paged pool"),
            size_bytes=known.KernelPaged * page_bytes,
            sentence=_("What the kernel and its drivers may have written to the page file."),
            is_estimated=True,
        ),
    )  # fmt: skip
    yield AccountPart(
        key="kernel",
        title=_("Kernel"),
        size_bytes=sum(part.size_bytes for part in parts),
        sentence=_("Promised to programs and the kernel: {used} of {limit}.").format(
            used=format_size(known.CommitTotal * page_bytes),
            limit=format_size(known.CommitLimit * page_bytes),
        ),
        parts=parts,
    )


def _compressed(
    store: Sequence[Program], readings: Mapping[ProcessKey, MemoryReading]
) -> Iterator[AccountPart]:
    keys = [key for program in store for key in program.processes if key in readings]
    yield AccountPart(
        key="compressed",
        title=_("Compressed"),
        size_bytes=sum(readings[key].rss_bytes for key in keys),
        sentence=_("What programs have not used lately, made smaller."),
    )


def _performance(psapi: Any) -> PerformanceInformation:
    known = PerformanceInformation()
    known.cb = ctypes.sizeof(known)
    if not psapi.GetPerformanceInfo(ctypes.byref(known), known.cb) or not known.PageSize:
        raise PlatformError(
            _("Cannot read this machine's memory: {reason}.").format(reason="GetPerformanceInfo")
        )
    return known


def _memory_lists(ntdll: Any) -> MemoryLists | None:
    """Return the lists; None: they may not be read."""
    lists = MemoryLists()
    size = ctypes.sizeof(lists)
    status = ntdll.NtQuerySystemInformation(MEMORY_LISTS, ctypes.byref(lists), size, None)
    return None if status else lists


def _library(name: str) -> Any:
    return ctypes.WinDLL(name)  # type: ignore[attr-defined,unused-ignore]
