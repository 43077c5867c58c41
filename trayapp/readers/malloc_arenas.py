"""How many malloc arenas the GNU C library has made in a process, by the look of its maps."""

from __future__ import annotations

import sys
from pathlib import Path

HEAP_BYTES = 64 * 1024**2
"""What the library reserves at once for an arena of a thread, at a multiple of it; 64-bit."""
_MOST_BYTES = 8 * 1024**2


def count_arenas(pid: int) -> int | None:
    """Return their number, the main one included; None: not Linux, or it may not be read.

    Takes some tenths of a millisecond.
    """
    if sys.platform != "linux":
        return None
    try:
        with Path(f"/proc/{pid}/maps").open("rb") as stream:
            text = stream.read(_MOST_BYTES)
    except OSError:
        return None
    return 1 + sum(_is_heap(line) for line in text.split(b"\n"))


def _is_heap(line: bytes) -> bool:
    """Return whether a map begins such a heap: anonymous, writable, and at a multiple."""
    parts = line.split()
    if len(parts) != 5 or parts[1] != b"rw-p" or parts[4] != b"0":
        return False
    start, _dash, end = parts[0].partition(b"-")
    begin = int(start, 16)
    return begin % HEAP_BYTES == 0 and int(end, 16) - begin <= HEAP_BYTES
