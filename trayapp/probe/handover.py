"""The file that a program leaves to Memtray when it ends: tasks that nobody has asked for.

It lies beside the sockets; Memtray reads and removes it. It names the process, which by then cannot
be inspected any more.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

MOST_FILES = 500
"""Of all programs together; beyond that nothing is left: Memtray has not run for long."""
FORM = 1
LONGEST_COMMAND = 4096
_MOST_ANCESTORS = 8
_PROC = "/proc"


def leave_tasks(folder: Path, name: str, tasks: Sequence[object], dropped_count: int) -> None:
    """Write the file; it is there whole or not at all.

    name: of the file, without its ending. Takes less than a millisecond.

    Raises: OSError, ValueError.
    """
    import json

    if not tasks or sum(1 for _ in folder.iterdir()) > MOST_FILES:
        return
    left = {
        "form": FORM,
        "pid": os.getpid(),
        "processes": _ancestry(),
        "tasks": tasks,
        "dropped": dropped_count,
    }
    draft = folder / f".{name}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    descriptor = os.open(draft, flags, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(json.dumps(left, allow_nan=False, separators=(",", ":")).encode())
        draft.replace(folder / f"{name}.json")
    except BaseException:
        draft.unlink()
        raise


def _ancestry() -> list[dict[str, object]]:
    """Return this process and its ancestors, by whose command lines Memtray finds the target."""
    family: list[dict[str, object]] = []
    pid = os.getpid()
    while pid > 1 and len(family) <= _MOST_ANCESTORS:
        try:
            status = _read(pid, "stat").rpartition(b")")[2].split(None, 20)
            words = _read(pid, "cmdline").rstrip(b"\0").split(b"\0")
        except OSError:
            break
        arguments = [word.decode(errors="surrogateescape") for word in words]
        family.append({"pid": pid, "started": int(status[19]), "command": arguments})
        pid = int(status[1])
    return family or [{"pid": pid, "started": 0, "command": list(sys.orig_argv)}]


def _read(pid: int, what: str) -> bytes:
    descriptor = os.open(f"{_PROC}/{pid}/{what}", os.O_RDONLY)
    try:
        return os.read(descriptor, LONGEST_COMMAND)
    finally:
        os.close(descriptor)
