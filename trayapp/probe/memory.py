"""The probe's answers: a program's memory seen from inside, and a collection of garbage."""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
from collections.abc import Iterable
from contextlib import suppress

from trayapp.probe.caches import cache_sizes, clear_caches
from trayapp.probe.components import component_sizes
from trayapp.probe.resident import read_rss_bytes
from trayapp.probe.tasks import running_tasks


def collect(*, with_caches: bool) -> dict[str, object]:
    """Collect garbage and trim the heap, on request after emptying the caches.

    Takes as long as the program has objects: about 0.1 s for each million.
    """
    before_bytes = read_rss_bytes()
    began = time.monotonic()
    caches = clear_caches() if with_caches else []
    object_count = gc.collect()
    trimmed = trim_heap()
    return {
        "pid": os.getpid(),
        "object_count": object_count,
        "trimmed": trimmed,
        "caches": caches,
        "seconds": time.monotonic() - began,
        "before_bytes": before_bytes,
        "after_bytes": read_rss_bytes(),
    }


def report(*, with_library_heaps: bool = False) -> dict[str, object]:
    """Return figures that cost next to nothing; None is what is not known.

    with_library_heaps: also what each heap of the C library holds, which is dear.
    """
    from trayapp.probe.collections_watch import collections_report, watch_collections
    from trayapp.probe.figures import figures

    generations = gc.get_stats()
    own = figures()
    watch = watch_collections(own.live.read if own.live is not None else None)
    heap = own.heap()
    heap["live_bytes"] = watch.live_bytes
    heap["live_block_count"] = watch.live_blocks
    maps, age_seconds = own.maps()
    resident = {one["name"]: one["resident_bytes"] for one in maps}
    heap["library_resident_bytes"] = _sum(resident.get("heap"), resident.get("library_heaps"))
    heap["stack_bytes"] = resident.get("stacks")
    if with_library_heaps:
        heap["library_heaps"] = own.library_heaps()
    return {
        "pid": os.getpid(),
        "rss_bytes": read_rss_bytes(),
        "collector_enabled": gc.isenabled(),
        "waiting_counts": list(gc.get_count()),
        "collections": [generation["collections"] for generation in generations],
        "collected_count": sum(generation["collected"] for generation in generations),
        "uncollectable_count": sum(generation["uncollectable"] for generation in generations),
        "frozen_count": gc.get_freeze_count(),
        "thread_count": threading.active_count(),
        "task_count": count_tasks(),
        "running_tasks": running_tasks(),
        "caches": cache_sizes(),
        "components": component_sizes(),
        "heap": heap,
        "maps": maps,
        "maps_age_seconds": age_seconds,
        "collector": collections_report(),
    }


def _sum(*sizes: object) -> int | None:
    """Return the sum of those that are known; None: none is."""
    known = [size for size in sizes if isinstance(size, int)]
    return sum(known) if known else None


def trim_heap() -> bool | None:
    """Give freed memory back to the system; None: the C library has no way to (not glibc)."""
    if sys.platform != "linux":
        return None
    try:
        import ctypes

        return bool(ctypes.CDLL(None).malloc_trim(ctypes.c_size_t(0)))
    except (ImportError, OSError, AttributeError):
        return None


def count_tasks() -> int | None:
    """Return the number of asyncio tasks that are not done; None: no asyncio, or unknown."""
    tasks = sys.modules.get("asyncio.tasks")
    # Python 3.11; 3.12 and 3.13. Later ones keep them where only a loop's own thread can look.
    for kept in ("_all_tasks", "_scheduled_tasks"):
        known: Iterable[object] | None = getattr(tasks, kept, None)
        if known is None or sys.version_info >= (3, 14):
            continue
        with suppress(RuntimeError, AttributeError):  # one was added meanwhile
            eager: Iterable[object] = getattr(tasks, "_eager_tasks", ())
            return sum(not task.done() for task in [*known, *eager])  # type: ignore[attr-defined]
    return None
