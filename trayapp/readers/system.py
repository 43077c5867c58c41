"""Memory of the whole machine."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import Protocol

from trayapp.domain.language import _
from trayapp.domain.samples import SystemSample
from trayapp.errors import PlatformError


class SystemReader(Protocol):
    """Reads the machine's memory. All calls from one thread."""

    def read(self) -> SystemSample:
        """Read once. Raises: PlatformError if the system does not tell."""

    def close(self) -> None:
        """Let go of all descriptors."""


def open_system_reader(system: str = sys.platform) -> SystemReader:
    """The cheapest reader for this system. Raises: PlatformError if there is nothing to read."""
    return ProcSystemReader() if system == "linux" else PsutilSystemReader()


class ProcSystemReader:
    """Linux: /proc/meminfo and /proc/pressure/memory, held open; about 15 µs a reading."""

    def __init__(self, root: str = "/proc") -> None:
        """Open the files under `root`. Raises: PlatformError if there is no meminfo."""
        self._root = root
        try:
            self._meminfo = os.open(f"{root}/meminfo", os.O_RDONLY)
        except OSError as error:
            raise _cannot_read(root, error.strerror) from error
        self._pressure: int | None = None
        with suppress(OSError):  # older kernels, or stall information is not compiled in
            self._pressure = os.open(f"{root}/pressure/memory", os.O_RDONLY)

    def read(self) -> SystemSample:
        """Read once. Raises: PlatformError if the sizes are missing or nonsense."""
        try:
            meminfo = os.pread(self._meminfo, 8192, 0)
        except OSError as error:
            raise _cannot_read(self._root, error.strerror) from error
        total_bytes = _field_bytes(meminfo, b"MemTotal:")
        available_bytes = self._available_bytes(meminfo)
        if not total_bytes or available_bytes is None:
            raise _cannot_read(self._root, _("MemTotal or MemFree is missing"))
        swap_total_bytes = _field_bytes(meminfo, b"\nSwapTotal:")
        swap_free_bytes = _field_bytes(meminfo, b"\nSwapFree:")
        swap_used_bytes = None
        if swap_total_bytes is not None and swap_free_bytes is not None:
            swap_used_bytes = max(0, swap_total_bytes - swap_free_bytes)
        some, full = self._read_stalls()
        return SystemSample(
            total_bytes=total_bytes,
            available_bytes=min(available_bytes, total_bytes),
            swap_total_bytes=swap_total_bytes,
            swap_used_bytes=swap_used_bytes,
            stall_some_percent=some,
            stall_full_percent=full,
        )

    def close(self) -> None:
        """Close the files."""
        os.close(self._meminfo)
        if self._pressure is not None:
            os.close(self._pressure)

    def _available_bytes(self, meminfo: bytes) -> int | None:
        available_bytes = _field_bytes(meminfo, b"\nMemAvailable:")
        if available_bytes is not None:
            return available_bytes
        # Before Linux 3.14: the estimate that the kernel makes since, as far as it can be made.
        free_bytes = _field_bytes(meminfo, b"\nMemFree:")
        if free_bytes is None:
            return None
        reserve_bytes = self._read_low_watermark_bytes()
        files = [_field_bytes(meminfo, b"\n%s(file):" % kind) for kind in (b"Active", b"Inactive")]
        slab_bytes = _field_bytes(meminfo, b"\nSReclaimable:")
        if reserve_bytes is None or None in files or slab_bytes is None:
            return free_bytes + (_field_bytes(meminfo, b"\nCached:") or 0)
        cache_bytes = sum(size for size in files if size is not None)
        return max(
            0,
            free_bytes
            - reserve_bytes
            + (cache_bytes - min(cache_bytes // 2, reserve_bytes))
            + (slab_bytes - min(slab_bytes // 2, reserve_bytes)),
        )

    def _read_low_watermark_bytes(self) -> int | None:
        """What the kernel keeps for itself: the sum of "low" over all memory zones."""
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
    """macOS and Windows: what psutil tells."""

    def read(self) -> SystemSample:
        """Read once. Raises: PlatformError if the system does not tell."""
        import psutil

        try:
            memory = psutil.virtual_memory()
        except (OSError, RuntimeError, psutil.Error) as error:
            raise PlatformError(
                _("Cannot read this machine's memory: {reason}.").format(reason=error)
            ) from error
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


def _field_bytes(meminfo: bytes, label: bytes) -> int | None:
    """The figure behind `label`, which is in KiB; None if missing, cut off or not a size."""
    start = meminfo.find(label)
    end = meminfo.find(b" kB", start)
    if start < 0 or end < 0:
        return None
    try:
        kib = int(meminfo[start + len(label) : end])
    except ValueError:
        return None
    return kib * 1024 if kib >= 0 else None


def _average_percent(pressure: bytes, label: bytes) -> float | None:
    start = pressure.find(label)
    if start < 0:
        return None
    try:
        return float(pressure[start + len(label) :].split(None, 1)[0])
    except (ValueError, IndexError):
        return None
