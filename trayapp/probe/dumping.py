"""A dump of a program's memory into a file: objects by type, and where they were allocated."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress

from trayapp.probe.investigating import count_types
from trayapp.probe.resident import read_rss_bytes

TRACE_ENDING = ".tracemalloc"
"""Of the snapshot beside it, where the program traces its allocations; `tracemalloc` loads it."""


def dump(path: str) -> dict[str, object]:
    """Write the dump; the program stands still while its objects are counted.

    path: absolute, of a file that does not exist yet.

    Raises: OSError, ValueError.
    """
    import json

    if not os.path.isabs(path):  # noqa: PTH117  (a text from another process)
        raise ValueError(path)
    began = time.perf_counter()
    files = [path]
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    descriptor = os.open(path, flags, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            counts = count_types()
            paused_seconds = time.perf_counter() - began
            found = {
                "pid": os.getpid(),
                "python": sys.version.partition(" ")[0],
                "taken_unix_s": time.time(),
                "rss_bytes": read_rss_bytes(),
                "block_count": sys.getallocatedblocks(),
                "object_count": sum(counts.values()),
                "types": counts,
            }
            json.dump(found, out, indent=1)
        tracing = sys.modules.get("tracemalloc")
        if tracing is not None and tracing.is_tracing():
            tracing.take_snapshot().dump(path + TRACE_ENDING)
            files.append(path + TRACE_ENDING)
    except BaseException:
        for file in (path, path + TRACE_ENDING):
            with suppress(OSError):
                os.unlink(file)  # noqa: PTH108
        raise
    return {
        "pid": os.getpid(),
        "bytes": sum(os.stat(file).st_size for file in files),  # noqa: PTH116
        "seconds": time.perf_counter() - began,
        "paused_seconds": paused_seconds,
        "files": files,
    }
