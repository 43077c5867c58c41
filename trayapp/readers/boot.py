"""Which start of the machine this is."""

from __future__ import annotations

from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def boot_of_machine() -> str:
    """What tells this start of the machine from all others; empty where nobody needs that.

    Linux counts the start of a process from that of the machine, so that after another one a pid
    can have the same start time. Elsewhere it is a time of the wall clock.
    """
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""
