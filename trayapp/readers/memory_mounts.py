"""File systems whose files are memory: tmpfs and the like, and what their files take up."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from trayapp.dataclass import NamedTuple

_KINDS = ("tmpfs", "ramfs")
_MOST = 64
_MOUNTS = Path("/proc/self/mounts")


class MemoryMount(NamedTuple):
    """One such file system."""

    path: str
    used_bytes: int
    total_bytes: int
    """The most that it may hold."""


def read_mounts() -> list[MemoryMount]:
    """Return those of this machine, the fullest first; empty where there are none. Any thread.

    Who asks one of them how full it is waits for no disk and no network.
    """
    if sys.platform == "win32":
        return []
    try:
        lines = _MOUNTS.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return []
    found: dict[int, MemoryMount] = {}
    for line in lines:
        parts = line.split(" ")
        if len(parts) < 3 or parts[2] not in _KINDS or len(found) >= _MOST:
            continue
        path = parts[1].encode("utf-8", "surrogateescape").decode("unicode_escape", "replace")
        try:
            facts = os.statvfs(path)
            device = Path(path).stat().st_dev
        except OSError:
            continue
        used = (facts.f_blocks - facts.f_bfree) * facts.f_frsize
        # What is mounted in several places is there once.
        found.setdefault(device, MemoryMount(path, used, facts.f_blocks * facts.f_frsize))
    return sorted(found.values(), key=lambda mount: -mount.used_bytes)
