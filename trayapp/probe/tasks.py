"""What a program does, task by task: how long each took, what it kept, and its peak."""

from __future__ import annotations

import functools
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar

from trayapp.probe.heap import Heap, open_heap
from trayapp.probe.naming import plain
from trayapp.probe.peaks import PeakWatch, read_kernel_peak_bytes
from trayapp.probe.resident import read_rss_bytes

MOST_KEPT = 256
"""Of those that have ended; the oldest go, and are counted."""
MOST_AT_A_TIME = 100
"""In one answer."""
MOST_RUNNING = 1000
"""So many at the same time can be told of while they run."""

_IS_COROUTINE = 0x80
"""CO_COROUTINE, without loading `inspect`."""

Function = TypeVar("Function", bound=Callable[..., Any])


class _Kept:
    """What one process knows of its tasks; a forked child begins with nothing."""

    def __init__(self) -> None:
        # What a signal's handler or a finalizer does may be a task, too, at any moment.
        self.lock = threading.RLock()
        self.running: dict[int, _Run] = {}
        self.ended: deque[_Run] = deque(maxlen=MOST_KEPT)
        self.count = 0
        """All that have ever ended."""
        self.told = 0
        """The number of the last that somebody was told of."""
        self.watch: PeakWatch | None = None


class _Run:
    """A task that has begun, or ended."""

    # No record of the standard library's: to make one takes longer than all else at import.
    __slots__ = (
        "after_bytes",
        "after_heap_bytes",
        "after_kernel_bytes",
        "before_bytes",
        "before_heap_bytes",
        "before_kernel_bytes",
        "began_seconds",
        "began_wall_seconds",
        "failed",
        "kept",
        "name",
        "number",
        "seconds",
        "top_bytes",
        "top_heap_bytes",
        "who",
    )

    def __init__(self, name: str, kept: _Kept) -> None:
        self.name = name
        self.kept = kept
        self.number = 0
        self.failed: str | None = None
        self.who = _who()
        self.top_bytes = self.before_bytes = read_rss_bytes()
        self.before_kernel_bytes = read_kernel_peak_bytes()
        heap = _heap
        if heap is _UNSOUGHT:
            heap = _find_heap()
        self.top_heap_bytes = self.before_heap_bytes = None if heap is None else heap.read()
        self.began_wall_seconds = time.time()
        self.began_seconds = time.perf_counter()

    def note(self, rss_bytes: int | None, heap_bytes: int | None) -> None:
        """Take in what the program uses while this runs."""
        if rss_bytes is not None and (self.top_bytes is None or rss_bytes > self.top_bytes):
            self.top_bytes = rss_bytes
        if heap_bytes is not None and (
            self.top_heap_bytes is None or heap_bytes > self.top_heap_bytes
        ):
            self.top_heap_bytes = heap_bytes

    def end(self, failed: str | None) -> None:
        """Note that it is over: only figures, as the program waits for it."""
        self.seconds = time.perf_counter() - self.began_seconds
        heap = _heap
        self.after_heap_bytes = None if heap is None else heap.read()
        self.after_bytes = read_rss_bytes()
        self.after_kernel_bytes = read_kernel_peak_bytes()
        self.failed = failed
        kept = self.kept
        with kept.lock:
            kept.running.pop(id(self), None)
            kept.count += 1
            self.number = kept.count
            kept.ended.append(self)

    @property
    def growth_bytes(self) -> int | None:
        """How much larger the process was after it."""
        return _less(self.after_bytes, self.before_bytes)

    @property
    def heap_growth_bytes(self) -> int | None:
        """How much more was in use after it."""
        return _less(self.after_heap_bytes, self.before_heap_bytes)

    def _note_end(self) -> None:
        self.note(self.after_bytes, self.after_heap_bytes)
        if self.after_kernel_bytes != self.before_kernel_bytes:
            # Higher than ever before, while this ran.
            self.note(self.after_kernel_bytes, None)

    def told(self) -> dict[str, object]:
        """What is said of it when it is over."""
        self._note_end()
        rises = (
            _less(self.top_bytes, self.before_bytes),
            _less(self.top_heap_bytes, self.before_heap_bytes),
        )
        return {
            "number": self.number,
            "name": self.name,
            "began_unix_s": self.began_wall_seconds,
            "seconds": self.seconds,
            "growth_bytes": self.growth_bytes,
            "heap_growth_bytes": self.heap_growth_bytes,
            "peak_rss_bytes": self.top_bytes,
            "peak_growth_bytes": max((rise for rise in rises if rise is not None), default=None),
            "failed": self.failed,
        }


_UNSOUGHT: Any = object()

_kept = _Kept()
_heap: Heap | None = _UNSOUGHT


