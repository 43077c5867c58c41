"""What the garbage collector of this program does: how often, how long, and how much it frees."""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping

_FULL = 2
"""The generation whose collection looks at everything."""
_PATIENCE = 0.02
"""Of a full collection's time that measuring what it has left may take."""


class _Generation:
    """What collections of one generation have done since they are watched."""

    __slots__ = ("count", "examined", "freed", "seconds")

    def __init__(self) -> None:
        self.count = self.freed = self.examined = 0
        self.seconds = 0.0


class CollectionWatch:
    """Follows the collector by `gc.callbacks`.

    It is called with the collector's own lock held, in whichever thread collects, so it makes no
    containers, and never raises. It costs a microsecond for each collection.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self.generations = (_Generation(), _Generation(), _Generation())
        self.began_seconds = clock()
        self.measure_live: Callable[[], int | None] | None = None
        """What is in use just after a full collection; must be quick."""
        self.live_bytes: int | None = None
        self.live_blocks: int | None = None
        """Blocks in use after the latest full collection; None: none was seen."""
        self._started: float | None = None
        self._thread_id = 0
        self._survivors = 0
        """Of the youngest generation, which wait in the next one: an estimate."""
        self._examined = 0
        self._live_cost_seconds = 0.0

    def __call__(self, phase: str, info: Mapping[str, int]) -> None:
        """See `gc.callbacks`."""
        try:
            if phase == "start":
                self._begin(info["generation"])
            elif self._started is not None and self._thread_id == threading.get_ident():
                self._end(info, self._clock() - self._started)
        except Exception:  # noqa: BLE001  (at the program's end anything may be gone)
            self._started = None

    def _begin(self, generation: int) -> None:
        young = gc.get_count()[0]
        if generation == 0:
            self._examined = young
        elif generation == 1:
            self._examined = young + self._survivors
        else:
            # At most: not every block is an object that the collector knows.
            self._examined = sys.getallocatedblocks()
        self._thread_id = threading.get_ident()
        self._started = self._clock()

    def _end(self, info: Mapping[str, int], seconds: float) -> None:
        self._started = None
        number, freed = info["generation"], info["collected"]
        generation = self.generations[min(number, _FULL)]
        generation.count += 1
        generation.seconds += seconds
        generation.freed += freed
        generation.examined += max(self._examined, freed)
        self._survivors = self._survivors + max(0, self._examined - freed) if number == 0 else 0
        if number >= _FULL:
            self._note_live(seconds)

    def _note_live(self, collected_seconds: float) -> None:
        self.live_blocks = sys.getallocatedblocks()
        measure = self.measure_live
        if measure is None or self._live_cost_seconds > _PATIENCE * collected_seconds + 0.0005:
            # An average that is as old as the latest measurement would look like growth.
            self._live_cost_seconds /= 2
            return
        began = self._clock()
        live_bytes = measure()
        self._live_cost_seconds = self._clock() - began
        if live_bytes is not None:
            self.live_bytes = live_bytes

    def report(self) -> dict[str, object]:
        """Return all of it, in the form of the probe's answer. Any thread."""
        ones = self.generations
        seconds = sum(one.seconds for one in ones)
        freed, examined = sum(one.freed for one in ones), sum(one.examined for one in ones)
        watched = self._clock() - self.began_seconds
        return {
            "watched_seconds": watched,
            "generations": [
                {
                    "count": one.count,
                    "seconds": one.seconds,
                    "freed_count": one.freed,
                    "examined_count": one.examined,
                }
                for one in ones
            ],
            "full_count": ones[_FULL].count,
            "seconds": seconds,
            "freed_count": freed,
            "examined_count": examined,
            "efficiency": min(1.0, freed / examined) if examined else None,
            "share": min(1.0, seconds / watched) if watched > 0 else None,
        }


_watch: CollectionWatch | None = None


def watch_collections(measure_live: Callable[[], int | None] | None = None) -> CollectionWatch:
    """Begin to follow the collector, once for each process. Any thread."""
    global _watch
    if _watch is None:
        _watch = CollectionWatch()
        gc.callbacks.append(_watch)
    if measure_live is not None:
        _watch.measure_live = measure_live
    return _watch


def unwatch_collections() -> None:
    """End it; harmless where that is done already."""
    global _watch
    watch, _watch = _watch, None
    if watch is not None and watch in gc.callbacks:
        gc.callbacks.remove(watch)


def collections_report() -> dict[str, object] | None:
    """Return what is known of collections; None: nobody watches them."""
    return _watch.report() if _watch is not None else None


if hasattr(os, "register_at_fork"):
    # A child's collections are its own.
    os.register_at_fork(after_in_child=unwatch_collections)
