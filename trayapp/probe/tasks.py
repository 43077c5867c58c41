"""What a program does, task by task: how long each took, and how much larger it was after it."""

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

from trayapp.probe.naming import plain
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


class _Run:
    """A task that has begun, or ended."""

    # No record of the standard library's: to make one takes longer than all else at import.
    __slots__ = (
        "before_bytes",
        "began_seconds",
        "began_wall_seconds",
        "failed",
        "growth_bytes",
        "kept",
        "name",
        "number",
        "seconds",
        "who",
    )

    def __init__(self, name: str, kept: _Kept) -> None:
        self.name = name
        self.kept = kept
        self.number = 0
        self.growth_bytes: int | None = None
        self.failed: str | None = None
        self.who = _who()
        self.before_bytes = read_rss_bytes()
        self.began_wall_seconds = time.time()
        self.began_seconds = time.perf_counter()

    def end(self, failed: str | None) -> None:
        """Note that it is over."""
        self.seconds = time.perf_counter() - self.began_seconds
        after_bytes = read_rss_bytes()
        if self.before_bytes is not None and after_bytes is not None:
            self.growth_bytes = after_bytes - self.before_bytes
        self.failed = failed
        kept = self.kept
        with kept.lock:
            kept.running.pop(id(self), None)
            kept.count += 1
            self.number = kept.count
            kept.ended.append(self)

    def told(self) -> dict[str, object]:
        """What is said of it when it is over."""
        return {
            "number": self.number,
            "name": self.name,
            "began_unix_s": self.began_wall_seconds,
            "seconds": self.seconds,
            "growth_bytes": self.growth_bytes,
            "failed": self.failed,
        }


_kept = _Kept()


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

    What is told is when it began, how long it took, how much larger the process was after it than
    before (Linux), and whether it failed. Tasks at the same time each count what all of them take.
    It costs some millionths of a second, and works whether or not `start` was called.
    """
    return Task(name)


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
    return {
        "pid": os.getpid(),
        "tasks": [one.told() for one in told],
        "dropped": max(0, first - 1 - max(0, after)),
        "next": told[-1].number if told else count,
    }


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
    """In a child that was just forked: what was done is the parent's."""
    global _kept
    _kept = _Kept()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_parents)