class Task:
    """A named stretch of the program's work: for `with`, or before a function. Never raises.

    May be used again, also while it runs, in any thread and any asyncio task.
    """

    __slots__ = ("_name", "_running")

    def __init__(self, name: str) -> None:
        self._name = plain(name)
        self._running: list[_Run] = []

    def __enter__(self) -> None:
        try:
            kept = _kept
            running = _Run(self._name, kept)
            self._running.append(running)
            if len(kept.running) < MOST_RUNNING:
                kept.running[id(running)] = running
            watch = kept.watch
            if watch is not None and watch.is_resting:
                watch.begin()
        except Exception:  # noqa: BLE001, S110  (out of memory, say: the program goes on)
            pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            running = self._take()
            # Not in a child that was forked meanwhile: it is the parent's.
            if running is not None and running.kept is _kept:
                running.end(None if kind is None else plain(kind.__name__))
        except Exception:  # noqa: BLE001, S110
            pass

    def __call__(self, function: Function) -> Function:
        """Make every call of the function a task; of a coroutine function, each whole run."""
        name = self._name
        if _is_coroutine_function(function):

            @functools.wraps(function)
            async def wrapped(*args: Any, **options: Any) -> Any:
                with Task(name):
                    return await function(*args, **options)
        else:

            @functools.wraps(function)
            def wrapped(*args: Any, **options: Any) -> Any:
                with Task(name):
                    return function(*args, **options)

        return wrapped  # type: ignore[return-value]

    def _take(self) -> _Run | None:
        """What began last here; of anybody where it ends elsewhere, as a generator may."""
        who = _who()
        for at in range(len(self._running) - 1, -1, -1):
            if self._running[at].who == who:
                return self._running.pop(at)
        return self._running.pop() if self._running else None


def task(name: str) -> Task:
    """Tell Memtray of this stretch of work, by its name. Any thread; never raises.

        with trayapp.probe.task("nightly report"):
            ...

        @trayapp.probe.task("import")
        async def import_orders(): ...

    What is told is when it began, how long it took, how much more memory was in use after it than
    before, its peak, how much larger the process was (Linux), and whether it failed. Tasks at the
    same time each count what all of them take. It costs about 15 millionths of a second, more in a
    program of hundreds of megabytes, and works whether or not `start` was called.
    """
    return Task(name)


def watch_peaks() -> None:
    """Sample what is in use while tasks run, from now on. Any thread."""
    if _kept.watch is None:
        _kept.watch = PeakWatch(_sample)


def leave_peaks() -> None:
    """Sample no more. Any thread; does not wait."""
    watch, _kept.watch = _kept.watch, None
    if watch is not None:
        watch.end()


def running_tasks() -> list[dict[str, object]]:
    """Those that have begun and not ended, the oldest first, at most a hundred."""
    running = list(_kept.running.values())
    running.sort(key=lambda one: one.began_seconds)
    return [
        {"name": one.name, "since_unix_s": one.began_wall_seconds}
        for one in running[:MOST_AT_A_TIME]
    ]


def finished_tasks(after: int) -> dict[str, object]:
    """Those that have ended with a number above `after`, at most a hundred, the oldest first.

    "next" is the `after` with which to go on; "dropped" counts those asked for that are gone.
    """
    kept = _kept
    with kept.lock:
        ended, count = list(kept.ended), kept.count
    # A task within the end of another comes before it.
    ended.sort(key=lambda one: one.number)
    first = ended[0].number if ended else count + 1
    told = [one for one in ended if one.number > after][:MOST_AT_A_TIME]
    kept.told = max(kept.told, told[-1].number if told else 0)
    return {
        "pid": os.getpid(),
        "tasks": [one.told() for one in told],
        "dropped": max(0, first - 1 - max(0, after)),
        "next": told[-1].number if told else count,
    }


def untold_tasks() -> tuple[list[dict[str, object]], int]:
    """Those that have ended and were never told: a hundred that kept most, and how many more."""
    kept = _kept
    with kept.lock:
        untold = [one for one in kept.ended if one.number > kept.told]
        left_out = kept.count - kept.told - len(untold)
        kept.told = kept.count
    told = sorted(untold, key=_telling, reverse=True)[:MOST_AT_A_TIME]
    told.sort(key=lambda one: one.number)
    return [one.told() for one in told], left_out + len(untold) - len(told)


def _telling(run: _Run) -> tuple[int, float]:
    grown = run.growth_bytes if run.heap_growth_bytes is None else run.heap_growth_bytes
    return grown or 0, run.seconds


def _sample() -> float | None:
    """Measure for all that runs; the age of the youngest, in seconds. The probe's own thread."""
    running = list(_kept.running.values())
    if not running:
        return None
    try:
        heap = _find_heap()
        heap_bytes = None if heap is None else heap.read(spare=True)
        rss_bytes = read_rss_bytes()
        for run in running:
            run.note(rss_bytes, heap_bytes)
    except Exception:  # noqa: BLE001, S110  (out of memory, say: the program goes on)
        pass
    return time.perf_counter() - running[-1].began_seconds


def _find_heap() -> Heap | None:
    """What measures the heap; opened by the first task, since that takes milliseconds."""
    global _heap
    if _heap is _UNSOUGHT:
        _heap = open_heap()
    return _heap


def _less(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one - other


def _who() -> int:
    """The asyncio task that runs here, or else the thread."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is not None and asyncio._get_running_loop() is not None:
        return id(asyncio.current_task())
    return threading.get_ident()


def _is_coroutine_function(function: object) -> bool:
    while isinstance(function, functools.partial):
        function = function.func
    return bool(getattr(getattr(function, "__code__", None), "co_flags", 0) & _IS_COROUTINE)


def _forget_parents() -> None:
    """In a child that was just forked: what was done is the parent's, and its threads are gone."""
    global _kept
    _kept = _Kept()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_parents)
