"""Which start of the machine this is."""

from __future__ import annotations

from trayapp.readers.procfile import read_start


def read_boot_id(root: str = "") -> str:
    """Return what tells this start of the machine from all others; empty where nobody needs that.

    Linux counts the start of a process from that of the machine, so that after another one a pid
    can have the same start time. Elsewhere it is a time of the wall clock.
    """
    try:
        return read_start(f"{root}/proc/sys/kernel/random/boot_id", 64).decode("ascii").strip()
    except (OSError, ValueError):
        return ""
