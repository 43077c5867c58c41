"""The memory that this program has in use: allocated by the C library and Python, not freed.

The resident set does not tell that: freed memory often stays with the allocators, so that the task
that first needed it seems to keep it, and the next, which keeps it really, seems to need none.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from trayapp.probe.importing import load

CHEAP_SECONDS = 10e-6
"""Readings that cost no more are always taken."""
SHARE = 0.01
"""Of a program's time, for dearer ones: both allocators are walked, and where the C library has
200,000 free chunks that takes 40 ms."""
SAVED_SECONDS = 0.05
"""How much of that share can be saved up."""
DRIFT_BLOCKS = 2000
"""So many blocks more or fewer than at the last count of their bytes, and they are counted anew."""
SMALL_DRIFT_BLOCKS = 50
"""As few are enough where counting is affordable: blocks that come and go are not like the average,
and 2000 of them were taken for 150 KB that a task had kept."""
COUNT_SHARE = 0.01
"""Of a program's time, for that."""


class Heap:
    """Measures the heap in use, as often as it may. Any thread that holds the interpreter's lock.

    Of the C library it is what `mallinfo2` tells. Of Python's small blocks it is their bytes by
    the allocator's own account, which is read when their number has changed by some thousands;
    in between, the difference in number counts at their average size.
    """

    def __init__(
        self,
        library_bytes: Callable[[], int],
        block_bytes: Callable[[], int | None],
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._library_bytes = library_bytes
        self._block_bytes = block_bytes
        self._clock = clock
        self._counted_blocks = 0
        self._counted_bytes = 0
        self._count_at = 0.0
        """When counting is affordable again."""
        self._cost_seconds = self._took_seconds = 0.0
        self._ended = -1.0
        self._last_bytes = 0
        self._saved_seconds = SAVED_SECONDS
        self._read_at: float | None = None

    def read(self, *, spare: bool = False) -> int | None:
        """Return the bytes in use; None: it would cost the program too much just now.

        spare: leave half of what is saved up to others.
        """
        began = self._clock()
        if self._cost_seconds > CHEAP_SECONDS:
            if began - self._ended < self._took_seconds:
                return self._last_bytes  # a task that follows at once: nothing has happened since
            if not self._may_read(began, spare=spare):
                return None
        size_bytes = self._last_bytes = self._library_bytes() + self._python_bytes(began)
        self._ended = ended = self._clock()
        took_seconds = ended - began
        # The lower of two: one may have been interrupted by other threads, or programs.
        self._cost_seconds = cost = min(took_seconds, self._took_seconds)
        self._took_seconds = took_seconds
        if cost > CHEAP_SECONDS:
            self._saved_seconds -= cost
        return size_bytes

    def _may_read(self, now: float, *, spare: bool) -> bool:
        since = now if self._read_at is None else self._read_at
        self._read_at = now
        self._saved_seconds = min(SAVED_SECONDS, self._saved_seconds + SHARE * (now - since))
        least_seconds = SAVED_SECONDS / 2 if spare else 0.0
        return self._saved_seconds >= min(self._cost_seconds + least_seconds, SAVED_SECONDS)

    def _python_bytes(self, now: float) -> int:
        blocks = sys.getallocatedblocks()
        drift = blocks - self._counted_blocks
        most = DRIFT_BLOCKS if now < self._count_at else SMALL_DRIFT_BLOCKS
        if not -most <= drift <= most:
            counted = self._block_bytes()
            ended = self._clock()
            self._count_at = ended + (ended - now) / COUNT_SHARE
            if counted is not None:
                self._counted_blocks, self._counted_bytes, drift = blocks, counted, 0
        if not self._counted_blocks:
            return 0
        return self._counted_bytes + drift * self._counted_bytes // self._counted_blocks


def open_heap() -> Heap | None:
    """Return a heap to read; None: this one cannot be (not glibc, or another allocator).

    Takes some milliseconds, for `ctypes`. Never raises.
    """
    if sys.platform != "linux" or sys.implementation.name != "cpython":
        return None
    with suppress(Exception):  # whatever is missing, the heap is not known
        load("ctypes", "trayapp.probe.allocators")
        import ctypes

        heap = Heap(_library_reader(ctypes), _block_reader(ctypes))
        if heap.read() is not None:
            return heap
    return None


def _library_reader(ctypes: Any) -> Callable[[], int]:
    """Return a reader of what the C library has allocated. Raises: AttributeError, OSError."""
    # Here, as below: most programs that import the probe never measure a task.
    from trayapp.probe.allocators import open_library

    ask = open_library(ctypes)

    def read() -> int:
        info = ask()
        return int(info.uordblks + info.hblkhd)

    return read


def _block_reader(ctypes: Any) -> Callable[[], int | None]:
    """Return a reader of the bytes of Python's small blocks. Raises: AttributeError, OSError."""
    from trayapp.probe.allocators import open_arena_text, read_block_bytes

    describe = open_arena_text(ctypes)

    def read() -> int | None:
        return read_block_bytes(describe())

    if sys.getallocatedblocks() and read() is None:
        raise AttributeError("_PyObject_DebugMallocStats")
    return read
