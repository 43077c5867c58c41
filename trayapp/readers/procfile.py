"""Small files under /proc, read in one go."""

from __future__ import annotations

import os


def read_start(path: str, max_bytes: int) -> bytes:
    """The first bytes of a file, by one read. Raises: OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.read(descriptor, max_bytes)
    finally:
        os.close(descriptor)


def read_started(proc: str, pid: int) -> int:
    """When a process started, in clock ticks since boot, as in its `ProcessKey`.

    Whoever has the pid after a file was read by pid, with the old start time, had it all along.

    Raises: OSError, FileNotFoundError or ProcessLookupError among them; ValueError where the file
    holds something else than it should.
    """
    return int(_stat_fields(proc, pid)[19])


def field_bytes(text: bytes, label: bytes) -> int | None:
    """The figure, in KiB, behind a label at the start of a line; None: missing or not a size."""
    start = (b"\n" + text).find(b"\n" + label)
    if start < 0:
        return None
    words = text[start + len(label) :].split(None, 2)
    if len(words) < 2 or not words[0].isdigit() or not words[1].startswith(b"kB"):
        return None
    return int(words[0]) * 1024


def read_all(path: str) -> bytes:
    """A whole file, however long. Raises: OSError."""
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123  (no path objects by the thousand)
        return file.readall()


def read_parent(proc: str, pid: int) -> int:
    """The pid of a process's parent. Raises: OSError; ValueError as in `read_started`."""
    return int(_stat_fields(proc, pid)[1])


def read_cpu_ticks(proc: str, pid: int) -> int:
    """The processor time that a process has used, in clock ticks. Raises: as in `read_started`."""
    fields = _stat_fields(proc, pid)
    return int(fields[11]) + int(fields[12])


def _stat_fields(proc: str, pid: int) -> list[bytes]:
    """What `stat` tells after the name; the first is the state."""
    stat = read_start(f"{proc}/{pid}/stat", 1024)
    # The name may hold anything, also ") S 1 ": only the last parenthesis ends it.
    fields = stat[stat.rindex(b")") + 1 :].split(None, 20)
    if len(fields) < 20:
        raise ValueError(stat)
    return fields
