"""Memory outside of programs, on a slow clock: what costs little often, the rest seldom.

Nothing here may hang: of all file systems only those in memory are asked, in a thread of its own.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Collection, Iterator

from trayapp.domain.records.outside import SLAB, TMPFS, LargestFile, OutsideSample
from trayapp.readers.mounts import MemoryMount, Mounts, ask_in_time
from trayapp.readers.procfile import read_all, read_number, read_start

PERIOD_SECONDS = 15.0
"""How often the cheap ones are read: a block of the leak detector's."""
SLOW_SECONDS = 60.0
"""How often the others are; reading them takes milliseconds."""
MOST_CACHES = 5
MOST_MOUNTS = 8
"""So many of the fullest are followed."""
DETAIL_SECONDS = 0.05
"""So long the largest files of what grows may be searched for."""
_FIGURE = re.compile(rb"^([^:\n]+): +(\d+) kB$", re.MULTILINE)
_LISTED = re.compile(rb"^ +count: +(\d+)$", re.MULTILINE)
_SOCKETS = re.compile(rb" mem (\d+)")
_SLAB = re.compile(rb"^(\S+) +\d+ +\d+ +\d+ +\d+ +(\d+) :.*: slabdata +\d+ +(\d+) ", re.MULTILINE)
_IN_NO_PART = (
    "MemFree", "Buffers", "Cached", "AnonPages", "SUnreclaim", "PageTables", "SecPageTables",
    "Percpu", "Hugetlb", "Zswap", "Balloon", "WritebackTmp", "Bounce", "HardwareCorrupted",
)  # fmt: skip
"""What is explained by these lines of meminfo, which overlap in nothing."""


class OutsideReader:
    """Reads what is outside of programs. All calls from one thread."""

    def __init__(self, root: str = "") -> None:
        self._root, self._proc = root, f"{root}/proc"
        self._page_bytes = os.sysconf("SC_PAGE_SIZE")
        self._read_at = self._slow_at = float("-inf")
        self._slow: dict[str, int] = {}
        self._mounts: list[MemoryMount] = []
        self._asked: dict[str, float] = {}
        """When the largest file of each of those that grow was asked for last."""

    def read(self, now: float, wanted: Collection[str] = ()) -> OutsideSample | None:
        """Return what there is; None: it is not time yet, or this system does not tell.

        now: monotonic seconds; wanted: keys of files in memory whose largest is asked for.
        """
        is_due = now - self._read_at >= PERIOD_SECONDS or any(
            key not in self._asked for key in wanted
        )
        if sys.platform != "linux" or not is_due:
            return None
        self._asked = {key: self._asked.get(key, float("-inf")) for key in wanted}
        self._read_at = now
        try:
            lines = _FIGURE.findall(read_all(f"{self._proc}/meminfo"))
        except OSError:
            return None
        meminfo = {name.decode("ascii", "replace"): int(kib) * 1024 for name, kib in lines}
        sizes = {
            key: meminfo[name]
            for key, name in (("shared", "Shmem"), ("slab_unreclaimable", "SUnreclaim"))
            if name in meminfo
        }
        if "PageTables" in meminfo:
            sizes["page_tables"] = meminfo["PageTables"] + meminfo.get("SecPageTables", 0)
        if meminfo.get("Hugetlb"):
            sizes["hugepages"] = meminfo["Hugetlb"]
        sockets_bytes = self._read_sockets()
        if sockets_bytes is not None:
            sizes["sockets"] = sockets_bytes
        if now - self._slow_at >= SLOW_SECONDS:
            self._slow_at = now
            self._mounts = list(Mounts(self._proc).in_memory())
            self._slow = self._read_slow(meminfo, sockets_bytes or 0)
        filled = ask_in_time(self._read_mounts) or {}
        return OutsideSample(
            sizes=sizes | self._slow | filled,
            largest=self._read_largest(now),
        )

    def _read_mounts(self) -> dict[str, int]:
        sizes = {}
        for mount in self._mounts:
            try:
                told = os.statvfs(self._root + mount.path)
            except OSError:
                continue
            sizes[TMPFS + mount.folder] = (told.f_blocks - told.f_bfree) * told.f_frsize
        largest = sorted(sizes, key=lambda key: -sizes[key])[:MOST_MOUNTS]
        return {key: sizes[key] for key in largest}

    def _read_slow(self, meminfo: dict[str, int], sockets_bytes: int) -> dict[str, int]:
        sizes = {SLAB + name: size for name, size in self._largest_caches()}
        zram_bytes = self._read_zram()
        if zram_bytes:
            sizes["zram"] = zram_bytes
        total_bytes = meminfo.get("MemTotal", 0)
        explained = sum(meminfo.get(name, 0) for name in _IN_NO_PART)
        explained += meminfo.get("KReclaimable", meminfo.get("SReclaimable", 0))
        # The stacks of today's kernels are in it.
        explained += max(meminfo.get("VmallocUsed", 0), meminfo.get("KernelStack", 0))
        explained += zram_bytes + sockets_bytes + self._read_listed() + self._read_zfs()
        sizes["unexplained"] = max(0, total_bytes - explained)
        return sizes

    def _read_sockets(self) -> int | None:
        try:
            pages = _SOCKETS.findall(read_all(f"{self._proc}/net/sockstat"))
        except OSError:
            return None
        return sum(map(int, pages)) * self._page_bytes

    def _read_listed(self) -> int:
        """Return what waits in the lists of the processors."""
        try:
            pages = _LISTED.findall(read_all(f"{self._proc}/zoneinfo"))
        except OSError:
            return 0
        return sum(map(int, pages)) * self._page_bytes

    def _read_zfs(self) -> int:
        try:
            found = re.search(
                rb"^size +\d+ +(\d+)$", read_all(f"{self._proc}/spl/kstat/zfs/arcstats"), re.M
            )
        except OSError:
            return 0
        return int(found[1]) if found else 0

    def _read_zram(self) -> int:
        total_bytes = 0
        try:
            names = os.listdir(f"{self._root}/sys/block")  # noqa: PTH208
        except OSError:
            return 0
        for name in names:
            if name.startswith("zram"):
                try:
                    figures = read_start(f"{self._root}/sys/block/{name}/mm_stat", 512).split()
                    total_bytes += int(figures[2])
                except (OSError, ValueError, IndexError):
                    continue
        return total_bytes

    def _largest_caches(self) -> Iterator[tuple[str, int]]:
        """Yield the largest of the kernel's caches that it cannot give back; root only."""
        try:
            lines = _SLAB.findall(read_all(f"{self._proc}/slabinfo"))
        except OSError:
            return
        sizes = [(int(pages) * int(slabs), name) for name, pages, slabs in lines]
        count = 0
        for pages, name in sorted(sizes, reverse=True):
            text = name.decode("ascii", "replace")
            if read_number(f"{self._root}/sys/kernel/slab/{text}/reclaim_account"):
                continue
            yield text, pages * self._page_bytes
            count += 1
            if count == MOST_CACHES:
                return

    def _read_largest(self, now: float) -> dict[str, LargestFile]:
        """Return the largest file of those that grow; once a minute, and limited in time."""
        found = {}
        for mount in self._mounts:
            key = TMPFS + mount.folder
            if now - self._asked.get(key, now) >= SLOW_SECONDS:
                self._asked[key] = now
                # Loaded with the first growth: most machines never see one.
                from trayapp.readers.memory_files import largest_file

                largest = largest_file(self._root, mount, DETAIL_SECONDS)
                if largest is not None:
                    found[key] = largest
        return found
