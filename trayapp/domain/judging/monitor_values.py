"""What of each frame goes into the history about the machine and Memtray itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from trayapp.domain.records.frames import Frame
from trayapp.domain.records.identity import SYSTEM
from trayapp.domain.records.series import Series

USED = Series(SYSTEM, "", "used_bytes")
TOTAL = Series(SYSTEM, "", "total_bytes")
HUGE_PAGES = Series(SYSTEM, "", "hugepages_reserved_bytes")
SWAP_USED = Series(SYSTEM, "", "swap_used_bytes")
STALL_SOME = Series(SYSTEM, "", "stall_some_percent")
STALL_FULL = Series(SYSTEM, "", "stall_full_percent")
APP_RSS = Series("app", "", "rss_bytes")
APP_USS = Series("app", "", "uss_bytes")
APP_CPU = Series("app", "", "cpu_percent")


OUTSIDE_KIND = "outside"
"""The kind of the curves of files in memory and of the kernel's caches, by their keys."""


def machine_values(frame: Frame) -> list[tuple[Series, float | None]]:
    """Return what is kept of every frame."""
    system = frame.system
    return [
        (USED, system.used_bytes),
        (SWAP_USED, system.swap_used_bytes),
        (STALL_SOME, system.stall_some_percent),
        (STALL_FULL, system.stall_full_percent),
        (APP_RSS, frame.app.rss_bytes),
        (APP_CPU, frame.app.cpu_percent),
    ]


def slow_machine_values(frame: Frame) -> list[tuple[Series, float | None]]:
    """Return what is kept every half minute or so, as it changes seldom."""
    return [
        (TOTAL, frame.system.total_bytes),
        (HUGE_PAGES, frame.system.hugepages_reserved_bytes),
        (APP_USS, frame.app.uss_bytes),
    ]


def outside_values(sizes: Mapping[str, int]) -> Iterator[tuple[Series, float | None]]:
    """Yield what is kept of memory outside of programs; sizes: by key, see `OutsideSample`."""
    for key, size_bytes in sizes.items():
        if ":" in key:
            yield Series(OUTSIDE_KIND, key, "used_bytes"), size_bytes
        elif key != "hugepages":  # kept already
            yield Series(SYSTEM, "", f"{key}_bytes"), size_bytes
