"""Where memory is on macOS: wired, compressed, of programs, purgeable, of files.

Not run on macOS yet: tested against a stand-in of the system's library.
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

HOST_VM_INFO64 = 4
_COUNTS = ctypes.c_uint32
_EVENTS = ctypes.c_uint64


class VmStatistics(ctypes.Structure):
    """vm_statistics64 of mach/vm_statistics.h; in pages."""

    _fields_ = (
        *((name, _COUNTS) for name in ("free", "active", "inactive", "wire")),
        *((name, _EVENTS) for name in (
            "zero_fill", "reactivations", "pageins", "pageouts", "faults", "cow_faults",
            "lookups", "hits", "purges",
        )),
        *((name, _COUNTS) for name in ("purgeable", "speculative")),
        *((name, _EVENTS) for name in ("decompressions", "compressions", "swapins", "swapouts")),
        *((name, _COUNTS) for name in ("compressor", "throttled", "external", "internal")),
        ("uncompressed", _EVENTS),
    )  # fmt: skip


def read_macos(
    programs: Sequence[Program],
    readings: Mapping[ProcessKey, MemoryReading],
    library: Any = None,
) -> Account:
    """Read where all memory of a Mac is. Raises: PlatformError.

    library: libSystem, or what stands in for it.
    """
    library = library or ctypes.CDLL("/usr/lib/libSystem.dylib")
    total_bytes = _number(library, b"hw.memsize")
    page_bytes = _number(library, b"vm.pagesize")
    known = _statistics(library)
    purgeable = min(known.purgeable, known.internal)
    held_bytes = (known.internal - purgeable) * page_bytes
    parts = [
        estimated_programs(programs, readings, held_bytes),
        *_others(known, page_bytes, purgeable),
    ]
    return account_of(total_bytes, parts)


def _others(known: VmStatistics, page_bytes: int, purgeable: int) -> Iterator[AccountPart]:
    yield AccountPart(
        key="free",
        title=_("Free"),
        # What was read ahead counts as free, and as of files.
        size_bytes=max(0, known.free - known.speculative) * page_bytes,
        comes_back="at once",
        sentence=_("Used for nothing."),
    )
    yield AccountPart(
        key="purgeable",
        title=_("Purgeable"),
        size_bytes=purgeable * page_bytes,
        comes_back="at once",
        sentence=_("What programs have allowed the system to drop."),
    )
    yield AccountPart(
        key="page_cache",
        title=_("File-backed"),
        size_bytes=known.external * page_bytes,
        comes_back="at once",
        sentence=_("Copies of files that were read or written; it makes reading them again fast."),
    )
    yield AccountPart(
        key="wired",
        title=_("Wired"),
        size_bytes=known.wire * page_bytes,
        sentence=_("What the kernel and its drivers must always have in memory."),
        advice=_("If it keeps growing, a driver may be leaking: update it or restart the machine."),
    )
    yield AccountPart(
        key="compressed",
        title=_("Compressed"),
        size_bytes=known.compressor * page_bytes,
        sentence=_("Holds {stored} in {taken}, usually as swap.").format(
            stored=format_size(known.uncompressed * page_bytes),
            taken=format_size(known.compressor * page_bytes),
        ),
    )


def _statistics(library: Any) -> VmStatistics:
    known = VmStatistics()
    count = ctypes.c_uint32(ctypes.sizeof(known) // ctypes.sizeof(ctypes.c_int32))
    host = library.mach_host_self()
    if library.host_statistics64(host, HOST_VM_INFO64, ctypes.byref(known), ctypes.byref(count)):
        raise _cannot_read("host_statistics64")
    return known


def _number(library: Any, name: bytes) -> int:
    value, size = ctypes.c_uint64(), ctypes.c_size_t(8)
    failed = library.sysctlbyname(name, ctypes.byref(value), ctypes.byref(size), None, 0)
    if failed or not value.value:
        raise _cannot_read(name.decode())
    return int(value.value)


def _cannot_read(what: str) -> PlatformError:
    return PlatformError(_("Cannot read this machine's memory: {reason}.").format(reason=what))
