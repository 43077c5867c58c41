"""Memory of the whole machine."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from trayapp.dataclass import replace
from trayapp.domain.records.samples import SystemSample
from trayapp.errors import PlatformError
from trayapp.language.catalogue import _
from trayapp.readers.container import ContainerReader
from trayapp.readers.procfile import field_bytes, read_start


class SystemReader(Protocol):
    """Reads the machine's memory. All calls from one thread."""

    def read(self) -> SystemSample:
        """Read once. Raises: PlatformError if the system does not tell."""

    def close(self) -> None:
        """Let go of all descriptors."""


def open_system_reader(system: str = sys.platform) -> SystemReader:
    """Return the cheapest reader for this system. Raises: PlatformError if there is none."""
    return ProcSystemReader() if system == "linux" else PsutilSystemReader()


class ProcSystemReader:
    """Linux: /proc/meminfo and /proc/pressure/memory, held open; about 15 µs a reading."""

    def __init__(self, root: str = "/proc") -> None:
        """Open the files under `root`. Raises: PlatformError if there is no meminfo."""
        self._root = root
        folder = Path(root)
        # What belongs to it outside of /proc, where that is known by its name.
        base = ("" if root == "/proc" else str(folder.parent)) if folder.name == "proc" else None
        self._huge_pages = None if base is None else f"{base}/sys/kernel/mm/hugepages"
        self._container = None if base is None else ContainerReader(base)
        try:
            self._meminfo = os.open(f"{root}/meminfo", os.O_RDONLY)
        except OSError as error:
            raise _cannot_read(root, error.strerror) from error
        self._pressure: int | None = None
        self._arcstats: int | None = None
        if self._container is None or not self._container.is_inside:
            # In a container that would be its host's cache.
            with suppress(OSError):  # no ZFS
                self._arcstats = os.open(f"{root}/spl/kstat/zfs/arcstats", os.O_RDONLY)
        with suppress(OSError):  # older kernels, or stall information is not compiled in
            self._pressure = os.open(f"{root}/pressure/memory", os.O_RDONLY)

    def read(self) -> SystemSample:
        try:
            meminfo = os.pread(self._meminfo, 8192, 0)
        except OSError as error:
            raise _cannot_read(self._root, error.strerror) from error
        total_bytes = field_bytes(meminfo, b"MemTotal:")
        available_bytes = self._available_bytes(meminfo)
        if not total_bytes or available_bytes is None:
            raise _cannot_read(self._root, _("MemTotal or MemFree is missing"))
        reserved_bytes = self._read_reserved_bytes(meminfo)
        if reserved_bytes is not None and reserved_bytes < total_bytes:
            total_bytes -= reserved_bytes
        zfs_bytes = self._read_zfs_bytes()
        available_bytes += zfs_bytes or 0
        swap_total_bytes = field_bytes(meminfo, b"SwapTotal:")
        swap_free_bytes = field_bytes(meminfo, b"SwapFree:")
        swap_used_bytes = None
        if swap_total_bytes is not None and swap_free_bytes is not None:
            swap_used_bytes = max(0, swap_total_bytes - swap_free_bytes)
        some, full = self._read_stalls()
        return self._inside(
            SystemSample(
                total_bytes=total_bytes,
                available_bytes=min(available_bytes, total_bytes),
                swap_total_bytes=swap_total_bytes,
                swap_used_bytes=swap_used_bytes,
                stall_some_percent=some,
                stall_full_percent=full,
                hugepages_reserved_bytes=reserved_bytes,
                zfs_cache_bytes=zfs_bytes,
            )
        )

    def close(self) -> None:
        os.close(self._meminfo)
        if self._arcstats is not None:
            os.close(self._arcstats)
        if self._pressure is not None:
            os.close(self._pressure)

    def _inside(self, machine: SystemSample) -> SystemSample:
        """Return what the machine is to a container, where Memtray runs in one."""
        if self._container is None or not self._container.is_inside:
            return machine
        inside = self._container.read()
        if inside is None or inside.limit_bytes >= machine.total_bytes:
            return replace(machine, is_container=True)
        swap_total_bytes = machine.swap_total_bytes
        swap_used_bytes = machine.swap_used_bytes
        if inside.swap_limit_bytes is not None and swap_total_bytes is not None:
            swap_total_bytes = min(swap_total_bytes, inside.swap_limit_bytes)
        if inside.swap_used_bytes is not None:
            swap_used_bytes = inside.swap_used_bytes
        return replace(
            machine,
            total_bytes=inside.limit_bytes,
            available_bytes=min(machine.available_bytes, inside.available_bytes),
            swap_total_bytes=swap_total_bytes,
            swap_used_bytes=swap_used_bytes,
            hugepages_reserved_bytes=None,
            is_container=True,
        )

    def _read_reserved_bytes(self, meminfo: bytes) -> int | None:
        """Return the memory set aside as huge pages of all sizes; None: none is."""
        # Of all sizes, since Linux 4.17.
        all_bytes = field_bytes(meminfo, b"Hugetlb:")
        if all_bytes is None:
            all_bytes = self._sum_huge_pages()
        if all_bytes is None:
            page_bytes = field_bytes(meminfo, b"Hugepagesize:") or 0
            all_bytes = page_bytes * (_count(meminfo, b"\nHugePages_Total:") or 0)
        return all_bytes or None

    def _sum_huge_pages(self) -> int | None:
        """Return the sum over the folders of each size; None: there are none."""
        if self._huge_pages is None:
            return None
        total_bytes = 0
        try:
            for name in os.listdir(self._huge_pages):  # noqa: PTH208
                size = name.removeprefix("hugepages-").removesuffix("kB")
                count = read_start(f"{self._huge_pages}/{name}/nr_hugepages", 64)
                total_bytes += int(size) * 1024 * int(count)
        except (OSError, ValueError):
            return None
        return total_bytes

    def _read_zfs_bytes(self) -> int | None:
        """Return what the cache of ZFS holds above its minimum; None: there is no such cache."""
        if self._arcstats is None:
            return None
        try:
            arcstats = os.pread(self._arcstats, 65536, 0)
        except OSError:
            return None
        size_bytes, least_bytes = (_kstat(arcstats, name) for name in (b"size", b"c_min"))
        if size_bytes is None or least_bytes is None:
            return None
        return max(0, size_bytes - least_bytes)

    def _available_bytes(self, meminfo: bytes) -> int | None:
        available_bytes = field_bytes(meminfo, b"MemAvailable:")
        if available_bytes is not None:
            return available_bytes
        # Before Linux 3.14: the estimate that the kernel makes since, as far as it can be made.
        free_bytes = field_bytes(meminfo, b"MemFree:")
        if free_bytes is None:
            return None
        reserve_bytes = self._read_low_watermark_bytes()
        files = [field_bytes(meminfo, b"%s(file):" % kind) for kind in (b"Active", b"Inactive")]
        slab_bytes = field_bytes(meminfo, b"SReclaimable:")
        if reserve_bytes is None or None in files or slab_bytes is None:
            return free_bytes + (field_bytes(meminfo, b"Cached:") or 0)
        cache_bytes = sum(size for size in files if size is not None)
        return max(
            0,
            free_bytes
            - reserve_bytes
            + (cache_bytes - min(cache_bytes // 2, reserve_bytes))
            + (slab_bytes - min(slab_bytes // 2, reserve_bytes)),
        )

    def _read_low_watermark_bytes(self) -> int | None:
        """Return what the kernel keeps for itself: the sum of "low" over all memory zones."""
        try:
            with open(f"{self._root}/zoneinfo", "rb") as zoneinfo:  # noqa: PTH123
                pages = sum(
                    int(line.split()[1]) for line in zoneinfo if line.split()[:1] == [b"low"]
                )
        except (OSError, ValueError, IndexError):
            return None
        return pages * os.sysconf("SC_PAGE_SIZE")

    def _read_stalls(self) -> tuple[float | None, float | None]:
        if self._pressure is None:
            return None, None
        try:
            pressure = os.pread(self._pressure, 512, 0)
        except OSError:  # compiled in, but switched off at boot
            return None, None
        return _average_percent(pressure, b"some avg10="), _average_percent(
            pressure, b"full avg10="
        )


class PsutilSystemReader:
    """Reads macOS and Windows through psutil."""

    def read(self) -> SystemSample:
        import psutil

        try:
            memory = psutil.virtual_memory()
        except (OSError, RuntimeError, psutil.Error) as error:
            template = _("Cannot read this machine's memory: {reason}.")
            raise PlatformError(template.format(reason=error)) from error
        swap_total_bytes = swap_used_bytes = None
        with suppress(OSError, RuntimeError, psutil.Error):
            swap = psutil.swap_memory()
            swap_total_bytes, swap_used_bytes = swap.total, swap.used
        return SystemSample(
            total_bytes=memory.total,
            available_bytes=memory.available,
            swap_total_bytes=swap_total_bytes,
            swap_used_bytes=swap_used_bytes,
        )

    def close(self) -> None:
        """Nothing is held."""


def _cannot_read(root: str, reason: str | None) -> PlatformError:
    return PlatformError(
        _(
            "Cannot read this machine's memory from {root}/meminfo ({reason}); is {root} mounted?"
        ).format(root=root, reason=reason)
    )


def _average_percent(pressure: bytes, label: bytes) -> float | None:
    start = pressure.find(label)
    if start < 0:
        return None
    try:
        return float(pressure[start + len(label) :].split(None, 1)[0])
    except (ValueError, IndexError):
        return None


def _count(meminfo: bytes, label: bytes) -> int | None:
    """Return the number behind `label`, which has no unit; None if missing."""
    _, found, rest = meminfo.partition(label)
    words = rest.split(None, 1)
    return int(words[0]) if found and words and words[0].isdigit() else None


def _kstat(text: bytes, name: bytes) -> int | None:
    """Return a figure of a kstat file, whose lines are name, type and figure; None if missing."""
    _, found, rest = (b"\n" + text).partition(b"\n" + name + b" ")
    words = rest.split(None, 2)
    return int(words[1]) if found and len(words) > 1 and words[1].isdigit() else None
