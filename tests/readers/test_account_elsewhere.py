"""The account on Windows and macOS, against stand-ins that fill in what the real calls would."""

from __future__ import annotations

import ctypes
from typing import Any

import pytest

from trayapp.domain.records.account import AccountPart
from trayapp.domain.records.samples import MemoryReading, ProcessKey
from trayapp.errors import PlatformError
from trayapp.language.units import GIB, MIB
from trayapp.readers.account.look import Program
from trayapp.readers.account.macos import VmStatistics, read_macos
from trayapp.readers.account.windows import (
    COMPRESSED_STORE,
    MEMORY_LISTS,
    MemoryLists,
    PerformanceInformation,
    read_windows,
)

PAGE = 4096
PRIVILEGE_NOT_HELD = -1073741727
PROGRAMS = [
    Program("application:program:web", "web", [ProcessKey(1, 1), ProcessKey(2, 2)]),
    Program("application:program:MemCompression", COMPRESSED_STORE, [ProcessKey(3, 3)]),
]
READINGS = {
    ProcessKey(1, 1): MemoryReading(900 * MIB, 800 * MIB),
    ProcessKey(2, 2): MemoryReading(300 * MIB, 700 * MIB),
    ProcessKey(3, 3): MemoryReading(200 * MIB, 200 * MIB),
}


class Psapi:
    """GetPerformanceInfo, which wants the structure's size and tells in pages."""

    def __init__(self, *, works: bool = True) -> None:
        self._works = works

    def GetPerformanceInfo(self, where: Any, size: int) -> int:  # noqa: N802
        known = where._obj
        assert isinstance(known, PerformanceInformation)
        assert known.cb == size == ctypes.sizeof(known)
        if not self._works:
            return 0
        known.PhysicalTotal, known.PageSize = 4 * GIB // PAGE, PAGE
        known.PhysicalAvailable = 1700 * MIB // PAGE
        known.KernelPaged, known.KernelNonpaged = 300 * MIB // PAGE, 250 * MIB // PAGE
        known.CommitTotal, known.CommitLimit = 3 * GIB // PAGE, 6 * GIB // PAGE
        return 1


class Ntdll:
    """NtQuerySystemInformation, which refuses those who are no administrators."""

    def __init__(self, status: int = 0) -> None:
        self._status = status

    def NtQuerySystemInformation(  # noqa: N802
        self, what: int, where: Any, size: int, _needed: None
    ) -> int:
        lists = where._obj
        assert isinstance(lists, MemoryLists)
        assert (what, size) == (MEMORY_LISTS, ctypes.sizeof(lists))
        if self._status == 0:
            lists.ZeroPageCount, lists.FreePageCount = 100 * MIB // PAGE, 200 * MIB // PAGE
            lists.ModifiedPageCount = 40 * MIB // PAGE
            lists.PageCountByPriority[5] = 1400 * MIB // PAGE
        return self._status


def sizes_of(parts: tuple[AccountPart, ...]) -> dict[str, int]:
    return {part.key: part.size_bytes // MIB for part in parts}


def test_windows_for_an_administrator() -> None:
    account = read_windows(PROGRAMS, READINGS, Psapi(), Ntdll())
    assert sizes_of(account.parts) == {
        "free": 300,
        "standby": 1400,
        "modified": 40,
        "kernel": 550,
        "compressed": 200,
        "programs": 1100,
        "unexplained": 4096 - 3590,
    }
    assert sum(part.size_bytes for part in account.parts) == account.total_bytes == 4 * GIB
    standby = next(part for part in account.parts if part.key == "standby")
    assert [part.key for part in standby.parts] == ["standby.5"]
    assert standby.comes_back == "at once"
    programs = next(part for part in account.parts if part.key == "programs")
    assert [part.title for part in programs.parts] == ["web"]
    assert programs.parts[0].is_estimated


def test_windows_for_everybody_else() -> None:
    """The lists may not be read: their sum is known all the same."""
    account = read_windows(PROGRAMS, READINGS, Psapi(), Ntdll(PRIVILEGE_NOT_HELD))
    sizes = sizes_of(account.parts)
    assert sizes["available"] == 1700
    assert "standby" not in sizes
    available = next(part for part in account.parts if part.key == "available")
    assert "administrator" in available.note
    assert sum(part.size_bytes for part in account.parts) == account.total_bytes


def test_programs_never_have_more_than_there_is() -> None:
    """A working set counts shared pages in full."""
    readings = {key: MemoryReading(9 * GIB, 9 * GIB) for key in READINGS}
    account = read_windows(PROGRAMS[:1], readings, Psapi(), Ntdll())
    assert sum(part.size_bytes for part in account.parts) == account.total_bytes
    assert account.unexplained_bytes == 0


def test_windows_that_does_not_answer_is_one_line() -> None:
    with pytest.raises(PlatformError) as caught:
        read_windows([], {}, Psapi(works=False), Ntdll())
    assert "\n" not in str(caught.value)


class LibSystem:
    """The three calls of macOS; the size of a page comes as four bytes, that of memory as eight."""

    page_bytes = 16384

    def __init__(self, result: int = 0) -> None:
        self._result = result

    def mach_host_self(self) -> int:
        return 7

    def host_statistics64(self, host: int, flavor: int, where: Any, count: Any) -> int:
        known = where._obj
        assert isinstance(known, VmStatistics)
        # HOST_VM_INFO64_COUNT of the system's own header.
        assert (host, flavor, count._obj.value) == (7, 4, 38)
        for name, size in (
            ("free", 700), ("speculative", 100), ("active", 900), ("inactive", 800), ("wire", 600),
            ("purgeable", 50), ("external", 500), ("internal", 1500), ("compressor", 250),
            ("uncompressed", 750),
        ):  # fmt: skip
            setattr(known, name, size * MIB // self.page_bytes)
        return self._result

    def sysctlbyname(self, name: bytes, value: Any, size: Any, _new: None, _length: int) -> int:
        assert size._obj.value >= 8
        told = {b"hw.memsize": (4 * GIB, 8), b"vm.pagesize": (self.page_bytes, 4)}.get(name)
        if told is None:
            return -1
        ctypes.memmove(value, told[0].to_bytes(told[1], "little"), told[1])
        size._obj.value = told[1]
        return 0


def test_macos() -> None:
    account = read_macos(PROGRAMS[:1], READINGS, LibSystem())
    assert sizes_of(account.parts) == {
        "programs": 1450,
        "free": 600,
        "purgeable": 50,
        "page_cache": 500,
        "wired": 600,
        "compressed": 250,
        "unexplained": 4096 - 3450,
    }
    assert sum(part.size_bytes for part in account.parts) == account.total_bytes
    compressed = next(part for part in account.parts if part.key == "compressed")
    assert "750 MiB" in compressed.sentence


def test_a_mac_that_does_not_answer_is_one_line() -> None:
    with pytest.raises(PlatformError):
        read_macos([], {}, LibSystem(result=5))
