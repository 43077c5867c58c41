"""The resident set of this process, read so quickly that every task can be measured."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress

_Open = tuple[int, int, tuple[int, int]]
"""The pid whose it is, the descriptor, and its device and inode."""

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE") if sys.platform == "linux" else 0
_TRUST_SECONDS = 0.001
"""So long a descriptor that was ours still is: to look takes a third as long as all the rest."""
_LAST_FIELD = b" 0\n"
"""How the file has ended since Linux 2.6; few others do."""
_clock, _pid = time.perf_counter, os.getpid
if sys.platform == "linux":
    _pread = os.pread
_open: _Open | None = None
_trusted_until = 0.0


def read_rss_bytes() -> int | None:
    """Return this process's resident set; None where only other processes can tell it (not Linux).

    Any thread. Opening the file anew each time would take twice as long.
    """
    try:
        return int(_read_statm().split(None, 2)[1]) * _PAGE_BYTES
    except (OSError, ValueError, IndexError):
        return None


def read_sizes_bytes() -> tuple[int | None, int | None]:
    """Return the resident set and the address space of this process; see `read_rss_bytes`."""
    try:
        pages = _read_statm().split(None, 2)
        return int(pages[1]) * _PAGE_BYTES, int(pages[0]) * _PAGE_BYTES
    except (OSError, ValueError, IndexError):
        return None, None


def _read_statm() -> bytes:
    """Raises: OSError, also where there is no such file."""
    kept = _open
    # A program may fork in C.
    if kept is not None and _clock() < _trusted_until and kept[0] == _pid():
        try:
            found = _pread(kept[1], 64, 0)
            if found.endswith(_LAST_FIELD):
                return found
        except OSError:
            pass
    return os.pread(_own_descriptor(), 64, 0)


def _own_descriptor() -> int:
    """Return the descriptor, opened anew if a program has closed it, or got it for another file.

    Raises: OSError.
    """
    global _open, _trusted_until
    if not _PAGE_BYTES:
        raise OSError("no such file on this system")
    kept = _open
    if kept is None or kept[0] != os.getpid() or not _is_ours(kept):
        kept = _open = _open_statm()
    _trusted_until = time.perf_counter() + _TRUST_SECONDS
    return kept[1]


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
