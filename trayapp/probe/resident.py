"""The resident set of this process, read so quickly that every task can be measured."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

_Open = tuple[int, int, tuple[int, int]]
"""The pid whose it is, the descriptor, and its device and inode."""

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE") if sys.platform == "linux" else 0
_open: _Open | None = None


def read_rss_bytes() -> int | None:
    """Return this process's resident set; None where only other processes can tell it (not Linux).

    Any thread. Opening the file anew each time would take twice as long.
    """
    return read_sizes_bytes()[0]


def read_sizes_bytes() -> tuple[int | None, int | None]:
    """Return the resident set and the address space of this process; see `read_rss_bytes`."""
    global _open
    if not _PAGE_BYTES:
        return None, None
    try:
        kept = _open
        # A program may close every descriptor and get ours for something else, or fork in C.
        if kept is None or kept[0] != os.getpid() or not _is_ours(kept):
            kept = _open = _open_statm()
        pages = os.pread(kept[1], 64, 0).split(None, 2)
        return int(pages[1]) * _PAGE_BYTES, int(pages[0]) * _PAGE_BYTES
    except (OSError, ValueError, IndexError):
        return None, None


def _open_statm() -> _Open:
    descriptor = os.open("/proc/self/statm", os.O_RDONLY)
    return os.getpid(), descriptor, _identity(descriptor)


def _is_ours(kept: _Open) -> bool:
    try:
        return _identity(kept[1]) == kept[2]
    except OSError:
        return False


def _identity(descriptor: int) -> tuple[int, int]:
    found = os.fstat(descriptor)
    return found.st_dev, found.st_ino


def _close_parents() -> None:
    """Close the descriptor, which is the parent's, in a child that was just forked."""
    global _open
    kept, _open = _open, None
    if kept is not None and _is_ours(kept):
        with suppress(OSError):
            os.close(kept[1])


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_parents)
