"""Small files under /proc, read in one go."""

from __future__ import annotations

import os


def read_start(path: str, max_bytes: int) -> bytes:
    """Return the first bytes of a file, by one read. Raises: OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.read(descriptor, max_bytes)
    finally:
        os.close(descriptor)


def read_number(path: str) -> int | None:
    """Return the number that a file holds; None: no such file, or no number."""
    try:
        return int(read_start(path, 64))
    except (OSError, ValueError):
        return None


def read_started(proc: str, pid: int) -> int:
    """Return when a process started, in clock ticks since boot, as in its `ProcessKey`.

    Whoever has the pid after a file was read by pid, with the old start time, had it all along.

    Raises: OSError, FileNotFoundError or ProcessLookupError among them; ValueError where the file
    holds something else than it should.
    """
    return int(_stat_fields(proc, pid)[19])


def field_bytes(text: bytes, label: bytes) -> int | None:
    """Return the figure, in KiB, behind a label that begins a line; None: missing, or no size."""
    start = (b"\n" + text).find(b"\n" + label)
    if start < 0:
        return None
    words = text[start + len(label) :].split(None, 2)
    if len(words) < 2 or not words[0].isdigit() or not words[1].startswith(b"kB"):
        return None
    return int(words[0]) * 1024


def read_all(path: str) -> bytes:
    """Return a whole file, however long. Raises: OSError."""
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123  (no path objects by the thousand)
        return file.readall()


def read_parent(proc: str, pid: int) -> int:
    """Return the pid of a process's parent. Raises: OSError; ValueError as in `read_started`."""
    return int(_stat_fields(proc, pid)[1])


def read_cpu_ticks(proc: str, pid: int) -> int:
    """Return the clock ticks that a process has used. Raises: as in `read_started`."""
    fields = _stat_fields(proc, pid)
    return int(fields[11]) + int(fields[12])


def parse_stat(stat: bytes) -> tuple[bytes, list[bytes]]:
    """Return the name of `/proc/PID/stat` and the fields behind it. Raises: ValueError.

    The name may hold anything, also ") S 1 ": only the last parenthesis ends it.
    """
    opening, closing = stat.index(b"("), stat.rindex(b")")
    fields = stat[closing + 1 :].split(None, 20)
    if len(fields) < 20:
        raise ValueError(stat)
    return stat[opening + 1 : closing], fields


def _stat_fields(proc: str, pid: int) -> list[bytes]:
    return parse_stat(read_start(f"{proc}/{pid}/stat", 1024))[1]
