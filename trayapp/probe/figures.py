"""What this program's memory consists of, for a report; each figure as fresh as it can be had."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Generic, TypeVar

from trayapp.probe import allocators, mapped
from trayapp.probe.heap import Heap, open_heap
from trayapp.probe.resident import read_rss_bytes

CHEAP_SECONDS = 0.0005
"""Readings that cost no more are always taken anew."""
SHARE = 0.01
"""Of a program's time, for dearer ones: where the C library has 200,000 free chunks, it takes
40 ms to count them."""
DRIFT_SHARE = 1 / 16
"""Of its anonymous memory: if that has become so much more or less, the maps are read anew, since
what was resident says nothing any more."""
CHEAP_WALK_BYTES, MOST_WALKED_BYTES = 128 * 1024 * 1024, 1024 * 1024 * 1024
"""To find out how much of each map is resident takes 4 to 8 µs for each MiB of the program: for a
larger one it is done once a minute, for a much larger one never."""
WALK_PAUSE_SECONDS = 60.0

T = TypeVar("T")


class Affordable(Generic[T]):
    """A figure that is read anew when that is affordable; in between, the latest stands."""

    def __init__(
        self, read: Callable[[], T], clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._read, self._clock = read, clock
        self._at_seconds: float | None = None
        self._took_seconds = 0.0
        self._value: T | None = None

    def get(
        self, least_age_seconds: float = 0.0, *, is_stale: bool = False
    ) -> tuple[T | None, float | None]:
        """Return the figure and its age in seconds; None: it is not known.

        A younger one than `least_age_seconds` will do, unless it is stale. Raises: what `read`
        raises.
        """
        began = self._clock()
        if self._at_seconds is None or began >= self._at_seconds + self._pause(
            0.0 if is_stale else least_age_seconds
        ):
            self._value = self._read()
            self._at_seconds = ended = self._clock()
            self._took_seconds = ended - began
        return self._value, max(0.0, self._clock() - self._at_seconds)

    def _pause(self, least_seconds: float) -> float:
        took = self._took_seconds
        return max(least_seconds, took / SHARE if took > CHEAP_SECONDS else 0.0)


class Figures:
    """The figures of one process. Any thread that holds the interpreter's lock."""

    def __init__(self) -> None:
        """Open what there is; what is missing is not known. Takes some milliseconds once."""
        self.live: Heap | None = open_heap()
        """For what is in use after a full collection: with a budget for itself."""
        self._ctypes: Any = None
        self._library: Affordable[Any] | None = None
        self._arenas: Affordable[allocators.ArenaFigures | None] | None = None
        self._maps = Affordable(self._read_maps)
        self._mapped_anon_bytes: int | None = None
        if sys.platform != "linux" or sys.implementation.name != "cpython":
            return
        with suppress(Exception):  # not glibc, or another allocator
            import ctypes

            self._ctypes = ctypes
            text = allocators.open_arena_text(ctypes)
            self._arenas = Affordable(lambda: allocators.read_arenas(text()))
            self._library = Affordable(allocators.open_library(ctypes))

    def heap(self) -> dict[str, object]:
        """Return what is held, used and free; each None where it is not known. Never raises."""
        told: dict[str, object] = {"anon_bytes": _anon_bytes(), "block_count": _block_count()}
        blocks = told["block_count"]
        if self._library is not None:
            with suppress(Exception):
                info, age = self._library.get()
                if info is not None:
                    told["library_held_bytes"] = int(info.arena + info.hblkhd)
                    told["library_used_bytes"] = int(info.uordblks + info.hblkhd)
                    told["library_free_bytes"] = int(info.fordblks)
                    told["library_mapped_bytes"] = int(info.hblkhd)
                    told["library_age_seconds"] = age
        if self._arenas is not None:
            with suppress(Exception):
                arenas, age = self._arenas.get()
                if arenas is not None:
                    told["arena_bytes"], told["arena_used_bytes"], small = arenas
                    told["arena_age_seconds"] = age
                    if isinstance(blocks, int):
                        told["large_count"] = max(0, blocks - small)
        return told

    def maps(self) -> tuple[list[dict[str, object]], float | None]:
        """Return the maps by class, and how old that is; empty: not known. Never raises."""
        anon, known = _anon_bytes(), self._mapped_anon_bytes
        is_stale = False
        if anon is not None and known is not None:
            is_stale = abs(anon - known) > DRIFT_SHARE * max(anon, known)
        if is_stale or known is None:
            self._mapped_anon_bytes = anon
        try:
            is_cheap = (anon or 0) <= CHEAP_WALK_BYTES
            found, age = self._maps.get(0.0 if is_cheap else WALK_PAUSE_SECONDS, is_stale=is_stale)
        except (OSError, ValueError):
            return [], None
        if found is None:
            return [], None
        classes, has_resident = found
        return [
            {
                "name": name,
                "count": classes[name][0],
                "bytes": classes[name][1],
                "resident_bytes": classes[name][2] if has_resident else None,
            }
            for name in mapped.CLASSES
            if name in classes
        ], age

    def library_heaps(self) -> list[dict[str, int]]:
        """Return what each of the C library's heaps holds; dear. Empty: not known."""
        if self._ctypes is not None and self._library is not None:
            with suppress(Exception):
                return allocators.read_library_heaps(self._ctypes)
        return []

    @staticmethod
    def _read_maps() -> tuple[mapped.Figures, bool] | None:
        if sys.platform != "linux":
            return None
        is_small = (read_rss_bytes() or 0) <= MOST_WALKED_BYTES
        return mapped.read_mapped(with_resident=is_small), is_small


def _anon_bytes() -> int | None:
    """Return the anonymous part of the resident set; None: not known here."""
    if sys.platform != "linux":
        return None
    with suppress(OSError, ValueError, IndexError):
        descriptor = os.open("/proc/self/status", os.O_RDONLY)
        try:
            text = os.read(descriptor, 4096)
        finally:
            os.close(descriptor)
        return int(text.partition(b"RssAnon:")[2].split(None, 1)[0]) * 1024
    return None


def _block_count() -> int | None:
    count = getattr(sys, "getallocatedblocks", None)
    return count() if count is not None else None


_figures: Figures | None = None


def figures() -> Figures:
    """Return those of this process. Any thread."""
    global _figures
    if _figures is None:
        _figures = Figures()
    return _figures


def _forget_parents() -> None:
    global _figures
    _figures = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_parents)
